// What the client would rather have: Accept and its siblings, read by negotiator, with short names (`json`) understood.
import type { IncomingHttpHeaders } from 'node:http'
import mime from 'mime-types'
import Negotiator from 'negotiator'

export type Negotiable = 'mediaType' | 'language' | 'encoding' | 'charset'

/** `html` as `text/html`; what has a slash already stays. */
export function mediaTypeOf(name: string): string {
  return name.includes('/') ? name : mime.lookup(name) || name
}

/** The best of `offers` for the client, null if it accepts none. Of equals the first offered wins. */
export function bestOf(kind: Negotiable, headers: IncomingHttpHeaders, offers: readonly string[]): string | null {
  if (offers.length === 0) return null
  const wanted = kind === 'mediaType' ? offers.map(mediaTypeOf) : offers
  const best = new Negotiator({ headers })[kind](wanted)
  return best === undefined ? null : offers[wanted.indexOf(best)]!
}

/** What the client accepts, best first. */
export function acceptedOf(kind: Negotiable, headers: IncomingHttpHeaders): string[] {
  return new Negotiator({ headers })[`${kind}s`]()
}
