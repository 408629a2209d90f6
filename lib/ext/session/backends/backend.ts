// One session in one request, whatever keeps it: its data decoded at first use, what changed, what its cookie needs.
import { TipfyError } from '../../../internal/errors.ts'
import type { Settings } from '../config/settings.ts'
import type { FoundCookie, SignedName } from '../cookies/signed-cookie.ts'
import type { SignedCookie } from '../cookies/signing.ts'
import { decodeData, encodeData, sameData } from '../data/codec.ts'
import { decodeCurrent, emptyData } from '../data/migrate.ts'
import { mergeData } from '../merge/merge.ts'
import type { CookieChange, OutboxResponse } from '../response-cookies.ts'
import { type Dictionary, Session, type SessionOf, withBrackets } from '../session.ts'
import type { SessionData } from '../session-data.ts'
import type { Pristine } from './copy-on-read.ts'
import { frozenCopy } from './frozen.ts'

/** What keeps a session: all of it in a signed cookie, or a record in Datastore. */
export type Backend = 'securecookie' | 'datastore'

/** What sessions of one name have in common, made once per application. */
export interface SlotKind extends SignedName {
  readonly backend: Backend
  readonly settings: Settings
  /** Seconds without a request until a session ends. */
  readonly expiration: number
}

/** Whether a session's cookie has to be renewed though nothing changed: an older key signed it, or it gets old. */
export function isDue({ settings, expiration }: SlotKind, cookie: SignedCookie, now: number): boolean {
  return !cookie.newest || now - cookie.issued >= 1000 * settings.touchAfter * (cookie.lifetime ?? expiration)
}

export abstract class Slot implements Dictionary {
  readonly kind: SlotKind
  readonly dev: boolean
  /** When the request came, in ms. */
  protected readonly now: number
  /** Whether the handler looked at the session: the answer then depends on the cookie. */
  used = false
  /** Whether this request has to renew the session, or give it a new identity, at the save. */
  touched = false
  regenerated = false
  protected data: Record<string, unknown> | undefined
  /** Whether anything was handed out, or written, that may have changed: until then the data is as it was stored. */
  protected exposed = false
  private pristine: Pristine | undefined
  private frozen: Record<string, unknown> | undefined
  /** The encoded state that `data` is compared with; undefined for a session that does not exist yet. */
  protected base: string | undefined
  private closed = false
  /** What was handed out before an `update()`, and how it was then: the handler may hold, and change, parts of it. */
  protected behind: { data: Record<string, unknown>; text: string }[] | undefined
  private dictionary: Session | undefined

  constructor(kind: SlotKind, found: FoundCookie | undefined) {
    this.kind = kind
    this.dev = kind.settings.dev
    this.now = found?.now ?? kind.settings.now()
  }

  /** The session's methods, without its values by bracket. */
  get bare(): Session {
    this.dictionary ??= new Session(this)
    return this.dictionary
  }

  get session(): SessionOf<SessionData> {
    return withBrackets(this.bare)
  }

  /** Fetches what the session holds from where it is kept. */
  load(): void | Promise<void> {}

  /** Whether no session came with the request. */
  abstract get isNew(): boolean
  /** The user that the session belongs to. */
  abstract user: string | null
  /** Seconds that this session lives without being used, if set for it alone. */
  abstract expiration: number | null
  /** Ends the session at once. */
  abstract destroy(): void | Promise<void>
  /** Applies `fn` to the stored state at once; false if the session ended meanwhile. */
  abstract update(fn: (data: Record<string, unknown>) => unknown): boolean | Promise<boolean>
  /** Writes what has to be written, and tells what the cookie on `response` needs. */
  abstract save(response: OutboxResponse, failed: boolean): CookieChange | undefined | Promise<CookieChange | undefined>
  /** Throws what kept the session from being loaded. */
  protected abstract opened(): string | undefined
  /** What `opened` gives, decoded, where that is at hand. */
  protected remembered(): Pristine | undefined {
    return undefined
  }

  /** Makes a session whose data cannot be read one that does not exist. */
  protected abstract discard(): void

  look(): Record<string, unknown> {
    this.used = true
    this.data ??= this.decode()
    return this.data
  }

  read(): Record<string, unknown> {
    // Only a copy is frozen: what the data holds may belong to the application.
    if (this.closed) {
      this.frozen ??= frozenCopy(this.look())
      return this.frozen
    }
    this.exposed = true
    const data = this.look()
    this.pristine?.ownAll(data)
    return data
  }

  give(key: string): unknown {
    if (this.closed) return this.read()[key]
    this.exposed = true
    const data = this.look()
    this.pristine?.own(data, key)
    return data[key]
  }

  write(): Record<string, unknown> {
    this.mustBeOpen()
    return this.read()
  }

  mustBeOpen(): void {
    if (this.closed) throw new TipfyError('TIPFY_E_SESSION_SENT')
  }

  /** Before the session is acted on, beside its data. */
  act(): void {
    this.mustBeOpen()
    this.used = true
  }

  /** From here on the session can only be read; what is inside throws when it is changed. */
  close(): void {
    this.closed = true
  }

  /** Whether the data differs from what is stored. */
  get modified(): boolean {
    return this.regenerated || this.changedText() !== undefined
  }

  /** The encoded data, if it differs from what is stored. */
  protected changedText(): string | undefined {
    if (this.behind !== undefined) this.catchUp(this.behind)
    if (this.data === undefined || !this.exposed) return undefined
    if (this.pristine !== undefined && this.pristine.text === this.base && this.pristine.isIn(this.data))
      return undefined
    const text = encodeData(this.data)
    return sameData(text, this.base ?? '{}') ? undefined : text
  }

  /** Before other data takes the place of `data`: its encoded state. */
  protected leaveBehind(data: Record<string, unknown>): string {
    const text = encodeData(data)
    this.pristine = undefined // update() hands out the whole data, which may get what only encoding it finds
    this.behind ??= []
    this.behind.push({ data, text })
    return text
  }

  // Merged as text: what is left behind must share nothing with what is there now, or a change would be found in both.
  private catchUp(behind: { data: Record<string, unknown>; text: string }[]): void {
    for (const left of behind) {
      const text = encodeData(left.data)
      if (sameData(text, left.text)) continue
      this.data = mergeData(decodeData(left.text), decodeData(text), this.look(), () => {})
      left.text = text
      this.exposed = true
    }
  }

  /** The data as it is stored, without what this request has changed. */
  stored(): Record<string, unknown> {
    return this.base === undefined ? {} : decodeData(this.base)
  }

  private decode(): Record<string, unknown> {
    const { settings } = this.kind
    const text = this.opened()
    if (text === undefined) return emptyData(settings)
    try {
      this.pristine = this.remembered()
      if (this.pristine !== undefined) return this.pristine.share()
      const data = decodeCurrent(text, settings)
      // A change of form alone is not written.
      if (settings.dataVersion !== null) this.base = encodeData(data)
      return data
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'TIPFY_E_SESSION_DATA') throw error
      settings.log.error({ err: error, cookie: this.kind.name }, 'a session could not be read, it counts as none')
      this.base = undefined
      this.discard()
      return emptyData(settings)
    }
  }

  /** Whether caches may keep the answer for all: it must not carry one user's cookie, only to renew or to clear that. */
  protected isForAll(response: OutboxResponse): boolean {
    return !this.used && /^(?!.*\b(?:private|no-store|no-cache)\b)./i.test(response.headers.get('cache-control') ?? '')
  }

  protected cookieChange(value: string | null, maxAge?: number): CookieChange {
    return { to: this.kind, value, maxAge }
  }
}
