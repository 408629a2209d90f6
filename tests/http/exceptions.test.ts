import { expect, test } from '@jest/globals'
import * as exceptions from '../../lib/http/exceptions.ts'
import { Response } from '../../lib/http/response/response.ts'
import { fakeRequest } from './fake.ts'

const { abort, exceptionFor, HTTPException, MethodNotAllowed, NotFound, ServiceUnavailable } = exceptions

// As in werkzeug.exceptions 3.
const werkzeug = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  RequestTimeout: 408,
  Conflict: 409,
  Gone: 410,
  LengthRequired: 411,
  PreconditionFailed: 412,
  RequestEntityTooLarge: 413,
  RequestURITooLarge: 414,
  UnsupportedMediaType: 415,
  RequestedRangeNotSatisfiable: 416,
  ExpectationFailed: 417,
  ImATeapot: 418,
  MisdirectedRequest: 421,
  UnprocessableEntity: 422,
  Locked: 423,
  FailedDependency: 424,
  PreconditionRequired: 428,
  TooManyRequests: 429,
  RequestHeaderFieldsTooLarge: 431,
  UnavailableForLegalReasons: 451,
  InternalServerError: 500,
  NotImplemented: 501,
  BadGateway: 502,
  ServiceUnavailable: 503,
  GatewayTimeout: 504,
  HTTPVersionNotSupported: 505,
  BadRequestKeyError: 400,
  SecurityError: 400,
  BadHost: 400,
  ClientDisconnected: 400,
}

test.each(Object.entries(werkzeug))('%s is a %i that explains itself', (name, code) => {
  const Class = Object.entries(exceptions).find(([key]) => key === name)![1] as typeof NotFound
  const error = new Class()
  expect([error.code, error.name, Class.code]).toEqual([code, name, code])
  expect(error.description).toMatch(/\.$/)
  expect(error).toBeInstanceOf(HTTPException)
  expect(error.toResponse().status).toBe(code)
})

test('a status can be turned into its error', () => {
  for (const [name, code] of Object.entries(werkzeug)) {
    const error = exceptionFor(code, 'why')
    expect([error?.code, error?.description]).toEqual([code, 'why'])
    if (code !== 400) expect(error?.name).toBe(name)
  }
  expect(exceptionFor(299)).toBeNull()
})

test('abort knows every registered status of errors, also those without a class', () => {
  for (const code of [402, 407, 425, 426, 507, 511])
    expect(() => abort(code)).toThrow(expect.objectContaining({ code }))
  const paid = exceptionFor(402)!
  expect(paid).toBeInstanceOf(HTTPException)
  expect([paid.name, paid.reason, paid.description]).toEqual(['HTTPException', 'Payment Required', 'Payment Required.'])
  expect(paid.toResponse().status).toBe(402)
  for (const none of [0, 200, 302, 399, 499, 600, Number.NaN, '404', null])
    expect(() => abort(none as number)).toThrow(expect.objectContaining({ code: 'TIPFY_E_ABORT_STATUS' }))
})

test('abort throws the error of a status, or a response', () => {
  expect(() => abort(404, 'No such product.')).toThrow(new NotFound('No such product.'))
  expect(() => abort(299)).toThrow(expect.objectContaining({ code: 'TIPFY_E_ABORT_STATUS' }))
  const response = new Response('busy', { status: 503 })
  let thrown: unknown
  try {
    abort(response)
  } catch (error) {
    thrown = error
  }
  expect((thrown as InstanceType<typeof HTTPException>).toResponse().data).toBe('busy')
})

const page = (accept: string | undefined, error = new NotFound('<gone>')) => {
  const response = error.toResponse(fakeRequest('/', accept === undefined ? {} : { headers: { accept } }))
  return { type: response.mimetype, data: String(response.data), vary: response.headers.get('vary') }
}

test('the response is HTML, JSON or text, as the client prefers', () => {
  for (const accept of [undefined, '*/*', 'text/html,*/*;q=0.8', 'image/png']) {
    const { type, data, vary } = page(accept)
    expect([type, vary]).toEqual(['text/html', 'Accept'])
    expect(data).toContain('<h1>Not Found</h1>\n<p>&lt;gone&gt;</p>')
  }
  const json = page('application/json')
  expect([json.type, JSON.parse(json.data)]).toEqual([
    'application/json',
    { status: 404, title: 'Not Found', detail: '<gone>' },
  ])
  expect(page('text/plain')).toMatchObject({ type: 'text/plain', data: '404 Not Found\n\n<gone>\n' })
})

test('without a preference the response is JSON for a client that sent JSON', () => {
  const type = (sent: string, accept?: string) => {
    const headers = { 'content-type': sent, ...(accept !== undefined && { accept }) }
    return new NotFound().toResponse(fakeRequest('/', { headers })).mimetype
  }
  for (const sent of ['application/json', 'Application/JSON;charset=utf-8', 'application/merge-patch+json']) {
    expect([undefined, '*/*', 'application/*', 'image/png, */*;q=0.1'].map((accept) => type(sent, accept))).toEqual(
      new Array(4).fill('application/json'),
    )
    expect(
      ['text/html, */*;q=0.8', 'text/*', 'text/html, application/json'].map((accept) => type(sent, accept)),
    ).toEqual(new Array(3).fill('text/html'))
    expect(type(sent, 'text/plain')).toBe('text/plain')
  }
  for (const sent of ['application/x-www-form-urlencoded', 'text/plain', 'application/jsonx'])
    expect([type(sent), type(sent, '*/*')]).toEqual(['text/html', 'text/html'])
})

test('a client that accepts problems alone gets one', () => {
  const { type, data } = page('application/problem+json')
  expect([type, JSON.parse(data)]).toMatchObject(['application/problem+json', { status: 404 }])
})

test('headers, the methods allowed and the time to come again are sent', () => {
  expect(new NotFound('', { headers: { 'x-a': '1' } }).toResponse().headers.get('x-a')).toBe('1')
  expect(new MethodNotAllowed(['GET', 'HEAD']).toResponse().headers.get('allow')).toBe('GET, HEAD')
  expect(new MethodNotAllowed(new Set(['GET'])).allow).toEqual(['GET'])
  const later = (retryAfter: number | Date) =>
    new ServiceUnavailable('', { retryAfter }).toResponse().headers.get('retry-after')
  expect([later(1.2), later(new Date(0))]).toEqual(['2', 'Thu, 01 Jan 1970 00:00:00 GMT'])
  expect(new exceptions.RequestedRangeNotSatisfiable(10).toResponse().headers.get('content-range')).toBe('bytes */10')
})

test('a cause is kept, and not sent', () => {
  const error = new exceptions.InternalServerError(undefined, { cause: new Error('the password is 123') })
  expect(error.cause).toMatchObject({ message: 'the password is 123' })
  for (const accept of ['text/html', 'application/json', 'text/plain'])
    expect(page(accept, error).data).not.toContain('123')
})

test('a missing key is named', () => {
  expect(new exceptions.BadRequestKeyError('name').description).toContain('"name"')
})
