// A client for tests: sends requests as a browser would, with cookies and redirects, without opening a port.
import { current } from '../app/globals.ts'
import type { App } from '../app/types.ts'
import { session, sessionStore } from '../ext/session/index.ts'
import { sendResponse } from '../http/response/send.ts'
import { checkFunction, wrongArgument } from '../internal/arguments.ts'
import { checkApp, checkOptionNames } from '../internal/options.ts'
import { ClientResponse, ClientStream } from './client-response.ts'
import { CookieJar } from './cookie-jar.ts'
import { TestDevice } from './device.ts'
import { exchange, type Message, open } from './exchange.ts'
import { mergeHeaders, messageFor, type RequestOptions, requestOptions, resolveUrl } from './message.ts'
import { runInContext } from './with-request.ts'

/** Options for all requests of a client. */
export interface ClientOptions {
  /** Scheme, host and port. Default: http://localhost */
  baseUrl?: string | URL
  /** Sent with every request that does not set them itself. */
  headers?: RequestOptions['headers']
  /** Follow redirects. Default: false */
  followRedirects?: boolean
  /** Bind sessions to a device, as browsers can. Default: false, a browser that cannot. Needs a `baseUrl` of https. */
  device?: boolean
  /** Send the CSRF token with every request that needs one, as if a page with a form had been opened. Default: false */
  csrf?: boolean
}

/** One request of a client. */
export interface ClientRequestOptions extends RequestOptions {
  /** Follow redirects, for this request. */
  followRedirects?: boolean
  /** Send the CSRF token, for this request. */
  csrf?: boolean
}

interface Written {
  url: URL
  message: Message
}

type SessionFunction<T> = (dictionary: typeof session, store: typeof sessionStore) => T | Promise<T>

/** As in Chromium. */
const maxRedirects = 20

const clientRequestOptions = [...requestOptions, 'followRedirects', 'csrf'] satisfies (keyof ClientRequestOptions)[]

/** A client with cookies of its own, like a browser. Made by `createClient`. */
export class TestClient {
  /** Its cookies. */
  readonly cookies: CookieJar
  readonly #app: App
  readonly #options: ClientOptions
  readonly #base: URL
  readonly #device: TestDevice | undefined

  constructor(app: App, options: ClientOptions = {}) {
    checkApp('createClient', app)
    checkOptionNames('createClient()', options, ['baseUrl', 'headers', 'followRedirects', 'device', 'csrf'])
    this.#app = app
    this.#options = options
    this.#base = baseOf(options.baseUrl ?? 'http://localhost')
    this.cookies = new CookieJar(this.#base.hostname)
    if (options.device) this.#device = new TestDevice((url, headers) => this.#sendForDevice(url, headers))
  }

  /** `request('GET', path, options)`. */
  get(path: string | URL, options?: ClientRequestOptions): Promise<ClientResponse> {
    return this.request('GET', path, options)
  }

  /** `request('HEAD', path, options)`. */
  head(path: string | URL, options?: ClientRequestOptions): Promise<ClientResponse> {
    return this.request('HEAD', path, options)
  }

  /** `request('QUERY', path, options)`. */
  query(path: string | URL, options?: ClientRequestOptions): Promise<ClientResponse> {
    return this.request('QUERY', path, options)
  }

  /** `request('POST', path, options)`. */
  post(path: string | URL, options?: ClientRequestOptions): Promise<ClientResponse> {
    return this.request('POST', path, options)
  }

  /** `request('PUT', path, options)`. */
  put(path: string | URL, options?: ClientRequestOptions): Promise<ClientResponse> {
    return this.request('PUT', path, options)
  }

  /** `request('PATCH', path, options)`. */
  patch(path: string | URL, options?: ClientRequestOptions): Promise<ClientResponse> {
    return this.request('PATCH', path, options)
  }

  /** `request('DELETE', path, options)`. */
  delete(path: string | URL, options?: ClientRequestOptions): Promise<ClientResponse> {
    return this.request('DELETE', path, options)
  }

  /** `request('OPTIONS', path, options)`. */
  options(path: string | URL, options?: ClientRequestOptions): Promise<ClientResponse> {
    return this.request('OPTIONS', path, options)
  }

  /**
   * Sends a request to the application. `path` may be a whole URL, for another host or for https.
   *
   * @example
   * const response = await client.request('POST', '/login', { form: { name: 'ann' }, followRedirects: true })
   */
  async request(method: string, path: string | URL, options: ClientRequestOptions = {}): Promise<ClientResponse> {
    checkOptionNames('a request', options, clientRequestOptions)
    await this.#app.ready()
    const follow = options.followRedirects ?? this.#options.followRedirects ?? false
    const history: ClientResponse[] = []
    let response = await this.#send(method, path, options, this.#base, history)
    let wanted: ClientRequestOptions = options
    while (follow && response.location !== null && response.status !== 304 && response.status !== 201) {
      if (history.push(response) > maxRedirects) throw new Error(`More than ${maxRedirects} redirects from ${path}`)
      // RFC 9110, 15.4: after 303 the new request is a GET; after 301 and 302 browsers turn a POST into one.
      if (method !== 'HEAD' && (response.status === 303 || (response.status < 303 && method === 'POST'))) method = 'GET'
      const { headers, remoteAddress, csrf } = options
      wanted =
        method === 'GET' || method === 'HEAD' ? { headers, remoteAddress, csrf } : { ...options, query: undefined }
      response = await this.#send(method, response.location, wanted, new URL(response.url), [...history])
    }
    return response
  }

  /**
   * Sends a request whose response is read piece by piece, and can be left: for streams and events. Resolves when the headers
   * have arrived.
   */
  async stream(
    method: string,
    path: string | URL,
    options: Omit<ClientRequestOptions, 'followRedirects'> = {},
  ): Promise<ClientStream> {
    checkOptionNames('a request', options, [...requestOptions, 'csrf'])
    await this.#app.ready()
    const { url, message } = await this.#message(method, path, options, this.#base)
    const response = this.#store(new ClientStream(await open(this.#app.requestListener, message), url), url)
    await this.#device?.register(response.headers, url)
    return response
  }

  async #send(
    method: string,
    path: string | URL,
    options: ClientRequestOptions,
    base: URL,
    history: readonly ClientResponse[],
  ): Promise<ClientResponse> {
    const { url, message } = await this.#message(method, path, options, base)
    const reply = await exchange(this.#app.requestListener, message)
    const response = this.#store(new ClientResponse(reply, url, history), url)
    await this.#device?.register(response.headers, url)
    return response
  }

  /** Sends a request of the browser itself, which no page sees. */
  async #sendForDevice(target: URL, given: Record<string, string>): Promise<ClientResponse> {
    const fetch = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty' }
    const headers = { ...fetch, origin: target.origin, ...given }
    const { url, message } = await this.#write('POST', target.href, { headers }, target)
    return this.#store(new ClientResponse(await exchange(this.#app.requestListener, message), url, []), url)
  }

  async #message(
    method: string,
    path: string | URL,
    { csrf = this.#options.csrf ?? false, ...options }: ClientRequestOptions,
    base: URL,
  ): Promise<Written> {
    const device = this.#device
    const token = csrf ? await this.#csrfToken(method, resolveUrl(String(path), base)) : {}
    const headers = mergeHeaders(device && TestDevice.headers, token, options.headers)
    const hasCookie = (name: string) => this.cookies.get(name) !== undefined
    await device?.prepare(new URL(path, base), hasCookie, headers['sec-fetch-site']?.[0])
    return this.#write(method, path, { ...options, headers }, base)
  }

  /** Returns the header with the token that the hook checkCsrf wants, for methods that it checks. */
  async #csrfToken(method: string, url: URL): Promise<Record<string, string>> {
    if (/^(?:GET|HEAD|QUERY|OPTIONS|TRACE)$/i.test(method)) return {}
    const token = await this.#runWithSession(url, (_, store) => store.csrfToken())
    return { [this.#app.getConfig('tipfy/ext/session').csrfHeader]: token }
  }

  #write(method: string, path: string | URL, options: RequestOptions, base: URL): Promise<Written> {
    const headers = mergeHeaders(this.#options.headers, options.headers)
    const cookies = (url: URL) => this.cookies.header(url)
    return messageFor(method, path, { options: { ...options, headers }, base, cookies })
  }

  #store<R extends { headers: Headers }>(response: R, url: URL): R {
    for (const cookie of response.headers.getSetCookie()) this.cookies.store(cookie, url)
    return response
  }

  /**
   * Runs `fn` with this client's session and saves it as a request would: to prepare a test, or to check its result. Returns
   * what `fn` returns.
   *
   * @example
   * await client.session((session) => { session.products = ['foo'] })
   * expect(await client.session((session) => session.products)).toEqual(['foo'])
   */
  async session<T>(fn: SessionFunction<T>): Promise<T> {
    checkFunction('The argument of client.session()', fn)
    return this.#runWithSession(new URL('/', this.#base), fn)
  }

  async #runWithSession<T>(at: URL, fn: SessionFunction<T>): Promise<T> {
    const { url, message } = await this.#message('GET', at, {}, this.#base)
    const { result, reply } = await runInContext(this.#app, message, async (context, outgoing) => {
      const result = await fn(current(session), current(sessionStore))
      await this.#app.sessionInterface!.saveSession(context, context.response, false)
      await sendResponse(context.response, context.request, outgoing)
      return result
    })
    this.#store(new ClientResponse(reply, url, []), url)
    return result
  }
}

function baseOf(given: string | URL): URL {
  if (given instanceof URL) return new URL(given.href)
  if (typeof given === 'string' && URL.canParse(given)) return new URL(given)
  throw wrongArgument('`baseUrl` of createClient()', 'a URL', given, "Write 'https://shop.example'.")
}

/**
 * Makes a client for tests of an application. It waits for `app.ready()` itself.
 *
 * @example
 * const client = createClient(app)
 * const response = await client.get('/session-test', { query: { 'add-product': 'foo' } })
 * expect(response.text).toBe('Products in cart: foo')
 */
export function createClient(app: App, options?: ClientOptions): TestClient {
  return new TestClient(app, options)
}
