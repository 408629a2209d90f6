// Turns what a handler returned into the response to send.
import { TipfyError } from '../errors.ts'
import { Html } from './escape.ts'
import { HTTPException } from './exceptions.ts'
import { Response as OwnResponse, type StreamSource } from './response.ts'

function isPlain(value: object): boolean {
  const proto = Object.getPrototypeOf(value)
  return proto === null || Object.getPrototypeOf(proto) === null || Array.isArray(value)
}

function isIterable(value: object): boolean {
  return Symbol.asyncIterator in value || Symbol.iterator in value
}

/** Whether it is a Response of the web, of whichever realm or library. */
function isWebResponse(value: object): value is globalThis.Response {
  return Object.prototype.toString.call(value) === '[object Response]'
}

/**
 * The response for what a handler returned. Nothing: `current` as it stands; text, bytes, a stream or an iterable: its body;
 * a plain object or array: its body as JSON; a response or an HTTPException: that instead.
 */
export function makeResponse(returned: unknown, current: OwnResponse): OwnResponse {
  if (returned === undefined || returned === current) return current
  if (typeof returned === 'string') {
    current.body = returned
    return current
  }
  if (typeof returned === 'object' && returned !== null) {
    if (returned instanceof OwnResponse) return returned
    if (returned instanceof Html || returned instanceof Uint8Array) {
      current.data = returned
      return current
    }
    if (isPlain(returned)) return makeJson(returned, current)
    if (returned instanceof HTTPException) return returned.toResponse()
    if (isWebResponse(returned)) return fromWeb(returned)
    if (isIterable(returned)) return current.stream(returned as StreamSource)
  }
  const given = returned === null ? 'null' : typeof returned === 'object' ? returned.constructor?.name : typeof returned
  throw new TipfyError('TIPFY_E_HANDLER_RETURNED', { given: `${given}` })
}

/** `response` with `value` as its JSON body. */
export function makeJson(value: unknown, response: OwnResponse): OwnResponse {
  const text = JSON.stringify(value)
  response.body = text
  response.contentType = 'application/json; charset=utf-8'
  return response
}

function fromWeb(web: globalThis.Response): OwnResponse {
  const response = new OwnResponse(web.body, { status: web.status, headers: web.headers, contentType: '' })
  const type = web.headers.get('content-type')
  if (type !== null) response.contentType = type
  return response
}
