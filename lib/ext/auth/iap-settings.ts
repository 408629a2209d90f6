// The settings of Identity-Aware Proxy, and their checks at the start.
import { isDictionary } from '../../internal/settings.ts'
import { assertKnown, wrong } from './wrong.ts'

/** An application behind Identity-Aware Proxy. */
export interface IapSettings {
  /** The audience that Google's console shows: `/projects/123/global/backendServices/456`, `/projects/123/apps/shop` … */
  audience: string
  /** The public keys, as a JWK set; default: Google's, fetched. */
  keys?: { readonly keys: readonly object[] } | null
}

/** Others can verify no identity: Google signs with this algorithm alone. */
const isKey = (key: unknown): boolean => isDictionary(key) && (key as Readonly<Record<string, unknown>>).kty === 'EC'

/** Throws for settings that would accept identities made for other applications. */
export function checkIap(given: unknown): void {
  if (given === null) return
  const remedy = "Write { audience: '/projects/123/apps/shop' }, as Google's console shows it."
  if (!isDictionary(given)) throw wrong('iap', 'must be an object or null', remedy)
  assertKnown('iap.', given, ['audience', 'keys'])
  const { audience, keys = null } = given as Readonly<Record<string, unknown>>
  if (typeof audience !== 'string' || !/^\/projects\/\S+$/.test(audience)) {
    throw wrong('iap.audience', 'must be the audience of this application: others have their own', remedy)
  }
  const list = (keys as { keys?: unknown } | null)?.keys
  if (keys !== null && !(Array.isArray(list) && list.length > 0 && list.every(isKey))) {
    throw wrong('iap.keys', 'must be a JWK set of keys for ES256, or null', "Leave it out for Google's.")
  }
}
