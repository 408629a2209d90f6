// The six events of an application: the hooks of each, in order.
import { Response } from '../http/response/response.ts'
import { TipfyError } from '../internal/errors.ts'
import { nearest } from '../internal/suggest.ts'
import { steps, traced } from '../internal/tracing.ts'
import type { Hook, HookConfig, HookName, Hooks, HookTypes, Maybe } from './types.ts'

export const hookNames: readonly HookName[] = [
  'posInitApp',
  'preRunApp',
  'preInitRequest',
  'preDispatchHandler',
  'preSendResponse',
  'preHandleException',
]

type Lists = Record<HookName, (Function | string)[]>

/** Imports the function that a string names. */
export type HookImporter = (name: HookName, text: string) => Promise<Function>

/** The hooks of one application. */
export class HookLists implements Hooks {
  readonly lists: Readonly<Record<HookName, readonly (Function | string)[]>>
  readonly #lists: Lists
  readonly #import: HookImporter

  constructor(importer: HookImporter) {
    this.#import = importer
    this.#lists = Object.fromEntries(hookNames.map((name) => [name, []])) as unknown as Lists
    this.lists = this.#lists
  }

  add<Name extends HookName>(name: Name, hook: Hook<Name>, position: number = this.#lists[name].length): void {
    if (typeof hook !== 'function' && typeof hook !== 'string') {
      throw new TipfyError('TIPFY_E_NOT_A_HOOK', { hook: String(hook), event: name, given: typeof hook })
    }
    this.#lists[name].splice(position, 0, hook)
  }

  addMulti(hooks: HookConfig): void {
    for (const [name, given] of Object.entries(hooks) as [HookName, HookConfig[HookName]][]) {
      if (given === undefined) continue
      if (!hookNames.includes(name))
        throw new TipfyError('TIPFY_E_HOOK_NAME', { name, nearest: nearest(name, hookNames) })
      for (const hook of Array.isArray(given) ? given : [given]) this.add(name, hook)
    }
  }

  get<Name extends HookName>(name: Name): readonly Hook<Name>[] {
    return this.#lists[name] as Hook<Name>[]
  }

  has(name: HookName): boolean {
    return this.#lists[name].length > 0
  }

  async call<Name extends HookName>(name: Name, ...args: Parameters<HookTypes[Name]>): Promise<unknown[]> {
    const results: unknown[] = []
    for await (const result of this.iter(name, ...args)) results.push(result)
    return results
  }

  async *iter<Name extends HookName>(name: Name, ...args: Parameters<HookTypes[Name]>): AsyncGenerator<unknown> {
    for (let at = 0; at < this.#lists[name].length; at++) {
      const hook = await this.#function(name, at)
      yield await run(name, hook, args)
    }
  }

  respond<Name extends HookName>(name: Name, ...args: Parameters<HookTypes[Name]>): Maybe<Response> {
    return this.#respondFrom(0, name, args)
  }

  #respondFrom(start: number, name: HookName, args: unknown[]): Maybe<Response> {
    const list = this.#lists[name]
    for (let at = start; at < list.length; at++) {
      const hook = this.#function(name, at)
      const result = typeof hook === 'function' ? run(name, hook, args) : runLoaded(name, hook, args)
      if (isPromise(result)) return this.#respondAfter(result, at, name, args)
      const response = responseOf(name, args, result)
      if (response !== undefined) return response
    }
    return name === 'preSendResponse' ? (args[1] as Response) : undefined
  }

  async #respondAfter(
    result: Promise<unknown>,
    at: number,
    name: HookName,
    args: unknown[],
  ): Promise<Response | undefined> {
    const response = responseOf(name, args, await result)
    return response ?? (await this.#respondFrom(at + 1, name, args)) ?? undefined
  }

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

/** Returns the response with which a hook ends its event; that of preSendResponse becomes an argument of the next hook instead. */
function responseOf(name: HookName, args: unknown[], result: unknown): Response | undefined {
  if (!(result instanceof Response)) return undefined
  // Copies: a response kept for many requests must not collect the cookies of each.
  if (name === 'preHandleException') return result.clone()
  if (name !== 'preSendResponse') return result
  if (result !== args[1]) args[1] = result.clone()
  return undefined
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
