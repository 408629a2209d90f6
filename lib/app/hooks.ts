// The hooks of an application, by event: its own events, and those of a request, whose hooks may return a response.
import { isResponse, isReturnable, replacement } from '../http/response/convert.ts'
import { checkNumber, checkText, wrongArgument } from '../internal/arguments.ts'
import { TipfyError } from '../internal/errors.ts'
import { describeGiven, isClass } from '../internal/has-text.ts'
import { isPromise } from '../internal/promises.ts'
import { isDictionary } from '../internal/settings.ts'
import { didYouMean, nearest, unlikeness } from '../internal/suggest.ts'
import { steps, traced } from '../internal/tracing.ts'
import { contextStorage } from './context.ts'
import { checkEvent, ownHookName } from './own-hooks.ts'
import { useResponse } from './sent-response.ts'
import type { Hook, HookArguments, HookName, Hooks, HooksByEvent, RequestContext, TipfyHooks } from './types.ts'

export const hookNames = [
  'posInitApp',
  'preRunApp',
  'preInitRequest',
  'preDispatchHandler',
  'preSendResponse',
  'preHandleException',
] as const satisfies readonly (keyof TipfyHooks)[]

/** The values that hooks may return, for error messages. */
const returnable: Partial<Record<string, string>> = {
  preDispatchHandler: 'what a handler may return',
  preSendResponse: 'a Response or an HTTPException',
  preHandleException: 'a Response or an HTTPException',
}

const wrongHooks = 'Write { posInitApp: [hook] }.'

/** Imports the function that a string names. */
export type HookImporter = (name: string, text: string) => Promise<Function>

/** The hooks of one application. */
export class HookLists implements Hooks {
  readonly #lists: Record<string, (Function | string)[]>
  readonly #import: HookImporter
  /** By request, its preSendResponse hook that threw: it is not called for the response to that error. Null until one throws. */
  #failed: WeakMap<object, Function | string> | null = null

  constructor(importer: HookImporter) {
    this.#import = importer
    this.#lists = Object.assign(Object.create(null), Object.fromEntries(hookNames.map((name) => [name, []])))
  }

  get lists(): Hooks['lists'] {
    return this.#lists as unknown as Hooks['lists']
  }

  add<Name extends HookName>(name: Name, hook: Hook<Name>, position?: number): void {
    if (typeof name !== 'string') throw new TipfyError('TIPFY_E_HOOK_NAME', { name: describeGiven(name), meant: '' })
    if (typeof hook !== 'string') checkHook(name, hook)
    if (typeof hook === 'function' && isOurs(name)) checkEvent(name, hook)
    if (position !== undefined) checkNumber('The position of hooks.add()', position)
    this.#lists[name] ??= newList(name)
    const list = this.#lists[name]
    list.splice(position ?? list.length, 0, hook)
  }

  addMulti(hooks: HooksByEvent): void {
    if (!isDictionary(hooks)) throw wrongArgument('The argument of hooks.addMulti()', 'an object', hooks, wrongHooks)
    for (const [name, given] of Object.entries(hooks) as [HookName, Hook | readonly Hook[] | undefined][]) {
      if (given === undefined) continue
      for (const hook of Array.isArray(given) ? given : [given]) this.add(name, hook)
    }
  }

  get<Name extends HookName>(name: Name): readonly Hook<Name>[] {
    checkText('The event of a hook', name)
    return (this.#lists[name] ?? []) as Hook<Name>[]
  }

  has(name: HookName): boolean {
    return this.get(name).length > 0
  }

  async call<Name extends HookName>(name: Name, ...args: HookArguments<Name>): Promise<unknown[]> {
    const results: unknown[] = []
    for await (const result of this.iter(name, ...args)) results.push(result)
    return results
  }

  async *iter<Name extends HookName>(name: Name, ...args: HookArguments<Name>): AsyncGenerator<unknown> {
    for (let at = 0; at < this.get(name).length; at++) {
      const hook = await this.#function(name, at)
      const result: unknown = await run(name, hook, args)
      // A guard that is added to the wrong event would let every request through.
      if (isOurs(name) && !Object.hasOwn(returnable, name) && isResponse(result)) throw wrongResult(name, hook, result)
      yield result
    }
  }

  intercept<Name extends HookName>(name: Name, ...args: HookArguments<Name>): unknown {
    return this.#interceptFrom(0, name, args, this.#failed?.get(args[0] as object))
  }

  #interceptFrom(start: number, name: HookName, args: unknown[], without?: Function | string): unknown {
    const list = this.#lists[name]!
    let at = start
    try {
      for (; at < list.length; at++) {
        if (list[at] === without) continue
        const hook = this.#function(name, at)
        const result = typeof hook === 'function' ? run(name, hook, args) : runLoaded(name, hook, args)
        if (result === undefined) continue
        if (isPromise(result)) return this.#interceptAfter(result, at, name, args, without)
        const response = take(name, args, list[at]!, result)
        if (response !== undefined) return response
      }
    } catch (error) {
      throw this.#noteFailure(error, name, args, list[at]!)
    }
    return name === 'preSendResponse' ? args[1] : undefined
  }

  async #interceptAfter(
    result: Promise<unknown>,
    at: number,
    name: HookName,
    args: unknown[],
    without?: Function | string,
  ): Promise<unknown> {
    const hook = this.#lists[name]![at]!
    let response: unknown
    try {
      const value = await result
      response = value === undefined ? undefined : take(name, args, hook, value)
    } catch (error) {
      throw this.#noteFailure(error, name, args, hook)
    }
    return response ?? this.#interceptFrom(at + 1, name, args, without)
  }

  #noteFailure(error: unknown, name: HookName, args: unknown[], hook: Function | string): unknown {
    if (name === 'preSendResponse') {
      this.#failed ??= new WeakMap()
      this.#failed.set(args[0] as object, hook)
    }
    return error
  }

  async load(): Promise<void> {
    for (const [name, list] of Object.entries(this.#lists)) {
      for (let at = 0; at < list.length; at++) await this.#function(name, at)
    }
  }

  #function(name: string, at: number): Function | Promise<Function> {
    const list = this.#lists[name]!
    const hook = list[at]!
    if (typeof hook === 'function') return hook
    return this.#import(name, hook).then((loaded) => {
      if (isOurs(name)) checkEvent(name, loaded)
      // The list may have grown in front of it meanwhile.
      const now = list.indexOf(hook)
      if (now !== -1) list[now] = loaded
      return loaded
    })
  }
}

/**
 * Returns a function that can be a hook, or the page of an error.
 *
 * @param text names it in the configuration
 * @throws {TipfyError} TIPFY_E_NOT_A_HOOK also for a class, which cannot be called
 */
export function checkHook(event: string, hook: unknown, text?: string): Function {
  if (typeof hook === 'function' && !isClass(hook)) return hook
  const name = text === undefined ? '' : ` "${text}"`
  throw new TipfyError('TIPFY_E_NOT_A_HOOK', { name, event, given: describeGiven(hook) })
}

const isOurs = (name: string): boolean => (hookNames as readonly string[]).includes(name)

/** Makes the list of an event of the application's own. Throws for a name that is probably a mistyped event of tipfy. */
function newList(name: string): [] {
  const near = nearest(name, hookNames)
  if (name.length > 6 && unlikeness(name, near) <= 4)
    throw new TipfyError('TIPFY_E_HOOK_NAME', { name, meant: didYouMean(name, hookNames) })
  return []
}

function run(event: string, hook: Function, args: unknown[]): unknown {
  return steps.hasSubscribers ? runTraced(event, hook, args) : hook(...args)
}

function runTraced(event: string, hook: Function, args: unknown[]): unknown {
  return traced('hook', `${event} ${ownHookName(hook) ?? (hook.name || '(a function)')}`, () => hook(...args))
}

async function runLoaded(event: string, hook: Promise<Function>, args: unknown[]): Promise<unknown> {
  return run(event, await hook, args)
}

/**
 * Returns the value with which a hook ends its event; a response of preSendResponse becomes an argument of the next hook instead.
 *
 * @throws {TipfyError} TIPFY_E_HOOK_RETURNED for a value that the event does not take: to ignore it would let through what a
 * guard rejects
 */
function take(name: HookName, args: unknown[], hook: Function | string, result: unknown): unknown {
  if (name === 'preDispatchHandler' ? !isReturnable(result) : isResponse(result) !== Object.hasOwn(returnable, name)) {
    throw wrongResult(name, hook, result, name === 'preHandleException' ? args[0] : undefined)
  }
  if (name === 'preDispatchHandler') return result
  if (!isResponse(result) || result === args[1]) return undefined
  // Copies: a response kept for many requests must not collect the cookies of each.
  const context = contextStorage.getStore() as RequestContext
  const response = useResponse(context, replacement(result, context.request)!)
  if (name === 'preHandleException') return response
  args[1] = response
  return undefined
}

function wrongResult(event: HookName, hook: Function | string, result: unknown, cause?: unknown): TipfyError {
  const name = typeof hook === 'string' ? hook : hook.name || 'a function'
  const given =
    result === null ? 'null' : typeof result === 'object' ? (result.constructor?.name ?? 'object') : typeof result
  const remedy = `Return nothing${event in returnable ? `, or ${returnable[event]}` : ''}.`
  return new TipfyError('TIPFY_E_HOOK_RETURNED', { hook: name, event, given, remedy }, { cause })
}
