// Finds a signed cookie in a Cookie header, and limits the size of one that is set.
import { TipfyError } from '../../../internal/errors.ts'
import type { SessionCookie } from '../config/cookie.ts'
import type { Settings } from '../config/settings.ts'
import type { CookieSigner, Rejection, SignedCookie } from './signing.ts'

/** A cookie that is signed: its name, attributes and signer. */
export interface SignedName {
  /** With its prefix. */
  readonly name: string
  readonly cookie: SessionCookie
  readonly signer: CookieSigner
}

/** A cookie to set, or to delete where `value` is null. */
export interface CookieChange {
  readonly to: { readonly name: string; readonly cookie: SessionCookie }
  readonly value: string | null
  /** Seconds that the browser keeps it; undefined: as configured. */
  readonly maxAge: number | undefined
}

export interface CookieRequest {
  readonly message: { readonly headers: { readonly cookie?: string } }
}

export interface FoundCookie {
  readonly cookie: SignedCookie | undefined
  /** True if a cookie came that was never signed here, which has to be cleared. */
  readonly refused: boolean
  /** When the header was read, in ms. */
  readonly now: number
}

/**
 * The index at which, from `from` on, a cookie's value begins; -1 if there is none. Other cookies are not parsed, and nothing
 * is decoded: our values have no quotes and no percent signs.
 */
function nextValue(header: string, name: string, from: number): number {
  for (let at = header.indexOf(name, from); at !== -1; at = header.indexOf(name, at + 1)) {
    const end = at + name.length
    if (header.charCodeAt(end) !== 61) continue
    let before = at - 1
    while (before >= 0 && (header.charCodeAt(before) === 32 || header.charCodeAt(before) === 9)) before--
    if (before < 0 || header.charCodeAt(before) === 59) return end + 1
  }
  return -1
}

function endOfValue(header: string, from: number): number {
  const end = header.indexOf(';', from)
  return end === -1 ? header.length : end
}

/** Thrown for a session, or a signed value, that needs a larger cookie than browsers keep. */
export class SessionTooLarge extends TipfyError<'TIPFY_E_SESSION_TOO_LARGE'> {
  override name = 'SessionTooLarge'
}

/** Throws for a cookie of more than `limit` bytes; `sizes` describes its parts. */
export function assertFits(name: string, value: string, limit: number, sizes: () => string): void {
  const bytes = name.length + 1 + value.length
  if (bytes > limit) throw new SessionTooLarge('TIPFY_E_SESSION_TOO_LARGE', { bytes, limit, sizes: sizes() })
}

/**
 * Finds the first cookie of its name that was signed here and is not too old; undefined if none of that name came. All are
 * checked, or a neighbouring subdomain could hide the real one behind its own, which the browser sends first. `maxHeaderSize`
 * limits their number, and to check them costs less than the small requests that could be made of the same bytes.
 */
export function findCookie(
  { name, signer }: SignedName,
  request: CookieRequest,
  settings: Settings,
): FoundCookie | undefined {
  const header = request.message.headers.cookie
  if (header === undefined) return undefined
  const first = nextValue(header, name, 0)
  if (first === -1) return undefined
  const now = settings.now()
  const firstEnd = endOfValue(header, first)
  const known = signer.recall(header, firstEnd, now)
  if (known !== undefined) return { cookie: known, refused: false, now }
  let cookie: SignedCookie | undefined
  let rejection: Rejection | undefined
  let others = false
  for (let at = first; at !== -1; at = nextValue(header, name, at)) {
    const result = signer.verify(header.slice(at, endOfValue(header, at)).trimEnd(), now)
    if (typeof result === 'string') {
      if (result !== 'expired') rejection ??= result
    } else if (cookie === undefined) {
      cookie = result
    } else if (result.text !== cookie.text) {
      others = true
    }
  }
  if (others) settings.log.warn({ cookie: name }, 'two valid cookies of one name came, the first one counts')
  if (rejection !== undefined) settings.log.warn({ cookie: name, reason: rejection }, 'a signed cookie was refused')
  if (cookie !== undefined && rejection === undefined && !others) signer.remember(header, firstEnd, cookie)
  return { cookie, refused: rejection !== undefined && cookie === undefined, now }
}
