// Signed cookies of the user's own: any value that a session can hold, under any name.

import type { SessionCookie } from '../config/cookie.ts'
import type { Settings } from '../config/settings.ts'
import { decodeData, encodeData } from '../data/codec.ts'
import { assertFits, type CookieChange, type CookieRequest, findCookie, type SignedName } from './signed-cookie.ts'

/** Attributes of a cookie that `setSecureCookie` sets; default: those of the session's cookie. */
export type SecureCookieOptions = Partial<Omit<SessionCookie, 'prefix'>>

/** Makes the cookie that holds `value`. `maxAge` limits the server as well as the browser. */
export function sealValue(
  to: SignedName,
  value: unknown,
  maxAge: number | undefined,
  settings: Settings,
): CookieChange {
  const signed = to.signer.sign(encodeData({ value }), settings.now(), maxAge)
  assertFits(to.name, signed, settings.maxCookieSize, () => `the value of ${to.name}`)
  return { to, value: signed, maxAge }
}

/** The value of a request's cookie, if it was signed here and, with `maxAge`, is at most that many seconds old. */
export function openValue(
  from: SignedName,
  request: CookieRequest,
  maxAge: number | undefined,
  settings: Settings,
): unknown {
  const cookie = findCookie(from, request, settings)?.cookie
  if (cookie === undefined) return undefined
  if (maxAge !== undefined && settings.now() - cookie.issued >= maxAge * 1000) return undefined
  return decodeData(cookie.text).value
}
