// The six places where an application's config puts code of its own: hooks, by event, in order.
import type { App } from '../app.ts'
import type { Request } from '../http/request/request.ts'
import { Response } from '../http/response/response.ts'
import { TipfyError } from '../internal/errors.ts'
import { nearest } from '../internal/suggest.ts'
import { steps, traced } from '../internal/tracing.ts'

type Maybe<T> = T | undefined | void | Promise<T | undefined | void>

/** What each event's hooks are given and may answer. */
export interface HookTypes {
  /** Once, when the application has its rules: `tipfy/ext/session:setDatastoreSession` is one of these. */
  posInitApp: (app: App) => Maybe<unknown>
  /** Once, when the application is ready, before it serves. */
  preRunApp: (app: App) => Maybe<unknown>
  /** First of all in every request. */
  preInitRequest: (app: App) => Maybe<unknown>
  /** When the rule is known and the session loaded; a response it returns is the answer, without a handler. */
  preDispatchHandler: (request: Request, app: App) => Maybe<Response>
  /** Once for every response, before anything of it is sent; a response it returns is sent instead. */
  preSendResponse: (request: Request, response: Response, app: App) => Maybe<Response>
  /** For every error that a request ends with; a response it returns is the answer. */
  preHandleException: (error: unknown, app: App) => Maybe<Response>
}

/** The name of an event. */
export type HookName = keyof HookTypes

/** A hook: a function, or the name of one as 'module:function'. */
export type Hook<Name extends HookName = HookName> = HookTypes[Name] | string

/** Hooks by event, as config.ts gives them. */
export type HookConfig = { [Name in HookName]?: Hook<Name> | readonly Hook<Name>[] }

export const hookNames: readonly HookName[] = [
  'posInitApp',
  'preRunApp',
  'preInitRequest',
  'preDispatchHandler',
  'preSendResponse',
  'preHandleException',
]

type Lists = Record<HookName, (Function | string)[]>

/** Finds the function that a string names. */
export type HookImporter = (name: HookName, text: string) => Promise<Function>

/**
 * An application's hooks, `app.hooks`.
 *
 * @example
 * app.hooks.add('preSendResponse', (request, response) => { response.headers.set('X-Frame-Options', 'DENY') })
 */
export class Hooks {
  /** The hooks of each event, in the order they run: to be looked at, `add` adds to them. */
  readonly lists: Readonly<Record<HookName, readonly (Function | string)[]>>
  readonly #lists: Lists
  readonly #import: HookImporter

  constructor(importer: HookImporter) {
    this.#import = importer
    this.#lists = Object.fromEntries(hookNames.map((name) => [name, []])) as unknown as Lists
    this.lists = this.#lists
  }

  /** Adds a hook, at the end or at `position`. Throws TIPFY_E_NOT_A_HOOK for what is neither a function nor a string. */
  add<Name extends HookName>(name: Name, hook: Hook<Name>, position: number = this.#lists[name].length): void {
    if (typeof hook !== 'function' && typeof hook !== 'string') {
      throw new TipfyError('TIPFY_E_NOT_A_HOOK', { hook: String(hook), event: name, given: typeof hook })
    }
    this.#lists[name].splice(position, 0, hook)
  }

  /** Adds several hooks at once. Throws TIPFY_E_HOOK_NAME for an event that is none of the six. */
  addMulti(hooks: HookConfig): void {
    for (const [name, given] of Object.entries(hooks) as [HookName, HookConfig[HookName]][]) {
      if (given === undefined) continue
      if (!hookNames.includes(name))
        throw new TipfyError('TIPFY_E_HOOK_NAME', { name, nearest: nearest(name, hookNames) })
      for (const hook of Array.isArray(given) ? given : [given]) this.add(name, hook)
    }
  }

  /** The hooks of an event, in the order they run. */
  get<Name extends HookName>(name: Name): readonly Hook<Name>[] {
    return this.#lists[name] as Hook<Name>[]
  }

  /** Whether an event has hooks. */
  has(name: HookName): boolean {
    return this.#lists[name].length > 0
  }

  /** Runs the hooks of an event one after the other and gives what each answered. */
  async call<Name extends HookName>(name: Name, ...args: Parameters<HookTypes[Name]>): Promise<unknown[]> {
    const answers: unknown[] = []
    for await (const answer of this.iter(name, ...args)) answers.push(answer)
    return answers
  }

  /** Runs the hooks of an event as they are asked for: whoever stops asking, stops the rest. */
  async *iter<Name extends HookName>(name: Name, ...args: Parameters<HookTypes[Name]>): AsyncGenerator<unknown> {
    for (let at = 0; at < this.#lists[name].length; at++) {
      const hook = await this.#function(name, at)
      yield await run(name, hook, args)
    }
  }

  /**
   * Runs the hooks of a request's event and gives the response they want sent, if any: the first that one answers, which
   * skips the others; for preSendResponse the last, each hook being given the one before. Waits only where a hook does:
   * hooks that are plain functions cost no promise.
   */
  respond<Name extends HookName>(name: Name, ...args: Parameters<HookTypes[Name]>): Maybe<Response> {
    return this.#respondFrom(0, name, args)
  }

  #respondFrom(start: number, name: HookName, args: unknown[]): Maybe<Response> {
    const list = this.#lists[name]
    for (let at = start; at < list.length; at++) {
      const hook = this.#function(name, at)
      const answer = typeof hook === 'function' ? run(name, hook, args) : runLoaded(name, hook, args)
      if (isPromise(answer)) return this.#respondAfter(answer, at, name, args)
      const response = taken(name, args, answer)
      if (response !== undefined) return response
    }
    return name === 'preSendResponse' ? (args[1] as Response) : undefined
  }

  async #respondAfter(
    answer: Promise<unknown>,
    at: number,
    name: HookName,
    args: unknown[],
  ): Promise<Response | undefined> {
    const response = taken(name, args, await answer)
    return response ?? (await this.#respondFrom(at + 1, name, args)) ?? undefined
  }

  /** Imports the functions that strings name, so that a wrong name stops the start and not a request. */
  async load(): Promise<void> {
    for (const name of hookNames) {
      for (let at = 0; at < this.#lists[name].length; at++) await this.#function(name, at)
    }
  }

  #function(name: HookName, at: number): Function | Promise<Function> {
    const hook = this.#lists[name][at]!
    if (typeof hook === 'function') return hook
    return this.#import(name, hook).then((loaded) => {
      // The list may have grown in front of it meanwhile.
      const now = this.#lists[name].indexOf(hook)
      if (now !== -1) this.#lists[name][now] = loaded
      return loaded
    })
  }
}

function run(event: HookName, hook: Function, args: unknown[]): unknown {
  return steps.hasSubscribers ? runTraced(event, hook, args) : hook(...args)
}

function runTraced(event: HookName, hook: Function, args: unknown[]): unknown {
  return traced('hook', `${event} ${hook.name || '(a function)'}`, () => hook(...args))
}

async function runLoaded(event: HookName, hook: Promise<Function>, args: unknown[]): Promise<unknown> {
  return run(event, await hook, args)
}

/** The response by which a hook ends its event; one of preSendResponse goes on to the next hook instead. */
function taken(name: HookName, args: unknown[], answer: unknown): Response | undefined {
  if (!(answer instanceof Response)) return undefined
  // Copies: a response kept for many requests must not gather the cookies of each.
  if (name === 'preHandleException') return answer.clone()
  if (name !== 'preSendResponse') return answer
  if (answer !== args[1]) args[1] = answer.clone()
  return undefined
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
