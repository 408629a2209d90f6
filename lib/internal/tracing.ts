// What a request spends its time on, told to whoever listens: the console in development, or a tracer of your own. While
// nobody listens it costs one look at a flag.
import { channel } from 'node:diagnostics_channel'

/** One piece of a request's work. Times in ms, on the clock of `performance.now()`. */
export interface Step {
  readonly kind: 'hook' | 'handler' | 'session' | 'datastore' | 'memcached' | 'valkey'
  /** Like `preDispatchHandler checkCsrf` or `lookup Session`. */
  readonly name: string
  readonly start: number
  /** Null while it goes on. */
  end: number | null
  /** What it threw, if it did. */
  error: unknown
}

/**
 * Each step is published as it begins, in the context of the request that it is for; its `end` and `error` are filled in
 * later.
 *
 * @example
 * diagnosticsChannel.subscribe('tipfy.step', (step) => { … })
 */
export const steps = channel('tipfy.step')

/** Each step again, when it has ended. */
export const stepEnds = channel('tipfy.step.end')

/**
 * Runs `work` as a step. Callers ask first, so that nothing is made for nobody:
 * `steps.hasSubscribers ? traced('handler', name, () => call()) : call()`
 */
export function traced<T>(kind: Step['kind'], name: string, work: () => T): T {
  const end = beginStep(kind, name)
  try {
    const result = work()
    if (!isPromise(result)) {
      end()
      return result
    }
    return result.then(
      (value) => {
        end()
        return value
      },
      (error: unknown) => {
        end(error)
        throw error
      },
    ) as T
  } catch (error) {
    end(error)
    throw error
  }
}

/** Begins a step, and gives the function that ends it. */
export function beginStep(kind: Step['kind'], name: string): (error?: unknown) => void {
  const step: Step = { kind, name, start: performance.now(), end: null, error: undefined }
  steps.publish(step)
  return (error) => {
    if (step.end !== null) return
    step.end = performance.now()
    step.error = error
    if (stepEnds.hasSubscribers) stepEnds.publish(step)
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
