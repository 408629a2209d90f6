// The settings of passkeys, and their checks at the start.
import { isDictionary } from '../../internal/settings.ts'
import { assertKnown, isLocal, wrong } from './wrong.ts'

/** The site and the origins that passkeys are valid for. */
export interface PasskeySettings {
  /** The domain: 'shop.example'. Its passkeys work on subdomains too, and on no other domain. */
  rpId: string
  /** The name that browsers show; default: the domain. */
  rpName?: string
  /** The origins of the pages that use them; default: `https://` and the domain, for localhost any port. */
  origins?: readonly string[]
}

/** Throws for settings with which no browser would make a passkey. */
export function checkPasskeys(given: unknown): void {
  if (given === null) return
  const remedy = "Write { rpId: 'shop.example', rpName: 'Shop' }."
  if (!isDictionary(given)) throw wrong('passkeys', 'must be an object or null', remedy)
  assertKnown('passkeys.', given, ['rpId', 'rpName', 'origins'])
  const { rpId, rpName = '', origins } = given as Readonly<Record<string, unknown>>
  if (typeof rpId !== 'string' || !/^(?:[a-z0-9-]+\.)*[a-z0-9-]+$/.test(rpId) || /^[\d.]+$/.test(rpId)) {
    throw wrong('passkeys.rpId', 'must be a domain, without scheme and port', remedy)
  }
  if (typeof rpName !== 'string') throw wrong('passkeys.rpName', 'must be a text', remedy)
  if (origins === undefined) return
  if (!Array.isArray(origins) || origins.length === 0)
    throw wrong('passkeys.origins', 'must be a list of one or more, or left out', "Write ['https://shop.example'].")
  for (const origin of origins as unknown[]) {
    const url = typeof origin === 'string' && URL.canParse(origin) ? new URL(origin) : null
    const isOwn = url !== null && (url.hostname === rpId || url.hostname.endsWith(`.${rpId}`))
    if (url !== null && url.origin === origin && isOwn && (url.protocol === 'https:' || isLocal(url.hostname))) continue
    throw wrong(
      'passkeys.origins',
      `has ${String(origin)}`,
      `Write origins of pages at ${rpId} or below, like 'https://${rpId}': https, and nothing after the host.`,
    )
  }
}
