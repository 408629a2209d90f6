// tipfy/ext/session: the globals `session` and `sessionStore`, and the hooks that choose the backend of the sessions.
import { type Context, contextStorage } from '../../app/context.ts'
import { makeGlobal } from '../../app/globals.ts'
import { ownHooks } from '../../app/own-hooks.ts'
import { Forbidden } from '../../http/exceptions.ts'
import { TipfyError } from '../../internal/errors.ts'
import { checkApp } from '../../internal/options.ts'
import type { Backend } from './backends/kind.ts'
import { readSettings, type SessionApp } from './config/settings.ts'
import type { SessionData } from './data/session-data.ts'
import { Counters, type SessionCounters } from './repository/counters.ts'
import { RequestSessions } from './request-sessions.ts'
import { proxied, type Session, type SessionOf } from './session.ts'
import { Sessions, storeOf } from './session-interface.ts'
import type { SessionStore } from './session-store.ts'

export {
  checkConfig,
  configTypes,
  type DeviceRefused,
  defaultConfig,
  type MergedData,
  type SessionConfig,
} from './config/config.ts'
export type { SessionCookie } from './config/cookie.ts'
export type { DeviceBound } from './config/device.ts'
export type { SecureCookieOptions } from './cookies/secure-cookies.ts'
export { SessionTooLarge } from './cookies/signed-cookie.ts'
export type * from './data/session-data.ts'
export type { SessionDeviceInfo } from './device/session-device.ts'
export type { Flash } from './flash.ts'
export type { Conflict } from './merge/merge.ts'
export type { DeviceCounters, SessionCounters } from './repository/counters.ts'
export type { Session } from './session.ts'
export type { SessionOptions } from './session-kinds.ts'
export type { SessionStore } from './session-store.ts'
export type { UserSession } from './user-sessions.ts'

function sessionsOf(context: Context, name: string): RequestSessions {
  if (context.session instanceof RequestSessions) return context.session
  const { sessionInterface } = context.app as SessionApp
  if (!(sessionInterface instanceof Sessions)) throw new TipfyError('TIPFY_E_SESSION_HOOK', { name })
  if (context.session !== undefined) return sessionInterface.sessionsOf(context)
  const { rule } = context.request as { rule: { path: string; session?: boolean } | null }
  if (rule?.session === false) throw new TipfyError('TIPFY_E_SESSION_OFF', { name, rule: rule.path })
  throw new TipfyError('TIPFY_E_SESSION_EARLY')
}

/**
 * Returns true where `session` and `sessionStore` can be used: in a request, once its session is open. False for rules with
 * `session: false`, without one of the hooks below, and outside requests.
 */
export function hasSession(): boolean {
  const context = contextStorage.getStore()
  if (context === undefined || context.isOver || context.session === undefined) return false
  return (context.app as SessionApp).sessionInterface instanceof Sessions
}

/**
 * The session of the request being served: a dictionary.
 *
 * @example
 * session.setDefault('products', []).push('foo')
 */
export const session = makeGlobal<Session>(
  'session',
  (context) => sessionsOf(context, 'session').dictionary,
  undefined,
  proxied,
) as SessionOf<SessionData>

/** The life of the session of the request being served: regenerate, destroy, update, flash … */
export const sessionStore: SessionStore = makeGlobal<SessionStore>('sessionStore', (context) =>
  storeOf(sessionsOf(context, 'sessionStore')),
)

/**
 * A preDispatchHandler hook: throws a 403 for unsafe requests (all but GET, HEAD, QUERY, OPTIONS, TRACE) without the token of
 * `sessionStore.csrfToken()`. It skips endpoints in `csrfExempt`, and rules with `session: false`.
 */
export function checkCsrf(request: CheckedRequest, app: SessionApp): void | Promise<void> {
  if (/^(?:GET|HEAD|QUERY|OPTIONS|TRACE)$/.test(request.method)) return
  const { rule } = request
  if (rule === null || rule.session === false) return
  if (!app.getConfig('tipfy/ext/session').csrfExempt.includes(rule.endpoint)) return sessionStore.checkCsrf()
}

interface CheckedRequest {
  readonly method: string
  readonly rule: { readonly endpoint: string; readonly session?: boolean } | null
}

function setSession(app: SessionApp, backend: Backend): Sessions | Promise<Sessions> {
  // `posInitApp: [setDatastoreSession()]`
  if ((app as SessionApp | undefined)?.hooks === undefined) {
    const name = backend === 'datastore' ? 'setDatastoreSession' : 'setSecureCookieSession'
    throw new TipfyError('TIPFY_E_SESSION_HOOK_CALLED', { name })
  }
  if (app.sessionInterface instanceof Sessions) throw new TipfyError('TIPFY_E_SESSION_HOOKS')
  const sessions = new Sessions(app, readSettings(app), backend)
  app.sessionInterface = sessions
  return sessions.settings.deviceBound === false ? sessions : bindDevices(app, sessions)
}

async function bindDevices(app: SessionApp, sessions: Sessions): Promise<Sessions> {
  await sessions.openDevices()
  app.hooks.add('preDispatchHandler', requireDevice as never, 0)
  return sessions
}

function requireDevice({ rule }: { rule: { deviceBound?: 'required' | null } | null }): void {
  if (rule?.deviceBound !== 'required' || sessionStore.device?.state === 'bound') return
  throw new Forbidden('This page is for sessions that are bound to a device.')
}

/** A posInitApp hook: sessions whose data travels in a signed cookie. */
export function setSecureCookieSession(app: SessionApp): void | Promise<void> {
  const set = setSession(app, 'securecookie')
  if (set instanceof Promise) return set.then(() => {})
}

/** A posInitApp hook: sessions kept in Datastore; a signed id travels. */
export async function setDatastoreSession(app: SessionApp): Promise<void> {
  const sessions = await setSession(app, 'datastore')
  await sessions.openRepository()
}

ownHooks('preDispatchHandler', { checkCsrf })
ownHooks('posInitApp', { setSecureCookieSession, setDatastoreSession })

/**
 * Returns what the repository of an application's sessions has counted since the process began; null where no session is
 * kept in Datastore, nor bound to a device. `JSON.stringify` takes it.
 */
export function sessionCounters(app: SessionApp): SessionCounters | null {
  checkApp('sessionCounters', app)
  const { sessionInterface } = app
  if (!(sessionInterface instanceof Sessions)) return null
  const { repository, devices } = sessionInterface
  const device = devices === undefined ? null : { ...devices.counters }
  if (repository === undefined) return device && { ...new Counters(), servers: [], device }
  return { ...repository.stats, servers: repository.cacheServers, device }
}
