// The HTTP errors by name, Werkzeug's whole tree.
import { TipfyError } from '../internal/errors.ts'
import { type ExceptionOptions, HTTPException } from './http-exception.ts'
import { Response } from './response/response.ts'

export { type ExceptionOptions, HTTPException } from './http-exception.ts'

/** 400: the request makes no sense to the server. */
export class BadRequest extends HTTPException {
  static override readonly code: number = 400
}

/** 400: a key that the handler needs is missing from query or form. */
export class BadRequestKeyError extends BadRequest {
  /** The name of what is missing. */
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

/** 403. */
export class Forbidden extends HTTPException {
  static override readonly code: number = 403
}

/** 404. */
export class NotFound extends HTTPException {
  static override readonly code: number = 404
}

/** 405, with the methods that are allowed. */
export class MethodNotAllowed extends HTTPException {
  static override readonly code: number = 405
  /** The methods that would be answered, in capitals: the Allow header. */
  readonly allow: string[]

  constructor(allow: Iterable<string> = [], description?: string, options?: ExceptionOptions) {
    super(description, options)
    this.allow = [...allow]
    if (this.allow.length > 0) this.headers.set('allow', this.allow.join(', '))
  }
}

/** 406. */
export class NotAcceptable extends HTTPException {
  static override readonly code: number = 406
}

/** 408. */
export class RequestTimeout extends HTTPException {
  static override readonly code: number = 408
}

/** 409. */
export class Conflict extends HTTPException {
  static override readonly code: number = 409
}

/** 410. */
export class Gone extends HTTPException {
  static override readonly code: number = 410
}

/** 411. */
export class LengthRequired extends HTTPException {
  static override readonly code: number = 411
}

/** 412. */
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

/** 415. */
export class UnsupportedMediaType extends HTTPException {
  static override readonly code: number = 415
}

/** 416. `length` is the size in bytes of what was asked for, sent as Content-Range. */
export class RequestedRangeNotSatisfiable extends HTTPException {
  static override readonly code: number = 416

  constructor(length?: number, description?: string, options?: ExceptionOptions) {
    super(description, options)
    if (length !== undefined) this.headers.set('content-range', `bytes */${length}`)
  }
}

/** 417. */
export class ExpectationFailed extends HTTPException {
  static override readonly code: number = 417
}

/** 418. */
export class ImATeapot extends HTTPException {
  static override readonly code: number = 418
}

/** 421. */
export class MisdirectedRequest extends HTTPException {
  static override readonly code: number = 421
}

/** 422. */
export class UnprocessableEntity extends HTTPException {
  static override readonly code: number = 422
}

/** 423. */
export class Locked extends HTTPException {
  static override readonly code: number = 423
}

/** 424. */
export class FailedDependency extends HTTPException {
  static override readonly code: number = 424
}

/** 428. */
export class PreconditionRequired extends HTTPException {
  static override readonly code: number = 428
}

/** 429. */
export class TooManyRequests extends HTTPException {
  static override readonly code: number = 429
}

/** 431. */
export class RequestHeaderFieldsTooLarge extends HTTPException {
  static override readonly code: number = 431
}

/** 451. */
export class UnavailableForLegalReasons extends HTTPException {
  static override readonly code: number = 451
}

/** 500. What an uncaught error becomes; that error is its `cause`, and is not shown. */
export class InternalServerError extends HTTPException {
  static override readonly code: number = 500
}

/** 501. */
export class NotImplemented extends HTTPException {
  static override readonly code: number = 501
}

/** 502. */
export class BadGateway extends HTTPException {
  static override readonly code: number = 502
}

/** 503. */
export class ServiceUnavailable extends HTTPException {
  static override readonly code: number = 503
}

/** 504. */
export class GatewayTimeout extends HTTPException {
  static override readonly code: number = 504
}

/** 505. */
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
