// Compresses responses where it is worth it: text of more than one packet, for clients that accept it.
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { isTextual } from '../media-types.ts'
import { codingsOf } from '../negotiation.ts'
import type { Request } from '../request/request.ts'
import type { Response } from './response.ts'

export type Coding = 'br' | 'gzip'

/** Bytes below which a compressed response needs as many packets as a plain one. */
const worthwhile = 1400

const brotli = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } }

/** The codings of ours that the client accepts, best first. */
export function codingsFor(request: Request): Coding[] {
  const { headers } = request.message
  if (headers['accept-encoding'] === undefined) return []
  const accepted = codingsOf(headers, ['br', 'gzip', 'identity'])
  const until = accepted.indexOf('identity')
  return (until === -1 ? accepted : accepted.slice(0, until)) as Coding[]
}

/**
 * Decides if `response` is compressed. One that sets a cookie, or depends on one (`Vary: Cookie`), is not unless
 * `response.compress` is true: its size would reveal secrets in it (BREACH).
 */
function isCompressible(response: Response, enabled: boolean): boolean {
  if (!(response.compress ?? enabled) || response.status === 206 || !isTextual(response.mimetype)) return false
  const { headers } = response
  if (headers.has('content-encoding') || /no-transform/i.test(headers.get('cache-control', ''))) return false
  if (response.compress === true) return true
  return !headers.has('set-cookie') && !/\bcookie\b/i.test(headers.getAll('vary').join())
}

/**
 * Adds Vary, and returns true, if the response depends on the codings that the client accepts: a 304 and a 206 like their 200
 * (RFC 9110, 15.4.5). `size` is that of the whole body, null if unknown.
 */
export function variesByCoding(response: Response, request: Request, size: number | null): boolean {
  if ((size !== null && size < worthwhile) || !isCompressible(response, request.settings.compress)) return false
  response.vary('Accept-Encoding')
  return true
}

/** Chooses the coding of `response` and writes it into its headers; null for none. `size` is that of its body, null if unknown. */
export function codingFor(response: Response, request: Request, size: number | null): Coding | null {
  if (!variesByCoding(response, request, size)) return null
  const coding = codingsFor(request)[0] ?? null
  if (coding === null) return null
  const { headers, etag } = response
  headers.set('content-encoding', coding)
  headers.delete('content-length')
  headers.delete('accept-ranges')
  // The bytes are no longer those of a strong tag.
  if (etag !== null && !etag.startsWith('W/')) headers.set('etag', `W/${etag}`)
  return coding
}

const gzip = promisify(zlib.gzip)
const br = promisify(zlib.brotliCompress)

export function compress(body: string | Uint8Array, coding: Coding): Promise<Buffer> {
  return coding === 'br' ? br(body, brotli) : gzip(body)
}

/** A transform that flushes after each chunk, so that a slow page arrives piece by piece. */
export function compressor(coding: Coding): zlib.BrotliCompress | zlib.Gzip {
  return coding === 'br'
    ? zlib.createBrotliCompress({ ...brotli, flush: zlib.constants.BROTLI_OPERATION_FLUSH })
    : zlib.createGzip({ flush: zlib.constants.Z_SYNC_FLUSH })
}
