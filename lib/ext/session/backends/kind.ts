// The kind of a session: the backend, cookie and settings that all sessions of one name share.
import type { Settings } from '../config/settings.ts'
import type { SignedName } from '../cookies/signed-cookie.ts'
import type { SignedCookie } from '../cookies/signing.ts'

/** The place of a session: all of it in a signed cookie, or a record in Datastore. */
export type Backend = 'securecookie' | 'datastore'

/** The cookie, backend and settings that sessions of one name share; made once per application. */
export interface SessionKind extends SignedName {
  readonly backend: Backend
  readonly settings: Settings
  /** Seconds without a request until a session ends. */
  readonly expiration: number
}

/** Returns true if a session's cookie has to be renewed though nothing changed: an older key signed it, or it is old. */
export function isDue(
  { settings, expiration, cookie: { maxAge } }: SessionKind,
  cookie: SignedCookie,
  now: number,
): boolean {
  // The browser may keep it for less time than the server.
  const life = cookie.lifetime ?? (maxAge === null ? expiration : Math.min(expiration, maxAge))
  return !cookie.newest || now - cookie.issued >= 1000 * settings.touchAfter * life
}
