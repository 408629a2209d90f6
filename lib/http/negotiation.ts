// Content negotiation: Accept and its siblings, parsed by negotiator, with short names (`json`) as well.
import type { IncomingHttpHeaders } from 'node:http'
import Negotiator from 'negotiator'
import { wrongArgument } from '../internal/arguments.ts'
import { isJsonType, mimetypeOf } from './media-types.ts'

export type Negotiable = 'mediaType' | 'language' | 'encoding' | 'charset'

/** A request, of which only the headers of what the client sent and accepts are read. */
export interface Negotiating {
  readonly message: { readonly headers: IncomingHttpHeaders }
  /** True for the path of an API: a client that takes anything gets JSON. */
  readonly isForApi?: boolean
}

/** Characters of an Accept header; a longer one is ignored. Those of browsers have some 200. */
const maxLength = 4096

const headerNames = {
  mediaType: 'accept',
  language: 'accept-language',
  encoding: 'accept-encoding',
  charset: 'accept-charset',
} as const

function negotiatorFor(kind: Negotiable, headers: IncomingHttpHeaders, read = asSent): Negotiator {
  const name = headerNames[kind]
  const header = headers[name] as string | undefined // of these headers Node joins several into one
  if (header === undefined || header.length > maxLength) return new Negotiator({ headers: {} })
  return new Negotiator({ headers: { [name]: read(kind, header) } })
}

const asSent = (_kind: Negotiable, header: string): string => header

/** Returns the header as clients mean it, where negotiator takes it more literally. */
function asMeant(kind: Negotiable, header: string): string {
  // A type with a charset matches none of ours, which are named without.
  if (kind === 'mediaType') return header.includes('charset') ? header.replace(/;\s*charset=[^;,\s]*/gi, '') : header
  if (kind !== 'language') return header
  // Of `zh-Hant-TW` only `zh` would be tried next, and not `zh-Hant` (RFC 4647, section 3.4).
  return header.replace(
    /([a-z]{1,8}-[a-z\d]{1,8})-[a-z\d-]+(;[^,]*)?/gi,
    (range, shorter: string, quality = '') => `${range},${shorter}${quality}`,
  )
}

/** The best of `offers` for the client, null if it accepts none; of equals the one that the header names first. */
export function bestOf(kind: Negotiable, headers: IncomingHttpHeaders, offers: readonly string[]): string | null {
  if (offers.length === 0) return null
  for (const offer of offers) if (typeof offer !== 'string') throw notOffer(offer)
  const wanted = kind === 'mediaType' ? offers.map((name) => (name.includes('/') ? name : mimetypeOf(name))) : offers
  const best = negotiatorFor(kind, headers, asMeant)[kind](wanted)
  return best === undefined ? null : offers[wanted.indexOf(best)]!
}

function notOffer(given: unknown): Error {
  const remedy = "Write request.accepts('json', 'html'), or request.accepts(...list)."
  return wrongArgument('What a request may accept', 'a text', given, remedy)
}

/** A type that errors are written in. */
export type ErrorType = 'text/html' | 'text/plain' | JsonType
type JsonType = 'application/json' | 'application/problem+json'

const jsonTypes: readonly JsonType[] = ['application/json', 'application/problem+json']

/** Returns the best of HTML, JSON and `others`; of equals JSON in an API and for a client that sent JSON, else HTML. */
function bestPage<T extends string>(request: Negotiating, others: readonly T[]): 'text/html' | JsonType | T {
  const { headers } = request.message
  const [sent = ''] = (headers['content-type'] ?? '').split(';', 1)
  const jsonFirst = request.isForApi || isJsonType(sent.trim().toLowerCase())
  const otherwise = request.isForApi ? 'application/json' : 'text/html'
  if (headers.accept === undefined) return jsonFirst ? 'application/json' : 'text/html'
  const pages = jsonFirst ? ([...jsonTypes, 'text/html'] as const) : (['text/html', ...jsonTypes] as const)
  return (bestOf('mediaType', headers, [...pages, ...others]) as T | null) ?? otherwise
}

/** Returns the type of an error page: what the client prefers; where that leaves a choice, JSON in an API or if it sent JSON. */
export const errorTypeFor = (request: Negotiating): ErrorType => bestPage(request, ['text/plain'])

/** Returns true for a client that prefers JSON to HTML, or takes both alike and sent JSON or asks an API. */
export const prefersJson = (request: Negotiating): boolean => bestPage(request, []) !== 'text/html'

/** All that the client accepts, best first. */
export function acceptedOf(kind: Negotiable, headers: IncomingHttpHeaders): string[] {
  return negotiatorFor(kind, headers)[`${kind}s`]()
}

/** The codings of `offers` that the client accepts, best first; equals in the order of `offers`. */
export function codingsOf(headers: IncomingHttpHeaders, offers: readonly string[]): string[] {
  // The types are those of negotiator 0.6, without this option.
  const negotiator = negotiatorFor('encoding', headers) as unknown as {
    encodings(offers: readonly string[], options: { preferred: readonly string[] }): string[]
  }
  return negotiator.encodings(offers, { preferred: offers })
}
