// Finding a signed cookie of ours among what the browser sent, and what one may weigh that it is to keep.
import { TipfyError } from '../../../internal/errors.ts'
import type { SessionCookie } from '../config/cookie.ts'
import type { Settings } from '../config/settings.ts'
import type { CookieSigner, Refusal, SignedCookie } from './signing.ts'

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
  /** Whether what came instead was never ours and has to go. */
  readonly refused: boolean
  /** When it was looked for, in ms. */
  readonly now: number
}

/**
 * Where, from `from` on, a cookie's value begins; -1 if there is none. Other cookies are not parsed, nor is anything
 * decoded: our values need neither quotes nor percent signs, and what has them is not ours.
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

/** A session, or a signed value, would need a larger cookie than browsers keep. */
export class SessionTooLarge extends TipfyError<'TIPFY_E_SESSION_TOO_LARGE'> {
  override name = 'SessionTooLarge'
}

/** Throws for a cookie of more than `limit` bytes; `sizes` tells what they are of. */
export function mustFit(name: string, value: string, limit: number, sizes: () => string): void {
  const bytes = name.length + 1 + value.length
  if (bytes > limit) throw new SessionTooLarge('TIPFY_E_SESSION_TOO_LARGE', { bytes, limit, sizes: sizes() })
}

/**
 * The first cookie of its name that is ours and not too old; undefined where none of its name came. All are looked at, or a
 * neighbouring subdomain could hide the real one behind its own, which the browser sends first: there are no more than
 * `maxHeaderSize` lets through, and to check them costs less than to serve the small requests that the same bytes could be.
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
  let refusal: Refusal | undefined
  let others = false
  for (let at = first; at !== -1; at = nextValue(header, name, at)) {
    const answer = signer.verify(header.slice(at, endOfValue(header, at)).trimEnd(), now)
    if (typeof answer === 'string') {
      if (answer !== 'expired') refusal ??= answer
    } else if (cookie === undefined) {
      cookie = answer
    } else if (answer.text !== cookie.text) {
      others = true
    }
  }
  if (others) settings.log.warn({ cookie: name }, 'two valid cookies of one name came, the first one counts')
  if (refusal !== undefined) settings.log.warn({ cookie: name, reason: refusal }, 'a signed cookie was refused')
  if (cookie !== undefined && refusal === undefined && !others) signer.remember(header, firstEnd, cookie)
  return { cookie, refused: refusal !== undefined && cookie === undefined, now }
}
