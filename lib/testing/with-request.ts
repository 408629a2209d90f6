// Runs code that uses the globals without a handler around it: a test of a function deep in an application.
import type { App } from '../app/types.ts'
import type { SessionData } from '../ext/session/data/session-data.ts'
import { session } from '../ext/session/index.ts'
import { messageFor, type RequestOptions } from './message.ts'
import { runInContext } from './run-in-context.ts'

/** The request that `withRequest` sets up. */
export interface WithRequestOptions extends RequestOptions {
  /** Path and query, or a whole URL. Default: '/' */
  path?: string
  /** Default: 'GET' */
  method?: string
  cookies?: Readonly<Record<string, string>>
  /** What is in the session to begin with. It is not saved. */
  session?: Partial<SessionData>
}

/**
 * Runs `fn` with `request`, `response`, `app` and `session` set, and gives what it gives. No handler and no hook of a
 * request runs, and no session is saved.
 *
 * @example
 * const total = await withRequest(app, { path: '/?currency=EUR' }, () => totalInCurrency())
 */
export async function withRequest<T>(app: App, options: WithRequestOptions, fn: () => T | Promise<T>): Promise<T> {
  const { path = '/', method = 'GET', cookies = {}, session: data, ...rest } = options
  const header = Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')
  const base = new URL('http://localhost')
  const { message } = await messageFor(method, path, { options: rest, base, cookies: () => header })
  const { result } = await runInContext(app, message, () => {
    if (data !== undefined) session.assign(data as Record<string, unknown>)
    return fn()
  })
  return result
}
