// `sessionStore`: the life of a session, and of others beside it, within one request.
import type { CookieOptions, DeleteCookieOptions } from '../../http/cookies.ts'
import { checkNumber, checkText } from '../../internal/arguments.ts'
import { TipfyError } from '../../internal/errors.ts'
import { describeGiven } from '../../internal/has-text.ts'
import { checkOptionNames } from '../../internal/options.ts'
import type { BackendSession } from './backends/backend.ts'
import { DatastoreSession } from './backends/datastore.ts'
import type { Backend } from './backends/kind.ts'
import { openValue, type SecureCookieOptions, sealValue } from './cookies/secure-cookies.ts'
import type { CookieChange } from './cookies/signed-cookie.ts'
import { Csrf, newNonce } from './csrf.ts'
import { changeVisible, csrfKey, loginKey, signInKey } from './data/reserved.ts'
import type { SessionData } from './data/session-data.ts'
import { addSignIn, type SignIn, type StoredSignIns, takeSignIn } from './data/sign-ins.ts'
import type { SessionDeviceInfo } from './device/session-device.ts'
import { addFlash, type Flash, takeFlashes } from './flash.ts'
import { checkExpiration, type RequestSessions } from './request-sessions.ts'
import { type SessionOf, withBrackets } from './session.ts'
import { type SessionOptions, valueOptions } from './session-kinds.ts'
import { destroySessions, listSessions, revokeSession, type UserSession, userId } from './user-sessions.ts'

/** The life of the sessions of one request: the class of the global `sessionStore`. */
export class SessionStore {
  readonly #sessions: RequestSessions
  #csrf: Csrf | undefined
  /** True while the function of an update() runs. */
  #isUpdating = false

  /** @internal */
  constructor(sessions: RequestSessions) {
    this.#sessions = sessions
  }

  get #main(): BackendSession {
    return this.#sessions.main
  }

  /** The session: the same as the global `session`. */
  get current(): SessionOf<SessionData> {
    return withBrackets(this.#sessions.dictionary)
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
    const before = this.#main.user
    this.#main.user = user === null ? null : userId(user)
    if (before !== user) delete this.#main.write()[loginKey] // it was that of another user
    this.#sessions.device?.noteUser(before, user)
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
    const session = this.#sessions.opened(name)
    session.regenerate()
    if (session === this.#main) this.#sessions.device?.noteRegenerated()
  }

  /** @internal Remembers the moment of a login, for `auth: 'fresh'`. */
  noteLogin(): void {
    this.#main.write()[loginKey] = this.#sessions.app.settings.now()
  }

  /** @internal Keeps what a sign-in that begins needs to end, under the id that comes back with it. */
  beginSignIn(id: string, values: Readonly<Record<string, string>>): void {
    const data = this.#main.write()
    const begun = (data[signInKey] as StoredSignIns | undefined) ?? {}
    data[signInKey] = addSignIn(begun, id, { values, at: this.#sessions.app.settings.now() })
  }

  /** @internal Takes it out of the session: it is good once. Undefined if this session began no such sign-in, or long ago. */
  endSignIn(id: string): SignIn['values'] | undefined {
    const begun = this.#main.look()[signInKey] as StoredSignIns | undefined
    if (begun === undefined || !Object.hasOwn(begun, id)) return undefined
    const data = this.#main.write()
    const { taken, rest } = takeSignIn(
      this.#main.handOut(signInKey) as StoredSignIns,
      id,
      this.#sessions.app.settings.now(),
    )
    if (rest === undefined) delete data[signInKey]
    else data[signInKey] = rest
    return taken?.values
  }

  /**
   * @internal Throws a response with which the browser begins a navigation from another site again, as one of its own. Only then
   * can the response to it offer to bind the session to the device.
   */
  makeOwnNavigation(): void {
    this.#sessions.device?.makeOwnNavigation()
  }

  /** Seconds since the login by `login()` of tipfy/ext/auth; null if there was none. */
  get loginAgo(): number | null {
    const at = this.#main.look()[loginKey] as number | undefined
    return at === undefined || this.user === null ? null : Math.max(0, (this.#sessions.app.settings.now() - at) / 1000)
  }

  /** The device that the session is bound to, or may be; null if there is none. */
  get device(): SessionDeviceInfo | null {
    return this.#sessions.device?.info ?? null
  }

  /**
   * Makes the browser of a bound session prove that it has the key, if it did not within `within` seconds: for the page that pays.
   * It throws a response that brings the browser back at once, with the proof; a 403 if that is still missing. Where the session
   * is not bound it returns: look at `sessionStore.device`, or ask for it with the rule option `deviceBound: 'required'`.
   */
  proveDevice(within = 30): void {
    this.#sessions.device?.prove(within)
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
    return this.#sessions.track(async () => this.#sessions.opened(name).destroy())
  }

  /** @internal Ends the session for a login of another user, which no regenerate() under way takes the place of. */
  destroyForLogin(): Promise<void> {
    return this.#sessions.track(async () => this.#main.destroy(true))
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
      this.#isUpdating = true
      try {
        const result = fn(user as Partial<SessionData>) as { then?: unknown } | null | undefined
        if (typeof result?.then === 'function')
          throw new TipfyError('TIPFY_E_SESSION_UPDATE', { given: 'an async one' })
      } finally {
        this.#isUpdating = false
      }
    }
    return this.#sessions.track(async () => {
      // The outer one would overwrite what it does, or do it twice.
      if (this.#isUpdating) throw new TipfyError('TIPFY_E_SESSION_UPDATE', { given: 'one that calls it' })
      if (typeof fn !== 'function') throw new TipfyError('TIPFY_E_SESSION_UPDATE', { given: describeGiven(fn) })
      return this.#main.update((data) => changeVisible(data, change))
    })
  }

  /**
   * Another session beside the main one, under a cookie of its own.
   *
   * @example
   * const theme = await sessionStore.getSession('theme', { backend: 'securecookie', expiration: 31_536_000 })
   */
  getSession(name?: string, options: SessionOptions = {}): Promise<SessionOf<SessionData>> {
    return this.#sessions.track(async () => {
      return name === undefined ? this.current : withBrackets(await this.#sessions.open(name, options))
    })
  }

  /** Lists the live sessions of a user, latest used first: for a page that shows them. */
  listFor(user: string): Promise<UserSession[]> {
    return this.#sessions.track(async () => listSessions(this.#stored('listFor'), userId(user)))
  }

  /** Ends one of a user's sessions at once, by its `id` of `listFor`; returns false if the user has no such session. */
  revoke(user: string, id: string): Promise<boolean> {
    return this.#sessions.track(async () => {
      checkText('The id of a session', id)
      return revokeSession(this.#stored('revoke'), userId(user), id)
    })
  }

  /** Ends all sessions that a user has now, at once; later logins live. Returns their number. */
  destroyAllFor(user: string, options: { exceptCurrent?: boolean } = {}): Promise<number> {
    return this.#sessions.track(async () => {
      checkOptionNames('destroyAllFor()', options, ['exceptCurrent'])
      return destroySessions(this.#stored('destroyAllFor'), userId(user), options.exceptCurrent ?? false)
    })
  }

  #stored(method: string): DatastoreSession {
    this.#main.used = true
    this.#main.checkDevice()
    if (this.#main instanceof DatastoreSession) return this.#main
    throw new TipfyError('TIPFY_E_SESSION_COOKIE_KIND', { method })
  }

  /** Keeps a message for the user's next page, in the common box or, with `key`, in another. */
  flash(message: unknown, level = 'info', key?: string): void {
    checkText('The level of a flash message', level)
    if (key !== undefined) checkText('The key of a flash message', key)
    addFlash(this.#main, message, level, key)
  }

  /** Takes the messages out of the common box or, with `key`, out of another: each is returned once. */
  getFlashes(key?: string): Promise<Flash[]> {
    return this.#sessions.track(async () => {
      if (key !== undefined) checkText('The key of getFlashes()', key)
      return takeFlashes(this.#main, key)
    })
  }

  /**
   * The token that this user's forms must carry, in a field `_csrf` or a header `X-CSRF-Token`.
   *
   * @example
   * html`<form method="post"><input type="hidden" name="_csrf" value="${sessionStore.csrfToken()}">…`
   */
  csrfToken(): string {
    if (this.#nonce === '' && this.#sessions.app.settings.csrf === 'session') this.#main.write()[csrfKey] = newNonce()
    return this.#guard().token(this.#nonce, (change) => this.#sessions.cookies.add(change))
  }

  /**
   * Throws a 403 unless the request came from a page of ours, with its token. In development it says why. A request that does
   * not await it fails, but what its handler did elsewhere is done: the hook `checkCsrf` cannot be forgotten.
   */
  checkCsrf(): Promise<void> {
    const renew = (change: CookieChange) => {
      if (!this.#main.isClosed) this.#sessions.cookies.add(change)
    }
    return this.#sessions.track(async () => this.#guard().check(this.#nonce, renew), true)
  }

  get #nonce(): string {
    return (this.#main.look()[csrfKey] as string | undefined) ?? ''
  }

  #guard(): Csrf {
    const { app, request } = this.#sessions
    this.#csrf ??= new Csrf(app.kinds.csrf, app.settings, request)
    return this.#csrf
  }

  /** Sets a cookie on the response of this request, unless that fails. */
  setCookie(name: string, value: string, options?: CookieOptions): void {
    this.#sessions.cookies.later((response) => response.setCookie(name, value, options))
  }

  /** Deletes a cookie; path and domain must be those that it was set with. */
  deleteCookie(name: string, options?: DeleteCookieOptions): void {
    this.#sessions.cookies.later((response) => response.deleteCookie(name, options))
  }

  /** Sets a signed cookie of your own, with any value that a session can hold. `maxAge` limits the server as well. */
  setSecureCookie(name: string, value: unknown, options: SecureCookieOptions = {}): void {
    checkText('The name of a cookie', name)
    checkOptionNames('setSecureCookie()', options, valueOptions)
    const { kinds, settings } = this.#sessions.app
    const to = kinds.valueCookie(name, options)
    this.#sessions.cookies.add(sealValue(to, value, options.maxAge ?? undefined, settings))
  }

  /** Returns the value of a signed cookie of your own if it is valid and, with `maxAge`, at most that many seconds old. */
  getSecureCookie(name: string, options: { maxAge?: number } = {}): unknown {
    checkText('The name of a cookie', name)
    checkOptionNames('getSecureCookie()', options, ['maxAge'])
    const { maxAge } = options
    if (maxAge !== undefined) checkNumber('`maxAge` of getSecureCookie()', maxAge)
    this.#main.used = true
    const { app, request } = this.#sessions
    return openValue(app.kinds.valueCookie(name), request, maxAge, app.settings)
  }
}
