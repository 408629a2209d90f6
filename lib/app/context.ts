// What belongs to one request, and the AsyncLocalStorage that carries it through every await, timer and stream.
// Floor 1 knows nothing of the classes above it: the globals give these slots their types.
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { inspect } from 'node:util'

/** Of Node's response, what tells that a request is over. */
export interface Outgoing {
  readonly closed: boolean
  readonly req: { method?: string; url?: string }
  once(event: 'close', listener: () => void): unknown
}

/**
 * One request being served. `app`, `request`, `response` and `session` are the real objects behind the globals;
 * they are let go when the request ends, so that a timer left behind cannot keep them alive.
 */
export class Context<App = unknown, Request = unknown, Response = unknown> {
  /** Counts requests of this process from 1. */
  readonly id: number
  app: App
  request: Request
  response: Response
  /** The session extension's own state for this request: undefined until sessions are opened, null if none came or is used. */
  session: unknown = undefined
  /** What the answer was handed to, once the handler has returned: when that closes, the request is over. */
  outgoing: Outgoing | undefined = undefined
  /** What the request was and when it ended, once it has. */
  ended: { method: string; target: string; at: number } | undefined = undefined

  constructor(id: number, app: App, request: Request, response: Response) {
    this.id = id
    this.app = app
    this.request = request
    this.response = response
  }

  /** Whether the globals may no longer be used. */
  get isOver(): boolean {
    return this.ended !== undefined || this.outgoing?.closed === true
  }

  /** Lets go of everything but what it takes to tell of it, once it has its `outgoing`. `now` is in ms. */
  end(now: number): void {
    if (this.ended !== undefined) return
    const { method = '', url = '' } = this.outgoing!.req
    this.ended = { method, target: url, at: now }
    this.app = this.request = this.response = this.session = this.outgoing = undefined as never
  }

  // console.log(promise) prints the async context on some Nodes: nothing of a request may be in it.
  [inspect.custom](): string {
    return `Context { ${this.id} }`
  }
}

/** The current request's context. Entered by `run` alone: it must not leak into the code that called. */
export const contextStorage = new AsyncLocalStorage<Context>({ name: 'tipfy' })

/**
 * How the application opens and saves sessions, as Flask's `SessionInterface`: `app.sessionInterface`, set by the hooks
 * of tipfy/ext/session. Either may answer at once or with a promise; at once costs nothing.
 */
export interface SessionInterface<C = Context> {
  /** Where sessions are kept, in a few words, for the line that `tipfy serve` prints. */
  readonly description?: string
  /** Before the first preDispatchHandler hook, once a request, also for a 404; not for rules with `session: false`. */
  openSession(context: C): void | Promise<void>
  /**
   * After the last preSendResponse hook: saves what changed and puts cookies on `response`. With `failed` (an uncaught
   * error, a 5xx) nothing is saved, but what acted at once (`destroy()`, `update()`) still has its cookie to send.
   */
  saveSession(context: C, response: unknown, failed: boolean): void | Promise<void>
}

const starting = new AsyncLocalStorage<unknown>({ name: 'tipfy.starting' })
const living = new Set<unknown>()

/** The applications of this process: where no request tells which one is meant, the one being started, or the only one. */
export const applications = {
  add: (app: unknown): unknown => living.add(app),
  remove: (app: unknown): boolean => living.delete(app),
  /**
   * Runs `fn` (an application's start) as that application. Not by `starting.run`, which leaves something behind in its caller
   * that every request of a server started there would copy.
   */
  start: <Result>(app: unknown, fn: () => Result): Result =>
    new AsyncResource('TIPFY').runInAsyncScope(() => {
      starting.enterWith(app)
      return fn()
    }),
  current(): unknown {
    const app = starting.getStore()
    if (app !== undefined || living.size !== 1) return app
    return living.values().next().value
  },
}
