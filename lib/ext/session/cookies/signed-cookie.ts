// Finds a signed cookie in a Cookie header, and limits the size of one that is set.
import { readValue } from '../../../http/cookies.ts'
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

/** The cookies of one name in a request. */
export interface FoundCookie {
  /** The newest valid one. */
  readonly cookie: SignedCookie | undefined
  /** The older ones with other contents, newest first. */
  readonly older: readonly SignedCookie[]
  /** True if cookies came that were never signed here, and no other: they have to be cleared. */
  readonly isForged: boolean
  /** True if the only one that counts was signed by a process whose clock is ahead. */
  readonly isAhead: boolean
  /** The time the header was read, in ms. */
  readonly now: number
  /** True once the headers of the response are decided. */
  isSent: boolean
}

/**
 * The index at which, from `from` on, a cookie's value begins; -1 if there is none. Other cookies are not parsed.
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

const none: readonly SignedCookie[] = []

/**
 * Finds the newest valid cookie of a name; undefined if none of that name came. All are checked: a browser sends one for each
 * domain and path, those of former configurations and of neighbouring subdomains among them, and in an order that says nothing
 * of their age. `maxHeaderSize` limits their number, and to check them costs less than the small requests that could be made
 * of the same bytes.
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
  if (known !== undefined) return { cookie: known, older: none, isForged: false, isAhead: false, now, isSent: false }
  const valid = new Map<string, SignedCookie>()
  const rejections = new Set<Rejection>()
  for (let at = first; at !== -1; at = nextValue(header, name, at)) {
    const result = signer.verify(readValue(header.slice(at, endOfValue(header, at))), now)
    if (typeof result === 'string') rejections.add(result)
    else if (result.issued > (valid.get(result.text)?.issued ?? -1)) valid.set(result.text, result)
  }
  const [cookie, ...older] = [...valid.values()].sort((one, other) => other.issued - one.issued)
  rejections.delete('expired')
  if (older.length > 0) settings.log.warn({ cookie: name }, 'several valid cookies of one name came, the newest counts')
  for (const reason of rejections) settings.log.warn({ cookie: name, reason }, 'a signed cookie was rejected')
  if (cookie !== undefined && rejections.size === 0 && older.length === 0) signer.remember(header, firstEnd, cookie)
  const isAhead = cookie === undefined && rejections.has('future')
  const isForged = cookie === undefined && !isAhead && rejections.size > 0
  return { cookie, older, isForged, isAhead, now, isSent: false }
}
