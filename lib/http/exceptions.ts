// The HTTP errors by name: Werkzeug's whole tree.
import { checkNumber, checkText, wrongArgument } from '../internal/arguments.ts'
import { TipfyError } from '../internal/errors.ts'
import { describeGiven } from '../internal/has-text.ts'
import { STATUS_CODES } from '../internal/node-http.ts'
import { type ExceptionOptions, HTTPException } from './http-exception.ts'
import { Response } from './response/response.ts'

export { type ExceptionOptions, HTTPException } from './http-exception.ts'

function withCode(status: number): typeof HTTPException {
  return class extends HTTPException {
    static override readonly code: number = status
  }
}

/** 400: the server cannot understand the request. */
export class BadRequest extends withCode(400) {}

/** 400: a key that the handler needs is missing from the query or the form. */
export class BadRequestKeyError extends BadRequest {
  /** The name of the missing key. */
  readonly key: string | null

  constructor(key?: string, options?: ExceptionOptions) {
    if (key !== undefined) checkText('The key of a BadRequestKeyError', key)
    super(key === undefined ? undefined : `The request lacks the value ${JSON.stringify(key)}.`, options)
    this.key = key ?? null
  }
}

/** 400: the request looks like an attack. */
export class SecurityError extends BadRequest {}

/** 400: this server does not serve the host of the request. */
export class BadHost extends BadRequest {
  constructor(description = 'This server does not serve this host.', options?: ExceptionOptions) {
    super(description, options)
  }
}

/** 400: the client left before its request was complete. */
export class ClientDisconnected extends BadRequest {
  constructor(description = 'The client left before its request was complete.', options?: ExceptionOptions) {
    super(description, options)
  }
}

/** 401. Set `headers: { 'WWW-Authenticate': … }` to say how to log in. */
export class Unauthorized extends withCode(401) {}

/** 403. */
export class Forbidden extends withCode(403) {}

/** 404. */
export class NotFound extends withCode(404) {}

/** 405, with the methods that are allowed. */
export class MethodNotAllowed extends withCode(405) {
  /** The allowed methods, in upper case: the Allow header. */
  readonly allow: string[]

  constructor(allow: Iterable<string> = [], description?: string, options?: ExceptionOptions) {
    super(description, options)
    if (typeof allow !== 'object' || typeof allow?.[Symbol.iterator] !== 'function') throw notMethods(allow)
    this.allow = [...allow]
    if (this.allow.length > 0) this.headers.set('allow', this.allow.join(', '))
  }
}

function notMethods(given: unknown): Error {
  return wrongArgument('The methods of a MethodNotAllowed', 'a list', given, "Write ['GET', 'POST'].")
}

/** 406. */
export class NotAcceptable extends withCode(406) {}

/** 408. */
export class RequestTimeout extends withCode(408) {}

/** 409. */
export class Conflict extends withCode(409) {}

/** 410. */
export class Gone extends withCode(410) {}

/** 411. */
export class LengthRequired extends withCode(411) {}

/** 412. */
export class PreconditionFailed extends withCode(412) {}

/** 413. RFC 9110 calls it Content Too Large. */
export class RequestEntityTooLarge extends withCode(413) {}

/** 414. RFC 9110 calls it URI Too Long. */
export class RequestURITooLarge extends withCode(414) {}

/** 415. */
export class UnsupportedMediaType extends withCode(415) {}

/** 416. `length` is the size of the whole in bytes, sent as Content-Range. */
export class RequestedRangeNotSatisfiable extends withCode(416) {
  constructor(length?: number, description?: string, options?: ExceptionOptions) {
    super(description, options)
    if (length !== undefined) checkNumber('The length of a RequestedRangeNotSatisfiable', length)
    if (length !== undefined) this.headers.set('content-range', `bytes */${length}`)
  }
}

/** 417. */
export class ExpectationFailed extends withCode(417) {}

/** 418. */
export class ImATeapot extends withCode(418) {}

/** 421. */
export class MisdirectedRequest extends withCode(421) {}

/** 422. */
export class UnprocessableEntity extends withCode(422) {}

/** 423. */
export class Locked extends withCode(423) {}

/** 424. */
export class FailedDependency extends withCode(424) {}

/** 428. */
export class PreconditionRequired extends withCode(428) {}

/** 429. */
export class TooManyRequests extends withCode(429) {}

/** 431. */
export class RequestHeaderFieldsTooLarge extends withCode(431) {}

/** 451. */
export class UnavailableForLegalReasons extends withCode(451) {}

/** 500: an uncaught error, which is its `cause` and is not shown to the client. */
export class InternalServerError extends withCode(500) {}

/** 501. */
export class NotImplemented extends withCode(501) {}

/** 502. */
export class BadGateway extends withCode(502) {}

/** 503. */
export class ServiceUnavailable extends withCode(503) {}

/** 504. */
export class GatewayTimeout extends withCode(504) {}

/** 505. */
export class HTTPVersionNotSupported extends withCode(505) {}

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

/** Makes the class of a status that has none here, like 402. */
function otherClass(status: number): typeof HTTPException {
  return Object.defineProperty(withCode(status), 'name', { value: 'HTTPException' })
}

/** Makes the error of a status code; null if there is none. */
export function exceptionFor(status: number, description?: string, options?: ExceptionOptions): HTTPException | null {
  if (status === 405) return new MethodNotAllowed([], description, options)
  if (status === 416) return new RequestedRangeNotSatisfiable(undefined, description, options)
  if (typeof status !== 'number' || STATUS_CODES[status] === undefined || status < 400) return null
  return new (byStatus.get(status) ?? otherClass(status))(description, options)
}

/**
 * Ends the handler with the error of a status code, or with a response of your own.
 *
 * @example
 * abort(404, 'No such product.')
 */
export function abort(status: number | Response, description?: string): never {
  if (status instanceof Response) throw new HTTPException(description, { response: status })
  throw exceptionFor(status, description) ?? new TipfyError('TIPFY_E_ABORT_STATUS', { status: describeGiven(status) })
}
