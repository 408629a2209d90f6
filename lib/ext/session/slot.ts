// One session in one request, whatever keeps it: its data decoded at first use, what changed, what its cookie needs.
import { TipfyError } from '../../errors.ts'
import type { CookieSigner, Refusal, SignedCookie } from '../../signing.ts'
import { decodeData, encodeData, sameData } from './codec.ts'
import type { SessionCookie } from './config.ts'
import { frozenCopy } from './frozen.ts'
import { type Dictionary, makeSession, put, type SessionOf, visible, withVisible } from './session.ts'
import type { SessionData } from './session-data.ts'
import type { Settings } from './settings.ts'

/** What keeps a session: all of it in a signed cookie, or a record in Datastore. */
export type Backend = 'securecookie' | 'datastore'

/** What sessions of one name have in common, made once per application. */
export interface SlotKind {
  readonly backend: Backend
  /** The cookie's name, with its prefix. */
  readonly name: string
  readonly cookie: SessionCookie
  readonly signer: CookieSigner
  readonly settings: Settings
}

/** What a slot may know of its request. */
export interface SlotRequest {
  readonly cookies: { getAll(name: string): string[] }
}

/** A change to the answer's cookies: a value to set, or null to delete. */
export interface CookieChange {
  readonly kind: SlotKind
  readonly value: string | null
  readonly maxAge: number | undefined
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
    return Object.keys(data).every((key) => key === versionKey)
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

  protected findCookie(request: SlotRequest): FoundCookie {
    return findCookie(this.kind, request, this.kind.settings.now())
  }
}

export interface FoundCookie {
  cookie: SignedCookie | undefined
  /** Whether what came instead was never ours and has to go. */
  refused: boolean
}

// A browser sends one cookie of a name, or a few where paths or domains differ; more is somebody who wants us to work.
const mostCookies = 8

function findCookie({ name, signer, settings }: SlotKind, request: SlotRequest, now: number): FoundCookie {
  const values = request.cookies.getAll(name)
  let cookie: SignedCookie | undefined
  let refusal: Refusal | undefined
  for (const value of values.length > mostCookies ? values.slice(0, mostCookies) : values) {
    const answer = signer.verify(value, now)
    if (typeof answer === 'string') {
      if (answer !== 'expired') refusal ??= answer
    } else if (cookie === undefined) {
      cookie = answer
    } else if (answer.text !== cookie.text) {
      settings.log.warn({ cookie: name }, 'two valid session cookies of one name came, the first one counts')
    }
  }
  if (refusal !== undefined) settings.log.warn({ cookie: name, reason: refusal }, 'a session cookie was refused')
  return { cookie, refused: refusal !== undefined && cookie === undefined }
}
