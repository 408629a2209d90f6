// Lets the conditions and ranges of a request decide over a response that agreed to it with `makeConditional`.
import { createHash } from 'node:crypto'
import { evaluate, rangeCounts, selectRange } from '../conditional.ts'
import { type HTTPException, PreconditionFailed, RequestedRangeNotSatisfiable } from '../exceptions.ts'
import type { Request } from '../request/request.ts'
import { variesByCoding } from './compress.ts'
import type { Response } from './response.ts'

/** What an answer without its content does not say again. */
const ofTheContent = [
  'content-type',
  'content-length',
  'content-encoding',
  'content-language',
  'content-disposition',
  'accept-ranges',
]

/**
 * Turns `response` (to GET or HEAD, 200) into the 304, 412, 416 or 206 that it should be; of a 206 the first and the last byte
 * to send are returned. `size` is that of the whole body; null, for a stream, has no parts.
 */
export function applyConditions(response: Response, request: Request, size: number | null): [number, number] | null {
  const { method, message, range } = request
  if (response.status !== 200 || (method !== 'GET' && method !== 'HEAD')) return null
  const { etag, lastModified } = response
  if (etag === null && lastModified === null && response.isWhole) response.etag = tagOf(response.data)
  if (size !== null) response.headers.set('accept-ranges', 'bytes')

  const validators = { etag: response.etag, lastModified }
  const outcome = evaluate(method, message.headers, validators)
  if (outcome === 412) become(response, new PreconditionFailed(), request)
  if (outcome === 304) {
    variesByCoding(response, request, size)
    response.dropBody()
    response.status = 304
    for (const name of ofTheContent) response.headers.delete(name)
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

/** An entity tag for a body that has none of its own. */
function tagOf(body: string | Uint8Array): string {
  return createHash('sha1').update(body).digest('base64url')
}

/** Makes `response` the error's, its cookies kept. */
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
