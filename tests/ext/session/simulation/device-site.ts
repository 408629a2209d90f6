// Requests of browsers on the simulated processes, for sessions that are bound to devices: with headers, several cookies, and
// the endpoint at which browsers register and refresh.
import type { CookieResponse } from '../../../../lib/ext/session/response-cookies.ts'
import { storeOf } from '../../../../lib/ext/session/session-interface.ts'
import type { SessionStore } from '../../../../lib/ext/session/session-store.ts'
import { HTTPException } from '../../../../lib/http/exceptions.ts'
import { Response } from '../../../../lib/http/response/response.ts'
import type { Scheduler } from './scheduler.ts'
import type { Site } from './site.ts'

export const endpoint = '/.device'
export const boundCookie = 'tipfy.device'

export interface Answer {
  /** 0: none came. */
  status: number
  headers: { get(name: string): string | null }
  body: string
  /** The names of the cookies that it set. */
  set: string[]
  /** The values that the handler found. */
  user: string | null
}

/** Cookies by name, with the virtual time at which the browser drops them. */
export class Jar {
  readonly #cookies = new Map<string, { value: string; until: number }>()
  readonly scheduler: Scheduler

  /** @param from the jar that it is a copy of: its holder drops nothing, however old it grows */
  constructor(scheduler: Scheduler, from: Jar | null = null) {
    this.scheduler = scheduler
    if (from === null) return
    for (const [name, { value, until }] of from.#cookies) {
      if (until > scheduler.time) this.#cookies.set(name, { value, until: Number.POSITIVE_INFINITY })
    }
  }

  /** Ms until the browser drops it; 0: it is not there. */
  left(name: string): number {
    return Math.max(0, (this.#cookies.get(name)?.until ?? 0) - this.scheduler.time)
  }

  get(name: string): string | null {
    return this.left(name) > 0 ? this.#cookies.get(name)!.value : null
  }

  get header(): string {
    const there = [...this.#cookies].filter(([name]) => this.left(name) > 0)
    return there.map(([name, { value }]) => `${name}=${value}`).join('; ')
  }

  take(name: string, from: Jar): void {
    const cookie = from.#cookies.get(name)
    if (cookie !== undefined) this.#cookies.set(name, cookie)
  }

  receive(response: Response): void {
    for (const line of response.headers.getAll('set-cookie')) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      const maxAge = /;\s*max-age=(-?\d+)/i.exec(line)?.[1]
      const until = maxAge === undefined ? Number.POSITIVE_INFINITY : this.scheduler.time + Number(maxAge) * 1000
      this.#cookies.set(name!, { value: value!, until: value === '' ? 0 : until })
    }
  }
}

/** Sends a request, whose handler is `run`; without one it is a browser's own, for the endpoint. `late`: ms until the response comes. */
export async function send(
  site: Site,
  jar: Jar,
  headers: Record<string, string>,
  run?: (store: SessionStore) => unknown,
  late = 0,
): Promise<Answer> {
  const { sessions } = site
  const cookie = jar.header
  const request = {
    message: { headers: { cookie: cookie === '' ? undefined : cookie } },
    headers: { get: (name: string) => headers[name] ?? null },
    isSecure: true,
    method: run === undefined ? 'POST' : 'GET',
    path: run === undefined ? endpoint : '/',
    mountPath: '',
    url: 'https://shop.test/',
    remoteAddr: '203.0.113.7',
  }
  const context = { request, session: undefined as unknown, app: undefined } as never
  const found = { user: null as string | null }
  let response: Response
  try {
    if (run === undefined) {
      response = (await sessions.handleOwnPath(context)) ?? new Response('', { status: 404 })
      if ((context as { session: unknown }).session === undefined) return await answer(response, jar, null, late)
    } else {
      await sessions.openSession(context)
      const store = storeOf(sessions.sessionsOf(context))
      response = await handle(store, run, found)
    }
    await sessions.saveSession(context, response as unknown as CookieResponse, response.status >= 500)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 503) throw error
    response = new Response('', { status: 503 })
  }
  return answer(response, jar, found.user, late)
}

async function handle(
  store: SessionStore,
  run: (store: SessionStore) => unknown,
  found: { user: string | null },
): Promise<Response> {
  try {
    const user = await run(store)
    if (typeof user === 'string') found.user = user
    return new Response('')
  } catch (error) {
    if (!(error instanceof HTTPException)) throw error
    return (error.response as Response | undefined) ?? new Response('', { status: error.code })
  }
}

async function answer(response: Response, jar: Jar, user: string | null, late: number): Promise<Answer> {
  if (late > 0) await jar.scheduler.sleep(late)
  jar.receive(response)
  const set = response.headers.getAll('set-cookie').map((line) => line.slice(0, line.indexOf('=')))
  return { status: response.status, headers: response.headers, body: String(response.data ?? ''), set, user }
}
