// The session that a record in Datastore keeps; only its signed id travels. The repository merges what concurrent requests do to
// one session; here are the states of a session in one request, and the cookie that follows from each.
import { TipfyError } from '../../../internal/errors.ts'
import type { CookieChange, FoundCookie } from '../cookies/signed-cookie.ts'
import type { SignedCookie } from '../cookies/signing.ts'
import { encodeData } from '../data/codec.ts'
import { type StoredDevice, stateOf } from '../data/device-state.ts'
import { emptyData } from '../data/migrate.ts'
import { isEmptyData } from '../data/reserved.ts'
import type { SessionRecord, SessionRepository } from '../repository/repository.ts'
import { type Acts, BackendSession, type ResponseHead } from './backend.ts'
import { CopyOnRead } from './copy-on-read.ts'
import { findRecord, type Live, none, type State, unavailable } from './find-record.ts'
import type { SessionKind } from './kind.ts'
import type { WorkingCopy } from './working-copy.ts'

/** A session that its handler has left, as it was. */
interface Left {
  readonly state: State
  readonly did: Acts
  readonly copy: WorkingCopy | undefined
}

export class DatastoreSession extends BackendSession {
  readonly #repository: SessionRepository
  readonly #older: readonly SignedCookie[]
  #state: State
  #loading: Promise<void> | undefined
  /** The calls of `destroy` and `update` under way. */
  #queue: Promise<void> | undefined
  /** The number of updates that are under way. */
  #updates = 0

  constructor(kind: SessionKind, found: FoundCookie | undefined, repository: SessionRepository) {
    super(kind, found)
    this.#repository = repository
    this.#older = found?.older ?? []
    this.#state = this.cookie === undefined ? none : { is: 'loading', id: this.cookie.text }
  }

  /** Fetches the record. A failure is thrown at the first use, so that pages which use no session do not notice. */
  override load(): void | Promise<void> {
    if (this.#state.is === 'loading') this.#loading ??= this.#fetch(this.#state.id)
    return this.#loading
  }

  async #fetch(newest: string): Promise<void> {
    const { state, cookie } = await findRecord(this.#repository, newest, this.#older)
    if (cookie !== undefined) this.cookie = cookie
    // Sent anew it is the newest, and the next request needs one lookup.
    if (cookie !== undefined && state.is === 'live' && !state.isOlder) this.act({ isTouched: true })
    if (this.#state.is === 'loading') this.#state = state // it may have been destroyed meanwhile
  }

  // A session that is not loaded must not pass for an empty one, and be saved as that.
  #assertLoaded(): void {
    this.used = true
    const state = this.#state
    if (state.is === 'loading') throw new TipfyError('TIPFY_E_SESSION_EARLY')
    if (state.is === 'failed' && this.kind.settings.onStoreError === 'error') throw state.error
  }

  get #record(): SessionRecord | null {
    return 'record' in this.#state ? this.#state.record : null
  }

  get isNew(): boolean {
    this.#assertLoaded()
    this.checkDevice()
    return this.#record === null
  }

  get user(): string | null {
    this.#assertLoaded()
    this.checkDevice()
    return this.did.user === undefined ? this.storedUser : this.did.user
  }

  set user(user: string | null) {
    this.write()
    this.act({ user })
  }

  /** The user that the stored session belongs to. */
  get storedUser(): string | null {
    return this.#record?.username ?? null
  }

  get #hasNewUser(): boolean {
    return this.did.user !== undefined && this.did.user !== this.storedUser
  }

  /** The id, while there is a session. */
  get id(): string | undefined {
    return this.#record === null ? undefined : (this.#state as Live).id
  }

  /** The name of the record: the `id` of this session in `listFor`. */
  get recordName(): string | undefined {
    return this.id === undefined ? undefined : this.#repository.idOf(this.id)
  }

  /** Calls the repository; while it is out of reach the request gets a 503. */
  async call<T>(fn: (repository: SessionRepository) => Promise<T>): Promise<T> {
    try {
      return await fn(this.#repository)
    } catch (error) {
      throw unavailable(error)
    }
  }

  protected storedText(): string | undefined {
    this.#assertLoaded()
    return this.#record?.data
  }

  protected override remembered(): CopyOnRead | undefined {
    const text = this.#record?.data
    // A migration makes another text.
    if (text === undefined || this.kind.settings.dataVersion !== null) return undefined
    return CopyOnRead.from(text, this.id)
  }

  protected get rawText(): string | undefined {
    return this.#record?.data
  }

  override get failure(): unknown {
    return this.#state.is === 'failed' ? this.#state.error : super.failure
  }

  get owner(): { user: string | null; session: string | undefined } {
    return { user: this.storedUser, session: this.recordName }
  }

  override async deviceOfMoved(): Promise<StoredDevice | undefined> {
    const state = this.#state
    if (state.is !== 'dead') return undefined
    return this.call((repository) => repository.deviceOfMoved(state.id))
  }

  protected discard(): void {
    this.#state = none
  }

  protected override assertWritable(): void {
    super.assertWritable()
    this.#assertReachable()
  }

  #assertReachable(): void {
    if (this.#state.is === 'failed') throw this.#state.error
  }

  protected override get isCookieDue(): boolean {
    return super.isCookieDue && !(this.#state as Partial<Live>).isOlder
  }

  /** Makes reads show the record again, once the data is saved. */
  #drop(): void {
    this.copy = undefined
    this.unfreeze()
  }

  override get modified(): boolean {
    return super.modified || this.#hasNewUser
  }

  // One after the other: two updates of a session that does not exist yet must not make two.
  #enqueue<T>(step: () => Promise<T>): Promise<T> {
    const turn = (this.#queue ?? Promise.resolve()).then(step)
    const queue: Promise<void> = turn
      .then(() => {})
      .catch(() => {})
      .finally(() => {
        if (this.#queue === queue) this.#queue = undefined
      })
    this.#queue = queue
    return turn
  }

  destroy(isForLogin = false): Promise<void> {
    this.assertNotAhead()
    this.checkDevice()
    // What the handler writes next is of a new session, whether or not it awaits this: unless updates of the old one are under way.
    const left = this.#updates === 0 ? this.#leave() : undefined
    return this.#enqueue(() => this.#end(left ?? this.#leave(), isForLogin))
  }

  /** Runs what ends this session among others. */
  async endWith<T>(end: () => Promise<T>): Promise<T> {
    const left = this.#updates === 0 ? this.#leave() : undefined
    try {
      const ended = await end()
      if (left === undefined) this.forget()
      return ended
    } catch (error) {
      if (left !== undefined) this.#return(left)
      throw error
    }
  }

  /** Forgets the session; returns what it was, should it not be possible to end it. */
  #leave(): Left {
    const left = { state: this.#state, did: this.did, copy: this.copy }
    this.forget()
    return left
  }

  async #end(left: Left, isForLogin: boolean): Promise<void> {
    const { state } = left
    const { id, record = null } = state as Partial<Live>
    const mayFollow = (device: StoredDevice | undefined) => {
      if (record !== null || this.hasProof(device)) return true
      // A session that could not be read is not ended without the proof of its device.
      if (stateOf(device) === 'bound' && state.is === 'failed') throw state.error
      // An id that was dead before this request ends nothing else.
      return false
    }
    try {
      if (id !== undefined) await this.call((repository) => repository.destroy(id, { mayFollow, isForLogin }))
    } catch (error) {
      this.#return(left)
      throw error
    }
  }

  #return({ state, did, copy }: Left): void {
    this.#state = state
    this.did = did
    this.copy = copy
  }

  /** After the session was ended: the cookie is cleared, and a write begins a new session. */
  forget(): void {
    if (this.isClosed && this.#state.is !== 'none') {
      const { name, settings } = this.kind
      settings.log.warn({ cookie: name }, 'a session was ended after the headers: its cookie could not be cleared')
    }
    this.#state = none
    this.did = { isDestroyed: true }
    this.copy = undefined
  }

  update(fn: (data: Record<string, unknown>) => unknown): Promise<boolean> {
    this.assertNotAhead()
    this.#assertReachable()
    this.look()
    this.#updates++
    const updated = this.#enqueue(async () => {
      this.look()
      const record = await this.#commit(fn)
      if (record === undefined) return this.#state.is !== 'dead'
      if (this.isClosed) this.#drop()
      else this.copy!.rebase(record.data)
      return true
    })
    return updated.finally(() => this.#updates--)
  }

  /** The record after `fn`; none if the session is dead, or if there is nothing worth a first one. */
  async #commit(fn: (data: Record<string, unknown>) => unknown): Promise<SessionRecord | undefined> {
    const state = this.#state
    if (state.is === 'dead') {
      this.#repository.stats.dropped++
      return undefined
    }
    if (state.is === 'live') {
      const { id, record } = state
      const saved = await this.call((repository) => repository.update(id, (data) => void fn(data), record))
      this.#state = saved.state === 'saved' ? { ...state, record: saved.record } : { is: 'dead', id, record }
      return saved.state === 'saved' ? saved.record : undefined
    }
    this.assertOpen() // a new session needs a cookie
    const data = emptyData(this.kind.settings)
    fn(data)
    if (isEmptyData(data, this.kind.settings.csrf) && !this.did.user) return undefined
    return this.#create(encodeData(data))
  }

  async #create(data: string): Promise<SessionRecord> {
    const id = this.#repository.newId()
    const next = { data, ...this.#extras() }
    const record = await this.call((repository) => repository.create(id, next))
    this.#state = { is: 'live', id, record, isSent: false, isOlder: false }
    return record
  }

  /** The user and idle time to store. A session of a kind with its own expiration needs that from the start. */
  #extras(): { username?: string | null; expiresIn?: number } {
    const { expiration, settings } = this.kind
    const own = this.#state.is !== 'live' && expiration !== settings.expiration ? expiration : undefined
    const seconds = this.did.expiration === null ? expiration : (this.did.expiration ?? own)
    return { username: this.did.user, expiresIn: seconds === undefined ? undefined : seconds * 1000 }
  }

  save(response: ResponseHead, failed: boolean): CookieChange | undefined | Promise<CookieChange | undefined> {
    // The response waits for a destroy() or update() that the handler did not await.
    if (this.#queue !== undefined) return this.#queue.then(() => this.save(response, failed))
    const changed = failed ? undefined : this.copy?.changedText()
    this.close()
    if (this.isForAll(response)) return undefined
    if (failed) return this.#unstored()
    const state = this.#state
    switch (state.is) {
      case 'loading':
      case 'failed':
        return this.#unstored()
      case 'dead':
        if (this.did.isRegenerated) return this.#move(state.id, state.record, changed ?? '{}')
        if (changed !== undefined || this.#hasNewUser) this.#repository.stats.dropped++
        return undefined
      case 'none': {
        const isEmpty = changed === undefined || isEmptyData(this.copy!.data, this.kind.settings.csrf)
        return isEmpty && !this.did.user ? this.#unstored() : this.#saveNew(changed ?? '{}')
      }
      case 'live': {
        const text = changed ?? this.copy?.base ?? state.record.data
        if (this.did.isRegenerated) return this.#move(state.id, state.record, text)
        if (changed !== undefined || this.#hasNewUser) return this.#commitChanges(state, text)
        const isDue = this.did.isTouched || this.isCookieDue || this.#repository.touchDue(state.record)
        return isDue && !this.isUnproven ? this.#renew(state) : this.#unstored()
      }
    }
  }

  async #saveNew(data: string): Promise<CookieChange> {
    await this.#create(data)
    this.#drop()
    return this.#send()
  }

  /** The cookie where nothing is to be stored. */
  #unstored(): CookieChange | undefined {
    if (this.#state.is === 'live' && !this.#state.isSent) return this.#send()
    const isGone = this.did.isDestroyed && this.cookie !== undefined
    return isGone || this.isForged ? this.cookieChange(null) : undefined
  }

  /** Gives the session a new id. It is sent with an error, too, should another session of the request fail. */
  async #move(oldId: string, record: SessionRecord | null, data: string): Promise<CookieChange | undefined> {
    const id = this.#repository.newId()
    // Named, because near its absolute end the record has less idle time than the new session is to have.
    const seconds = this.lifetime ?? this.kind.expiration
    const next = { data, username: this.did.user, expiresIn: seconds * 1000 }
    const mayFollow = (device: StoredDevice | undefined) => this.hasProof(device)
    const saved = await this.call((repository) => repository.regenerate(oldId, id, record, next, mayFollow))
    if (saved.state === 'gone') return undefined
    this.#state = { is: 'live', id, record: saved.record, isSent: false, isOlder: false }
    this.#drop()
    return this.#send()
  }

  /** Returns true if a session is bound, and the request shows the proof of its device. */
  hasProof(device: StoredDevice | undefined): boolean {
    return device !== undefined && stateOf(device) === 'bound' && this.guard?.isProven(device) === true
  }

  async #commitChanges(state: Live, data: string): Promise<CookieChange | undefined> {
    const { id, record } = state
    const next = { data, ...this.#extras() }
    const saved = await this.call((repository) => repository.save(id, record, next))
    if (saved.state === 'gone') return undefined
    this.#state = { ...state, record: saved.record }
    this.#drop()
    return !state.isSent || this.did.isTouched || this.isCookieDue ? this.#send() : undefined
  }

  // The cookie is renewed only together with the record: an id that died meanwhile must not replace the one that came after.
  async #renew({ id, record, isSent, isOlder }: Live): Promise<CookieChange | undefined> {
    const touched = await this.#repository.touch(id, record, this.#extras().expiresIn)
    const isRenewed = touched.state === 'saved' && touched.record !== record
    return (isRenewed && !isOlder) || !isSent ? this.#send() : undefined
  }

  #send(): CookieChange {
    const { kind, lifetime } = this
    const { id } = this.#state as Live
    return this.cookieChange(kind.signer.sign(id, kind.settings.now(), lifetime), lifetime)
  }
}
