// `sessionStore`: the life of a session, and of any others, within one request.

import type { CookieOptions, DeleteCookieOptions } from '../../http/cookies.ts'
import { TipfyError } from '../../internal/errors.ts'
import type { Backend, Slot } from './backends/backend.ts'
import { StoredSlot } from './backends/datastore.ts'
import { isSeconds, type SessionCookie } from './config/config.ts'
import { openValue, type SecureCookieOptions, sealValue } from './cookies/secure-cookies.ts'
import { type FoundCookie, findCookie } from './cookies/signed-cookie.ts'
import { Csrf, type CsrfRequest, newNonce } from './csrf.ts'
import { changeVisible, csrfKey } from './data/reserved.ts'
import { addFlash, type Flash, takeFlashes } from './flash.ts'
import { type CookieChange, Outbox, type OutboxResponse } from './response-cookies.ts'
import type { Session, SessionOf } from './session.ts'
import type { SessionData } from './session-data.ts'
import type { Sessions } from './session-kinds.ts'
import { destroySessions, listSessions, revokeSession, type UserSession, userId } from './user-sessions.ts'

/** What a session store uses of a request. */
export type StoreRequest = CsrfRequest

/** How a session of its own name is kept: its backend, and attributes of its cookie. */
export interface SessionOptions extends Partial<SessionCookie> {
  /** What keeps it: 'datastore' or 'securecookie'. Default: as the main session. */
  backend?: Backend
  /** Seconds without a request until it ends. */
  expiration?: number
}

function checkExpiration(seconds: number | null | undefined): void {
  if (seconds == null || isSeconds(seconds)) return
  throw new TipfyError('TIPFY_E_SESSION_EXPIRATION', { given: String(seconds) })
}

/** The life of the sessions of one request: what the global `sessionStore` is. */
export class SessionStore {
  readonly #sessions: Sessions
  readonly #request: StoreRequest
  readonly #main: Slot
  #others: Map<string, Slot> | undefined
  #outbox: Outbox | undefined
  #csrf: Csrf | undefined

  /** @internal */
  constructor(sessions: Sessions, request: StoreRequest, found: FoundCookie | undefined) {
    this.#sessions = sessions
    this.#request = request
    this.#main = sessions.open(sessions.kind, found)
  }

  /** Fetches the main session from where it is kept. */
  load(): void | Promise<void> {
    return this.#main.load()
  }

  /** @internal */
  get bare(): Session {
    return this.#main.bare
  }

  /** The session: what the global `session` is. */
  get current(): SessionOf<SessionData> {
    return this.#main.session
  }

  /** What keeps the session. */
  get backend(): Backend {
    return this.#main.kind.backend
  }

  /** Whether no session came with the request. */
  get isNew(): boolean {
    return this.#main.isNew
  }

  /** Whether the session differs from what is stored. */
  get modified(): boolean {
    return this.#main.modified
  }

  /** The user that the session belongs to: `sessionStore.user = 'id'` at login. */
  get user(): string | null {
    return this.#main.user
  }

  set user(user: string | null) {
    this.#main.user = user === null ? null : userId(user)
  }

  /** Seconds that this session lives unused, in a cookie that outlives the browser (remember me); null: as configured. */
  get expiration(): number | null {
    return this.#main.expiration
  }

  set expiration(seconds: number | null) {
    checkExpiration(seconds)
    this.#main.expiration = seconds
  }

  /** Gives the session a new identity and keeps its data. Call it at login. It takes effect with the save. */
  regenerate(): void {
    this.#main.write()[csrfKey] = newNonce()
    this.#main.regenerated = true
  }

  /** Renews the session's expiry with this request. */
  touch(): void {
    this.#main.act()
    this.#main.touched = true
  }

  /** Ends the session at once, whatever becomes of the request: logout. What is written afterwards begins a new one. */
  async destroy(): Promise<void> {
    await this.#main.destroy()
  }

  /**
   * Reads, changes and stores the session in one step that no other request comes between. `fn` is synchronous and may run
   * again; what it returns does not matter. False if the session ended meanwhile: nothing is changed then.
   *
   * @example
   * await sessionStore.update((s) => { s.n = (s.n ?? 0) + 1 })
   */
  async update(fn: (data: Partial<SessionData>) => unknown): Promise<boolean> {
    return this.#main.update((data) =>
      changeVisible(data, (user) => {
        const answer = fn(user as Partial<SessionData>) as { then?: unknown } | null | undefined
        if (typeof answer?.then === 'function') throw new TipfyError('TIPFY_E_SESSION_UPDATE')
      }),
    )
  }

  /**
   * Another session beside the main one, under a cookie of its own.
   *
   * @example
   * const theme = await sessionStore.getSession('theme', { backend: 'securecookie', expiration: 31_536_000 })
   */
  async getSession(name?: string, options: SessionOptions = {}): Promise<SessionOf<SessionData>> {
    if (name === undefined) return this.current
    this.#main.mustBeOpen()
    checkExpiration(options.expiration)
    const kind = this.#sessions.named(name, options)
    if (kind.backend === 'datastore') await this.#sessions.openRecords()
    this.#others ??= new Map()
    let slot = kind.name === this.#main.kind.name ? this.#main : this.#others.get(kind.name)
    if (slot === undefined) {
      slot = this.#sessions.open(kind, findCookie(kind, this.#request, kind.settings))
      this.#others.set(kind.name, slot)
    } else if (slot.kind.backend !== kind.backend) {
      throw new TipfyError('TIPFY_E_SESSION_BACKEND', { name, backend: kind.backend })
    }
    await slot.load()
    return slot.session
  }

  /** The live sessions of a user, latest used first: for a page that shows them. */
  async listFor(user: string): Promise<UserSession[]> {
    return listSessions(this.#stored('listFor'), userId(user))
  }

  /** Ends one of a user's sessions at once, by the `id` that `listFor` gave; false if the user has no such session. */
  async revoke(user: string, id: string): Promise<boolean> {
    return revokeSession(this.#stored('revoke'), userId(user), id)
  }

  /** Ends all sessions that a user has now, at once; later logins live. Gives their number. */
  async destroyAllFor(user: string, { exceptCurrent = false } = {}): Promise<number> {
    return destroySessions(this.#stored('destroyAllFor'), userId(user), exceptCurrent)
  }

  #stored(method: string): StoredSlot {
    this.#main.act()
    if (this.#main instanceof StoredSlot) return this.#main
    throw new TipfyError('TIPFY_E_SESSION_COOKIE_KIND', { method })
  }

  /** Keeps a message for the user's next page. With a `key` it goes to a box of its own. */
  flash(message: unknown, level = 'info', key?: string): void {
    addFlash(this.#main, message, level, key)
  }

  /** The messages kept in a box, the common one unless told; each is given once. */
  getFlashes(key?: string): Promise<Flash[]> {
    return takeFlashes(this.#main, key)
  }

  /**
   * The token that this user's forms must carry, in a field `_csrf` or a header `X-CSRF-Token`.
   *
   * @example
   * html`<form method="post"><input type="hidden" name="_csrf" value="${sessionStore.csrfToken()}">…`
   */
  csrfToken(): string {
    this.#main.mustBeOpen()
    const nonce = (this.#main.look()[csrfKey] as string | undefined) ?? ''
    return this.#guard().token(nonce, (change) => this.#out().add(change))
  }

  /** Throws a 403 unless the request came from a page of ours, with its token. The reason is told in development. */
  async checkCsrf(): Promise<void> {
    const nonce = (this.#main.look()[csrfKey] as string | undefined) ?? ''
    await this.#guard().check(nonce)
  }

  #guard(): Csrf {
    this.#csrf ??= new Csrf(this.#sessions.csrf, this.#sessions.settings, this.#request)
    return this.#csrf
  }

  /** Sets a cookie on whatever answer this request gets, unless it fails. */
  setCookie(name: string, value: string, options?: CookieOptions): void {
    this.#out().later((response) => response.setCookie(name, value, options))
  }

  /** Deletes a cookie; path and domain must be those it was set with. */
  deleteCookie(name: string, options?: DeleteCookieOptions): void {
    this.#out().later((response) => response.deleteCookie(name, options))
  }

  /** Sets a signed cookie of your own: any value that a session can hold. `maxAge` binds the server as well. */
  setSecureCookie(name: string, value: unknown, options: SecureCookieOptions = {}): void {
    const { settings } = this.#sessions
    const to = this.#sessions.valueCookie(name, options)
    this.#out().add(sealValue(to, value, options.maxAge ?? undefined, settings))
  }

  /** The value of a signed cookie of yours, if it is one and, with `maxAge`, was set at most so many seconds ago. */
  getSecureCookie(name: string, { maxAge }: { maxAge?: number } = {}): unknown {
    this.#main.used = true
    return openValue(this.#sessions.valueCookie(name), this.#request, maxAge, this.#sessions.settings)
  }

  #out(): Outbox {
    this.#main.mustBeOpen()
    this.#outbox ??= new Outbox(this.#request)
    return this.#outbox
  }

  /** Saves all sessions of the request, then puts their cookies on the answer. */
  save(response: OutboxResponse, failed: boolean): void | Promise<void> {
    if (this.#others !== undefined) return this.#saveAll(response, failed)
    const change = this.#main.save(response, failed)
    if (change instanceof Promise) return this.#saveAll(response, failed, change)
    if (change === undefined && this.#outbox === undefined) {
      if (this.#main.used) response.varyByCookie()
      return
    }
    this.#finish(response, change === undefined ? [] : [change], failed)
  }

  async #saveAll(response: OutboxResponse, failed: boolean, main?: Promise<CookieChange | undefined>): Promise<void> {
    const changes = main === undefined ? [] : [await main]
    const slots = main === undefined ? [this.#main] : []
    if (this.#others !== undefined) slots.push(...this.#others.values())
    // Cookies first: one that gets too large fails before anything has been stored.
    slots.sort((one, other) => Number(one instanceof StoredSlot) - Number(other instanceof StoredSlot))
    for (const slot of slots) changes.push(await slot.save(response, failed))
    const wanted = changes.filter((change) => change !== undefined)
    this.#finish(response, wanted, failed)
  }

  #finish(response: OutboxResponse, changes: readonly CookieChange[], failed: boolean): void {
    const used = this.#main.used || (this.#others !== undefined && [...this.#others.values()].some((slot) => slot.used))
    this.#outbox ??= new Outbox(this.#request)
    this.#outbox.finish(response, changes, used, failed)
  }
}
