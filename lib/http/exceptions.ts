// The HTTP errors as exceptions, Werkzeug's whole tree: thrown anywhere, they become the answer.
import { STATUS_CODES } from 'node:http'
import { TipfyError } from '../errors.ts'
import { escape as escapeHtml } from './escape.ts'
import { HeaderList, type HeadersInit } from './headers.ts'
import { bestOf } from './negotiate.ts'
import type { Request } from './request.ts'
import { Response } from './response.ts'

// What the client is told where nothing else was said.
const descriptions: Record<number, string> = {
  400: 'The server could not understand the request.',
  401: 'You must log in to see this page.',
  403: 'You may not see or do this.',
  404: 'There is nothing at this address.',
  405: 'This address does not answer the method of the request.',
  406: 'There is no form of this page that the client accepts.',
  408: 'The request took too long to arrive.',
  409: 'The request conflicts with what is there now.',
  410: 'What was at this address is gone for good.',
  411: 'The request needs a Content-Length.',
  412: 'What is there is not what the request expects.',
  413: 'The request is larger than this server takes.',
  414: 'The address is longer than this server takes.',
  415: 'This server does not read content of this type.',
  416: 'There is no such part of this content.',
  417: 'This server cannot do what the Expect header asks.',
  418: 'This server is a teapot, not a coffee machine.',
  421: 'This server cannot answer for the host asked for.',
  422: 'The request was understood but what it says cannot be done.',
  423: 'This is locked.',
  424: 'This depends on something that failed.',
  428: 'The request must say what it expects to change, with If-Match.',
  429: 'There were too many requests. Try again later.',
  431: 'The headers of the request are larger than this server takes.',
  451: 'This may not be shown for legal reasons.',
  500: 'The server made an error. It was written down.',
  501: 'This server cannot do what the request asks.',
  502: 'A server behind this one gave no usable answer.',
  503: 'The server cannot answer right now. Try again later.',
  504: 'A server behind this one took too long.',
  505: 'This server does not speak the HTTP version of the request.',
}

export interface ExceptionOptions {
  /** Sent with the answer. */
  headers?: HeadersInit
  /** Sent in place of the error page. */
  response?: Response
  cause?: unknown
}

/**
 * An error that is an answer. Throw one of its subclasses from a handler or a hook.
 *
 * @example
 * throw new NotFound('No such product.')
 */
export class HTTPException extends Error {
  static readonly code: number = 500

  /** The status code. */
  readonly code: number
  /** The status in words: `Not Found`. */
  readonly reason: string
  /** What the client is told. */
  readonly description: string
  /** Sent with the answer. */
  readonly headers: HeaderList
  readonly response: Response | null

  constructor(description?: string, options: ExceptionOptions = {}) {
    const { code, name } = new.target
    const told = description ?? descriptions[code] ?? ''
    super(told, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = name
    this.code = code
    this.reason = STATUS_CODES[code] ?? 'Unknown Error'
    this.description = told
    this.headers = new HeaderList(options.headers)
    this.response = options.response ?? null
  }

  /** The answer: HTML, JSON or text, as `request` prefers; HTML without one. */
  toResponse(request?: Request): Response {
    if (this.response !== null) return this.response.clone()
    const response = new Response(null, { status: this.code, headers: this.headers })
    const { code: status, reason: title, description: detail } = this
    const accept = request?.incoming.headers.accept
    const kind =
      accept === undefined ? 'html' : bestOf('mediaType', request!.incoming.headers, ['html', 'json', 'text'])
    if (kind === 'json') {
      response.contentType = 'application/json; charset=utf-8'
      response.data = JSON.stringify({ status, title, detail })
    } else if (kind === 'text') {
      response.contentType = 'text/plain; charset=utf-8'
      response.data = `${status} ${title}\n\n${detail}\n`
    } else {
      response.contentType = 'text/html; charset=utf-8'
      response.data = page(status, escapeHtml(title), escapeHtml(detail))
    }
    response.vary('Accept')
    return response
  }
}

function page(status: number, title: string, detail: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${status} ${title}</title>
<h1>${title}</h1>
<p>${detail}</p>
</html>
`
}

/** 400: the request makes no sense to the server. */
export class BadRequest extends HTTPException {
  static override readonly code: number = 400
}

/** 400: a key that the handler needs is missing from query or form. */
export class BadRequestKeyError extends BadRequest {
  readonly key: string | null

  constructor(key?: string, options?: ExceptionOptions) {
    super(key === undefined ? undefined : `The request lacks the value ${JSON.stringify(key)}.`, options)
    this.key = key ?? null
  }
}

/** 400: the request looks like an attack. */
export class SecurityError extends BadRequest {}

/** 400: the Host header is not one that this server answers for. */
export class BadHost extends BadRequest {
  constructor(description = 'This server does not answer for the host asked for.', options?: ExceptionOptions) {
    super(description, options)
  }
}

/** 400: the client went away before its request was complete. */
export class ClientDisconnected extends BadRequest {
  constructor(description = 'The client went away before its request was complete.', options?: ExceptionOptions) {
    super(description, options)
  }
}

/** 401. Say how to log in with `headers: { 'WWW-Authenticate': … }`. */
export class Unauthorized extends HTTPException {
  static override readonly code: number = 401
}

export class Forbidden extends HTTPException {
  static override readonly code: number = 403
}

export class NotFound extends HTTPException {
  static override readonly code: number = 404
}

/** 405, with the methods that are allowed. */
export class MethodNotAllowed extends HTTPException {
  static override readonly code: number = 405
  readonly allow: string[]

  constructor(allow: Iterable<string> = [], description?: string, options?: ExceptionOptions) {
    super(description, options)
    this.allow = [...allow]
    if (this.allow.length > 0) this.headers.set('allow', this.allow.join(', '))
  }
}

export class NotAcceptable extends HTTPException {
  static override readonly code: number = 406
}

export class RequestTimeout extends HTTPException {
  static override readonly code: number = 408
}

export class Conflict extends HTTPException {
  static override readonly code: number = 409
}

export class Gone extends HTTPException {
  static override readonly code: number = 410
}

export class LengthRequired extends HTTPException {
  static override readonly code: number = 411
}

export class PreconditionFailed extends HTTPException {
  static override readonly code: number = 412
}

/** 413. RFC 9110 calls it Content Too Large. */
export class RequestEntityTooLarge extends HTTPException {
  static override readonly code: number = 413
}

/** 414. RFC 9110 calls it URI Too Long. */
export class RequestURITooLarge extends HTTPException {
  static override readonly code: number = 414
}

export class UnsupportedMediaType extends HTTPException {
  static override readonly code: number = 415
}

/** 416. `length` is the size of what was asked for. */
export class RequestedRangeNotSatisfiable extends HTTPException {
  static override readonly code: number = 416

  constructor(length?: number, description?: string, options?: ExceptionOptions) {
    super(description, options)
    if (length !== undefined) this.headers.set('content-range', `bytes */${length}`)
  }
}

export class ExpectationFailed extends HTTPException {
  static override readonly code: number = 417
}

/** 418. */
export class ImATeapot extends HTTPException {
  static override readonly code: number = 418
}

export class MisdirectedRequest extends HTTPException {
  static override readonly code: number = 421
}

export class UnprocessableEntity extends HTTPException {
  static override readonly code: number = 422
}

export class Locked extends HTTPException {
  static override readonly code: number = 423
}

export class FailedDependency extends HTTPException {
  static override readonly code: number = 424
}

export class PreconditionRequired extends HTTPException {
  static override readonly code: number = 428
}

/** Options of the errors that tell when to come again. */
export interface RetryOptions extends ExceptionOptions {
  /** Seconds, or the moment. */
  retryAfter?: number | Date
}

function setRetryAfter(headers: HeaderList, when: number | Date | undefined): void {
  if (when !== undefined) headers.set('retry-after', typeof when === 'number' ? Math.ceil(when) : when.toUTCString())
}

export class TooManyRequests extends HTTPException {
  static override readonly code: number = 429

  constructor(description?: string, options?: RetryOptions) {
    super(description, options)
    setRetryAfter(this.headers, options?.retryAfter)
  }
}

export class RequestHeaderFieldsTooLarge extends HTTPException {
  static override readonly code: number = 431
}

export class UnavailableForLegalReasons extends HTTPException {
  static override readonly code: number = 451
}

/** 500. What an uncaught error becomes; that error is its `cause`, and is not shown. */
export class InternalServerError extends HTTPException {
  static override readonly code: number = 500
}

export class NotImplemented extends HTTPException {
  static override readonly code: number = 501
}

export class BadGateway extends HTTPException {
  static override readonly code: number = 502
}

export class ServiceUnavailable extends HTTPException {
  static override readonly code: number = 503

  constructor(description?: string, options?: RetryOptions) {
    super(description, options)
    setRetryAfter(this.headers, options?.retryAfter)
  }
}

export class GatewayTimeout extends HTTPException {
  static override readonly code: number = 504
}

export class HTTPVersionNotSupported extends HTTPException {
  static override readonly code: number = 505
}

const plain = [
  BadRequest,
  Unauthorized,
  Forbidden,
  NotFound,
  NotAcceptable,
  RequestTimeout,
  Conflict,
  Gone,
  LengthRequired,
  PreconditionFailed,
  RequestEntityTooLarge,
  RequestURITooLarge,
  UnsupportedMediaType,
  ExpectationFailed,
  ImATeapot,
  MisdirectedRequest,
  UnprocessableEntity,
  Locked,
  FailedDependency,
  PreconditionRequired,
  TooManyRequests,
  RequestHeaderFieldsTooLarge,
  UnavailableForLegalReasons,
  InternalServerError,
  NotImplemented,
  BadGateway,
  ServiceUnavailable,
  GatewayTimeout,
  HTTPVersionNotSupported,
]

const byStatus = new Map<number, new (description?: string, options?: ExceptionOptions) => HTTPException>(
  plain.map((Class) => [Class.code, Class]),
)

/** The error of a status code, null if there is none. */
export function exceptionFor(status: number, description?: string, options?: ExceptionOptions): HTTPException | null {
  if (status === 405) return new MethodNotAllowed([], description, options)
  if (status === 416) return new RequestedRangeNotSatisfiable(undefined, description, options)
  const Class = byStatus.get(status)
  return Class === undefined ? null : new Class(description, options)
}

/**
 * Ends the handler with the error of a status code, or with a response of your own.
 *
 * @example
 * abort(404, 'No such product.')
 */
export function abort(status: number | Response, description?: string): never {
  if (status instanceof Response) throw new HTTPException(description, { response: status })
  throw exceptionFor(status, description) ?? new TipfyError('TIPFY_E_ABORT_STATUS', { status: String(status) })
}
