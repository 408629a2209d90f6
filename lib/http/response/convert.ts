// Converts the return value of a handler to the response to send.
import { isTypedArray } from 'node:util/types'
import { TipfyError } from '../../internal/errors.ts'
import { writeJson } from '../../internal/write-json.ts'
import { HTTPException } from '../exceptions.ts'
import { HeaderList, RequestHeaders } from '../headers.ts'
import { safeText } from '../html.ts'
import { MultiDict } from '../multidict.ts'
import type { Request } from '../request/request.ts'
import { FileBody, isBlob, isBytes, type StreamSource } from './body.ts'
import { prepareFile } from './open-file.ts'
import { Response as OwnResponse } from './response.ts'

/** True for an array or a plain object, unless the object yields pieces. */
function isJson(value: object): boolean {
  if (Array.isArray(value)) return true
  const proto = Object.getPrototypeOf(value)
  return (proto === null || Object.getPrototypeOf(proto) === null) && !isIterable(value)
}

/** Fields, headers and lists of numbers yield no pieces of a body: an empty one would be an empty response, without an error. */
const noStreams = [MultiDict, HeaderList, RequestHeaders, Headers, URLSearchParams, FormData]

const isNoStream = (value: object) => isTypedArray(value) || noStreams.some((type) => value instanceof type)

function isIterable(value: object): boolean {
  return (Symbol.asyncIterator in value || Symbol.iterator in value) && !isNoStream(value)
}

/** True for a web-standard Response of any realm or library. */
function isWebResponse(value: object): value is globalThis.Response {
  return Object.prototype.toString.call(value) === '[object Response]'
}

/**
 * Makes the response for a return value. Nothing: `current` as it is; text, bytes, a Blob, a stream or an iterable: its body; a plain
 * object or array: its body as JSON; a response or an HTTPException replaces it. Returns a promise only for a file, which has to
 * be located first: it rejects with NotFound.
 */
export function makeResponse(
  returned: unknown,
  current: OwnResponse,
  request?: Request,
): OwnResponse | Promise<OwnResponse> {
  const response = convert(returned, current, request)
  const { body } = response
  return body instanceof FileBody && body.located === null ? prepareFile(response) : response
}

function convert(returned: unknown, current: OwnResponse, request?: Request): OwnResponse {
  if (returned === undefined || returned === current) return current
  if (typeof returned === 'string') {
    current.replaceBody(returned)
    return current
  }
  if (typeof returned === 'object' && returned !== null) {
    if (isBytes(returned)) {
      current.data = returned
      return current
    }
    if (isJson(returned)) return makeJson(returned, current)
    const safe = safeText(returned)
    if (safe !== undefined) {
      current.replaceBody(safe)
      return current
    }
    if (isIterable(returned)) return current.stream(returned as StreamSource)
    if (isBlob(returned)) return current.sendBlob(returned)
    const other = replacement(returned, request)
    if (other !== null) {
      current.dropBody()
      return other
    }
  }
  const given = returned === null ? 'null' : typeof returned === 'object' ? returned.constructor?.name : typeof returned
  throw new TipfyError('TIPFY_E_HANDLER_RETURNED', { given: `${given}` })
}

/** Returns true for a value that `makeResponse` converts. */
export function isReturnable(value: unknown): boolean {
  if (value === undefined || typeof value === 'string') return true
  if (typeof value !== 'object' || value === null) return false
  if (isBytes(value) || isJson(value) || isIterable(value) || isResponse(value)) return true
  return isBlob(value) || safeText(value) !== undefined
}

/** Returns true for a response, ours or the web's, and for an HTTPException. */
export function isResponse(value: unknown): value is OwnResponse | HTTPException | globalThis.Response {
  if (typeof value !== 'object' || value === null) return false
  return value instanceof OwnResponse || value instanceof HTTPException || isWebResponse(value)
}

/** Makes the response that replaces another one; null if `returned` is none. */
export function replacement(returned: object, request: Request | undefined): OwnResponse | null {
  // A copy: a response shared by many requests must not collect the cookies of each.
  if (returned instanceof OwnResponse) return returned.clone()
  if (returned instanceof HTTPException) return returned.toResponse(request)
  return isWebResponse(returned) ? fromWeb(returned) : null
}

/** Sets `value` as the JSON body of `response`. */
export function makeJson(value: unknown, response: OwnResponse): OwnResponse {
  const text = writeJson(value)
  if (text === undefined) throw new TipfyError('TIPFY_E_RESPONSE_BODY', { given: typeof value })
  response.replaceBody(text)
  response.suggestType('application/json; charset=utf-8')
  return response
}

// Headers of one connection (RFC 9110, 7.6.1), not of the response.
const hopByHop = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']

function fromWeb(web: globalThis.Response): OwnResponse {
  if (web.bodyUsed) throw new TipfyError('TIPFY_E_RESPONSE_CONSUMED', { what: 'The body of a web Response' })
  const response = new OwnResponse(web.body, { status: web.status, headers: web.headers, contentType: '' })
  const type = web.headers.get('content-type')
  if (type !== null) response.contentType = type
  for (const name of hopByHop) response.headers.delete(name)
  // fetch has decompressed the body and left these headers.
  if (web.url !== '' && response.headers.delete('content-encoding')) response.headers.delete('content-length')
  return response
}
