// The settings of Identity-Aware Proxy, and their checks at the start.
import { isDictionary } from '../../internal/settings.ts'
import { wrong } from './wrong.ts'

/** An application behind Identity-Aware Proxy. */
export interface IapSettings {
  /** The audience that Google's console shows: `/projects/123/global/backendServices/456`, `/projects/123/apps/shop` … */
  audience: string
  /** The public keys, as a JWK set; default: Google's, fetched. */
  keys?: { readonly keys: readonly object[] } | null
}

/** Throws for settings that would accept identities made for other applications. */
export function checkIap(given: unknown): void {
  if (given === null) return
  const remedy = "Write { audience: '/projects/123/apps/shop' }, as Google's console shows it."
  if (!isDictionary(given)) throw wrong('iap', 'must be an object or null', remedy)
  const { audience, keys = null, ...rest } = given as Readonly<Record<string, unknown>>
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) throw wrong(`iap.${unknown}`, 'is no setting', 'There are audience and keys.')
  if (typeof audience !== 'string' || !/^\/projects\/\S+$/.test(audience)) {
    throw wrong('iap.audience', 'must be the audience of this application: others have their own', remedy)
  }
  if (keys !== null && !Array.isArray((keys as { keys?: unknown }).keys)) {
    throw wrong('iap.keys', 'must be a JWK set or null', "Leave it out for Google's.")
  }
}
