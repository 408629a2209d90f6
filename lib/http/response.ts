// The answer under construction: plain fields, filled by the handler, turned into bytes by send.ts.
// Headers live in a list that is only made when something beside the content type is asked for.
import type { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { TipfyError } from '../errors.ts'
import {
  type CookieOptions,
  cookieIdentity,
  type DeleteCookieOptions,
  serializeCookie,
  serializeDeletion,
} from './cookies.ts'
import { Html } from './escape.ts'
import { checkHeaderValue, HeaderList, type HeadersInit } from './headers.ts'

/** What yields a body piece by piece: Node and web streams, generators, lists; each piece text or bytes. */
export type StreamSource =
  | Readable
  | ReadableStream
  | AsyncIterable<string | Uint8Array>
  | Iterable<string | Uint8Array>

export type Body = string | Uint8Array | StreamSource | null

export interface ResponseOptions {
  /** 200 unless told. */
  status?: number
  headers?: HeadersInit
  /** Like `text/csv`; a charset is added to what is text. */
  mimetype?: string
  /** The whole Content-Type, taken as it is. */
  contentType?: string
}

const html = 'text/html; charset=utf-8'

/** `mimetype` with a charset if it is of text. */
export function withCharset(mimetype: string): string {
  return /^text\/|^application\/(?:javascript|xml|[\w.+-]+\+xml)$/i.test(mimetype) && !mimetype.includes(';')
    ? `${mimetype}; charset=utf-8`
    : mimetype
}

/**
 * An answer. The global `response` is one; `new Response(body, { status, headers, mimetype })` makes another to return.
 *
 * @example
 * return new Response('a,b\n', { mimetype: 'text/csv', headers: { 'Content-Disposition': 'attachment' } })
 */
export class Response {
  /** What will be sent, as it was set; `data` is the side that most code wants. */
  body: Body = ''
  private code = 200
  /** The content type, as long as there is no list to keep it in. */
  private type: string = html
  private list: HeaderList | null = null

  constructor(body?: string | Uint8Array | Html | StreamSource | null, options?: ResponseOptions) {
    if (options !== undefined) this.fill(options)
    if (body === undefined || body === null) return
    if (typeof body === 'string' || body instanceof Html || body instanceof Uint8Array) this.data = body
    else this.stream(body)
  }

  private fill({ status, headers, mimetype, contentType }: ResponseOptions): void {
    if (status !== undefined) this.status = status
    if (headers !== undefined) {
      const given = new HeaderList(headers)
      if (!given.has('content-type')) given.set('content-type', this.type)
      this.list = given
    }
    if (mimetype !== undefined) this.mimetype = mimetype
    if (contentType !== undefined) this.contentType = contentType
  }

  /** The whole body as text or bytes, as it was set. Reading it throws while the response streams. */
  get data(): string | Uint8Array {
    const body = this.body
    if (body === null) return ''
    if (typeof body === 'string' || body instanceof Uint8Array) return body
    throw new TipfyError('TIPFY_E_RESPONSE_STREAMS')
  }

  set data(data: string | Uint8Array | Html) {
    if (typeof data === 'string' || data instanceof Uint8Array) this.body = data
    else if (data instanceof Html) this.body = data.toString()
    else throw new TipfyError('TIPFY_E_RESPONSE_BODY', { given: data === null ? 'null' : typeof data })
  }

  /** The status code, 200 unless set. Throws for what is not an answer's (below 200, above 599). */
  get status(): number {
    return this.code
  }

  set status(status: number) {
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new TipfyError('TIPFY_E_STATUS', { status: String(status) })
    }
    this.code = status
  }

  /** The same as `status`. */
  get statusCode(): number {
    return this.code
  }

  set statusCode(status: number) {
    this.status = status
  }

  /** The headers. Content-Length, Date and Connection are set when the answer is sent. */
  get headers(): HeaderList {
    if (this.list === null) {
      this.list = new HeaderList()
      if (this.type !== '') this.list.set('content-type', this.type)
    }
    return this.list
  }

  /** The Content-Type, `text/html; charset=utf-8` unless set; '' sends none. */
  get contentType(): string {
    return this.list === null ? this.type : this.list.get('content-type', '')
  }

  set contentType(type: string) {
    if (this.list === null) this.type = checkHeaderValue('content-type', type)
    else if (type === '') this.list.delete('content-type')
    else this.list.set('content-type', type)
  }

  /** The Content-Type without its parameters; setting it adds `; charset=utf-8` to what is text. */
  get mimetype(): string {
    return this.contentType.split(';', 1)[0]!.trim().toLowerCase()
  }

  set mimetype(mimetype: string) {
    this.contentType = withCharset(mimetype)
  }

  /** Sets a cookie; an earlier one of the same name, path and domain in this response is replaced. */
  setCookie(name: string, value: string, options?: CookieOptions): void {
    this.putCookie(serializeCookie(name, value, options))
  }

  /** Makes the browser forget a cookie. `path` and `domain` must be those it was set with. */
  deleteCookie(name: string, options?: DeleteCookieOptions): void {
    this.putCookie(serializeDeletion(name, options))
  }

  private putCookie(cookie: string): void {
    const headers = this.headers
    if (headers.has('set-cookie')) {
      const identity = cookieIdentity(cookie)
      headers.deleteWhere('set-cookie', (other) => cookieIdentity(other) === identity)
    }
    headers.add('set-cookie', cookie)
  }

  /** Sends what `source` yields, as it comes; nothing is asked of it before the client can take it. */
  stream(source: StreamSource): this {
    const given = source as Partial<AsyncIterable<unknown> & Iterable<unknown>> | null
    if (typeof given?.[Symbol.asyncIterator] !== 'function' && typeof given?.[Symbol.iterator] !== 'function') {
      throw new TipfyError('TIPFY_E_RESPONSE_BODY', { given: source === null ? 'null' : typeof source })
    }
    this.body = source
    return this
  }

  /** The header list for `writeHead`, with the length that send.ts found. */
  wire(length: number): string[] {
    const flat = this.list === null ? (this.type === '' ? [] : ['content-type', this.type]) : this.list.toFlat()
    if (length >= 0) flat.push('content-length', String(length))
    return flat
  }
}
