// Opens and saves the sessions of requests: `app.sessionInterface`, once a hook has set it.
import { inspect } from 'node:util'
import type { Context, SessionInterface } from '../../app/context.ts'
import { runOutside } from '../../app/globals.ts'
import type { Response } from '../../http/response/response.ts'
import { steps, traced } from '../../internal/tracing.ts'
import type { BackendSession } from './backends/backend.ts'
import { DatastoreSession } from './backends/datastore.ts'
import { type Backend, isDue, type SessionKind } from './backends/kind.ts'
import { SecureCookieSession } from './backends/securecookie.ts'
import type { SessionApp, Settings } from './config/settings.ts'
import { type FoundCookie, findCookie } from './cookies/signed-cookie.ts'
import type { Devices } from './device/devices.ts'
import type { isForEndpoint, registerOrRefresh } from './device/endpoint.ts'
import type { DeviceRequest, SessionDevice } from './device/session-device.ts'
import type { OpenRepository } from './repository/open.ts'
import type { SessionRepository } from './repository/repository.ts'
import { RequestSessions, type StoreRequest } from './request-sessions.ts'
import { type CookieResponse, protectStream } from './response-cookies.ts'
import { SessionKinds } from './session-kinds.ts'
import { SessionStore } from './session-store.ts'

/** The cookie of a request without one, once the headers are decided. */
const sentWithoutCookie: FoundCookie = {
  cookie: undefined,
  older: [],
  isForged: false,
  isAhead: false,
  now: 0,
  isSent: true,
}

interface DeviceModules {
  readonly SessionDevice: typeof SessionDevice
  readonly isForEndpoint: typeof isForEndpoint
  readonly registerOrRefresh: typeof registerOrRefresh
}

/** Loads what datastore sessions need; cookie sessions do without. */
export const loadRepository = () => import('./repository/open.ts')

/** The session store of a request, made when it is first used. */
export function storeOf(sessions: RequestSessions): SessionStore {
  sessions.store ??= new SessionStore(sessions)
  return sessions.store as SessionStore
}

/** All sessions of one application. */
export class Sessions implements SessionInterface {
  readonly settings: Settings
  readonly kinds: SessionKinds
  /** The records of datastore sessions, once they are open. */
  repository: SessionRepository | undefined
  /** The same with what is below it, for tools. */
  openedRepository: OpenRepository | undefined
  readonly #app: SessionApp
  #opening: Promise<OpenRepository> | undefined
  /** Binds sessions to devices, if configured. */
  devices: Devices | undefined
  #deviceModules: DeviceModules | undefined

  constructor(app: SessionApp, settings: Settings, backend: Backend) {
    this.#app = app
    this.settings = settings
    this.kinds = new SessionKinds(settings, backend)
  }

  get description(): string {
    if (this.kinds.main.backend === 'securecookie')
      return this.settings.encrypt ? 'encrypted cookies' : 'signed cookies'
    return this.openedRepository?.description ?? 'Datastore'
  }

  /** Opens the repository of datastore sessions, once, and outside the request that asks first: its clients serve all. */
  openRepository(): Promise<OpenRepository> {
    this.#opening ??= runOutside(() => this.#open()).catch((error: unknown) => {
      this.#opening = undefined // the next call tries again
      throw error
    })
    return this.#opening
  }

  async #open(): Promise<OpenRepository> {
    const { openRepository } = await loadRepository()
    const opened = await openRepository(this.#app, this.settings)
    this.openedRepository = opened
    this.repository = opened.repository
    return opened
  }

  get bindsDevices(): boolean {
    return this.devices !== undefined
  }

  /** Loads what binds sessions to devices. */
  async openDevices(): Promise<void> {
    // One after the other: Jest on Node 22 fails to link a module that two imports under way share.
    const { Devices } = await import('./device/devices.ts')
    const { SessionDevice } = await import('./device/session-device.ts')
    const { isForEndpoint, registerOrRefresh } = await import('./device/endpoint.ts')
    this.devices = new Devices(this.settings)
    this.#deviceModules = { SessionDevice, isForEndpoint, registerOrRefresh }
  }

  deviceOf(main: BackendSession, request: StoreRequest): SessionDevice | undefined {
    if (this.devices === undefined) return undefined
    return new this.#deviceModules!.SessionDevice(this.devices, main, request as unknown as DeviceRequest)
  }

  /** Responds to a browser that registers or refreshes; undefined for other requests. */
  handleOwnPath(context: Context): Promise<Response> | undefined {
    const { devices } = this
    const request = context.request as DeviceRequest
    if (devices === undefined || request.method !== 'POST' || request.path !== devices.config.path) return undefined
    if (!this.#deviceModules!.isForEndpoint(request)) return undefined
    return this.#handleDevice(context, devices, request)
  }

  async #handleDevice(context: Context, devices: Devices, request: DeviceRequest): Promise<Response> {
    context.session = findCookie(this.kinds.main, request, this.settings) ?? null
    const { main } = this.sessionsOf(context)
    const { response, isSaved } = await this.#deviceModules!.registerOrRefresh(devices, main, request)
    if (!isSaved) context.session = undefined // nothing is to be stored, and no cookie to be renewed
    return response
  }

  /** Makes a session of a request from its cookies. */
  sessionOf(kind: SessionKind, found: FoundCookie | undefined): BackendSession {
    return kind.backend === 'securecookie'
      ? new SecureCookieSession(kind, found)
      : new DatastoreSession(kind, found, this.repository!)
  }

  /** The sessions of a request, made when they are first used. */
  sessionsOf(context: Context): RequestSessions {
    const { session, request } = context
    if (session instanceof RequestSessions) return session
    const sessions = new RequestSessions(this, request as StoreRequest, (session as FoundCookie | null) ?? undefined)
    context.session = sessions
    return sessions
  }

  openSession(context: Context): void | Promise<void> {
    context.session = null
    const { main } = this.kinds
    const found = findCookie(main, context.request as StoreRequest, this.settings)
    // Without its cookie there is nothing to check and nothing to renew: the handler's first use makes the store.
    if (found === undefined) return
    context.session = found
    // Nor is there anything to do for a signed one that is good as it is.
    const { cookie } = found
    if (cookie !== undefined && main.backend === 'securecookie' && !isDue(main, cookie, found.now)) return
    const sessions = this.sessionsOf(context)
    return steps.hasSubscribers ? loadTraced(sessions) : sessions.main.load()
  }

  saveSession(context: Context, response: unknown, failed: boolean): void | Promise<void> {
    const { session } = context
    if (!(session instanceof RequestSessions)) {
      // Used later, it can only be read.
      if (session === null) context.session = sentWithoutCookie
      else if (session !== undefined) {
        const found = session as FoundCookie
        found.isSent = true
        if (found.cookie !== undefined) protectStream(response as CookieResponse)
      }
      return
    }
    if (steps.hasSubscribers) return saveTraced(session, response as CookieResponse, failed)
    return session.save(response as CookieResponse, failed)
  }

  /** Keys and passwords are in here somewhere: a print of the application shows only the backend. */
  [inspect.custom](): string {
    return `Sessions { ${this.kinds.main.backend} }`
  }

  toJSON(): string {
    return this[inspect.custom]()
  }
}

// Functions of their own, because a closure allocates its variables on every call, whether or not it is made.
function loadTraced({ main }: RequestSessions): void | Promise<void> {
  return traced('session', 'load', () => main.load())
}

function saveTraced(sessions: RequestSessions, response: CookieResponse, failed: boolean): void | Promise<void> {
  return traced('session', 'save', () => sessions.save(response, failed))
}
