// Applies the conditions and ranges of a request to a response that called `makeConditional`.
import { createHash } from 'node:crypto'
import { evaluate, rangeCounts, selectRange } from '../conditional.ts'
import { type HTTPException, PreconditionFailed, RequestedRangeNotSatisfiable } from '../exceptions.ts'
import type { Request } from '../request/request.ts'
import { codingFor, variesByCoding } from './compress.ts'
import type { Response } from './response.ts'

/** Headers of the content, left out of a 304. */
const contentHeaders = [
  'content-type',
  'content-length',
  'content-encoding',
  'content-language',
  'content-disposition',
  'accept-ranges',
]

/**
 * Turns `response` (to GET, HEAD or QUERY, 200) into a 304, 412, 416 or 206 where required; returns the first and the last byte of a
 * 206. `size` is that of the whole body; null, for a stream, has no parts.
 */
export function applyConditions(response: Response, request: Request, size: number | null): [number, number] | null {
  const { method, message, range } = request
  if (response.status !== 200 || !/^(?:GET|HEAD|QUERY)$/.test(method)) return null
  const { etag, lastModified } = response
  if (etag === null && lastModified === null && response.isBuffered) response.etag = tagOf(response.data)
  if (size !== null && method !== 'QUERY') response.headers.set('accept-ranges', 'bytes')

  const validators = { etag: response.etag, lastModified }
  const outcome = evaluate(method, message.headers, validators)
  if (outcome === 412) become(response, new PreconditionFailed(), request)
  if (outcome === 304) {
    // Its tag is that of the 200, which is weak where the content would be compressed: a cache updates by it what it keeps.
    codingFor(response, request, size)
    response.dropBody()
    response.status = 304
    for (const name of contentHeaders) response.headers.delete(name)
  }
  if (
    outcome !== 200 ||
    size === null ||
    method !== 'GET' ||
    range === null ||
    !rangeCounts(message.headers, validators)
  )
    return null

  const part = selectRange(range, size)
  if (part === null) return null
  if (part === 'none') {
    become(response, new RequestedRangeNotSatisfiable(size), request)
    return null
  }
  variesByCoding(response, request, size)
  response.status = 206
  response.headers.set('content-range', `bytes ${part[0]}-${part[1]}/${size}`)
  return part
}

/** Computes an entity tag for a body without one. */
function tagOf(body: string | Uint8Array): string {
  return createHash('sha1').update(body).digest('base64url')
}

/** Replaces `response` by that of an error, but keeps its cookies. */
function become(response: Response, error: HTTPException, request: Request): void {
  const page = error.toResponse(request)
  response.dropBody()
  response.status = page.status
  response.body = page.body
  for (const name of ['content-disposition', 'accept-ranges', 'etag', 'last-modified']) response.headers.delete(name)
  for (const [name, value] of page.headers) {
    if (name === 'vary') response.vary(value)
    else response.headers.set(name, value)
  }
}
