// What a request finds of a session that a record in Datastore keeps: alive, dead, none, or not to be had; and what it says of
// its owner and its life, beside the data.

import { ServiceUnavailable } from '../../../http/exceptions.ts'
import { TipfyError } from '../../../internal/errors.ts'
import type { FoundCookie } from '../cookies/signed-cookie.ts'
import type { SignedCookie } from '../cookies/signing.ts'
import type { RepositoryUnavailable, SessionRecord, SessionRepository } from '../repository/repository.ts'
import { Slot, type SlotKind } from './backend.ts'

/** What the answer is where the store cannot be reached: a 503. */
function unavailable(error: unknown): unknown {
  const { retryAfter } = error as RepositoryUnavailable
  if (retryAfter === undefined) return error
  const headers = retryAfter === null ? undefined : { 'Retry-After': String(retryAfter) }
  return new ServiceUnavailable(undefined, { cause: error, headers })
}

export abstract class FoundSlot extends Slot {
  protected readonly records: SessionRepository
  protected readonly cookie: SignedCookie | undefined
  protected readonly refused: boolean
  /** The id that the session has, or had when it was found dead. */
  protected sid: string | undefined
  protected record: SessionRecord | undefined
  /** Its record is gone, but it was there a moment ago: somebody else ended or moved the session. */
  protected dead = false
  /** This request ended it. */
  protected ended = false
  private loading: Promise<void> | undefined
  private isLoaded: boolean
  protected failure: unknown
  protected newUser: string | null | undefined
  /** Null: as configured, whatever it was before. */
  protected newExpiration: number | null | undefined

  constructor(kind: SlotKind, found: FoundCookie | undefined, records: SessionRepository) {
    super(kind, found)
    this.records = records
    const cookie = found?.cookie
    this.cookie = cookie
    this.refused = found?.refused === true
    this.sid = cookie?.text
    this.isLoaded = cookie === undefined
  }

  /** Fetches the record. A failure is thrown at the first use, so that pages which use no session do not notice. */
  override load(): void | Promise<void> {
    if (this.loading === undefined && this.sid !== undefined) this.loading = this.fetch(this.sid)
    return this.loading
  }

  private async fetch(sid: string): Promise<void> {
    try {
      const loaded = await this.records.load(sid)
      if (loaded.state === 'live') this.adopt(loaded.record)
      else if (loaded.state === 'tombstone') this.dead = true
      else this.sid = undefined
    } catch (error) {
      this.failure = unavailable(error)
    }
    this.isLoaded = true
  }

  protected adopt(record: SessionRecord): void {
    this.record = record
    this.base = record.data
  }

  get isNew(): boolean {
    this.used = true
    this.mustBeLoaded()
    return this.record === undefined
  }

  get user(): string | null {
    this.used = true
    this.mustBeLoaded()
    return this.newUser === undefined ? (this.record?.username ?? null) : this.newUser
  }

  set user(user: string | null) {
    this.write()
    this.newUser = user
  }

  get expiration(): number | null {
    this.used = true
    return this.lifetime ?? null
  }

  protected get lifetime(): number | undefined {
    if (this.newExpiration !== undefined) return this.newExpiration ?? undefined
    return this.ended ? undefined : this.cookie?.lifetime
  }

  set expiration(seconds: number | null) {
    this.write()
    this.newExpiration = seconds
    this.touched = true
  }

  /** The id for `exceptCurrent`, and for telling which of a list is this one. */
  get id(): string | undefined {
    return this.record === undefined ? undefined : this.sid
  }

  /** The user whom the stored session belongs to. */
  get storedUser(): string | null {
    return this.record?.username ?? null
  }

  /** What `listFor` calls this session. */
  get recordName(): string | undefined {
    return this.id === undefined ? undefined : this.records.idOf(this.id)
  }

  /** Asks the store; where it cannot be reached, the answer to the request is a 503. */
  async ask<T>(question: (records: SessionRepository) => Promise<T>): Promise<T> {
    try {
      return await question(this.records)
    } catch (error) {
      throw unavailable(error)
    }
  }

  private mustBeLoaded(): void {
    // What is not loaded must not pass for empty, and be saved as that.
    if (!this.isLoaded) throw new TipfyError('TIPFY_E_SESSION_EARLY')
    if (this.failure !== undefined && this.kind.settings.onStoreError === 'error') throw this.failure
  }

  protected opened(): string | undefined {
    this.mustBeLoaded()
    return this.base
  }

  protected discard(): void {
    this.sid = this.record = undefined
  }

  override write(): Record<string, unknown> {
    if (this.failure !== undefined) throw this.failure
    return super.write()
  }

  override get modified(): boolean {
    return super.modified || (this.newUser !== undefined && this.newUser !== this.storedUser)
  }
}
