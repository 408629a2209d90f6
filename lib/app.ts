// An application, and in `serve` the order of everything that happens to one request.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { type Config, configTypes, defaultConfig, type TipfyConfig, validateSection } from './app/config.ts'
import { applications, Context, contextStorage, type SessionInterface } from './app/context.ts'
import { dispatch } from './app/dispatch.ts'
import { endWith } from './app/ending.ts'
import { type ErrorHandler, type ErrorPage, errorAnswer, sendFailure, unsavedAnswer } from './app/error-response.ts'
import { response } from './app/globals.ts'
import { HandlerLoader } from './app/handler-loader.ts'
import { Hooks } from './app/hooks.ts'
import {
  checkSectionNames,
  importHook,
  loadErrorHandlers,
  loadRules,
  loadSections,
  requestSettings,
  setSessionSection,
} from './app/setup.ts'
import { Request } from './http/request/request.ts'
import type { RequestSettings } from './http/request/settings.ts'
import { checkRequest } from './http/request/validate.ts'
import { makeResponse } from './http/response/convert.ts'
import { Response } from './http/response/response.ts'
import { sendResponse } from './http/response/send.ts'
import { type Log, makeLog } from './internal/log.ts'
import type { Rule, UrlMap } from './routing/index.ts'

/** What belongs to one request: the real objects behind the globals. */
export type RequestContext = Context<App, Request, Response>

let requests = 0

/** Everything that happens to a request, from its first byte to its last. It never rejects. */
async function serve(app: App, context: RequestContext, outgoing: ServerResponse): Promise<void> {
  const { request } = context
  // Their lengths are looked at first: that is cheaper than calling none.
  const { preInitRequest, preDispatchHandler, preSendResponse } = app.hooks.lists
  let answer: Response
  try {
    if (preInitRequest.length > 0) await app.hooks.respond('preInitRequest', app)
    const routeError = app.route(request)

    const sessions = (request.rule as Rule | null)?.session === false ? null : app.sessionInterface
    const opened = sessions?.openSession(context)
    if (opened !== undefined) await opened

    let returned: unknown
    if (preDispatchHandler.length > 0) {
      returned = app.hooks.respond('preDispatchHandler', request, app)
      if (returned instanceof Promise) returned = await returned
    }
    if (returned === undefined) {
      returned = dispatch(app, request, routeError)
      if (returned !== response && returned instanceof Promise) returned = await returned
    }
    // The global `response` stands for context.response, and would pass for another one: returning it is returning nothing.
    const made = makeResponse(returned === response ? undefined : returned, context.response, request)
    answer = made instanceof Promise ? await made : made
  } catch (error) {
    answer = await errorAnswer(app, context, error)
  }

  try {
    if (preSendResponse.length > 0) {
      answer = (await app.hooks.respond('preSendResponse', request, answer, app))!
    }
  } catch (error) {
    answer = await errorAnswer(app, context, error)
  }

  try {
    const saved =
      context.session == null ? undefined : app.sessionInterface?.saveSession(context, answer, answer.status >= 500)
    if (saved !== undefined) await saved
  } catch (error) {
    answer = await unsavedAnswer(app, context, error)
  }

  try {
    const sent = sendResponse(answer, request, outgoing)
    if (sent !== undefined) await sent
  } catch (error) {
    await sendFailure(app, context, error, answer, outgoing)
  }
  endWith(context, outgoing)
}

/** An application: configuration, rules and hooks, behind a listener for `http.createServer`. Made by `makeApp`. */
export class App {
  /** Whether it runs in development: error pages, the console. */
  readonly dev: boolean
  /** The folder of config.ts and urls.ts. */
  readonly root: string
  /** The configuration as it was given; `getConfig` fills in what it leaves out. */
  readonly config: Config
  /** The hooks, by event. */
  readonly hooks: Hooks
  /** The application's log. */
  readonly log: Log
  /** Imports the classes that rules name. */
  readonly handlers: HandlerLoader
  /** Where handlers and hooks are looked for: app/, then the root. */
  readonly folders: readonly string[]
  /** The rules, once `ready()`. */
  urlMap: UrlMap | null = null
  /** How sessions are opened and saved; set by a hook of tipfy/ext/session. */
  sessionInterface: SessionInterface<RequestContext> | null = null
  /** Shows an uncaught error in development. */
  errorPage: ErrorPage | null = null
  /** Sees each request first, in development; true if it answers it. */
  front: ((incoming: IncomingMessage, outgoing: ServerResponse) => boolean) | null = null

  /** The pages of statuses, from the configuration. */
  readonly errorHandlers = new Map<number, ErrorHandler>()

  readonly #sections = new Map<string, Record<string, unknown>>()
  readonly #settings: RequestSettings
  readonly #closers: (() => void | Promise<void>)[] = []
  #starting: Promise<void> | null = null
  #started = false

  /** @throws {TipfyError} TIPFY_E_CONFIG_KEY or TIPFY_E_CONFIG_VALUE */
  constructor(config: Config, { root }: { root: string }) {
    checkSectionNames(config)
    const tipfy = validateSection('tipfy', config.tipfy, defaultConfig, configTypes)
    this.config = config
    this.root = root
    this.folders = [join(root, 'app'), root]
    this.dev = tipfy.dev
    this.#sections.set('tipfy', tipfy as unknown as Record<string, unknown>)
    setSessionSection(this)
    this.log = makeLog({ dev: this.dev, level: tipfy.logLevel })
    this.handlers = new HandlerLoader(this)
    this.hooks = new Hooks((event, text) => importHook(this, event, text))
    this.hooks.addMulti(tipfy.hooks)
    this.#settings = requestSettings(tipfy)
    applications.add(this)
  }

  /** Imports rules and hooks and runs `posInitApp` and `preRunApp`; the same promise each time. */
  ready(): Promise<void> {
    this.#starting ??= applications.start(this, async () => {
      await loadSections(this)
      this.urlMap = await loadRules(this)
      await loadErrorHandlers(this)
      await this.hooks.load()
      await this.hooks.call('posInitApp', this)
      await this.hooks.call('preRunApp', this)
      this.#started = true
    })
    return this.#starting
  }

  /** Serves one request: `http.createServer(app.requestListener)`. */
  readonly requestListener = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (!this.#started) {
      this.#serveWhenReady(incoming, outgoing)
      return
    }
    if (this.front?.(incoming, outgoing)) return
    const context = this.newContext(incoming, outgoing)
    contextStorage.run(context, serve, this, context, outgoing)
  }

  /** What the globals stand for while `incoming` is served. */
  newContext(incoming: IncomingMessage, outgoing: ServerResponse | null = null): RequestContext {
    const request = new Request(incoming, this.#settings, outgoing)
    const context: RequestContext = new Context(++requests, this, request, new Response())
    request.id = context.id
    return context
  }

  #serveWhenReady(incoming: IncomingMessage, outgoing: ServerResponse): void {
    this.ready().then(
      () => this.requestListener(incoming, outgoing),
      (error: unknown) => {
        this.log.error({ err: error }, 'The application could not start')
        outgoing.writeHead(503, { 'content-type': 'text/plain' }).end('The application could not start.\n')
      },
    )
  }

  /** Sets the rule and variables of a request, or gives the error that is its answer: thrown after the session is open. */
  route(request: Request): unknown {
    try {
      checkRequest(request)
      const { rule, args } = this.urlMap!.matchRequest(request)
      request.rule = rule
      request.ruleArgs = args
      return undefined
    } catch (error) {
      return error
    }
  }

  /** The configuration of a module, or one key of it; its `defaultConfig` fills what config.ts leaves out. */
  getConfig(module: string): Readonly<Record<string, unknown>>
  getConfig<Value = unknown>(module: string, key: string, fallback?: Value): NoInfer<Value>
  getConfig(module: string, key?: string, fallback?: unknown): unknown {
    const section = this.#sections.get(module) ?? (this.config[module] as Record<string, unknown> | undefined) ?? {}
    if (key === undefined) return section
    return fallback === undefined ? section[key] : (section[key] ?? fallback)
  }

  /** The application's own section. */
  get settings(): Readonly<TipfyConfig> {
    return this.getConfig('tipfy') as unknown as TipfyConfig
  }

  /** Remembers the checked configuration of a module. */
  setSection(module: string, section: object): void {
    this.#sections.set(module, section as Record<string, unknown>)
  }

  /** Has each answer from now on close its connection, because the server stops. */
  drain(): void {
    this.#settings.isDraining = true
  }

  /** Has `fn` run when the application closes, last added first. */
  onClose(fn: () => void | Promise<void>): void {
    this.#closers.unshift(fn)
  }

  // The configuration holds keys and passwords: no log line may show it by accident.
  toJSON(): object {
    return { root: this.root, dev: this.dev }
  }

  [inspect.custom](): string {
    return `App { root: ${inspect(this.root)}, dev: ${this.dev} }`
  }

  /** Lets go of what the application holds: connections, files. Stop serving first. */
  async close(): Promise<void> {
    applications.remove(this)
    for (const close of this.#closers.splice(0)) await close()
  }
}
