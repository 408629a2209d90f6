// The official client asks a gapic client for one method per call; this one asks the engine in the same process instead.
import type { Engine } from './embedded/engine.ts'

type Callback = (error: Error | null, response?: unknown) => void
type Method = (request: never, options: { timeout?: number } | undefined, callback: Callback) => void

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

/** A stand-in for the gapic `DatastoreClient`, for `datastore.clients_`. */
export function inProcessClient(engine: Engine): Record<(typeof methods)[number], Method> {
  const client = {} as Record<(typeof methods)[number], Method>
  for (const method of methods) {
    client[method] = (request, options, callback) => {
      let response: unknown
      try {
        response = engine[method](request, options?.timeout)
      } catch (error) {
        setImmediate(callback, error as Error)
        return
      }
      if (response instanceof Promise) {
        response.then(
          (value) => setImmediate(callback, null, value),
          (error: Error) => setImmediate(callback, error),
        )
      } else {
        setImmediate(callback, null, response)
      }
    }
  }
  return client
}
