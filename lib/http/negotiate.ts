// What the client would rather have: Accept and its siblings, read by negotiator, with short names (`json`) understood.
import type { IncomingHttpHeaders } from 'node:http'
import Negotiator from 'negotiator'
import { mimetypeOf } from './mime.ts'

export type Negotiable = 'mediaType' | 'language' | 'encoding' | 'charset'

/** The best of `offers` for the client, null if it accepts none. Of equals the first offered wins. */
export function bestOf(kind: Negotiable, headers: IncomingHttpHeaders, offers: readonly string[]): string | null {
  if (offers.length === 0) return null
  const wanted = kind === 'mediaType' ? offers.map((name) => (name.includes('/') ? name : mimetypeOf(name))) : offers
  const best = new Negotiator({ headers })[kind](wanted)
  return best === undefined ? null : offers[wanted.indexOf(best)]!
}

/** What the client accepts, best first; of `offers` only, where there are any. */
export function acceptedOf(kind: Negotiable, headers: IncomingHttpHeaders, offers?: readonly string[]): string[] {
  return new Negotiator({ headers })[`${kind}s`](offers)
}
