// The types that users meet: App, Config, hooks. Classes elsewhere implement them, so that no file needs the class of another.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HTTPException } from '../http/http-exception.ts'
import type { Request } from '../http/request/request.ts'
import type { Response } from '../http/response/response.ts'
import type { Log } from '../internal/log.ts'
import type { Checks } from '../internal/settings.ts'
import type { Rule, RuleFactory, UrlMap } from '../routing/index.ts'
import type { Context, SessionInterface } from './context.ts'
import type { HandlerClass } from './handler.ts'
import type { Settings } from './settings.ts'

/** A request being served: the real objects behind the globals. */
export type RequestContext = Context<App, Request, Response>

/** An application: configuration, rules and hooks, behind a listener for `http.createServer`. Made by `makeApp`. */
export interface App {
  /** True in development: error pages, the console. */
  readonly dev: boolean
  /** The folder of config.ts and urls.ts. */
  readonly root: string
  /** The configuration as it was given; `getConfig` adds the defaults. */
  readonly config: Config
  /** The hooks, by event. */
  readonly hooks: Hooks
  /** The application's log. */
  readonly log: Log
  /** Imports the classes that rules name. */
  readonly handlers: Handlers
  /** The folders that are searched for handlers and hooks: app/, then the root. */
  readonly folders: readonly string[]
  /** The modules that come with tipfy and have a section, by name. */
  readonly modules: Readonly<Record<string, ConfigModule>>
  /** The error pages of statuses, from the configuration. */
  readonly errorHandlers: Map<number, ErrorHandler>
  /** The section `tipfy` of the configuration. */
  readonly settings: Readonly<TipfyConfig>
  /** The rules, after `ready()`. */
  urlMap: UrlMap | null
  /** Opens and saves sessions; set by a hook of tipfy/ext/session. */
  sessionInterface: SessionInterface<RequestContext> | null
  /** Shows an uncaught error in development. */
  errorPage: ErrorPage | null
  /** Sees each request first, in development; returns true if it responds itself. */
  front: ((incoming: IncomingMessage, outgoing: ServerResponse) => boolean) | null
  /** Prepares the primary process of several workers, in development. */
  onSupervise: (() => void | Promise<void>) | null
  /** Imports rules and hooks and runs `posInitApp` and `preRunApp`; returns the same promise each time. */
  ready(): Promise<void>
  /** Serves one request: `http.createServer(app.requestListener)`. */
  readonly requestListener: (incoming: IncomingMessage, outgoing: ServerResponse) => void
  /** Makes the context of a request. */
  newContext(incoming: IncomingMessage, outgoing?: ServerResponse | null): RequestContext
  /** Sets the rule and variables of a request. Returns the error if no rule matches, to be thrown after the session is open. */
  route(request: Request): unknown
  /** The configuration of a module, or one key of it; `defaultConfig` of the module supplies what config.ts leaves out. */
  readonly getConfig: GetConfig
  /** Sets the checked configuration of a module. */
  setSection(module: string, section: object): void
  /** Makes each response from now on close its connection, because the server stops. */
  drain(): void
  /** Adds a function to run when the application closes; the last one added runs first. */
  onClose(fn: () => void | Promise<void>): void
  /** Releases what the application holds: connections, files. Stop serving first. */
  close(): Promise<void>
}

/** Finds the handler classes of rules. */
export interface Handlers {
  load(rule: Rule): HandlerClass | Promise<HandlerClass>
  loadAll(rules: Iterable<Rule>): Promise<{ rule: Rule; error: unknown }[]>
}

/** A module that comes with tipfy: its section is checked when the application is made. */
export interface ConfigModule {
  readonly defaultConfig: object
  readonly configTypes: Checks
  /** Throws for a section whose values do not go together. */
  checkConfig(section: object, app: Pick<App, 'dev' | 'config'>): void
  /** Checks what needs the rules and hooks, and loads packages; opens no connection, for `tipfy check` calls it, too. */
  start?(section: object, app: App): Promise<void>
}

/** Shows an uncaught error, or a path without a rule, to a developer. */
export type ErrorPage = (error: unknown, context: RequestContext) => Promise<Response>

/**
 * Makes the page of an error status (config `tipfy.errorHandlers`). It returns what a handler may return; the error's status
 * and headers are kept unless that is a response of its own.
 */
export type ErrorHandler = (error: HTTPException, app: App) => unknown

/**
 * The sections of your own modules, by name: `getConfig` then knows their keys and types, and so does config.ts. Augment it.
 *
 * @example
 * declare module 'tipfy' {
 *   interface ConfigSections {
 *     'shop/payment': { currency: string; retries: number }
 *   }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: to be augmented
export interface ConfigSections {}

/** The section `tipfy`: the application itself. */
export interface TipfyConfig extends Settings {
  /** Functions or 'module:function' strings, by event. */
  hooks: HookConfig
  /** Functions or 'module:function' strings, by status. */
  errorHandlers: Readonly<Record<number, ErrorHandler | string>>
  /** The rules: 'module:function', or the function. */
  urls: string | ((app: App) => readonly RuleFactory[] | Promise<readonly RuleFactory[]>)
}

/** Every section whose keys are known, by module. */
export type Sections = ConfigSections & { tipfy: TipfyConfig }

/** `getConfig`: typed for the modules in `Sections`; for others give the type yourself. `fallback` replaces a missing value and null. */
export interface GetConfig {
  <Module extends keyof Sections>(module: Module): Readonly<Sections[Module]>
  <Module extends keyof Sections, Key extends keyof Sections[Module]>(module: Module, key: Key): Sections[Module][Key]
  <Module extends keyof Sections, Key extends keyof Sections[Module]>(
    module: Module,
    key: Key,
    fallback: NonNullable<Sections[Module][Key]>,
  ): NonNullable<Sections[Module][Key]>
  (module: string): Readonly<Record<string, unknown>>
  <Value = unknown>(module: string, key: string, fallback?: Value): NoInfer<Value>
}

/** Some of the keys; an undefined value is one that was left out, as `process.env.SECRET_KEY` may be. */
type Some<Section> = { [Key in keyof Section]?: Section[Key] | undefined }

type PartialSections = { [Module in keyof ConfigSections]?: Some<ConfigSections[Module]> }

/** The configuration, which config.ts exports: a section per module. Sections of your own modules are free, or typed by `ConfigSections`. */
export interface Config extends PartialSections {
  /** The application itself. */
  tipfy?: Some<TipfyConfig>
  [module: string]: object | undefined
}

/** A value that a hook may return, now or later. */
export type Maybe<T> = T | undefined | void | Promise<T | undefined | void>

/** A value that a handler may return, and a preDispatchHandler hook in its place. */
export type Returnable = string | object

/** A value that replaces a response. */
export type Replacement = Response | globalThis.Response | HTTPException

/** The parameters and return value of the hooks of tipfy's own events. */
export interface TipfyHooks {
  /** Once, when the application has its rules: `tipfy/ext/session:setDatastoreSession` is one of these. */
  posInitApp: (app: App) => Maybe<unknown>
  /**
   * Once, when the application is ready, before it serves. A function that it returns replaces `app.requestListener`, which it
   * may call.
   */
  preRunApp: (app: App) => Maybe<unknown>
  /** First of all in every request. */
  preInitRequest: (app: App) => Maybe<unknown>
  /**
   * When the rule is known and the session loaded, also before a 404 or 405 (then `request.rule` is null); a value it returns is
   * taken as the handler's, and no handler runs.
   */
  preDispatchHandler: (request: Request, app: App) => Maybe<Returnable>
  /** Once for every response, before anything of it is sent; a response it returns is sent instead. */
  preSendResponse: (request: Request, response: Response, app: App) => Maybe<Replacement>
  /** For every error that a request ends with; a response it returns is sent. */
  preHandleException: (error: unknown, app: App) => Maybe<Replacement>
}

/**
 * The parameters and return values of all hooks. Augment it with events of your own, for `app.hooks.add` and `call`.
 *
 * @example
 * declare module 'tipfy' {
 *   interface HookTypes { order_paid: (order: Order) => void }
 * }
 */
export interface HookTypes extends TipfyHooks {}

/** The name of an event. */
export type HookName = keyof HookTypes

/** A hook: a function, or the name of one as 'module:function'. */
export type Hook<Name extends HookName = HookName> = HookTypes[Name] | string

/** The parameters of a hook. */
export type HookArguments<Name extends HookName> = HookTypes[Name] extends (...args: infer Args) => unknown
  ? Args
  : never

/** Hooks by event. */
export type HooksByEvent = { [Name in HookName]?: Hook<Name> | readonly Hook<Name>[] }

/** Hooks of tipfy's own events, as config.ts gives them. */
export type HookConfig = Pick<HooksByEvent, keyof TipfyHooks>

/**
 * The hooks of an application, `app.hooks`.
 *
 * @example
 * app.hooks.add('preSendResponse', (request, response) => { response.headers.set('X-Frame-Options', 'DENY') })
 */
export interface Hooks {
  /** The hooks of each event, in the order they run; read only, use `add`. */
  readonly lists: Readonly<Record<keyof TipfyHooks, readonly (Function | string)[]>>
  /**
   * Adds a hook, at the end or at `position`. Throws TIPFY_E_NOT_A_HOOK for anything but a function or a string, and
   * TIPFY_E_HOOK_NAME for a name that is almost that of an event of tipfy.
   */
  add<Name extends HookName>(name: Name, hook: Hook<Name>, position?: number): void
  /** Adds several hooks at once. */
  addMulti(hooks: HooksByEvent): void
  /** Returns the hooks of an event, in the order they run. */
  get<Name extends HookName>(name: Name): readonly Hook<Name>[]
  /** Returns true if an event has hooks. */
  has(name: HookName): boolean
  /** Runs the hooks of an event one after the other and returns what each returned. */
  call<Name extends HookName>(name: Name, ...args: HookArguments<Name>): Promise<unknown[]>
  /** Runs the hooks of an event as they are asked for: to stop iterating is to skip the rest. */
  iter<Name extends HookName>(name: Name, ...args: HookArguments<Name>): AsyncGenerator<unknown>
  /**
   * Runs the hooks of a request's event and returns the first value that a hook returns, which skips the others; for
   * preSendResponse the last, each hook being given the one before. Throws TIPFY_E_HOOK_RETURNED for a value that the event does
   * not take. Without async hooks it returns no promise.
   */
  intercept<Name extends HookName>(name: Name, ...args: HookArguments<Name>): unknown
  /** Imports the functions that strings name, so that a wrong name fails at the start and not in a request. */
  load(): Promise<void>
}
