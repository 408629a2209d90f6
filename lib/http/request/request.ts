// The request as handlers see it: a thin layer over Node's IncomingMessage that computes nothing until asked.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { labelsOf } from '../../internal/describe-error.ts'
import { TipfyError } from '../../internal/errors.ts'
import { checkOptionNames } from '../../internal/options.ts'
import { guardGetters } from '../../internal/read-only.ts'
import { typeOf } from '../../internal/settings.ts'
import { ETags, parseHttpDate, parseRange, type Range } from '../conditional.ts'
import { parseCookies } from '../cookies.ts'
import { RequestHeaders } from '../headers.ts'
import type { MultiDict } from '../multidict.ts'
import { acceptedOf, bestOf, type Negotiable, prefersJson } from '../negotiation.ts'
import { isSchema, type OutputOf, type StandardSchema } from '../schema.ts'
import { RequestBody } from './body.ts'
import { hasBody } from './body-stream.ts'
import { addLogFields } from './log-fields.ts'
import { hostOf, remoteAddressOf, schemeOf } from './origin.ts'
import { parseQuery } from './query.ts'
import { reopen } from './reopened.ts'
import { bindEmitter, type RequestScope } from './scope.ts'
import { defaultRequestSettings, isApiPath, type RequestSettings } from './settings.ts'
import { makeSignal } from './signal.ts'
import type { UploadedFile } from './upload.ts'
import { mainPart, readValid } from './valid.ts'

/** The part of a rule that a request shows. */
export interface MatchedRule {
  readonly endpoint: string
  readonly path: string
}

/** The properties that a server which mounts the application at a path adds to a request. */
interface Mounted {
  readonly baseUrl?: string
  readonly originalUrl?: string
  readonly url?: string
}

/** Notes of extensions about a request; each declares its own. */
export interface RequestNotes {
  readonly [extension: symbol]: unknown
}

const noArgs: Readonly<Record<string, unknown>> = Object.freeze({})

/** One request. The global `request` is the one being served. */
export class Request {
  /** Node's own object, as it came. @internal */
  readonly message: IncomingMessage
  /** The application's limits and trusted proxies. */
  readonly settings: RequestSettings
  /** The rule that matched; null before matching, and where none did. */
  rule: MatchedRule | null = null
  /** The rule's variables. */
  ruleArgs: Readonly<Record<string, unknown>> = noArgs
  /** Counts the requests of this process from 1. */
  id = 0
  /** The application's `maxBodySize`; a handler that takes more, or less, sets it before reading. */
  maxBodySize: number
  #args: MultiDict | null = null
  #cookies: MultiDict | null = null
  #host: string | null = null
  #bodyReader: RequestBody | null = null
  /** Node's response; null for a request that was made up. @internal */
  readonly outgoing: ServerResponse | null
  /** The context that its listeners run in. @internal */
  scope: RequestScope | null = null
  /** Notes of extensions about this request: in a WeakMap each would cost its collection more than all the rest. @internal */
  notes: RequestNotes | null = null
  readonly #wasClosed: boolean
  #signal: AbortSignal | null = null
  #incoming: IncomingMessage | null = null

  constructor(
    message: IncomingMessage,
    settings: RequestSettings = defaultRequestSettings,
    outgoing: ServerResponse | null = null,
  ) {
    this.message = message
    this.outgoing = outgoing
    this.#wasClosed = message.closed
    this.settings = settings
    this.maxBodySize = settings.maxBodySize
  }

  /** Node's own object; for a request that has no body and came closed, one that is open. Its listeners run in this request. */
  get incoming(): IncomingMessage {
    this.#incoming ??= this.#open()
    return this.#incoming
  }

  #open(): IncomingMessage {
    const { message, outgoing } = this
    const isOpen = outgoing === null || !this.#wasClosed || hasBody(message)
    const incoming = bindEmitter(isOpen ? message : reopen(message, outgoing), this.scope)
    // Node 26 has a signal of its own, which is aborted outside of the request.
    if ('signal' in incoming) Object.defineProperty(incoming, 'signal', { configurable: true, get: () => this.signal })
    return incoming
  }

  /**
   * Aborted when the client leaves, within a second, or when the server stops: pass it on to all that waits. Its `reason` is a
   * `ClientDisconnected` or a `ServiceUnavailable`.
   *
   * @example
   * const forecast = await fetch('https://weather.example/', { signal: request.signal })
   */
  get signal(): AbortSignal {
    this.#signal ??= makeSignal(this.outgoing, this.settings.draining, this.scope)
    return this.#signal
  }

  /** In upper case, as received. */
  get method(): string {
    return this.message.method!
  }

  /** Path and query as requested: `incoming.url`, also where a client of a proxy sent a whole URL. */
  get target(): string {
    const url = this.message.url!
    if (url.charCodeAt(0) === 47) return url
    const absolute = /^https?:\/\/[^/?#]*([^#]*)/i.exec(url)
    if (absolute === null) return url
    return absolute[1]!.startsWith('/') ? absolute[1]! : `/${absolute[1]}`
  }

  /** The path as requested, percent-encoded. */
  get rawPath(): string {
    const target = this.target
    const at = target.indexOf('?')
    return at === -1 ? target : target.slice(0, at)
  }

  /** The part after the `?`, as requested; '' if there is none. */
  get rawQuery(): string {
    const url = this.message.url!
    const at = url.indexOf('?')
    return at === -1 ? '' : url.slice(at + 1)
  }

  /** The path, decoded; as requested if it cannot be. */
  get path(): string {
    const raw = this.rawPath
    if (!raw.includes('%')) return raw
    try {
      return decodeURIComponent(raw)
    } catch {
      return raw
    }
  }

  /**
   * The path under which another server has mounted the application, by what Express or Connect say of it, like `/shop`; ''
   * if it is not mounted. Paths of the request and its rules are below it.
   */
  get mountPath(): string {
    const { baseUrl, originalUrl, url = '' } = this.message as Mounted
    // Connect has no baseUrl. It begins a url that lacks its slash with one.
    const before =
      baseUrl ?? originalUrl?.slice(0, originalUrl.length - (originalUrl.endsWith(url) ? url : url.slice(1)).length)
    const path = before?.replace(/^\/+|\/+$/g, '')
    return path ? `/${path}` : ''
  }

  /** The whole URL: scheme, host, path and query. */
  get url(): string {
    return `${this.scheme}://${this.host}${this.mountPath}${this.target}`
  }

  /** `http` or `https`, as the client used it: from a trusted proxy's header, or from the connection. */
  get scheme(): string {
    return schemeOf(this.message, this.settings.trust)
  }

  /** True for https. */
  get isSecure(): boolean {
    return this.scheme === 'https'
  }

  /** The host asked for, in lower case, with its port unless it is the scheme's default. Throws BadRequest if it is invalid. */
  get host(): string {
    this.#host ??= hostOf(this.message, this.settings)
    return this.#host
  }

  /** The client's address, as trusted proxies report it. */
  get remoteAddr(): string {
    return remoteAddressOf(this.message, this.settings.trust)
  }

  /**
   * Adds fields to the line of this request in the access log, beside its own; later values replace earlier ones.
   *
   * @throws {TipfyError} TIPFY_E_LOG_FIELDS, TIPFY_E_LOG_FIELD_TAKEN: a name of the log's own
   * @example
   * request.addLogFields({ user: 'ann', plan: 'free' })
   */
  addLogFields(fields: Readonly<Record<string, unknown>>): void {
    addLogFields(this.message, fields)
  }

  /** The reason of the signal if `error` is how aborted work ends; null for other errors. @internal */
  abortReason(error: unknown): unknown {
    const signal = this.#signal
    if (signal?.aborted !== true) return null
    return error === signal.reason || labelsOf(error).name === 'AbortError' ? signal.reason : null
  }

  /** The headers; names are case-insensitive. */
  get headers(): RequestHeaders {
    return new RequestHeaders(this.message)
  }

  /** The query. */
  get args(): MultiDict {
    this.#args ??= parseQuery(this.rawQuery)
    return this.#args
  }

  /** The cookies, decoded; of two with the same name the first counts. Signed ones: `sessionStore.getSecureCookie`. */
  get cookies(): MultiDict {
    this.#cookies ??= parseCookies(this.message.headers.cookie)
    return this.#cookies
  }

  get #body(): RequestBody {
    this.#bodyReader ??= new RequestBody(this)
    return this.#bodyReader
  }

  /** The body's bytes. Rejects with 413 beyond `maxBodySize`. */
  bytes(): Promise<Buffer> {
    return this.#body.bytes()
  }

  /** The body as text, in the charset of its Content-Type. */
  text(): Promise<string> {
    return this.#body.text()
  }

  /** The body's JSON. Rejects with 415 for another content type (unless `force`), 400 if it is broken, 413 if it is too large. */
  json<T = unknown>(options?: { force?: boolean }): Promise<T> {
    if (options !== undefined) checkOptionNames('request.json()', options, ['force'])
    return this.#body.json(options?.force ?? false) as Promise<T>
  }

  /** The fields of a form, urlencoded or multipart; none for other bodies. */
  async form(): Promise<MultiDict> {
    return (await this.#body.form()).fields
  }

  /** The files of a multipart form, in memory or on disk until the response has been sent. */
  async files(): Promise<MultiDict<UploadedFile>> {
    return (await this.#body.form()).files
  }

  /**
   * Returns the input as `schema` converts it: the query of a GET or HEAD, else the JSON or form in the body. Of names that are
   * repeated in a query or form it is given the list.
   *
   * @param schema of any library that implements Standard Schema
   * @throws {InvalidInput} if it does not fit: 422
   * @example
   * const { page } = await request.valid(schema)
   */
  async valid<Schema extends StandardSchema>(schema: Schema): Promise<OutputOf<Schema>> {
    if (!isSchema(schema)) {
      throw new TipfyError('TIPFY_E_INPUT_SCHEMA', { where: 'The argument of request.valid()', given: typeOf(schema) })
    }
    const part = mainPart(this)
    return (await readValid(this, { [part]: schema }))[part]
  }

  /** The body as it arrives, decompressed, for one reader. Fails with 413 beyond `maxBodySize`. Its listeners run in this request. */
  stream(): Readable {
    return bindEmitter(this.#body.stream(), this.scope)
  }

  /** Removes the files of a form. Called when the response has been sent. */
  discardFiles(): void {
    this.#bodyReader?.discard()
  }

  /** True if a form was read, which may have left files. */
  get hasForm(): boolean {
    return this.#bodyReader?.hasForm === true
  }

  #best(kind: Negotiable, offers: string[]): string[] | string | null {
    const { headers } = this.message
    return offers.length === 0 ? acceptedOf(kind, headers) : bestOf(kind, headers, offers)
  }

  /** Of `types` (`html`, `image/png`) the one that the client prefers, null if none; without arguments, all it accepts. */
  accepts(): string[]
  accepts(...types: string[]): string | null
  accepts(...types: string[]): string[] | string | null {
    return this.#best('mediaType', types)
  }

  /** As `accepts`, of languages (`en`, `pt-BR`). */
  acceptsLanguages(): string[]
  acceptsLanguages(...languages: string[]): string | null
  acceptsLanguages(...languages: string[]): string[] | string | null {
    return this.#best('language', languages)
  }

  /** As `accepts`, of content encodings (`br`, `gzip`). */
  acceptsEncodings(): string[]
  acceptsEncodings(...encodings: string[]): string | null
  acceptsEncodings(...encodings: string[]): string[] | string | null {
    return this.#best('encoding', encodings)
  }

  /** As `accepts`, of charsets (`utf-8`). */
  acceptsCharsets(): string[]
  acceptsCharsets(...charsets: string[]): string | null
  acceptsCharsets(...charsets: string[]): string[] | string | null {
    return this.#best('charset', charsets)
  }

  /** True for a path of `tipfy.apiPaths`, and those below it. */
  get isForApi(): boolean {
    const { apiPaths } = this.settings
    return apiPaths.length > 0 && isApiPath(this.path, apiPaths)
  }

  /** True if the client prefers JSON to HTML, or takes both alike and sent JSON or asks an API: then errors are JSON, too. */
  get wantsJson(): boolean {
    return prefersJson(this)
  }

  /** The tags of If-Match. In most cases `response.makeConditional()` is all you need. */
  get ifMatch(): ETags {
    return new ETags(this.message.headers['if-match'])
  }

  /** The tags of If-None-Match: those of the client's copies. */
  get ifNoneMatch(): ETags {
    return new ETags(this.message.headers['if-none-match'])
  }

  /** The date of If-Modified-Since; null if missing or malformed. */
  get ifModifiedSince(): Date | null {
    return parseHttpDate(this.message.headers['if-modified-since'])
  }

  /** The date of If-Unmodified-Since; null if missing or malformed. */
  get ifUnmodifiedSince(): Date | null {
    return parseHttpDate(this.message.headers['if-unmodified-since'])
  }

  /** The tag or date of If-Range, on which a Range depends. */
  get ifRange(): string | Date | null {
    const header = this.message.headers['if-range'] as string | undefined
    return header?.includes('"') ? header : parseHttpDate(header)
  }

  /** The ranges asked for; null for the whole. */
  get range(): Range | null {
    return parseRange(this.message.headers.range)
  }

  // Node's own object would print the cookies, which no log may contain, and 150 lines of sockets.
  toJSON(): object {
    const { id, method, target, ruleArgs, headers } = this
    return { id, method, target, ruleArgs, headers }
  }

  [inspect.custom](_depth: number, options: object): string {
    const { id, method, target, rule, ruleArgs, headers } = this
    return `Request ${inspect({ id, method, target, rule, ruleArgs, headers }, options)}`
  }
}

const otherPath = 'Redirect to another path, or give its rule the same handler.'
const byProxy = 'Name the proxies that report it in tipfy.trustedProxies and tipfy.trustedHeaders.'
guardGetters(Request, 'request', {
  url: otherPath,
  path: otherPath,
  rawPath: otherPath,
  target: otherPath,
  mountPath: 'Set `incoming.baseUrl` in the server that mounts the application.',
  scheme: byProxy,
  isSecure: byProxy,
  host: byProxy,
  remoteAddr: byProxy,
  args: 'Change a copy: new MultiDict(request.args).',
  headers: 'Set headers of the response: response.headers.set(name, value).',
  cookies: 'Set cookies of the response: response.setCookie(name, value).',
  others:
    'A request stays as the client sent it. Data of your own belongs in a WeakMap with current(request) as its key.',
})
