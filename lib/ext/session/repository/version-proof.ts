// Proves, before a process first saves onto a version, that the server checks versions: a commit onto an old one must fail
// and change nothing. Google's newer emulator ignores versions in silence. If the proof fails, saves use transactions, which
// are proved as well.
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Clock, withDeadline } from '../../../internal/clock.ts'
import {
  type DatastoreAccess,
  type DatastorePort,
  PortError,
  type Randomness,
  type SessionRow,
  type Snapshot,
} from './ports.ts'
import { keyName, tombstoneLife } from './record.ts'
import type { TimeBudget } from './time-budget.ts'

export interface ProofSettings {
  /** The longest time in ms for one call. */
  timeout: number
  onTrouble: (message: string) => void
}

export class VersionProof {
  readonly #datastore: DatastorePort
  readonly #clock: Clock
  readonly #randomness: Randomness
  readonly #settings: ProofSettings
  // All requests wait for one proof: it belongs to none of them.
  readonly #outside = AsyncLocalStorage.snapshot()
  #proof: Promise<boolean> | null = null
  #holds = false

  constructor(datastore: DatastorePort, clock: Clock, randomness: Randomness, settings: ProofSettings) {
    this.#datastore = datastore
    this.#clock = clock
    this.#randomness = randomness
    this.#settings = settings
  }

  /**
   * Returns true if the server checks versions; if not, transactions have to be used. Rejects with PortError: `refused` if those
   * lose updates as well, another reason where it could not be found out now.
   */
  holds(budget: TimeBudget): true | Promise<boolean> {
    if (this.#holds) return true
    this.#proof ??= this.#outside(() => this.#prove()).catch((error) => {
      this.#proof = null // the next save tries again
      throw error
    })
    return withDeadline(this.#clock, Math.max(budget.left, 0), this.#proof, noResponse)
  }

  async #prove(): Promise<boolean> {
    if (await this.#versionsHold()) {
      this.#holds = true
      return true
    }
    if (!(await this.#transactionsHold())) {
      throw new PortError('refused', 'Datastore ignores the versions of records, and its transactions lose updates')
    }
    this.#settings.onTrouble(
      'Datastore ignores the versions of records: sessions are saved by transactions, which is slower',
    )
    return false
  }

  /** Commits onto an old version, alone and together with another write: both have to fail. */
  async #versionsHold(): Promise<boolean> {
    const [id, other] = [this.#newId(), this.#newId()]
    const at = (row: SessionRow): Snapshot => ({ sessions: new Map([[id, row]]), user: null })
    const first = await this.#insert(id)
    const second = await this.#update(this.#datastore, id, first, at(first))
    const third = { ...second, version: 3, stamp: null }
    const alone = await this.#isRefused([{ op: 'update', id, row: third }], at(first))
    const insert = { op: 'insert' as const, id: other, row: this.#row() }
    const together = alone && (await this.#isRefused([{ op: 'update', id, row: third }, insert], at(first)))
    const { sessions } = await this.#datastore.read([id, other], null, this.#settings.timeout)
    this.#forget(id, sessions)
    return together && sessions.get(id)?.stamp === second.stamp && !sessions.has(other)
  }

  /** Makes another commit between the read and the commit of a transaction: it may fail or wait, but must not be lost. */
  async #transactionsHold(): Promise<boolean> {
    const { timeout } = this.#settings
    const id = this.#newId()
    await this.#insert(id)
    const transaction = await this.#datastore.begin(timeout)
    const seen = await transaction.read([id], null, timeout)
    const row = seen.sessions.get(id)
    if (row === undefined) throw new PortError('busy', 'the record of the proof is gone')
    const between = this.#update(this.#datastore, id, row, seen, 'between').then(
      () => true,
      () => false,
    )
    // With locks the other commit waits until this transaction has ended.
    await Promise.race([between, new Promise<void>((resolve) => this.#clock.timer(timeout / 20, resolve))])
    const mine = await this.#update(transaction, id, row, seen, 'mine').then(
      () => true,
      () => false,
    )
    transaction.abandon()
    const applied = await between
    const { sessions } = await this.#datastore.read([id], null, timeout)
    this.#forget(id, sessions)
    // If both were applied, the transaction came first.
    return !(mine && applied) || sessions.get(id)?.commits[0] === 'between'
  }

  #newId(): string {
    return keyName(this.#randomness.id())
  }

  /** A tombstone, which lists and purges know how to treat, should the process die in between. */
  #row(): SessionRow {
    const now = this.#clock.now()
    const commits = [this.#randomness.token()]
    const expires = now + tombstoneLife
    return { version: 1, created: now, updated: now, expires, data: null, username: null, commits, stamp: null }
  }

  async #insert(id: string): Promise<SessionRow> {
    const row = this.#row()
    const onto = { sessions: new Map(), user: null }
    const [stamp] = await this.#datastore.commit([{ op: 'insert', id, row }], onto, this.#settings.timeout)
    return { ...row, stamp: stamp! }
  }

  async #update(
    access: DatastoreAccess,
    id: string,
    from: SessionRow,
    onto: Snapshot,
    token = this.#randomness.token(),
  ): Promise<SessionRow> {
    const row = { ...from, version: 2, commits: [token], stamp: null }
    const [stamp] = await access.commit([{ op: 'update', id, row }], onto, this.#settings.timeout)
    return { ...row, stamp: stamp! }
  }

  async #isRefused(...[writes, onto]: [Parameters<DatastoreAccess['commit']>[0], Snapshot]): Promise<boolean> {
    try {
      await this.#datastore.commit(writes, onto, this.#settings.timeout)
      return false
    } catch (error) {
      if (error instanceof PortError && error.reason === 'outdated') return true
      throw error
    }
  }

  #forget(id: string, sessions: Map<string, SessionRow>): void {
    this.#datastore.commit([{ op: 'delete', id }], { sessions, user: null }, this.#settings.timeout).catch(() => {})
  }
}

function noResponse(): PortError {
  return new PortError('busy', 'Datastore has not responded in time')
}
