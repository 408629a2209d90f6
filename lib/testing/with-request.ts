// Runs code that uses the globals without a handler around it: in the context of a request that is made up, with its session
// open.
import type { ServerResponse } from 'node:http'
import { contextStorage } from '../app/context.ts'
import type { App, RequestContext } from '../app/types.ts'
import type { SessionData } from '../ext/session/data/session-data.ts'
import { session } from '../ext/session/index.ts'
import { checkFunction } from '../internal/arguments.ts'
import { checkApp, checkOptionNames } from '../internal/options.ts'
import { exchange, type Message, type Reply } from './exchange.ts'
import { checkFields, messageFor, type RequestOptions, requestOptions } from './message.ts'

/** The request that `withRequest` makes. */
export interface WithRequestOptions extends RequestOptions {
  /** Path and query, or a whole URL. Default: '/' */
  path?: string | URL
  /** Default: 'GET' */
  method?: string
  cookies?: Readonly<Record<string, string>>
  /** The data that the session begins with. It is not saved. */
  session?: Partial<SessionData>
}

/**
 * Runs `fn` with `request`, `response`, `app` and `session` set, and returns what it returns. No handler and no hook of a
 * request runs, and no session is saved.
 *
 * @example
 * const total = await withRequest(app, { path: '/?currency=EUR' }, () => totalInCurrency())
 */
export async function withRequest<T>(app: App, options: WithRequestOptions, fn: () => T | Promise<T>): Promise<T> {
  checkApp('withRequest', app)
  checkOptionNames('withRequest()', options, [...requestOptions, 'path', 'method', 'cookies', 'session'])
  checkFunction('The function of withRequest()', fn)
  if (options.cookies !== undefined) checkFields('`cookies` of withRequest()', options.cookies)
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

/** Runs `fn` in the context of a request. Returns its result and the response: an empty one unless `fn` sent another. */
export async function runInContext<T>(
  app: App,
  message: Message,
  fn: (context: RequestContext, outgoing: ServerResponse) => T | Promise<T>,
): Promise<{ result: T; reply: Reply }> {
  await app.ready()
  let outcome: Promise<T> | undefined
  const reply = await exchange((incoming, outgoing) => {
    const context = app.newContext(incoming)
    outcome = contextStorage.run(context, async () => {
      app.route(context.request)
      await app.sessionInterface?.openSession(context)
      return await fn(context, outgoing)
    })
    outcome
      .catch(() => {})
      .finally(() => {
        context.outgoing = outgoing
        context.end(Date.now())
        if (!outgoing.writableEnded) outgoing.end()
      })
  }, message)
  return { result: await outcome!, reply }
}
