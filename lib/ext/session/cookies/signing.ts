// Signed cookie values: one that a browser sends counts only if it was signed here, for this cookie and this use.
//
// The signature is that of cookie-signature, over `name|kind|timestamp|payload`; the browser gets `timestamp|payload.signature`. The
// name is percent-encoded and neither kind nor timestamp can hold a `|`, so no two cookies share a signed text. The timestamp is
// `issued[+lifetime[+created]]` in base 36: milliseconds, seconds, milliseconds.
import { sign, unsign } from 'cookie-signature'

/** A cookie that was signed here. */
export interface SignedCookie {
  readonly text: string
  /** The time it was signed, in ms. */
  readonly issued: number
  /** Seconds that it lives, if that was set for it alone. */
  readonly lifetime: number | undefined
  /** The time the session began, in ms: kept when the cookie is renewed. */
  readonly created: number
  /** True if the newest key signed it; if not, it is due to be issued again. */
  readonly newest: boolean
  /** The decoded text, kept by its reader for as long as the cookie is remembered. */
  memo: unknown
}

/** The reason to reject a cookie. `expired` was signed here; the others never were, or not for this use. */
export type Rejection = 'malformed' | 'forged' | 'future' | 'expired'

export interface SignerOptions {
  /** Seconds that a cookie without a lifetime of its own counts; null: for ever. */
  maxAge: number | null
  /** Seconds from `created` after which it no longer counts however often it was re-issued; null: no such limit. */
  absoluteAge?: number | null
  /** True if it counts at any time, by whatever clock it was signed. */
  anyTime?: boolean
  /** Longer values are malformed. */
  maxLength?: number
  /** Bytes of verified cookies to remember, with the headers that they came in. 0: none. */
  tableBytes?: number
  /** Encodes a text for a cookie, and decodes it: undefined for a forged one. The signature covers the timestamp. */
  wrap?: (text: string, timestamp: string, key: string) => string
  unwrap?: (payload: string, timestamp: string, key: string) => string | undefined
}

const signatureLength = 43 // base64 of SHA-256 without its padding
const dot = 46
const skew = 60_000
const timestampPattern = /^([0-9a-z]{1,9})(?:\+([0-9a-z]{1,7}|-)(?:\+([0-9a-z]{1,9}))?)?$/

/** Signs and verifies the values of one cookie for one use. Verifying never throws. */
export class CookieSigner {
  readonly #keys: readonly string[]
  readonly #prefix: string
  readonly #options: SignerOptions
  readonly #maxLength: number
  readonly #table: VerifiedTable | undefined

  /** @param keys newest first; the newest signs, all verify. @param kind a word without `|` that tells uses apart. */
  constructor(keys: readonly string[], name: string, kind: string, options: SignerOptions) {
    this.#keys = keys
    this.#prefix = `${encodeURIComponent(name)}|${kind}|`
    this.#options = options
    this.#maxLength = options.maxLength ?? 8192
    this.#table = options.tableBytes === 0 ? undefined : new VerifiedTable(options.tableBytes ?? 4 << 20)
  }

  /** The value to put in the cookie. `now` and `created` in ms, `lifetime` in seconds. */
  sign(text: string, now: number, lifetime?: number, created?: number): string {
    const times: Times = {
      issued: Math.floor(now),
      lifetime: lifetime === undefined ? undefined : Math.ceil(lifetime),
      created: Math.floor(created ?? now),
    }
    const timestamp = writeTimestamp(times, created !== undefined)
    const payload = this.#options.wrap?.(text, timestamp, this.#keys[0]!) ?? text
    const signed = sign(`${this.#prefix}${timestamp}|${payload}`, this.#keys[0]!)
    const value = signed.slice(this.#prefix.length)
    // It needs no check when it comes back.
    this.#table?.add(value, cookieOf(text, times, true))
    return value
  }

  verify(value: string, now: number): SignedCookie | Rejection {
    if (value.length > this.#maxLength) return 'malformed'
    let cookie = this.#table?.get(value)
    if (cookie === undefined) {
      // A slice keeps the whole string alive; the table must not keep headers of which it counts only a part.
      const own = Buffer.from(value, 'latin1').toString('latin1')
      const opened = this.#open(own)
      if (typeof opened === 'string') return opened
      cookie = opened
      this.#table?.add(own, cookie)
    }
    // Outside the table: a cookie grows old while it is remembered.
    return this.#rejection(cookie, now) ?? cookie
  }

  /** Returns the reason to reject a cookie that was signed here. */
  #rejection(
    { issued, created, lifetime = this.#options.maxAge ?? undefined }: SignedCookie,
    now: number,
  ): Rejection | undefined {
    if (this.#options.anyTime) return undefined
    if (issued > now + skew || created > now + skew) return 'future'
    if (lifetime !== undefined && now - issued >= lifetime * 1000) return 'expired'
    const { absoluteAge } = this.#options
    return absoluteAge != null && now - created >= absoluteAge * 1000 ? 'expired' : undefined
  }

  /**
   * Remembers, from the second time on, the whole Cookie header that `cookie` came in: browsers send the same one again and
   * again. The cookie's value ends at `end` in it.
   */
  remember(header: string, end: number, cookie: SignedCookie): void {
    this.#table?.remember(header, end, cookie)
  }

  /** The cookie that a Cookie header was remembered with, if it is not too old by now. */
  recall(header: string, end: number, now: number): SignedCookie | undefined {
    const cookie = this.#table?.recall(header, end)
    return cookie !== undefined && this.#rejection(cookie, now) === undefined ? cookie : undefined
  }

  #open(value: string): SignedCookie | Rejection {
    // The length is checked before anything is compared.
    const bar = value.indexOf('|')
    if (bar === -1 || bar > 32 || value.charCodeAt(value.length - signatureLength - 1) !== dot) return 'malformed'
    const input = this.#prefix + value
    const key = this.#keys.findIndex((candidate) => unsign(input, candidate) !== false)
    if (key === -1) return 'forged'
    const timestamp = value.slice(0, bar)
    const times = readTimestamp(timestamp)
    if (times === null) return 'malformed'
    const payload = value.slice(bar + 1, value.length - signatureLength - 1)
    const text =
      this.#options.unwrap === undefined ? payload : this.#options.unwrap(payload, timestamp, this.#keys[key]!)
    return text === undefined ? 'forged' : cookieOf(text, times, key === 0)
  }
}

type Times = Pick<SignedCookie, 'issued' | 'lifetime' | 'created'>

// Written out, because a spread would make the shape of the object at run time.
function cookieOf(text: string, { issued, lifetime, created }: Times, newest: boolean): SignedCookie {
  return { text, issued, lifetime, created, newest, memo: undefined }
}

function writeTimestamp({ issued, lifetime, created }: Times, withCreated: boolean): string {
  if (lifetime === undefined && !withCreated) return base36(issued)
  const life = lifetime === undefined ? '-' : lifetime.toString(36)
  return `${base36(issued)}+${life}${withCreated ? `+${base36(created)}` : ''}`
}

const fiveDigits = 36 ** 5

/** Formats like `ms.toString(36)`, in two halves: V8 formats numbers beyond 31 bits as fractions, at three times the cost. */
function base36(ms: number): string {
  const high = Math.floor(ms / fiveDigits)
  const low = ms - high * fiveDigits
  return high === 0 ? low.toString(36) : high.toString(36) + low.toString(36).padStart(5, '0')
}

function readTimestamp(timestamp: string): Times | null {
  const parts = timestampPattern.exec(timestamp)
  if (parts === null) return null
  const issued = Number.parseInt(parts[1]!, 36)
  const lifetime = parts[2] === undefined || parts[2] === '-' ? undefined : Number.parseInt(parts[2], 36)
  const created = parts[3] === undefined ? issued : Number.parseInt(parts[3], 36)
  return { issued, lifetime, created }
}

interface Verified {
  readonly value: string
  readonly cookie: SignedCookie
  /** True once it has come back. */
  hasCome: boolean
  /** The whole Cookie header that it came in last, if nothing else in that matters. */
  header: string | undefined
}

// At most 12 characters: from 13 on V8 makes a slice a view of the text, which is slow to hash and to compare.
const keyOf = (text: string, end: number) => text.slice(end - 12, end)

// Two generations, the older dropped whole: as good as least-recently-used here, and a hit costs one lookup. Only cookies that
// were signed or verified here go in, so a flood of forgeries moves nothing. They are found by the end of the signature, because
// hashing a whole cookie costs more than the rest, and count only if all of it is the same.
class VerifiedTable {
  #young = new Map<string, Verified>()
  #old = new Map<string, Verified>()
  #bytes = 0
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit / 2
  }

  get(value: string): SignedCookie | undefined {
    const end = keyOf(value, value.length)
    const young = this.#young.get(end)
    if (young !== undefined) return young.value === value ? young.cookie : undefined
    const old = this.#old.get(end)
    if (old === undefined || old.value !== value) return undefined
    this.add(value, old.cookie)
    return old.cookie
  }

  recall(header: string, end: number): SignedCookie | undefined {
    const known = this.#young.get(keyOf(header, end))
    return known?.header === header ? known.cookie : undefined
  }

  remember(header: string, end: number, cookie: SignedCookie): void {
    const known = this.#young.get(keyOf(header, end))
    if (known?.cookie !== cookie) return
    // One that was just signed may come only once: where sessions change, the next response sets another.
    if (!known.hasCome) {
      known.hasCome = true
      return
    }
    const bytes = header.length - (known.header?.length ?? 0)
    if (this.#bytes + bytes > this.#limit) return
    this.#bytes += bytes
    known.header = header
  }

  add(value: string, cookie: SignedCookie): void {
    // A decoded text takes several times its length.
    const bytes = value.length + 5 * cookie.text.length + 250
    if (bytes > this.#limit) return
    if (this.#bytes + bytes > this.#limit) {
      this.#old = this.#young
      this.#young = new Map()
      this.#bytes = 0
    }
    this.#bytes += bytes
    this.#young.set(keyOf(value, value.length), { value, cookie, hasCome: false, header: undefined })
  }
}
