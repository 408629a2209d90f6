// `sessionStore`: the life of a session, and of any others, within one request.
import { TipfyError } from '../../errors.ts'
import type { CookieOptions, DeleteCookieOptions } from '../../http/cookies.ts'
import type { SessionCookie } from './config.ts'
import { type SessionOf, visible, withVisible } from './session.ts'
import type { SessionData } from './session-data.ts'
import type { Sessions } from './sessions.ts'
import type { Backend, Slot, SlotRequest } from './slot.ts'

/** What a session store uses of a request. */
export interface StoreRequest extends SlotRequest {
  readonly isSecure: boolean
}

/** What it uses of an answer. */
export interface StoreResponse {
  readonly headers: {
    get(name: string): string | null
    has(name: string): boolean
    set(name: string, value: string): unknown
  }
  setCookie(name: string, value: string, options?: CookieOptions): void
  deleteCookie(name: string, options?: DeleteCookieOptions): void
}

/** How a session of its own name is kept: its backend, and attributes of its cookie. */
export interface SessionOptions extends Partial<SessionCookie> {
  backend?: Backend
}

export class SessionStore {
  private readonly sessions: Sessions
  private readonly request: StoreRequest
  private readonly main: Slot
  private others: Map<string, Slot> | undefined
  private pending: ((response: StoreResponse) => void)[] | undefined

  constructor(sessions: Sessions, request: StoreRequest) {
    this.sessions = sessions
    this.request = request
    this.main = sessions.open(sessions.kind, request)
  }

  /** Fetches the main session from where it is kept. */
  load(): void | Promise<void> {
    return this.main.load()
  }

  /** The session: what the global `session` is. */
  get current(): SessionOf<SessionData> {
    return this.main.session
  }

  /** Whether no session came with the request. */
  get isNew(): boolean {
    return this.main.isNew
  }

  /** Whether the session differs from what is stored. */
  get modified(): boolean {
    return this.main.modified
  }

  /** The user that the session belongs to: `sessionStore.user = 'id'` at login. */
  get user(): string | null {
    return this.main.user
  }

  set user(user: string | null) {
    this.main.user = user
  }

  /** Seconds that this session lives without being used (remember me); null: as configured. */
  get expiration(): number | null {
    return this.main.expiration
  }

  set expiration(seconds: number | null) {
    this.main.expiration = seconds
  }

  /** Gives the session a new identity and keeps its data. Call it at login. It takes effect with the save. */
  regenerate(): void {
    this.main.mustBeOpen()
    this.main.regenerated = true
  }

  /** Renews the session's expiry with this request. */
  touch(): void {
    this.main.mustBeOpen()
    this.main.touched = true
  }

  /** Ends the session at once, whatever becomes of the request: logout. What is written afterwards begins a new one. */
  async destroy(): Promise<void> {
    await this.main.destroy()
  }

  /**
   * Reads, changes and stores the session in one step that no other request comes between. `fn` is synchronous and may run
   * again. False if the session ended meanwhile; nothing is changed then.
   *
   * @example
   * await sessionStore.update((s) => { s.n = (s.n ?? 0) + 1 })
   */
  async update(fn: (data: Partial<SessionData>) => Partial<SessionData> | void): Promise<boolean> {
    return this.main.update((data) => {
      const user = visible(data)
      const answer = fn(user as Partial<SessionData>) as Record<string, unknown> | undefined
      const next = answer ?? user
      if (next === data) return
      for (const key of Object.keys(data)) delete data[key]
      Object.assign(data, withVisible(data, next))
    })
  }

  /** Another session beside the main one, under its own cookie. */
  async getSession(name?: string, options: SessionOptions = {}): Promise<SessionOf<SessionData>> {
    if (name === undefined) return this.current
    const kind = this.sessions.named(name, options)
    this.others ??= new Map()
    let slot = this.others.get(kind.name)
    if (slot === undefined) {
      if (kind.backend === 'datastore') await this.sessions.openRecords()
      slot = this.sessions.open(kind, this.request)
      this.others.set(kind.name, slot)
      await slot.load()
    } else if (slot.kind !== kind) {
      throw new TipfyError('TIPFY_E_SESSION_BACKEND', { name, backend: kind.backend })
    }
    return slot.session
  }

  /** Sets a cookie on whatever answer this request gets, unless it fails. */
  setCookie(name: string, value: string, options?: CookieOptions): void {
    this.later((response) => response.setCookie(name, value, options))
  }

  /** Deletes a cookie; path and domain must be those it was set with. */
  deleteCookie(name: string, options?: DeleteCookieOptions): void {
    this.later((response) => response.deleteCookie(name, options))
  }

  private later(change: (response: StoreResponse) => void): void {
    this.main.mustBeOpen()
    this.pending ??= []
    this.pending.push(change)
  }

  /** Saves all sessions of the request, then puts their cookies on the answer. */
  save(response: StoreResponse, failed: boolean): void | Promise<void> {
    const change = this.main.save(failed)
    if (change instanceof Promise || this.others !== undefined) return this.saveAll(response, failed, change)
    this.finish(response, failed, change === undefined ? [] : [change])
  }

  private async saveAll(response: StoreResponse, failed: boolean, first: ReturnType<Slot['save']>): Promise<void> {
    const changes = [await first]
    for (const slot of this.others?.values() ?? []) changes.push(await slot.save(failed))
    this.finish(
      response,
      failed,
      changes.filter((change) => change !== undefined),
    )
  }

  private finish(response: StoreResponse, failed: boolean, changes: Awaited<ReturnType<Slot['save']>>[]): void {
    for (const change of changes) this.sessions.putCookie(change!, this.request, response)
    if (!failed) for (const change of this.pending ?? []) change(response)
    const { headers } = response
    if ((changes.length > 0 || this.pending !== undefined) && !headers.has('cache-control')) {
      headers.set('cache-control', 'no-store')
    }
    if (this.main.used || this.others !== undefined) {
      const vary = headers.get('vary')
      if (vary === null) headers.set('vary', 'Cookie')
      else if (!/(^|,)\s*(\*|cookie)\s*(,|$)/i.test(vary)) headers.set('vary', `${vary}, Cookie`)
    }
  }
}
