// The response under construction: fields that the handler sets and send.ts sends. The list of headers is only made when
// more than the content type is needed.
import { inspect } from 'node:util'
import { isAnyArrayBuffer, isDate, isUint8Array } from 'node:util/types'
import { checkFunction, checkText, notText, wrongArgument } from '../../internal/arguments.ts'
import { TipfyError } from '../../internal/errors.ts'
import { checkOptionNames } from '../../internal/options.ts'
import { guardGetters } from '../../internal/read-only.ts'
import { parseHttpDate } from '../conditional.ts'
import {
  type CookieOptions,
  cookieIdentity,
  type DeleteCookieOptions,
  serializeCookie,
  serializeDeletion,
} from '../cookies.ts'
import { checkHeaderValue, HeaderList, type HeadersInit } from '../headers.ts'
import { Html } from '../html.ts'
import { attachment, mimetypeOf, withCharset } from '../media-types.ts'
import {
  type Body,
  type Bytes,
  endSource,
  FileBody,
  fileOptions,
  isBlob,
  isBytes,
  type SendFileOptions,
  type StreamSource,
} from './body.ts'
import { CacheControl, deltaSeconds } from './cache-control.ts'
import { type EventOptions, type EventSourceFunction, EventStream, eventOptions } from './events.ts'

/** Options of a response, beside its body. */
export interface ResponseOptions {
  /** Default: 200. */
  status?: number
  /** An object, or pairs of name and value; several values of a name as a list. */
  headers?: HeadersInit
  /** Like `text/csv`; a charset is added for text. */
  mimetype?: string
  /** The whole Content-Type, used as it is. */
  contentType?: string
}

const html = 'text/html; charset=utf-8'
const responseOptions = ['status', 'headers', 'mimetype', 'contentType'] satisfies (keyof ResponseOptions)[]

/**
 * A response. The global `response` is that of the request being served; `new Response(body, { status, headers, mimetype })`
 * makes another to return.
 *
 * @example
 * return new Response('a,b\n', { mimetype: 'text/csv', headers: { 'Content-Disposition': 'attachment' } })
 */
export class Response {
  /** The body as it was set; most code uses `data`. */
  body: Body = ''
  #code = 200
  /** The content type, as long as there is no list. */
  #type: string = html
  /** The content type if it is our default; null once the handler has set one. */
  #suggested: string | null = html
  #list: HeaderList | null = null
  /** True for `Vary: Cookie`, as long as there is no list. */
  #variesByCookie = false
  /** Compress it: true, false, or null for the default: where it is worth it and safe. */
  compress: boolean | null = null
  /** True if conditions and ranges of the request apply. */
  isConditional = false
  #isSent = false

  /** @throws {TipfyError} TIPFY_E_STATUS, TIPFY_E_HEADER_NAME, TIPFY_E_HEADER_VALUE, TIPFY_E_RESPONSE_BODY */
  constructor(body?: string | Bytes | Html | Blob | StreamSource | null, options?: ResponseOptions) {
    if (options !== undefined) this.#fill(options)
    if (body === undefined || body === null) return
    if (typeof body === 'string' || body instanceof Html || isBytes(body)) this.data = body
    else if (isBlob(body)) this.sendBlob(body)
    else this.stream(body)
  }

  #fill(options: ResponseOptions): void {
    if (typeof options !== 'object' || options === null) checkOptionNames('a Response', options, responseOptions)
    const { status, headers, mimetype, contentType } = options
    if (status !== undefined) this.status = status
    if (headers !== undefined) {
      const given = new HeaderList(headers)
      if (!given.has('content-type')) given.set('content-type', this.#type)
      this.#list = given
    }
    if (mimetype !== undefined) this.mimetype = mimetype
    if (contentType !== undefined) this.contentType = contentType
  }

  /** The whole body as text or bytes, as it was set. Reading throws if the body is a stream or a file. */
  get data(): string | Uint8Array {
    const body = this.body
    if (body === null) return ''
    if (typeof body === 'string' || isUint8Array(body)) return body
    throw new TipfyError('TIPFY_E_RESPONSE_STREAMS')
  }

  set data(data: string | Bytes | Html) {
    if (this.#isSent) throw sentError('data')
    if (typeof data === 'string' || isUint8Array(data)) this.replaceBody(data)
    else if (data instanceof Html) this.replaceBody(data.toString())
    else if (isAnyArrayBuffer(data)) this.replaceBody(new Uint8Array(data))
    else throw new TipfyError('TIPFY_E_RESPONSE_BODY', { given: data === null ? 'null' : typeof data })
  }

  /** The status code, 200 by default. Setting throws for a status below 200 or above 599. */
  get status(): number {
    return this.#code
  }

  set status(status: number) {
    if (this.#isSent) throw sentError('status')
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new TipfyError('TIPFY_E_STATUS', { status: inspect(status) })
    }
    this.#code = status
  }

  /** The same as `status`. */
  get statusCode(): number {
    return this.#code
  }

  set statusCode(status: number) {
    this.status = status
  }

  /** The headers. Content-Length, Date and Connection are set when the response is sent. */
  get headers(): HeaderList {
    if (this.#list === null) {
      this.#list = new HeaderList()
      if (this.#type !== '') this.#list.addUnchecked('content-type', this.#type)
      if (this.#variesByCookie) this.#list.addUnchecked('vary', 'Cookie')
      if (this.#isSent) this.#list.freeze()
    }
    return this.#list
  }

  /** The Content-Type, `text/html; charset=utf-8` by default; '' sends none. */
  get contentType(): string {
    return this.#list === null ? this.#type : this.#list.get('content-type', '')
  }

  set contentType(type: string) {
    this.#suggested = null
    this.#putType(checkHeaderValue('content-type', type))
  }

  #putType(type: string): void {
    if (this.#isSent) throw sentError('contentType')
    if (this.#list === null) this.#type = type
    else if (type === '') this.#list.delete('content-type')
    else this.#list.set('content-type', type)
  }

  /** The Content-Type without its parameters; setting it adds `; charset=utf-8` for text. */
  get mimetype(): string {
    return this.contentType.split(';', 1)[0]!.trim().toLowerCase()
  }

  set mimetype(mimetype: string) {
    checkText('`response.mimetype`', mimetype)
    this.contentType = withCharset(mimetype)
  }

  /** Sets the default Content-Type of a body, unless the handler has set one. */
  suggestType(type: string): void {
    if (this.#suggested === null || this.#suggested !== this.contentType) return
    this.#suggested = type
    this.#putType(type)
  }

  /** Sets a cookie; replaces an earlier one of the same name, path and domain in this response. */
  setCookie(name: string, value: string, options?: CookieOptions): void {
    this.#putCookie(serializeCookie(name, value, options))
  }

  /** Makes the browser delete a cookie. `path` and `domain` must be those it was set with. */
  deleteCookie(name: string, options?: DeleteCookieOptions): void {
    this.#putCookie(serializeDeletion(name, options))
  }

  /** The entity tag, with its quotes; null for none. Quotes are added to a tag without them. */
  get etag(): string | null {
    return this.#list === null ? null : this.#list.get('etag')
  }

  set etag(tag: string | null) {
    if (tag === null) this.headers.delete('etag')
    else if (typeof tag !== 'string') throw notText('`response.etag`', tag, 'a text, or null for none')
    else this.headers.set('etag', /^(?:W\/)?"[^"]*"$/.test(tag) ? tag : `"${tag.replaceAll('"', '')}"`)
  }

  /** The time of the content's last change, sent in whole seconds; null for none. */
  get lastModified(): Date | null {
    return this.#list === null ? null : parseHttpDate(this.#list.get('last-modified') ?? undefined)
  }

  set lastModified(date: Date | null) {
    if (date === null) this.headers.delete('last-modified')
    else if (!isDate(date) || Number.isNaN(date.getTime())) throw notDate('`response.lastModified`', date)
    else this.headers.set('last-modified', date.toUTCString())
  }

  /** The Cache-Control header as an object: `response.cacheControl.maxAge = 60`. */
  get cacheControl(): CacheControl {
    return new CacheControl(this.headers)
  }

  /** Adds request headers that this response depends on to Vary. */
  vary(...names: string[]): void {
    for (const name of names) checkText('A header of response.vary()', name)
    const split = (text: string) => text.split(',').map((name) => name.trim())
    const known = this.headers.getAll('vary').join(', ')
    const list = known === '' ? [] : split(known)
    for (const name of names.flatMap(split)) {
      if (!list.some((other) => other.toLowerCase() === name.toLowerCase())) list.push(name)
    }
    this.headers.set('vary', list.includes('*') ? '*' : list.join(', '))
  }

  /** As `vary('Cookie')`, in most cases without a list. @internal */
  varyByCookie(): void {
    if (this.#list === null) this.#variesByCookie = true
    else if (this.#list.has('vary')) this.vary('Cookie')
    else this.#list.addUnchecked('vary', 'Cookie')
  }

  /**
   * Sends 304 if the client has this content already, 412 if it expects another version, and 206 if it asks for a part. Decided
   * when the response is sent, by `etag` and `lastModified`; with neither, by a tag computed from the body.
   */
  makeConditional(): this {
    this.isConditional = true
    return this
  }

  #putCookie(cookie: string): void {
    const headers = this.headers
    if (headers.has('set-cookie')) {
      const identity = cookieIdentity(cookie)
      headers.deleteWhere('set-cookie', (other) => cookieIdentity(other) === identity)
    }
    headers.addUnchecked('set-cookie', cookie)
  }

  /** Sends the pieces of `source` as they come; the next one is pulled when the client can receive it. */
  stream(source: StreamSource): this {
    if (this.#isSent) throw sentError('stream()')
    const given = source as Partial<AsyncIterable<unknown> & Iterable<unknown>> | null
    if (typeof given?.[Symbol.asyncIterator] !== 'function' && typeof given?.[Symbol.iterator] !== 'function') {
      throw new TipfyError('TIPFY_E_RESPONSE_BODY', { given: source === null ? 'null' : typeof source })
    }
    this.body = source
    return this
  }

  /** Sends a Blob, which may be a file that is larger than memory, with its length and, unless another is set, its type. @internal */
  sendBlob(blob: Blob): this {
    if (blob.type !== '') this.suggestType(blob.type)
    this.headers.set('content-length', blob.size)
    return this.stream(blob.stream())
  }

  /**
   * Sends events that a page reads with EventSource. The headers leave at once, with a comment, and then every 15 seconds without
   * an event another one: the session, cookies and headers must be written before.
   *
   * @example
   * return response.events(async function* () {
   *   yield { event: 'order', id: 7, data: { product: 'tea' } }
   * })
   */
  events(make: EventSourceFunction, options: EventOptions = {}): this {
    if (this.#isSent) throw sentError('events()')
    checkFunction('The events of response.events()', make)
    checkOptionNames('events()', options, eventOptions)
    this.contentType = 'text/event-stream'
    const { headers } = this
    // Neither stored nor compressed on the way, and not held back by nginx.
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store, no-transform')
    headers.set('x-accel-buffering', 'no')
    this.compress = false
    this.body = new EventStream(make, options)
    return this
  }

  /**
   * Has the browser save the response under `filename`, in any script. Its ending decides the type, unless one has been set.
   *
   * @example
   * response.attachment('report.csv')
   */
  attachment(filename: string): this {
    checkText('The name of response.attachment()', filename)
    this.headers.set('content-disposition', attachment(filename))
    if (this.#suggested === this.contentType) this.contentType = withCharset(mimetypeOf(filename))
    return this
  }

  /** Sends a file: in part if asked for, not at all if the client has it. Becomes a 404 if it does not exist. */
  sendFile(path: string, options: SendFileOptions = {}): this {
    if (this.#isSent) throw sentError('sendFile()')
    checkText('The path of sendFile()', path)
    checkOptionNames('sendFile()', options, fileOptions)
    const { download, mimetype, maxAge, immutable } = options
    this.body = new FileBody(path, options)
    this.isConditional = true
    if (mimetype === undefined) this.suggestType(withCharset(mimetypeOf(path)))
    else this.mimetype = mimetype
    if (download) {
      const name = typeof download === 'string' ? download : path.slice(path.lastIndexOf('/') + 1)
      this.headers.set('content-disposition', attachment(name))
    }
    if (maxAge !== undefined) {
      this.headers.set('cache-control', `max-age=${deltaSeconds(maxAge)}${immutable ? ', immutable' : ''}`)
    }
    return this
  }

  /** Returns a copy; later changes to one do not affect the other. */
  clone(): Response {
    const copy = new Response()
    copy.body = this.body
    copy.#code = this.#code
    copy.#type = this.#type
    copy.#suggested = this.#suggested
    copy.#variesByCookie = this.#variesByCookie
    copy.#list = this.#list === null ? null : new HeaderList(this.#list)
    copy.compress = this.compress
    copy.isConditional = this.isConditional
    return copy
  }

  /** Sets the whole body, and ends a stream that was to be sent before. @internal */
  replaceBody(body: string | Uint8Array): void {
    if (this.body !== null) this.dropBody()
    this.body = body
  }

  /** Removes the body, and ends a stream that will not be sent. */
  dropBody(): void {
    const body = this.body
    this.body = null
    if (typeof body === 'object' && body !== null && !isUint8Array(body)) endSource(body)
  }

  /** True if the body is sent piece by piece, as it is made. */
  get isStream(): boolean {
    return !this.isBuffered && !(this.body instanceof FileBody)
  }

  /** Makes changes throw: the headers have been sent, with this response or another one. @internal */
  close(): void {
    this.#isSent = true
    this.#list?.freeze()
  }

  /** True if the whole body is in memory. */
  get isBuffered(): boolean {
    const body = this.body
    return typeof body === 'string' || body === null || isUint8Array(body)
  }

  /** Returns the header list for `writeHead`; a negative `length` adds no Content-Length. */
  toWire(length: number): string[] {
    if (this.#list === null && length >= 0 && this.#type !== '') {
      this.#isSent = true
      const size = String(length)
      return this.#variesByCookie
        ? ['content-type', this.#type, 'vary', 'Cookie', 'content-length', size]
        : ['content-type', this.#type, 'content-length', size]
    }
    const { headers } = this
    if (length >= 0) {
      if (headers.has('content-length')) headers.set('content-length', length)
      else headers.addUnchecked('content-length', String(length))
    }
    this.close()
    return headers.toFlat()
  }
}

guardGetters(Response, 'response', {
  headers: 'Set one after the other, response.headers.set(name, value), or return new Response(body, { headers }).',
  cacheControl:
    "Set its parts, response.cacheControl.maxAge = 60, or all: response.headers.set('Cache-Control', 'no-store').",
  others: 'It follows from the body: set response.data, or call response.stream(source).',
})

function notDate(what: string, given: unknown): TipfyError {
  return wrongArgument(what, 'a valid Date, or null for none', given, 'Write new Date(milliseconds).')
}

function sentError(what: string): TipfyError {
  return new TipfyError('TIPFY_E_RESPONSE_SENT', { what: `response.${what}` })
}
