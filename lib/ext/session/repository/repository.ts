// Sessions kept in Datastore: every promise about updates that are not lost, ids that stay dead and values that are never
// old is kept here, for any number of processes. Knows nothing of HTTP; the world is handed in.
import { captureContext } from '../../../internal/async-context.ts'
import type { Clock } from '../../../internal/clock.ts'
import { decodeData, encodeData, largestKeys, sameData } from '../data/codec.ts'
import type { StoredDevice } from '../data/device-state.ts'
import type { Data } from '../merge/merge.ts'
import { Counters } from './counters.ts'
import type { CachePort, CacheServerState, SessionRow, Write } from './ports.ts'
import { checked, expiry, isLive, isTombstone, keyName, movedOf, type SessionRecord } from './record.ts'
import { type Move, type MoveTools, planMove } from './regenerate.ts'
import {
  defaultRepositorySettings,
  type Loaded,
  type NewState,
  type RepositoryParts,
  type RepositorySettings,
} from './settings.ts'
import { StoredMerge } from './stored-merge.ts'
import { type End, type EndOptions, type MayFollow, planEnd } from './successors.ts'
import { RepositoryUnavailable, TimeBudget } from './time-budget.ts'
import { nothing, TransactionRunner, type Work } from './transactions.ts'
import { listSessions, login, parts, revokeAll, type SessionSummary } from './user-index.ts'
import { type Change, type Saved, SessionWriter } from './writer.ts'

export type { Loaded, NewState, RepositoryParts, RepositorySettings } from './settings.ts'
export { type MayFollow, RepositoryUnavailable, type Saved, type SessionRecord, type SessionSummary }

/** Characters of data from which on a session is called large: each use of one takes milliseconds. */
const largeSession = 256 * 1024
/** Entries removed from the cache at once: thousands would take longer than one may. */
const maxRemoved = 100

export class SessionRepository {
  readonly settings: RepositorySettings
  readonly stats = new Counters()
  readonly #runner: TransactionRunner
  readonly #clock: Clock
  readonly #cache: CachePort | null
  readonly #writer: SessionWriter
  #wasLarge = false

  constructor({ datastore, cache, clock, randomness, settings }: RepositoryParts) {
    this.settings = { ...defaultRepositorySettings, ...settings }
    this.#clock = clock
    const parts = { clock, randomness, counters: this.stats, settings: this.settings }
    this.#cache = cache?.(parts) ?? null
    const { storeTimeout: timeout, onTrouble } = this.settings
    this.#runner = new TransactionRunner({ datastore, clock, randomness, counters: this.stats, timeout, onTrouble })
    this.#writer = new SessionWriter(this.#runner, this.settings)
  }

  /** An id for a new session, unlike any before. */
  newId(): string {
    return this.#runner.randomness.id()
  }

  /** The id by which lists and tools know the session whose cookie holds `sid`. */
  idOf(sid: string): string {
    return keyName(sid)
  }

  get cacheServers(): readonly CacheServerState[] {
    return this.#cache === null ? [] : [...new Set([...this.#cache.servers, ...this.#cache.retiring])]
  }

  /** Ms for which other processes may serve what this one could not tell the cache; 0 if it has told all. */
  get untoldFor(): number {
    return this.#cache !== null && this.stats.cacheUnconfirmed > 0 ? this.#cache.entryLife : 0
  }

  /** Opens the connections to the cache, so that the first request finds them open. */
  start(): void {
    this.#cache?.start()
  }

  /** Reads a session. Throws RepositoryUnavailable. */
  async load(sid: string): Promise<Loaded> {
    this.stats.loads++
    const id = keyName(sid)
    const fetch = async (): Promise<SessionRecord | 'tombstone' | 'none'> => {
      const row = await this.#runner.lookUp(id)
      const now = this.#clock.now()
      if (isLive(row, now)) return row
      return row !== undefined && isTombstone(row) && row.expires > now ? 'tombstone' : 'none'
    }
    const found = this.#cache === null ? await fetch() : await this.#cache.read(id, fetch)
    if (typeof found === 'object') return { state: 'live', record: found }
    if (found === 'tombstone') this.stats.tombstonesMet++
    return { state: found }
  }

  /** Returns the device of a session that has moved to a new id within the last minute; undefined if there is none. */
  async deviceOfMoved(sid: string): Promise<StoredDevice | undefined> {
    const id = keyName(sid)
    const row = await this.#runner.lookUp(id)
    return row !== undefined && row.expires > this.#clock.now() ? movedOf(row)?.device : undefined
  }

  /** Inserts a new session under an id never used before. */
  async create(sid: string, { data, username = null, expiresIn }: NewState): Promise<SessionRecord> {
    this.stats.saves++
    this.#warnOfLarge(data)
    const id = keyName(sid)
    const work: Work<Saved> = {
      what: 'saved',
      ids: [id],
      user: username === null ? null : keyName(username),
      known: username === null ? nothing : undefined,
      born: id,
      plan: ({ user }, token) => {
        const row = this.#make({ data, username, token, idle: expiresIn })
        const writes: Write[] = [{ op: 'insert', id, row }]
        if (username !== null) writes.push(login(username, id, user, this.#clock.now()))
        return { writes, result: { state: 'saved', record: row } }
      },
      recognised: ({ sessions }, saved) => this.#ifLive(sessions.get(id), saved),
    }
    const saved = username === null ? await this.#runner.transact(work) : await this.#writer.alone(id, work, username)
    if (saved.state === 'saved') return saved.record
    throw new RepositoryUnavailable('saved', 'it was revoked while it was made')
  }

  /** Commits what a request changed since `base`, merged onto what others have committed since. */
  async save(sid: string, base: SessionRecord, next: NewState): Promise<Saved> {
    this.stats.saves++
    let attempt = this.#newMerge()
    const saved = await this.#change(keyName(sid), base, next.username ?? null, (row) => {
      attempt = this.#newMerge()
      const data = row.version === base.version ? next.data : attempt.merge(base.data, next.data, row.data)
      return { data, username: next.username, idle: next.expiresIn }
    })
    if (saved.state === 'saved') attempt.report()
    return saved
  }

  /**
   * Reads, lets `fn` change the data or return new data, and commits, as if no other request ran meanwhile. `fn` is
   * synchronous and may run again. What it throws is thrown, and nothing is written; nor is where it changes nothing, unless a
   * touch is due: what it saw was the state of one moment all the same. `base`, where the request has it, saves a read.
   */
  update(sid: string, fn: (data: Data) => Data | void, base: SessionRecord | null = null): Promise<Saved> {
    this.stats.saves++
    return this.#change(keyName(sid), base, null, (row) => {
      const data = this.settings.decode(row.data)
      const text = encodeData(fn(data) ?? data)
      return sameData(text, row.data) && !this.touchDue(row) ? null : { data: text }
    })
  }

  /** Returns true if enough of the idle time has passed for `touch` to be worth a write. */
  touchDue(record: SessionRecord): boolean {
    const now = this.#clock.now()
    const idle = record.expires - record.updated
    const later = expiry(record.created, idle, this.settings.absoluteExpiration, now)
    return now - record.updated >= idle * this.settings.touchAfter && later > record.expires
  }

  /** Extends the idle time. Never throws: a touch that failed is counted, and leaves the session as it was. */
  async touch(sid: string, record: SessionRecord, expiresIn?: number): Promise<Saved> {
    this.stats.touches++
    try {
      return await this.#change(keyName(sid), record, null, (row) =>
        // Another request may have done it meanwhile.
        row.version !== record.version && !this.touchDue(row) ? null : { data: row.data, idle: expiresIn },
      )
    } catch {
      this.stats.touchesFailed++
      return { state: 'saved', record }
    }
  }

  /**
   * Moves a session to a new id, with what the request changed since `base` (null where it had loaded none). Where the
   * old one is gone, the new one holds what this request itself brings: all of its data if another request moved the
   * session, only its own changes if the session was destroyed, revoked or has expired. A request that had loaded none brings nothing
   * of it, unless `mayFollow` allows it.
   */
  async regenerate(
    oldSid: string,
    newSid: string,
    base: SessionRecord | null,
    next: NewState,
    mayFollow: MayFollow = () => false,
  ): Promise<Saved> {
    this.stats.saves++
    const [oldId, newId] = [keyName(oldSid), keyName(newSid)]
    const budget = this.#budget()
    let attempt = this.#newMerge()
    const guess = next.username === undefined ? base?.username : next.username
    const { data, username, expiresIn } = next
    const move: Move = { oldId, newId, base, data, username, expiresIn, mayFollow, read: new Set([oldId]) }
    const tools = {
      merge: (base: string, mine: string, theirs: string) => attempt.merge(base, mine, theirs),
      added: (base: string, mine: string) => attempt.added(base, mine),
      make: (row: Parameters<MoveTools['make']>[0]) => this.#make(row),
    }
    const work: Work<Saved> = {
      what: 'saved',
      ids: [newId, oldId],
      user: guess ? keyName(guess) : null,
      born: newId,
      plan: (snapshot, token, read) => {
        attempt = this.#newMerge()
        return planMove(move, snapshot, token, read, { ...tools, now: this.#clock.now() })
      },
      recognised: ({ sessions }, saved) => this.#ifLive(sessions.get(newId), saved),
    }
    const saved = await this.#known(oldId, this.#writer.alone(oldId, work, guess ?? null))
    await this.#cache?.remove(oldId, budget.left)
    if (saved.state === 'saved') attempt.report()
    return saved
  }

  /**
   * Changes the session that `listFor` calls `id`, for tools: its encoded data, or the ms that it lives unused from now on.
   * `version` is that of the record looked at: `gone` where it has changed since.
   */
  amend(id: string, version: number, { data, expiresIn }: { data?: string; expiresIn?: number }): Promise<Saved> {
    this.stats.saves++
    return this.#change(id, null, null, (row) =>
      row.version === version ? { data: data ?? row.data, idle: expiresIn } : 'gone',
    )
  }

  /**
   * Ends a session: at once and everywhere. `mayFollow` tells if those are ended too that another request moved it to; what a login
   * began is not.
   */
  destroy(sid: string, how?: EndOptions): Promise<void> {
    return this.revoke(keyName(sid), how)
  }

  /** Ends the session that `listFor` calls `id`. */
  async revoke(id: string, how: EndOptions = {}): Promise<void> {
    const end: End = { id, read: new Set([id]), mayFollow: () => true, isForLogin: false, ...how }
    const work: Work<string[]> = {
      what: 'destroyed',
      ids: [id],
      user: null,
      plan: (snapshot, token) => planEnd(end, snapshot, token, this.#clock.now()),
      recognised: (_, ended) => ended,
    }
    const budget = this.#budget()
    const ended = await this.#known(id, this.#writer.alone(id, work))
    await Promise.all([...new Set([id, ...ended])].map((one) => this.#cache?.remove(one, budget.left)))
  }

  /** The live sessions of a user, latest used first. */
  listFor(username: string): Promise<SessionSummary[]> {
    return listSessions(this.#runner, username)
  }

  /**
   * Ends all of a user's sessions that were committed before; later logins live. Returns how many it ended. What another request moved
   * the session `exceptSid` to is spared where `mayFollow` allows it, and always what a login began.
   */
  async destroyAllFor(
    username: string,
    { exceptSid, mayFollow = () => false }: { exceptSid?: string | undefined; mayFollow?: MayFollow } = {},
  ): Promise<number> {
    const except = exceptSid === undefined ? null : { id: keyName(exceptSid), mayFollow }
    const ended = await revokeAll(this.#runner, username, except, (run) => this.#writer.ofUser(username, run))
    const budget = this.#budget()
    for (const ids of this.#cache === null ? [] : parts(ended.all, maxRemoved)) {
      await Promise.all(ids.map((id) => this.#cache!.remove(id, budget.left)))
    }
    return ended.live
  }

  /** Closes the connections to the cache. */
  close(): void {
    this.#cache?.close()
  }

  #make(row: Parameters<MoveTools['make']>[0]): SessionRecord {
    const now = this.#clock.now()
    const { data, username, token, idle = this.settings.expiration, created = now } = row
    const expires = expiry(created, idle, this.settings.absoluteExpiration, now)
    return checked({ version: 1, created, updated: now, expires, data, username, commits: [token], stamp: null })
  }

  async #change(id: string, base: SessionRecord | null, username: string | null, change: Change): Promise<Saved> {
    // Bound: committed together with others, the functions of the application still run in their own request.
    const within = captureContext()
    const changed: Change = (row) => within(() => change(row))
    const saved = await this.#known(id, this.#writer.change(id, username, changed, base))
    if (saved.state === 'saved') this.#warnOfLarge(saved.record.data)
    if (saved.state === 'saved') await this.#cache?.write(id, saved.record, base)
    else {
      this.stats.dropped++
      await this.#cache?.remove(id) // it was served from there, perhaps
    }
    return saved
  }

  /** Warns once in the life of the process. */
  #warnOfLarge(data: string): void {
    if (data.length <= largeSession || this.#wasLarge) return
    this.#wasLarge = true
    const bytes = Buffer.byteLength(data)
    const keys = largestKeys(decodeData(data))
    this.settings.onTrouble(
      `a session of ${bytes} bytes was saved, which makes each use of it slow: keep large data elsewhere (bytes by key: ${keys})`,
    )
  }

  /** Removes the entry after a change of unknown outcome: if it was applied, an old entry must not hide it. */
  async #known<T>(id: string, work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      if (error instanceof RepositoryUnavailable) void this.#cache?.remove(id)
      throw error
    }
  }

  #ifLive(row: SessionRow | undefined, saved: Saved): Saved {
    if (!isLive(row, this.#clock.now())) return { state: 'gone' }
    if (saved.state === 'saved' && saved.record.version === row.version) saved.record.stamp = row.stamp
    return saved
  }

  #budget(): TimeBudget {
    return new TimeBudget(this.#clock, this.settings.storeTimeout)
  }

  #newMerge(): StoredMerge {
    return new StoredMerge(this.settings, this.stats)
  }
}
