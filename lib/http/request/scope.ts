// The request that code runs in: what Node emits of a connection runs outside of every request.
import type { EventEmitter } from 'node:events'

/** Runs code in one request. */
export interface RequestScope {
  run<T>(fn: () => T): T
  /** Handles an error that a listener threw, where nothing else would catch it: it ends the request, not the process. */
  fail(error: unknown): void
}

type Listener = Parameters<AbortSignal['addEventListener']>[1]

const bound = new WeakSet<object>()

/** Makes the listeners of `emitter` run in the request. */
export function bindEmitter<Emitter extends EventEmitter>(emitter: Emitter, scope: RequestScope | null): Emitter {
  if (scope === null || bound.has(emitter)) return emitter
  bound.add(emitter)
  const { emit } = emitter
  const emitInScope = (...args: Parameters<typeof emit>) =>
    scope.run(() => {
      try {
        return emit.apply(emitter, args)
      } catch (error) {
        scope.fail(error)
        return true
      }
    })
  return Object.defineProperty(emitter, 'emit', { value: emitInScope, writable: true, configurable: true })
}

/** Makes the listeners of `signal` run without ending the process: Node rethrows their errors where nothing catches. */
export function bindSignal(signal: AbortSignal, scope: RequestScope | null): AbortSignal {
  if (scope === null) return signal
  const wrappers = new WeakMap<object, Listener>()
  const wrapperOf = (listener: Listener) => {
    const wrapper = wrappers.get(listener) ?? guarded(listener, scope)
    if (listener) wrappers.set(listener, wrapper)
    return wrapper
  }
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (type, listener, options) =>
    addEventListener.call(signal, type, wrapperOf(listener), options)
  signal.removeEventListener = (type, listener, options) =>
    removeEventListener.call(signal, type, wrapperOf(listener), options)
  return signal
}

function guarded(listener: Listener, scope: RequestScope): Listener {
  return function (this: unknown, event: Event) {
    try {
      if (typeof listener === 'function') listener.call(this as AbortSignal, event)
      else listener.handleEvent(event)
    } catch (error) {
      scope.fail(error)
    }
  }
}
