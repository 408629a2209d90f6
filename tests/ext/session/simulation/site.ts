// The real session layer of one server process, from cookie to cookie, on the simulated Datastore and memcached.
import { AsyncLocalStorage } from 'node:async_hooks'
import { cacheOn } from '../../../../lib/ext/session/cache/cache.ts'
import type { CacheLink } from '../../../../lib/ext/session/cache/ports.ts'
import { defaultConfig } from '../../../../lib/ext/session/config/config.ts'
import type { SessionApp, Settings } from '../../../../lib/ext/session/config/settings.ts'
import type { SignedCookie } from '../../../../lib/ext/session/cookies/signing.ts'
import { type Data, mergeData } from '../../../../lib/ext/session/merge/merge.ts'
import { type Loaded, SessionRepository } from '../../../../lib/ext/session/repository/repository.ts'
import type { StoreRequest } from '../../../../lib/ext/session/request-sessions.ts'
import type { CookieResponse } from '../../../../lib/ext/session/response-cookies.ts'
import { Sessions, storeOf } from '../../../../lib/ext/session/session-interface.ts'
import type { SessionStore } from '../../../../lib/ext/session/session-store.ts'
import { Response } from '../../../../lib/http/response/response.ts'
import type { SimDatastore } from './datastore.ts'
import type { Process, Scheduler } from './scheduler.ts'

/** In seconds; in ms the wait for memcached, and how far the clock of a process may be ahead. */
export const limits = { expiration: 100, cacheTtl: 10, storeTimeout: 5, cacheTimeout: 50, skew: 3000 }

/** The request that the store works for, what it found for it, and where it said that another's change was lost. */
export const caller = new AsyncLocalStorage<{ loaded: Loaded | { state: 'failed' } | undefined; conflicts: string[] }>()

/** The settings of the application of a seed. */
export interface Habits {
  /** The absolute expiration in ms. */
  absolute: number | null
  /** It merges by itself: `sum` is the sum. */
  merges: boolean
  /** Other settings than those of `limits`: the expiration in seconds, and devices. */
  settings?: Partial<Pick<Settings, 'expiration' | 'deviceBound'>>
}

function mergeSums(base: Data, mine: Data, theirs: Data): Data {
  const sum = ({ sum }: Data) => (sum as number | undefined) ?? 0
  const merged = mergeData(base, mine, theirs, () => {})
  if (merged.sum !== undefined) merged.sum = sum(mine) + sum(theirs) - sum(base)
  return merged
}

export class Site {
  readonly process: Process
  readonly records: SessionRepository
  readonly sessions: Sessions

  constructor(
    scheduler: Scheduler,
    process: Process,
    {
      datastore,
      memcacheds,
      habits,
    }: { datastore: SimDatastore; memcacheds: readonly { link(process: Process): CacheLink }[]; habits: Habits },
  ) {
    this.process = process
    this.records = new SessionRepository({
      datastore: datastore.port(process),
      cache: cacheOn(memcacheds.map((memcached) => memcached.link(process))),
      clock: process,
      randomness: { id: () => name(scheduler), token: () => name(scheduler), unit: () => scheduler.random() },
      settings: {
        expiration: (habits.settings?.expiration ?? limits.expiration) * 1000,
        absoluteExpiration: habits.absolute,
        merge: habits.merges ? mergeSums : null,
        onConflict: ({ path }) => caller.getStore()?.conflicts.push(path),
        cacheTtl: limits.cacheTtl * 1000,
        cacheTimeout: limits.cacheTimeout,
        storeTimeout: limits.storeTimeout * 1000,
      },
    })
    const load = this.records.load.bind(this.records)
    this.records.load = async (sid) => {
      const look = caller.getStore()
      try {
        const loaded = await load(sid)
        if (look !== undefined) look.loaded = loaded
        return loaded
      } catch (error) {
        if (look !== undefined) look.loaded = { state: 'failed' }
        throw error
      }
    }
    const log = { info() {}, warn() {}, error() {} }
    const settings = {
      ...defaultConfig,
      expiration: limits.expiration,
      dev: true,
      log,
      keys: ['a key of the simulation, 32 bytes'],
      now: process.now,
      ...habits.settings,
    } as Settings
    this.sessions = new Sessions({} as SessionApp, settings, 'datastore')
    this.sessions.repository = this.records
  }

  /** The session layer of one request. */
  open(cookie: string | null): Visit {
    return new Visit(this.sessions, cookie)
  }

  /** The session id in a cookie. */
  idIn(cookie: string | null): string | null {
    return this.#verified(cookie)?.text ?? null
  }

  /** Returns the age of a cookie in ms. */
  ageOf(cookie: string | null): number {
    return this.process.now() - (this.#verified(cookie)?.issued ?? 0)
  }

  #verified(cookie: string | null): SignedCookie | null {
    if (cookie === null) return null
    const found = this.sessions.kinds.main.signer.verify(cookie, this.process.now())
    return typeof found === 'string' ? null : found
  }
}

export class Visit {
  /** The effect of the response on the cookie: none, sets it, or clears it. */
  cookie: string | null | undefined
  readonly #sessions: Sessions
  readonly #context: { request: StoreRequest; session: unknown; app: unknown }

  constructor(sessions: Sessions, cookie: string | null) {
    this.#sessions = sessions
    const request = {
      message: { headers: { cookie: cookie === null ? undefined : `${sessions.kinds.main.name}=${cookie}` } },
      headers: { get: () => null },
      isSecure: false,
    }
    this.#context = { request: request as unknown as StoreRequest, session: undefined, app: undefined }
  }

  load(): void | Promise<void> {
    return this.#sessions.openSession(this.#context as never)
  }

  get store(): SessionStore {
    return storeOf(this.#sessions.sessionsOf(this.#context as never))
  }

  async save(failed: boolean): Promise<void> {
    const { headers, cacheControl } = new Response()
    const response: CookieResponse = {
      headers,
      cacheControl,
      setCookie: (_, value) => {
        this.cookie = value
      },
      deleteCookie: () => {
        this.cookie = null
      },
      varyByCookie() {},
    }
    await this.#sessions.saveSession(this.#context as never, response, failed)
  }
}

function name(scheduler: Scheduler): string {
  return scheduler.below(2 ** 48).toString(36) + scheduler.below(2 ** 48).toString(36)
}
