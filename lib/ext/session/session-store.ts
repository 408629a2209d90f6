// `sessionStore`: the life of a session, and of others beside it, within one request.
import type { CookieOptions, DeleteCookieOptions } from '../../http/cookies.ts'
import { TipfyError } from '../../internal/errors.ts'
import type { Backend, BackendSession, SessionKind } from './backends/backend.ts'
import { DatastoreSession } from './backends/datastore.ts'
import { isSeconds } from './config/cookie.ts'
import type { Settings } from './config/settings.ts'
import { openValue, type SecureCookieOptions, sealValue } from './cookies/secure-cookies.ts'
import { type CookieChange, type FoundCookie, findCookie } from './cookies/signed-cookie.ts'
import { Csrf, type CsrfRequest, newNonce } from './csrf.ts'
import { changeVisible, csrfKey } from './data/reserved.ts'
import type { SessionData } from './data/session-data.ts'
import { addFlash, type Flash, takeFlashes } from './flash.ts'
import { type CookieResponse, protectStream, ResponseCookies } from './response-cookies.ts'
import { Session, type SessionOf, withBrackets } from './session.ts'
import type { SessionKinds, SessionOptions } from './session-kinds.ts'
import { SessionWork } from './session-work.ts'
import { destroySessions, listSessions, revokeSession, type UserSession, userId } from './user-sessions.ts'

/** The parts of a request that its session store uses. */
export type StoreRequest = CsrfRequest

/** What the sessions of an application share. */
export interface AppSessions {
  readonly settings: Settings
  readonly kinds: SessionKinds
  /** A session of a request, by what came of its cookie. */
  sessionOf(kind: SessionKind, found: FoundCookie | undefined): BackendSession
  /** Opens the repository of datastore sessions, once. */
  openRepository(): Promise<void>
}

function checkExpiration(seconds: number | null | undefined): void {
  if (seconds == null || isSeconds(seconds)) return
  throw new TipfyError('TIPFY_E_SESSION_EXPIRATION', { given: String(seconds) })
}

/** The life of the sessions of one request: the class of the global `sessionStore`. */
export class SessionStore {
  readonly #sessions: AppSessions
  readonly #request: StoreRequest
  readonly #main: BackendSession
  #dictionary: Session | undefined
  #others:
    | Map<string, { readonly name: string; readonly kept: BackendSession; readonly dictionary: Session }>
    | undefined
  #cookies: ResponseCookies | undefined
  #csrf: Csrf | undefined
  #work: SessionWork | undefined

  /** @internal */
  constructor(sessions: AppSessions, request: StoreRequest, found: FoundCookie | undefined) {
    this.#sessions = sessions
    this.#request = request
    this.#main = sessions.sessionOf(sessions.kinds.main, found)
    if (found?.isSent) this.#main.close()
  }

  /** Fetches the main session from where it is kept. */
  load(): void | Promise<void> {
    return this.#main.load()
  }

  /** @internal The session without its values by bracket. */
  get dictionary(): Session {
    this.#dictionary ??= new Session(this.#main)
    return this.#dictionary
  }

  /** The session: the same as the global `session`. */
  get current(): SessionOf<SessionData> {
    return withBrackets(this.dictionary)
  }

  /** The backend that keeps the session. */
  get backend(): Backend {
    return this.#main.kind.backend
  }

  /** True if no session came with the request. */
  get isNew(): boolean {
    return this.#main.isNew
  }

  /** True if the session differs from what is stored. */
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

  /**
   * Gives the session a new identity and keeps its data. Call it at login. It takes effect with the save. Other sessions keep
   * theirs, unless `name` is that of one which `getSession` opened in this request.
   */
  regenerate(name?: string): void {
    if (name === undefined) this.#main.write()[csrfKey] = newNonce()
    const session = name === undefined ? this.#main : this.#opened(name)
    session.regenerate()
  }

  /** Renews the session's expiry with this request. */
  touch(): void {
    this.#main.touch()
  }

  /**
   * Ends the session at once, even if the request fails later: logout. A write after it begins a new session. With `name`, ends
   * one that `getSession` opened in this request.
   */
  destroy(name?: string): Promise<void> {
    return this.#track(async () => (name === undefined ? this.#main : this.#opened(name)).destroy())
  }

  /**
   * Reads, changes and stores the session in one atomic step. `fn` is synchronous and may run again; its return value is
   * ignored. Returns false, with nothing changed, if the session ended meanwhile.
   *
   * @example
   * await sessionStore.update((s) => { s.n = (s.n ?? 0) + 1 })
   */
  update(fn: (data: Partial<SessionData>) => unknown): Promise<boolean> {
    const change = (user: Record<string, unknown>) => {
      const result = fn(user as Partial<SessionData>) as { then?: unknown } | null | undefined
      if (typeof result?.then === 'function') throw new TipfyError('TIPFY_E_SESSION_UPDATE')
    }
    return this.#track(async () => this.#main.update((data) => changeVisible(data, change)))
  }

  /**
   * Another session beside the main one, under a cookie of its own.
   *
   * @example
   * const theme = await sessionStore.getSession('theme', { backend: 'securecookie', expiration: 31_536_000 })
   */
  getSession(name?: string, options: SessionOptions = {}): Promise<SessionOf<SessionData>> {
    return this.#track(() => this.#open(name, options))
  }

  async #open(name: string | undefined, options: SessionOptions): Promise<SessionOf<SessionData>> {
    if (name === undefined) return this.current
    checkExpiration(options.expiration)
    const kind = this.#sessions.kinds.named(name, options)
    if (kind.backend === 'datastore') await this.#sessions.openRepository()
    const { kept, dictionary } = this.#other(name, kind)
    if (kept.kind.backend !== kind.backend) {
      throw new TipfyError('TIPFY_E_SESSION_BACKEND', { name, backend: kind.backend })
    }
    await kept.load()
    return withBrackets(dictionary)
  }

  #other(name: string, kind: SessionKind): { kept: BackendSession; dictionary: Session } {
    if (kind.name === this.#main.kind.name) return { kept: this.#main, dictionary: this.dictionary }
    this.#others ??= new Map()
    let other = this.#others.get(kind.name)
    if (other === undefined) {
      const kept = this.#sessions.sessionOf(kind, findCookie(kind, this.#request, kind.settings))
      if (this.#main.isClosed) kept.close()
      other = { name, kept, dictionary: new Session(kept) }
      this.#others.set(kind.name, other)
    }
    return other
  }

  #opened(name: string): BackendSession {
    const others = [...(this.#others?.values() ?? [])]
    const other = others.find((one) => one.name === name)
    if (other === undefined) throw new TipfyError('TIPFY_E_SESSION_NOT_OPEN', { name })
    return other.kept
  }

  /** Lists the live sessions of a user, latest used first: for a page that shows them. */
  listFor(user: string): Promise<UserSession[]> {
    return this.#track(async () => listSessions(this.#stored('listFor'), userId(user)))
  }

  /** Ends one of a user's sessions at once, by its `id` of `listFor`; returns false if the user has no such session. */
  revoke(user: string, id: string): Promise<boolean> {
    return this.#track(async () => revokeSession(this.#stored('revoke'), userId(user), id))
  }

  /** Ends all sessions that a user has now, at once; later logins live. Returns their number. */
  destroyAllFor(user: string, { exceptCurrent = false } = {}): Promise<number> {
    return this.#track(async () => destroySessions(this.#stored('destroyAllFor'), userId(user), exceptCurrent))
  }

  #stored(method: string): DatastoreSession {
    this.#main.used = true
    if (this.#main instanceof DatastoreSession) return this.#main
    throw new TipfyError('TIPFY_E_SESSION_COOKIE_KIND', { method })
  }

  /** Keeps a message for the user's next page, in the common box or, with `key`, in another. */
  flash(message: unknown, level = 'info', key?: string): void {
    addFlash(this.#main, message, level, key)
  }

  /** Takes the messages out of the common box or, with `key`, out of another: each is returned once. */
  getFlashes(key?: string): Promise<Flash[]> {
    return this.#track(() => takeFlashes(this.#main, key))
  }

  /**
   * The token that this user's forms must carry, in a field `_csrf` or a header `X-CSRF-Token`.
   *
   * @example
   * html`<form method="post"><input type="hidden" name="_csrf" value="${sessionStore.csrfToken()}">…`
   */
  csrfToken(): string {
    if (this.#nonce === '' && this.#sessions.settings.csrf === 'session') this.#main.write()[csrfKey] = newNonce()
    return this.#guard().token(this.#nonce, (change) => this.#toSet().add(change))
  }

  /**
   * Throws a 403 unless the request came from a page of ours, with its token. In development it says why. A request that does
   * not await it fails, but what its handler did elsewhere is done: the hook `checkCsrf` cannot be forgotten.
   */
  checkCsrf(): Promise<void> {
    const renew = (change: CookieChange) => {
      if (!this.#main.isClosed) this.#toSet().add(change)
    }
    return this.#track(async () => this.#guard().check(this.#nonce, renew), true)
  }

  get #nonce(): string {
    return (this.#main.look()[csrfKey] as string | undefined) ?? ''
  }

  #guard(): Csrf {
    this.#csrf ??= new Csrf(this.#sessions.kinds.csrf, this.#sessions.settings, this.#request)
    return this.#csrf
  }

  /** Sets a cookie on the response of this request, unless that fails. */
  setCookie(name: string, value: string, options?: CookieOptions): void {
    this.#toSet().later((response) => response.setCookie(name, value, options))
  }

  /** Deletes a cookie; path and domain must be those that it was set with. */
  deleteCookie(name: string, options?: DeleteCookieOptions): void {
    this.#toSet().later((response) => response.deleteCookie(name, options))
  }

  /** Sets a signed cookie of your own, with any value that a session can hold. `maxAge` limits the server as well. */
  setSecureCookie(name: string, value: unknown, options: SecureCookieOptions = {}): void {
    const { settings } = this.#sessions
    const to = this.#sessions.kinds.valueCookie(name, options)
    this.#toSet().add(sealValue(to, value, options.maxAge ?? undefined, settings))
  }

  /** Returns the value of a signed cookie of your own if it is valid and, with `maxAge`, at most that many seconds old. */
  getSecureCookie(name: string, { maxAge }: { maxAge?: number } = {}): unknown {
    this.#main.used = true
    return openValue(this.#sessions.kinds.valueCookie(name), this.#request, maxAge, this.#sessions.settings)
  }

  /** The cookies of the response, to be added to. */
  #toSet(): ResponseCookies {
    this.#main.assertOpen()
    return this.#responseCookies
  }

  get #responseCookies(): ResponseCookies {
    this.#cookies ??= new ResponseCookies(this.#request, this.#sessions.settings.formerCookies)
    return this.#cookies
  }

  #track<T>(work: () => Promise<T>, isCheck = false): Promise<T> {
    this.#work ??= new SessionWork((err) => {
      if (!this.#main.isClosed) return // the response will be its error
      this.#sessions.settings.log.error({ err }, 'work of sessionStore that was not awaited has failed')
    })
    return this.#work.track(work, isCheck)
  }

  /** Saves all sessions of the request, then puts their cookies on the response. */
  save(response: CookieResponse, failed: boolean): void | Promise<void> {
    if (this.#work === undefined || this.#work.isDone) return this.#save(response, failed)
    return this.#work.finish(failed).then(() => this.#save(response, failed))
  }

  #save(response: CookieResponse, failed: boolean): void | Promise<void> {
    if (this.#others !== undefined) return this.#saveAll(response, failed)
    const change = this.#main.save(response, failed)
    if (change instanceof Promise) return this.#saveAll(response, failed, change)
    if (change === undefined && this.#cookies === undefined) {
      if (this.#main.used) response.varyByCookie()
      if (this.#main.hasCookie) protectStream(response)
      return
    }
    this.#finish(response, change === undefined ? [] : [change], failed)
  }

  async #saveAll(response: CookieResponse, failed: boolean, main?: Promise<CookieChange | undefined>): Promise<void> {
    const changes = main === undefined ? [] : [await main]
    const sessions = main === undefined ? [this.#main] : []
    for (const { kept } of this.#others?.values() ?? []) sessions.push(kept)
    // Cookies first: one that gets too large fails before anything has been stored.
    sessions.sort((one, other) => Number(one instanceof DatastoreSession) - Number(other instanceof DatastoreSession))
    for (const session of sessions) changes.push(await session.save(response, failed))
    const made = changes.filter((change) => change !== undefined)
    this.#finish(response, made, failed)
  }

  #finish(response: CookieResponse, changes: readonly CookieChange[], failed: boolean): void {
    const used = this.#main.used || [...(this.#others?.values() ?? [])].some(({ kept }) => kept.used)
    this.#responseCookies.finish(response, changes, used, failed)
    if (this.#main.hasCookie) protectStream(response)
  }
}
