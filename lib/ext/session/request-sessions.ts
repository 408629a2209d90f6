// The sessions of one request: the main one and those that getSession opens, saved together with the cookies of the response.
import { checkText } from '../../internal/arguments.ts'
import { TipfyError } from '../../internal/errors.ts'
import { describeGiven } from '../../internal/has-text.ts'
import { checkOptionNames } from '../../internal/options.ts'
import type { BackendSession } from './backends/backend.ts'
import { DatastoreSession } from './backends/datastore.ts'
import type { SessionKind } from './backends/kind.ts'
import { isSeconds } from './config/cookie.ts'
import type { Settings } from './config/settings.ts'
import { type CookieChange, type FoundCookie, findCookie } from './cookies/signed-cookie.ts'
import type { CsrfRequest } from './csrf.ts'
import type { SessionDevice } from './device/session-device.ts'
import { type CookieResponse, protectStream, ResponseCookies } from './response-cookies.ts'
import { Session } from './session.ts'
import { type SessionKinds, type SessionOptions, sessionOptions } from './session-kinds.ts'
import { SessionWork } from './session-work.ts'

/** The parts of a request that its sessions use. */
export type StoreRequest = CsrfRequest

/** The parts of an application that the sessions of its requests share. */
export interface AppSessions {
  readonly settings: Settings
  readonly kinds: SessionKinds
  /** Makes a session of a request from its cookies. */
  sessionOf(kind: SessionKind, found: FoundCookie | undefined): BackendSession
  /** The device of a request's session, where sessions are bound to devices. */
  deviceOf(main: BackendSession, request: StoreRequest): SessionDevice | undefined
  /** Opens the repository of datastore sessions, once. */
  openRepository(): Promise<unknown>
}

/** A session of a request, and the dictionary that the handler sees. */
interface Opened {
  readonly name: string
  readonly session: BackendSession
  readonly dictionary: Session
}

/** Throws for a time that no session can live. */
export function checkExpiration(seconds: number | null | undefined): void {
  if (seconds == null || isSeconds(seconds)) return
  throw new TipfyError('TIPFY_E_SESSION_EXPIRATION', { given: describeGiven(seconds) })
}

export class RequestSessions {
  readonly app: AppSessions
  readonly request: StoreRequest
  readonly main: BackendSession
  readonly device: SessionDevice | undefined
  /** The SessionStore of the request, once it is used. */
  store: object | undefined
  #dictionary: Session | undefined
  #others: Map<string, Opened> | undefined
  #cookies: ResponseCookies | undefined
  #work: SessionWork | undefined

  constructor(app: AppSessions, request: StoreRequest, found: FoundCookie | undefined) {
    this.app = app
    this.request = request
    this.main = app.sessionOf(app.kinds.main, found)
    this.device = app.deviceOf(this.main, request)
    if (found?.isSent) this.main.close()
  }

  /** The main session as the handler sees it, without its values by bracket. */
  get dictionary(): Session {
    this.#dictionary ??= new Session(this.main)
    return this.#dictionary
  }

  /** Opens a session beside the main one. */
  async open(name: string, options: SessionOptions): Promise<Session> {
    checkText('The name of a session', name)
    checkOptionNames('getSession()', options, sessionOptions)
    checkExpiration(options.expiration)
    const kind = this.app.kinds.named(name, options)
    if (kind.backend === 'datastore') await this.app.openRepository()
    const { session, dictionary } = this.#other(name, kind)
    if (session.kind.backend !== kind.backend) {
      throw new TipfyError('TIPFY_E_SESSION_BACKEND', { name, backend: kind.backend })
    }
    await session.load()
    return dictionary
  }

  #other(name: string, kind: SessionKind): Opened {
    if (kind.name === this.main.kind.name) return { name, session: this.main, dictionary: this.dictionary }
    this.#others ??= new Map()
    let other = this.#others.get(kind.name)
    if (other === undefined) {
      const session = this.app.sessionOf(kind, findCookie(kind, this.request, kind.settings))
      if (this.main.isClosed) session.close()
      other = { name, session, dictionary: new Session(session) }
      this.#others.set(kind.name, other)
    }
    return other
  }

  get #otherSessions(): BackendSession[] {
    return this.#others === undefined ? [] : Array.from(this.#others.values(), ({ session }) => session)
  }

  /** The main session, or the one that was opened under a name. */
  opened(name: string | undefined): BackendSession {
    if (name === undefined) return this.main
    checkText('The name of a session', name)
    for (const other of this.#others?.values() ?? []) if (other.name === name) return other.session
    throw new TipfyError('TIPFY_E_SESSION_NOT_OPEN', { name })
  }

  /** The cookies of the response, to be added to. */
  get cookies(): ResponseCookies {
    this.main.assertOpen()
    return this.#responseCookies
  }

  get #responseCookies(): ResponseCookies {
    this.#cookies ??= new ResponseCookies(this.request, this.app.settings.formerCookies)
    return this.#cookies
  }

  /** Runs work that the response has to wait for, awaited or not; a check has to be awaited. */
  track<T>(work: () => Promise<T>, isCheck = false): Promise<T> {
    this.#work ??= new SessionWork((err) => {
      if (!this.main.isClosed) return // the response will be its error
      this.app.settings.log.error({ err }, 'work of sessionStore that was not awaited has failed')
    })
    return this.#work.track(work, isCheck)
  }

  /** Saves all sessions, then puts their cookies on the response. */
  save(response: CookieResponse, failed: boolean): void | Promise<void> {
    if (this.#work === undefined || this.#work.isDone) return this.#save(response, failed)
    return this.#work.finish(failed).then(() => this.#save(response, failed))
  }

  #save(response: CookieResponse, failed: boolean): void | Promise<void> {
    this.device?.beforeSave(response, failed)
    if (this.#others !== undefined) return this.#saveAll(response, failed)
    const change = this.main.save(response, failed)
    if (change instanceof Promise) return this.#saveAll(response, failed, change)
    this.#finish(response, change === undefined ? [] : [change], failed)
  }

  async #saveAll(response: CookieResponse, failed: boolean, main?: Promise<CookieChange | undefined>): Promise<void> {
    const changes = main === undefined ? [] : [await main]
    const sessions = main === undefined ? [this.main, ...this.#otherSessions] : this.#otherSessions
    // Cookies first: one that gets too large fails before anything has been stored.
    sessions.sort((one, other) => Number(one instanceof DatastoreSession) - Number(other instanceof DatastoreSession))
    for (const session of sessions) changes.push(await session.save(response, failed))
    const made = changes.filter((change) => change !== undefined)
    this.#finish(response, made, failed)
  }

  #finish(response: CookieResponse, changes: readonly CookieChange[], failed: boolean): void {
    if (changes.length > 0 || this.#cookies !== undefined) this.#responseCookies.finish(response, changes, failed)
    if (this.main.used || this.#otherSessions.some(({ used }) => used)) response.varyByCookie()
    if (this.main.hasCookie) protectStream(response)
  }
}
