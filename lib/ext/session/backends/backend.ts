// A session in a request, with either backend: the data that the handler sees, what it did, and the cookie that this needs.
import { ServiceUnavailable } from '../../../http/exceptions.ts'
import { TipfyError } from '../../../internal/errors.ts'
import type { CookieChange, FoundCookie } from '../cookies/signed-cookie.ts'
import type { SignedCookie } from '../cookies/signing.ts'
import { decodeData } from '../data/codec.ts'
import { mayHaveDevice, type StoredDevice, storedDevice } from '../data/device-state.ts'
import { deviceKey } from '../data/reserved.ts'
import type { CopyOnRead } from './copy-on-read.ts'
import { frozenCopy } from './frozen.ts'
import { isDue, type SessionKind } from './kind.ts'
import { WorkingCopy } from './working-copy.ts'

/** The part of a response that decides whether a cookie may be set on it. */
export interface ResponseHead {
  readonly headers: { get(name: string): string | null }
}

/** Everything that a request did to a session, beside changing its data. */
export interface Acts {
  readonly isDestroyed?: true
  readonly isRegenerated?: true
  readonly isTouched?: true
  /** The user that it set. */
  readonly user?: string | null
  /** The seconds that it set; null: as configured. */
  readonly expiration?: number | null
}

/** Decides about sessions that are bound to a device. */
export interface DeviceGuard {
  /** Returns true if the request may use the session; throws where the browser is to come again. */
  admits(device: StoredDevice): boolean
  /** Returns true if the request shows the proof, or needs none. */
  isProven(device: StoredDevice): boolean
}

const noActs: Acts = {}

/** The error for a write to a session whose cookie is from the future. Another process, or this one later, can do it. */
function aheadOfUs(name: string): ServiceUnavailable {
  const cause = new TipfyError('TIPFY_E_SESSION_AHEAD', { name })
  return new ServiceUnavailable(undefined, { cause, headers: { 'Retry-After': '60' } })
}

export abstract class BackendSession {
  readonly kind: SessionKind
  /** Decides about a session that is bound to a device, where the application has such. */
  guard: DeviceGuard | undefined
  /** True once the handler looked at the session: the response then depends on the cookie. */
  used = false
  protected cookie: SignedCookie | undefined
  /** True if a cookie came that was never signed here. */
  protected readonly isForged: boolean
  /** True if the cookie that came is from a process whose clock is ahead: it must not be replaced. */
  protected readonly isAhead: boolean
  protected did: Acts = noActs
  /** True for a session that this request may not use, as it is bound to a device: the request sees an empty one. */
  protected isHidden = false
  /** The data, once it was looked at. */
  protected copy: WorkingCopy | undefined
  /** The time the request came, in ms. */
  readonly #now: number
  #isClosed = false
  #frozen: Record<string, unknown> | undefined

  constructor(kind: SessionKind, found: FoundCookie | undefined) {
    this.kind = kind
    this.cookie = found?.cookie
    this.isForged = found?.isForged === true
    this.isAhead = found?.isAhead === true
    this.#now = found?.now ?? kind.settings.now()
  }

  /** Fetches the session from where it is kept. */
  load(): void | Promise<void> {}

  /** True if no session came with the request. */
  abstract get isNew(): boolean
  /** The user that the session belongs to. */
  abstract user: string | null
  /** Ends the session at once; `isForLogin`: for one of another user. */
  abstract destroy(isForLogin?: boolean): void | Promise<void>
  /** Applies `fn` to the stored state at once; false if the session ended meanwhile. */
  abstract update(fn: (data: Record<string, unknown>) => unknown): boolean | Promise<boolean>
  /** Stores the changes, and returns the change of the cookie. */
  abstract save(response: ResponseHead, failed: boolean): CookieChange | undefined | Promise<CookieChange | undefined>
  /** Returns the stored text, or undefined. Throws the error that kept it from being loaded. */
  protected abstract storedText(): string | undefined
  /** The same, without an error where it could not be loaded. */
  protected abstract get rawText(): string | undefined
  /** Makes a session whose text cannot be decoded one that does not exist. */
  protected abstract discard(): void

  /** The decoded data of the stored text, to be copied where it is asked for; undefined where it has to be decoded for this request. */
  protected remembered(): CopyOnRead | undefined {
    return undefined
  }

  /** True if the request came with a valid cookie. */
  get hasCookie(): boolean {
    return this.cookie !== undefined
  }

  /** True in development, where console.log may show the data. */
  get dev(): boolean {
    return this.kind.settings.dev
  }

  /** The reason why it is not known whether there is a session; undefined if it is. */
  get failure(): unknown {
    return this.isAhead ? aheadOfUs(this.kind.name) : undefined
  }

  /** Looks at the session if it may be bound: before it says, without its data, that it is there. */
  checkDevice(): void {
    if (this.guard !== undefined && this.copy === undefined && mayHaveDevice(this.rawText)) this.look()
  }

  /** True if the session must not be renewed by this request: a copy of the cookie would live as long as it is used. */
  protected get isUnproven(): boolean {
    if (this.guard === undefined || this.copy !== undefined) return false
    const device = storedDevice(this.rawText)
    return device !== undefined && !this.guard.isProven(device)
  }

  /** True once the request has ended the session. */
  get isEnded(): boolean {
    return this.did.isDestroyed === true
  }

  /** The user and the name of the stored session, for a report. */
  abstract get owner(): { user: string | null; session: string | undefined }

  /** The device of a session that has moved to a new id a moment ago. */
  async deviceOfMoved(): Promise<StoredDevice | undefined> {
    return undefined
  }

  /** The data, to be looked at. */
  look(): Record<string, unknown> {
    this.used = true
    this.copy ??= this.#open()
    return this.copy.data
  }

  /** The data, to be handed out. */
  read(): Record<string, unknown> {
    const data = this.look()
    if (!this.#isClosed) return this.copy!.expose()
    // Only a copy is frozen: the data may hold objects of the application.
    this.#frozen ??= frozenCopy(data)
    return this.#frozen
  }

  /** The value of a key that is there, to be handed out. */
  handOut(key: string): unknown {
    if (this.#isClosed) return this.read()[key]
    this.look()
    return this.copy!.exposeKey(key)
  }

  /** The data, for keys to be set and removed. Its values are neither handed out nor changed: that is `handOut`. */
  write(): Record<string, unknown> {
    this.assertWritable()
    this.look()
    return this.copy!.edit()
  }

  /** True once the headers of the response are decided: from then on no cookie can be set. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Allows only reads from here on. */
  close(): void {
    this.#isClosed = true
  }

  assertOpen(): void {
    if (this.#isClosed) throw new TipfyError('TIPFY_E_SESSION_SENT')
  }

  protected assertNotAhead(): void {
    this.used = true
    if (this.isAhead) throw aheadOfUs(this.kind.name)
  }

  /** Makes the next read after the close show the data anew. */
  protected unfreeze(): void {
    this.#frozen = undefined
  }

  /** Throws if the session cannot be changed. */
  protected assertWritable(): void {
    this.assertOpen()
    this.assertNotAhead()
  }

  /** Notes that the request did something to the session. */
  protected act(acts: Acts): void {
    this.did = { ...this.did, ...acts }
  }

  touch(): void {
    this.assertOpen()
    this.used = true
    this.checkDevice()
    this.act({ isTouched: true })
  }

  /** Gives the session a new identity at the save. */
  regenerate(): void {
    this.assertWritable()
    this.look()
    this.act({ isRegenerated: true })
  }

  /** Seconds that this session lives without being used, if set for it alone. */
  get expiration(): number | null {
    this.used = true
    this.checkDevice()
    return this.lifetime ?? null
  }

  set expiration(seconds: number | null) {
    this.assertWritable()
    this.act({ expiration: seconds, isTouched: true })
  }

  protected get lifetime(): number | undefined {
    const { expiration, isDestroyed } = this.did
    if (expiration !== undefined) return expiration ?? undefined
    return isDestroyed || this.isHidden ? undefined : this.cookie?.lifetime
  }

  /** True if the data differs from what is stored. */
  get modified(): boolean {
    return this.did.isRegenerated === true || this.copy?.changedText() !== undefined
  }

  /** The data as it is stored, without what this request has changed. */
  stored(): Record<string, unknown> {
    this.look()
    const { base } = this.copy!
    return base === undefined ? {} : decodeData(base)
  }

  /** True if the cookie that came has to be renewed. */
  protected get isCookieDue(): boolean {
    const { cookie, did } = this
    return (
      cookie !== undefined &&
      !did.isDestroyed &&
      !this.isHidden &&
      (did.isTouched === true || isDue(this.kind, cookie, this.#now))
    )
  }

  /** True if caches may keep the response for everybody: such a response must not set a cookie, not even to renew or clear one. */
  protected isForAll(response: ResponseHead): boolean {
    return !this.used && /^(?!.*\b(?:private|no-store|no-cache)\b)./i.test(response.headers.get('cache-control') ?? '')
  }

  protected cookieChange(value: string | null, maxAge?: number): CookieChange {
    return { to: this.kind, value, maxAge }
  }

  #open(): WorkingCopy {
    const { settings, name } = this.kind
    const text = this.storedText()
    try {
      const copy = new WorkingCopy(text, settings, this.remembered())
      if (this.guard === undefined || !this.#isRejected(copy.data)) return copy
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'TIPFY_E_SESSION_DATA') throw error
      settings.log.error({ err: error, cookie: name }, 'a session could not be read, it counts as none')
      this.discard()
    }
    return new WorkingCopy(undefined, settings)
  }

  #isRejected(data: Record<string, unknown>): boolean {
    const device = data[deviceKey] as StoredDevice | undefined
    if (device === undefined || this.guard!.admits(device)) return false
    this.isHidden = true
    this.discard()
    return true
  }
}
