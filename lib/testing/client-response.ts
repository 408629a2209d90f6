// A response as a test reads it: complete, so that nothing has to be awaited.
import { once } from 'node:events'
import { TipfyError } from '../internal/errors.ts'
import { readJson } from '../internal/json.ts'
import type { OpenReply, Reply, ReplyHead } from './exchange.ts'

/** Characters of a body that an error shows. */
const maxShown = 80

/** The response to a request of a test. */
export class ClientResponse {
  /** The status code. */
  readonly status: number
  /** The status in words, as received. */
  readonly statusText: string
  /** The web's own Headers: `get(name)`, `getSetCookie()`. */
  readonly headers: Headers
  /** The body as received. */
  readonly bytes: Buffer
  /** The URL of the request, after redirects. */
  readonly url: string
  /** The responses that redirected to this one, first to last. */
  readonly history: readonly ClientResponse[]

  constructor(reply: Reply, url: URL, history: readonly ClientResponse[]) {
    this.status = reply.status
    this.statusText = reply.statusText
    this.headers = headersOf(reply)
    this.bytes = reply.bytes
    this.url = url.href
    this.history = history
  }

  /** The body as text (UTF-8). */
  get text(): string {
    return this.bytes.toString('utf8')
  }

  /**
   * The body as JSON.
   *
   * @throws {TipfyError} TIPFY_E_TEST_NOT_JSON
   */
  json<T = unknown>(): T {
    try {
      return readJson(this.text) as T
    } catch (cause) {
      const type = this.headers.get('content-type') ?? 'no content type'
      const given = `${this.status}, ${type}: ${JSON.stringify(this.text.slice(0, maxShown))}`
      throw new TipfyError('TIPFY_E_TEST_NOT_JSON', { url: this.url, given }, { cause })
    }
  }

  /** The target of a redirect as a whole URL; null for other responses. */
  get location(): string | null {
    const location = this.headers.get('location')
    return location === null ? null : new URL(location, this.url).href
  }
}

/**
 * The response to a request of a test, read piece by piece.
 *
 * @example
 * const stream = await client.stream('GET', '/events')
 * expect(await stream.next()).toBe(':\n\n')
 * await stream.leave()
 */
export class ClientStream implements AsyncIterable<string> {
  /** The status code. */
  readonly status: number
  /** The web's own Headers: `get(name)`, `getSetCookie()`. */
  readonly headers: Headers
  /** The URL of the request. */
  readonly url: string
  readonly #body: OpenReply['body']
  readonly #pieces: AsyncIterator<string>

  constructor(reply: OpenReply, url: URL) {
    this.status = reply.status
    this.headers = headersOf(reply)
    this.url = url.href
    this.#body = reply.body.setEncoding('utf8')
    this.#pieces = this.#body[Symbol.asyncIterator]()
  }

  /** Waits for more text and returns what has arrived; null at the end. Rejects if the response breaks off. */
  async next(): Promise<string | null> {
    const { done, value } = await this.#pieces.next()
    return done ? null : value
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (let piece = await this.next(); piece !== null; piece = await this.next()) yield piece
  }

  /** Breaks the connection off, as a closed browser does. Resolves when the server has noticed. */
  async leave(): Promise<void> {
    const { socket } = this.#body
    this.#body.on('error', () => {}).destroy()
    if (!socket.closed) await once(socket, 'close')
  }
}

function headersOf({ rawHeaders }: ReplyHead): Headers {
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!)
  return headers
}
