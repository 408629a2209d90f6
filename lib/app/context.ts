// One request being served, the AsyncLocalStorage that carries it through every await, timer and stream, and its end. Knows no
// class of the folders above: the globals give its fields their types.
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { inspect } from 'node:util'
import { setTimeout } from '../internal/timers.ts'

/** The parts of Node's response that show when a request is over. */
export interface Outgoing {
  readonly closed: boolean
  readonly req: { method?: string; url?: string }
  once(event: 'close', listener: () => void): unknown
}

/**
 * One request being served. `app`, `request`, `response` and `session` are the real objects behind the globals;
 * they are released when the request ends, so that a timer left behind cannot keep them alive.
 */
export class Context<App = unknown, Request = unknown, Response = unknown> {
  /** Counts requests of this process from 1. */
  readonly id: number
  app: App
  request: Request
  response: Response
  /** The state of the session extension: undefined until sessions are opened, null if there are none. */
  session: unknown = undefined
  /** Set when the handler has returned and its response is being sent; the request ends when it closes. */
  outgoing: Outgoing | undefined = undefined
  /** The request and the time at which it ended, in ms. */
  ended: { method: string; target: string; at: number } | undefined = undefined

  constructor(id: number, app: App, request: Request, response: Response) {
    this.id = id
    this.app = app
    this.request = request
    this.response = response
  }

  /** True when the globals may no longer be used. */
  get isOver(): boolean {
    return this.ended !== undefined || this.outgoing?.closed === true
  }

  /** Releases everything of the request but its description, which must have its `outgoing`. */
  end(now: number): void {
    if (this.ended !== undefined) return
    const { method = '', url = '' } = this.outgoing!.req
    this.ended = { method, target: url, at: now }
    this.request = this.response = this.session = this.outgoing = undefined as never
  }

  // console.log(promise) prints the async context on some Nodes: it must show nothing of a request.
  [inspect.custom](): string {
    return `Context { ${this.id} }`
  }
}

/** The current request's context. Enter it by `run` only: it must not leak into the caller. */
export const contextStorage = new AsyncLocalStorage<Context>({ name: 'tipfy' })

// Nearly every response has closed when the next one is sent: to check it then is cheaper than a listener on each.
let last: Context | undefined
// In ms, read at most ten times a second: error messages count the time since the end of a request in seconds.
let now = 0

/** Ends the request of `context` when its response, sent through `outgoing`, has closed. */
export function endWith(context: Context, outgoing: Outgoing): void {
  context.outgoing = outgoing
  if (last === undefined) {
    now = Date.now()
    setTimeout(endLast, 100).unref()
  } else {
    endOrListen(last)
  }
  last = context
}

function endLast(): void {
  now = Date.now()
  endOrListen(last!)
  last = undefined
}

function endOrListen(context: Context): void {
  if (context.isOver) context.end(now)
  else context.outgoing!.once('close', () => context.end(Date.now()))
}

/**
 * Opens and saves sessions, as Flask's `SessionInterface`: `app.sessionInterface`, set by the hooks of tipfy/ext/session. Both
 * methods return a promise only if they have to wait: without one a request costs less.
 */
export interface SessionInterface<C = Context> {
  /** Describes where sessions are kept in a few words, for the line that `tipfy serve` prints. */
  readonly description?: string
  /** True if sessions can be bound to devices, for rules with `deviceBound: 'required'`. */
  readonly bindsDevices?: boolean
  /** Called before a request is routed: returns the response to one that a browser sends for its sessions. */
  handleOwnPath?(context: C): Promise<unknown> | undefined
  /** Called before the first preDispatchHandler hook, once per request, also for a 404; not for rules with `session: false`. */
  openSession(context: C): void | Promise<void>
  /**
   * Called after the last preSendResponse hook: saves what changed and sets cookies on `response`. With `failed` (an uncaught
   * error, a 5xx) nothing is saved, but what acted at once (`destroy()`, `update()`) still sets its cookie.
   */
  saveSession(context: C, response: unknown, failed: boolean): void | Promise<void>
}

const starting = new AsyncLocalStorage<unknown>({ name: 'tipfy.starting' })
const living = new Set<unknown>()

/** The applications of this process. Outside requests `current` is the one being started, or the only one. */
export const applications = {
  add: (app: unknown): unknown => living.add(app),
  remove: (app: unknown): boolean => living.delete(app),
  /**
   * Runs `fn` as an application outside any request: its start, and the import of modules, whose code belongs to no request even
   * if one causes the import. Not by `starting.run`, which leaves a value in its caller that every request of a server started
   * there would copy.
   */
  start: <Result>(app: unknown, fn: () => Result): Result =>
    new AsyncResource('TIPFY').runInAsyncScope(() => {
      starting.enterWith(app)
      contextStorage.enterWith(undefined as never)
      return fn()
    }),
  get count(): number {
    return living.size
  },
  current(): unknown {
    const app = starting.getStore()
    if (app !== undefined || living.size !== 1) return app
    return living.values().next().value
  },
}
