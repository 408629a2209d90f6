// Calls the engine in this process where the official client calls a generated client.

import { setImmediate } from '../internal/timers.ts'
import type { Engine } from './engine/engine.ts'
import { asStatus } from './engine/protocol/status.ts'

type Callback = (error: Error | null, response?: unknown) => void
type Method = (request: never, options?: { timeout?: number }, callback?: Callback) => Promise<[unknown]> | undefined

const methods = [
  'lookup',
  'runQuery',
  'runAggregationQuery',
  'beginTransaction',
  'commit',
  'rollback',
  'allocateIds',
  'reserveIds',
] as const satisfies (keyof Engine)[]

/**
 * Returns a replacement for the client's transport: `method(request, options, callback)`, or a promise of `[response]` without a
 * callback. A callback never runs before the call has returned.
 */
export function inProcessClient(engine: Engine): Record<(typeof methods)[number], Method> {
  const client = {} as Record<(typeof methods)[number], Method>
  for (const method of methods) {
    client[method] = (request, options, callback) => {
      if (!callback) return promised(client[method], request, options)
      let response: unknown
      try {
        response = engine[method](request, options?.timeout)
      } catch (error) {
        setImmediate(callback, asStatus(error))
        return
      }
      if (response instanceof Promise) {
        response.then(
          (value) => setImmediate(callback, null, value),
          (error) => setImmediate(callback, asStatus(error)),
        )
      } else {
        setImmediate(callback, null, response)
      }
    }
  }
  return client
}

function promised(method: Method, request: never, options: { timeout?: number } | undefined): Promise<[unknown]> {
  return new Promise((resolve, reject) => {
    method(request, options, (error, response) => (error ? reject(error) : resolve([response])))
  })
}
