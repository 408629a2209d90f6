// One session in one request, whatever keeps it: its data decoded at first use, what changed, what its cookie needs.
import { TipfyError } from '../../errors.ts'
import { decodeData, encodeData, sameData } from './codec.ts'
import { nonceKey } from './csrf.ts'
import { frozenCopy } from './frozen.ts'
import type { CookieChange } from './outbox.ts'
import { type Dictionary, makeSession, put, type SessionOf, visible, withVisible } from './session.ts'
import type { SessionData } from './session-data.ts'
import type { Settings } from './settings.ts'
import type { SignedName } from './signed-cookie.ts'

/** What keeps a session: all of it in a signed cookie, or a record in Datastore. */
export type Backend = 'securecookie' | 'datastore'

/** What sessions of one name have in common, made once per application. */
export interface SlotKind extends SignedName {
  readonly backend: Backend
  readonly settings: Settings
  /** Seconds without a request until a session ends. */
  readonly expiration: number
}

/** The name under which the version of the data's form is kept. */
export const versionKey = '$version'

export abstract class Slot implements Dictionary {
  readonly kind: SlotKind
  readonly dev: boolean
  /** Whether the handler looked at the session: the answer then depends on the cookie. */
  used = false
  /** Whether this request has to renew the session, or give it a new identity, at the save. */
  touched = false
  regenerated = false
  protected data: Record<string, unknown> | undefined
  /** The encoded state that `data` is compared with; undefined for a session that does not exist yet. */
  protected base: string | undefined
  private closed = false
  private dictionary: SessionOf<SessionData> | undefined

  constructor(kind: SlotKind) {
    this.kind = kind
    this.dev = kind.settings.dev
  }

  get session(): SessionOf<SessionData> {
    this.dictionary ??= makeSession(this)
    return this.dictionary
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
  /** Writes what has to be written, and tells what the cookie needs. */
  abstract save(failed: boolean): CookieChange | undefined | Promise<CookieChange | undefined>
  /** Throws what kept the session from being loaded. */
  protected abstract opened(): string | undefined

  read(): Record<string, unknown> {
    this.used = true
    this.data ??= this.decode()
    return this.data
  }

  write(): Record<string, unknown> {
    this.mustBeOpen()
    return this.read()
  }

  mustBeOpen(): void {
    if (this.closed) throw new TipfyError('TIPFY_E_SESSION_SENT')
  }

  /** From here on the session can only be read; what is inside throws when it is changed. */
  close(): void {
    this.closed = true
    // Only a copy is frozen: what the data holds may belong to the application.
    if (this.data !== undefined) this.data = frozenCopy(this.data)
  }

  /** Whether the data differs from what is stored. */
  get modified(): boolean {
    return this.regenerated || (this.data !== undefined && !sameData(encodeData(this.data), this.base ?? '{}'))
  }

  /** Whether there is nothing in it worth a cookie. */
  protected static isEmpty(data: Record<string, unknown>): boolean {
    return Object.keys(data).every((key) => key === versionKey || key === nonceKey)
  }

  private decode(): Record<string, unknown> {
    const text = this.opened()
    if (text === undefined) return this.versioned({})
    const data = decodeData(text)
    const { dataVersion, migrate } = this.kind.settings
    const from = (data[versionKey] as number | undefined) ?? null
    if (dataVersion === null || from === dataVersion) return data
    const user = visible(data)
    const moved = (migrate?.(user, from) ?? user) as Record<string, unknown>
    const migrated = this.versioned(withVisible(data, moved))
    this.base = encodeData(migrated) // a change of form alone is not written
    return migrated
  }

  private versioned(data: Record<string, unknown>): Record<string, unknown> {
    if (this.kind.settings.dataVersion !== null) put(data, versionKey, this.kind.settings.dataVersion)
    return data
  }

  /** How old a cookie may get, in ms, before it is renewed. */
  protected renewAfter(lifetime: number | undefined): number {
    const { settings, expiration } = this.kind
    return 1000 * settings.touchAfter * (lifetime ?? expiration)
  }

  protected cookieChange(value: string | null, maxAge?: number): CookieChange {
    return { to: this.kind, value, maxAge }
  }
}
