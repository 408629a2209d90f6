// A response as a test reads it: complete, so that nothing has to be awaited.
import { readJson } from '../internal/json.ts'
import type { Reply } from './exchange.ts'

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
    this.headers = new Headers()
    for (let at = 0; at < reply.rawHeaders.length; at += 2) {
      this.headers.append(reply.rawHeaders[at]!, reply.rawHeaders[at + 1]!)
    }
    this.bytes = reply.bytes
    this.url = url.href
    this.history = history
  }

  /** The body as text (UTF-8). */
  get text(): string {
    return this.bytes.toString('utf8')
  }

  /** The body as JSON. */
  json<T = unknown>(): T {
    return readJson(this.text) as T
  }

  /** The target of a redirect as a whole URL; null for other responses. */
  get location(): string | null {
    const location = this.headers.get('location')
    return location === null ? null : new URL(location, this.url).href
  }
}
