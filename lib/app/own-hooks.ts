// The hooks that come with tipfy, and their events: one in another event fails the start, and not every request.
import { TipfyError } from '../internal/errors.ts'
import type { TipfyHooks } from './types.ts'

interface OwnHook {
  readonly event: keyof TipfyHooks
  readonly name: string
}

const known = new WeakMap<object, OwnHook>()

/** Notes the event that hooks of tipfy belong to. */
export function ownHooks(event: keyof TipfyHooks, hooks: Readonly<Record<string, Function>>): void {
  for (const [name, hook] of Object.entries(hooks)) known.set(hook, { event, name })
}

/** Returns the name of a hook of tipfy; undefined for a hook of the application, and for a text. */
export function ownHookName(hook: Function | string): string | undefined {
  return typeof hook === 'function' ? known.get(hook)?.name : undefined
}

/** @throws {TipfyError} TIPFY_E_HOOK_EVENT for a hook of tipfy that belongs to another event */
export function checkEvent(event: string, hook: Function): void {
  const own = known.get(hook)
  if (own === undefined || own.event === event) return
  throw new TipfyError('TIPFY_E_HOOK_EVENT', { hook: own.name, event, right: own.event })
}
