// Signed cookies of the user's own: any value a session can hold, under a name of its own.

import type { SessionCookie } from '../config/cookie.ts'
import type { Settings } from '../config/settings.ts'
import { decodeData, encodeData } from '../data/codec.ts'
import { type CookieChange, type CookieRequest, findCookie, mustFit, type SignedName } from './signed-cookie.ts'

/** Attributes of a cookie that `setSecureCookie` sets; what is left out is as for the session's. */
export type SecureCookieOptions = Partial<Omit<SessionCookie, 'prefix'>>

/** The cookie that brings `value`. `maxAge` binds the server as well as the browser. */
export function sealValue(
  to: SignedName,
  value: unknown,
  maxAge: number | undefined,
  settings: Settings,
): CookieChange {
  const signed = to.signer.sign(encodeData({ value }), settings.now(), maxAge)
  mustFit(to.name, signed, settings.maxCookieSize, () => `the value of ${to.name}`)
  return { to, value: signed, maxAge }
}

/** The value that a request brings, if it is ours and, with `maxAge`, was set at most so many seconds ago. */
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
