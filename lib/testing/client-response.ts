// An answer as a test reads it: whole, so that nothing has to be awaited.
import { readJson } from '../internal/json.ts'
import type { Reply } from './exchange.ts'

/** The answer to a request of a test. */
export class ClientResponse {
  /** The status code. */
  readonly status: number
  /** The status in words, as it came. */
  readonly statusText: string
  /** The web's own Headers: `get(name)`, `getSetCookie()`. */
  readonly headers: Headers
  /** The body as it came. */
  readonly bytes: Buffer
  /** What was asked for, after redirects. */
  readonly url: string
  /** The answers that redirected to this one, first to last. */
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

  /** Where a redirect leads, as a whole URL; null where it is none. */
  get location(): string | null {
    const location = this.headers.get('location')
    return location === null ? null : new URL(location, this.url).href
  }
}
