// A client for tests: asks an application as a browser would, cookies and redirects included, without opening a port.

import { current } from '../app/globals.ts'
import type { App } from '../app/types.ts'
import { session, sessionStore } from '../ext/session/index.ts'
import { sendResponse } from '../http/response/send.ts'
import { ClientResponse } from './client-response.ts'
import { CookieJar } from './cookie-jar.ts'
import { exchange } from './exchange.ts'
import { messageFor, type RequestOptions } from './message.ts'
import { runInContext } from './run-in-context.ts'

/** What all requests of a client have in common. */
export interface ClientOptions {
  /** Scheme, host and port that paths are asked of. Default: http://localhost */
  baseUrl?: string
  /** Sent with every request that does not set them itself. */
  headers?: RequestOptions['headers']
  /** Whether redirects are followed. Default: false */
  followRedirects?: boolean
}

/** One request of a client. */
export interface ClientRequestOptions extends RequestOptions {
  /** Whether redirects are followed, this time. */
  followRedirects?: boolean
}

type SessionFunction<T> = (dictionary: typeof session, store: typeof sessionStore) => T | Promise<T>

/** As far as Chromium goes. */
const mostRedirects = 20

/** One browser, as far as cookies are concerned. Made by `createClient`. */
export class TestClient {
  /** The cookies it holds. */
  readonly cookies: CookieJar
  readonly #app: App
  readonly #options: ClientOptions
  readonly #base: URL

  constructor(app: App, options: ClientOptions = {}) {
    this.#app = app
    this.#options = options
    this.#base = new URL(options.baseUrl ?? 'http://localhost')
    this.cookies = new CookieJar(this.#base.hostname)
  }

  /** `request('GET', path, options)`. */
  get(path: string, options?: ClientRequestOptions): Promise<ClientResponse> {
    return this.request('GET', path, options)
  }

  /** `request('HEAD', path, options)`. */
  head(path: string, options?: ClientRequestOptions): Promise<ClientResponse> {
    return this.request('HEAD', path, options)
  }

  /** `request('POST', path, options)`. */
  post(path: string, options?: ClientRequestOptions): Promise<ClientResponse> {
    return this.request('POST', path, options)
  }

  /** `request('PUT', path, options)`. */
  put(path: string, options?: ClientRequestOptions): Promise<ClientResponse> {
    return this.request('PUT', path, options)
  }

  /** `request('PATCH', path, options)`. */
  patch(path: string, options?: ClientRequestOptions): Promise<ClientResponse> {
    return this.request('PATCH', path, options)
  }

  /** `request('DELETE', path, options)`. */
  delete(path: string, options?: ClientRequestOptions): Promise<ClientResponse> {
    return this.request('DELETE', path, options)
  }

  /** `request('OPTIONS', path, options)`. */
  options(path: string, options?: ClientRequestOptions): Promise<ClientResponse> {
    return this.request('OPTIONS', path, options)
  }

  /**
   * Asks the application. `path` may be a whole URL, for another host or for https.
   *
   * @example
   * const answer = await client.request('POST', '/login', { form: { name: 'ann' }, followRedirects: true })
   */
  async request(method: string, path: string, options: ClientRequestOptions = {}): Promise<ClientResponse> {
    await this.#app.ready()
    const follow = options.followRedirects ?? this.#options.followRedirects ?? false
    const history: ClientResponse[] = []
    let answer = await this.#ask(method, path, options, this.#base, history)
    let wanted: ClientRequestOptions = options
    while (follow && answer.location !== null && answer.status !== 304 && answer.status !== 201) {
      if (history.push(answer) > mostRedirects) throw new Error(`More than ${mostRedirects} redirects from ${path}`)
      // RFC 9110, 15.4: after 303 the new request is a GET; after 301 and 302 browsers turn a POST into one.
      if (method !== 'HEAD' && (answer.status === 303 || (answer.status < 303 && method === 'POST'))) method = 'GET'
      const { headers, remoteAddress } = options
      wanted = method === 'GET' || method === 'HEAD' ? { headers, remoteAddress } : { ...options, query: undefined }
      answer = await this.#ask(method, answer.location, wanted, new URL(answer.url), [...history])
    }
    return answer
  }

  async #ask(
    method: string,
    path: string,
    options: RequestOptions,
    base: URL,
    history: readonly ClientResponse[],
  ): Promise<ClientResponse> {
    const headers = { ...this.#options.headers, ...options.headers }
    const cookies = (url: URL) => this.cookies.header(url)
    const { url, message } = await messageFor(method, path, { options: { ...options, headers }, base, cookies })
    const answer = new ClientResponse(await exchange(this.#app.requestListener, message), url, history)
    for (const cookie of answer.headers.getSetCookie()) this.cookies.store(cookie, url)
    return answer
  }

  /**
   * Runs `fn` with this client's session, and saves it as a request would: to set up what a test starts from, or to look
   * at what it left. Gives what `fn` gives.
   *
   * @example
   * await client.session((session) => { session.products = ['foo'] })
   * expect(await client.session((session) => session.products)).toEqual(['foo'])
   */
  async session<T>(fn: SessionFunction<T>): Promise<T> {
    const cookies = (url: URL) => this.cookies.header(url)
    const { url, message } = await messageFor('GET', '/', { options: {}, base: this.#base, cookies })
    const { result, reply } = await runInContext(this.#app, message, async (context, outgoing) => {
      const result = await fn(current(session), current(sessionStore))
      await this.#app.sessionInterface!.saveSession(context, context.response, false)
      await sendResponse(context.response, context.request, outgoing)
      return result
    })
    for (const cookie of new ClientResponse(reply, url, []).headers.getSetCookie()) this.cookies.store(cookie, url)
    return result
  }
}

/**
 * A client for tests of an application. It makes the application ready itself.
 *
 * @example
 * const client = createClient(app)
 * const answer = await client.get('/session-test', { query: { 'add-product': 'foo' } })
 * expect(answer.text).toBe('Products in cart: foo')
 */
export function createClient(app: App, options?: ClientOptions): TestClient {
  return new TestClient(app, options)
}
