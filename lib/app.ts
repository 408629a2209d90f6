// An application, and in `handleRequest` everything that happens to a request, in order.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { configTypes, defaultConfig, validateSection } from './app/config.ts'
import { applications, contextStorage, endWith, type SessionInterface } from './app/context.ts'
import { dispatch } from './app/dispatch.ts'
import { errorResponse, laterErrorResponse, sendFailure, unsavedResponse } from './app/error-response.ts'
import { response as globalResponse } from './app/globals.ts'
import { HandlerLoader } from './app/handler-loader.ts'
import { HookLists } from './app/hooks.ts'
import { isolateConnections } from './app/isolate-connections.ts'
import type { ObserveRequest } from './app/request-telemetry.ts'
import { loadSections } from './app/sections.ts'
import { responseOf, runSendHooks } from './app/sent-response.ts'
import { ServedContext } from './app/served-context.ts'
import {
  checkHookNames,
  checkModules,
  checkProtectedRules,
  checkSectionNames,
  importHook,
  loadErrorHandlers,
  loadRules,
  requestSettings,
} from './app/setup.ts'
import type {
  App,
  Config,
  ConfigModule,
  ErrorHandler,
  ErrorPage,
  GetConfig,
  RequestContext,
  TipfyConfig,
} from './app/types.ts'
import { Request } from './http/request/request.ts'
import type { RequestSettings } from './http/request/settings.ts'
import { checkRequest } from './http/request/validate.ts'
import { Response } from './http/response/response.ts'
import { sendResponse } from './http/response/send.ts'
import { beginStream } from './http/response/started-stream.ts'
import { checkFunction, notText } from './internal/arguments.ts'
import { type Log, makeLog } from './internal/log.ts'
import { isPromise } from './internal/promises.ts'
import { guardGetters } from './internal/read-only.ts'
import { hasTelemetry } from './internal/telemetry.ts'
import { RequestRedirect, type Rule, type UrlMap } from './routing/index.ts'

/**
 * Handles a request from its first byte to its last, in four steps: makes the response, lets hooks replace it, saves the sessions,
 * sends. An error in a step becomes the response of the next. Never rejects. Awaits only promises: a plain value would cost a turn.
 */
async function handleRequest(app: App, context: RequestContext, outgoing: ServerResponse): Promise<void> {
  const { request } = context
  // To check the length of a list is cheaper than to call none of its hooks.
  const { preInitRequest, preDispatchHandler, preSendResponse } = app.hooks.lists
  let response: Response
  try {
    if (preInitRequest.length > 0) await app.hooks.intercept('preInitRequest', app)
    // The session extension has a path of its own, without a rule, a session or hooks.
    let returned: unknown = app.sessionInterface?.handleOwnPath?.(context)
    if (returned !== undefined) returned = await returned
    if (returned === undefined) {
      const routeError = app.route(request)
      const sessions = (request.rule as Rule | null)?.session === false ? null : app.sessionInterface
      const opened = sessions?.openSession(context)
      if (opened !== undefined) await opened

      const isRedirect = routeError instanceof RequestRedirect && !app.settings.hooksForRedirects
      if (preDispatchHandler.length > 0 && !isRedirect) {
        returned = app.hooks.intercept('preDispatchHandler', request, app)
        if (returned instanceof Promise) returned = await returned
      }
      if (returned === undefined) {
        returned = dispatch(app, context, routeError)
        if (returned !== globalResponse && isPromise(returned)) returned = await returned
      }
    }
    const made = responseOf(context, returned)
    response = made instanceof Promise ? await made : made
    if (response.isStream) await beginStream(response, request)
  } catch (error) {
    response = await errorResponse(app, context, error)
  }

  try {
    if (preSendResponse.length > 0) {
      const hooked = runSendHooks(app, context, response)
      response = hooked instanceof Promise ? await hooked : hooked
    }
  } catch (error) {
    response = await laterErrorResponse(app, context, error)
  }

  try {
    const isFailure = response.status >= 500
    const sessions = context.session === undefined ? null : app.sessionInterface
    const saved = sessions?.saveSession(context, response, isFailure)
    if (saved !== undefined) await saved
  } catch (error) {
    response.dropBody()
    response = await unsavedResponse(app, context, error)
  }

  try {
    const sent = sendResponse(response, request, outgoing)
    if (sent !== undefined) await sent
  } catch (error) {
    await sendFailure(app, context, error, response, outgoing)
  }
  endWith(context, outgoing)
}

let requests = 0

export class Application implements App {
  readonly dev: boolean
  readonly root: string
  readonly config: Config
  readonly hooks: HookLists
  readonly log: Log
  readonly handlers: HandlerLoader
  readonly folders: readonly string[]
  readonly modules: Readonly<Record<string, ConfigModule>>
  readonly errorHandlers = new Map<number, ErrorHandler>()
  urlMap: UrlMap | null = null
  sessionInterface: SessionInterface<RequestContext> | null = null
  errorPage: ErrorPage | null = null
  front: App['front'] = null
  onSupervise: App['onSupervise'] = null

  readonly #sections = new Map<string, object>()
  readonly #settings: RequestSettings
  readonly #closers: (() => void | Promise<void>)[] = []
  #starting: Promise<void> | null = null
  #listener: App['requestListener']
  #started = false
  #observe: ObserveRequest | null = null

  /** @throws {TipfyError} TIPFY_E_CONFIG_SECTION, TIPFY_E_CONFIG_KEY or TIPFY_E_CONFIG_VALUE */
  constructor(config: Config, { root, modules }: { root: string; modules: Readonly<Record<string, ConfigModule>> }) {
    checkSectionNames(config, modules)
    const tipfy = validateSection('tipfy', config.tipfy, defaultConfig, configTypes)
    this.config = config
    this.root = root
    this.folders = [join(root, 'app'), root]
    this.modules = modules
    this.dev = tipfy.dev
    this.setSection('tipfy', tipfy)
    checkModules(this)
    this.log = makeLog({ dev: this.dev, level: tipfy.logLevel })
    this.handlers = new HandlerLoader(this)
    this.hooks = new HookLists((event, text) => applications.start(this, () => importHook(this, event, text)))
    checkHookNames(tipfy.hooks)
    this.hooks.addMulti(tipfy.hooks)
    this.#settings = requestSettings(tipfy)
    this.#listener = this.#handleWhenReady
    if (tipfy.isolateConnections) isolateConnections()
    applications.add(this)
  }

  ready(): Promise<void> {
    this.#starting ??= applications.start(this, async () => {
      if (hasTelemetry()) this.#observe = await (await import('./app/request-telemetry.ts')).observeRequests()
      await loadSections(this)
      this.urlMap = await loadRules(this)
      await loadErrorHandlers(this)
      await this.hooks.load()
      await this.hooks.call('posInitApp', this)
      this.#listener = this.#handle
      for await (const wrapper of this.hooks.iter('preRunApp', this)) {
        if (typeof wrapper === 'function') this.#listener = wrapper as App['requestListener']
      }
      checkProtectedRules(this, this.sessionInterface?.bindsDevices === true)
      for (const [module, { start }] of Object.entries(this.modules)) await start?.(this.getConfig(module), this)
      this.#started = true
    })
    return this.#starting
  }

  // A server may take it before the application is ready, a wrapper of preRunApp while it becomes so.
  get requestListener(): App['requestListener'] {
    return this.#listener
  }

  readonly #handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (this.front?.(incoming, outgoing)) return
    const context = this.newContext(incoming, outgoing)
    if (this.#observe === null) contextStorage.run(context, handleRequest, this, context, outgoing)
    else this.#handleObserved(context, outgoing)
  }

  // A method of its own: the variables of a closure are allocated on every call of the function around it.
  #handleObserved(context: RequestContext, outgoing: ServerResponse): void {
    const handle = () => void contextStorage.run(context, handleRequest, this, context, outgoing)
    this.#observe!(context.request, outgoing, handle)
  }

  readonly #handleWhenReady = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (this.#started) {
      this.#listener(incoming, outgoing)
      return
    }
    this.ready().then(
      () => this.#listener(incoming, outgoing),
      (error: unknown) => {
        this.log.error({ err: error }, 'The application could not start')
        outgoing.writeHead(503, { 'content-type': 'text/plain' }).end('The application could not start.\n')
      },
    )
  }

  newContext(incoming: IncomingMessage, outgoing: ServerResponse | null = null): RequestContext {
    const request = new Request(incoming, this.#settings, outgoing)
    const context = new ServedContext(++requests, this, request, new Response())
    request.id = context.id
    request.scope = context
    return context
  }

  route(request: Request): unknown {
    try {
      checkRequest(request)
      const { rule, args } = this.urlMap!.matchRequest(request)
      request.rule = rule
      request.ruleArgs = args
      if (rule.maxBodySize !== null) request.maxBodySize = rule.maxBodySize
      return undefined
    } catch (error) {
      return error
    }
  }

  readonly getConfig = ((module: string, key?: string, fallback?: unknown): unknown => {
    if (typeof module !== 'string') throw notText('The module of getConfig()', module)
    if (key !== undefined && typeof key !== 'string') throw notText('The key of getConfig()', key)
    const section = (this.#sections.get(module) ?? this.config[module] ?? {}) as Record<string, unknown>
    if (key === undefined) return section
    return fallback === undefined ? section[key] : (section[key] ?? fallback)
  }) as GetConfig

  get settings(): Readonly<TipfyConfig> {
    return this.#sections.get('tipfy') as TipfyConfig
  }

  setSection(module: string, section: object): void {
    this.#sections.set(module, section)
  }

  drain(): void {
    this.#settings.draining.begin()
  }

  onClose(fn: () => void | Promise<void>): void {
    checkFunction('The argument of app.onClose()', fn)
    this.#closers.unshift(fn)
  }

  // The configuration holds keys and passwords: no log line may show it by accident.
  toJSON(): object {
    return { root: this.root, dev: this.dev }
  }

  [inspect.custom](): string {
    return `App { root: ${inspect(this.root)}, dev: ${this.dev} }`
  }

  async close(): Promise<void> {
    applications.remove(this)
    for (const close of this.#closers.splice(0)) await close()
  }
}

guardGetters(Application, 'app', {
  requestListener: 'Return a function that calls it from a hook preRunApp.',
  others: 'Set it in config.ts.',
})
