// The steps of a request's work, published for the console in development or for a tracer of your own. Without a listener a
// step costs the check of a flag.
import { channel } from 'node:diagnostics_channel'
import { isPromise } from './promises.ts'

/** One piece of a request's work. Times in ms, on the clock of `performance.now()`. */
export interface Step {
  readonly kind: 'hook' | 'handler' | 'session' | 'datastore' | 'cache'
  /** Like `preDispatchHandler checkCsrf`, `lookup Session` or `get 10.0.0.3:6379`. */
  readonly name: string
  /** The protocol of the server, for calls to the cache. */
  readonly system?: 'memcached' | 'redis' | undefined
  readonly start: number
  /** Null until it has ended. */
  end: number | null
  /** The error that it threw. */
  error: unknown
}

/**
 * The channel of steps as they begin, each in the context of its request; its `end` and `error` are set later.
 *
 * @example
 * diagnosticsChannel.subscribe('tipfy.step', (step) => { … })
 */
export const steps = channel('tipfy.step')

/** The channel of steps that have ended. */
export const stepEnds = channel('tipfy.step.end')

type Surround = <T>(step: Step, work: () => T) => T

let around: Surround = (_, work) => work()

/** Sets the function that runs the work of each step: for a tracer whose spans lie within each other. */
export function surround(fn: Surround): void {
  around = fn
}

/**
 * Runs `work` as a step. Callers check for listeners first, so that nothing is allocated without one:
 * `steps.hasSubscribers ? traced('handler', name, () => call()) : call()`
 */
export function traced<T>(kind: Step['kind'], name: string, work: () => T, system?: Step['system']): T {
  const step = begin(kind, name, system)
  const end = (error?: unknown) => finish(step, error)
  try {
    const result = around(step, work)
    if (!isPromise(result)) {
      end()
      return result
    }
    return settle(result, end) as T
  } catch (error) {
    end(error)
    throw error
  }
}

// By `await`: the `then` of a query builder may take one function, and may return nothing.
async function settle<T>(result: Promise<T>, end: (error?: unknown) => void): Promise<T> {
  try {
    const value = await result
    end()
    return value
  } catch (error) {
    end(error)
    throw error
  }
}

/** Begins a step and returns the function that ends it. */
export function beginStep(kind: Step['kind'], name: string): (error?: unknown) => void {
  const step = begin(kind, name)
  return (error) => finish(step, error)
}

function begin(kind: Step['kind'], name: string, system?: Step['system']): Step {
  const step: Step = { kind, name, system, start: performance.now(), end: null, error: undefined }
  steps.publish(step)
  return step
}

function finish(step: Step, error: unknown): void {
  if (step.end !== null) return
  step.end = performance.now()
  step.error = error
  if (stepEnds.hasSubscribers) stepEnds.publish(step)
}
