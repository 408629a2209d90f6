// One change of session records, tried until it is known to be done, once. It reads, plans, and commits onto the versions that
// it read; a change that came between has it read and plan again. An attempt with an unknown outcome is recognised by its
// token in the record. Nothing here needs a transaction of Datastore, unless the server turns out not to check versions.
import type { Clock } from '../../../internal/clock.ts'
import { steps } from '../../../internal/tracing.ts'
import type { Calls, Counters } from './counters.ts'
import {
  type DatastoreAccess,
  type DatastorePort,
  type DatastoreTransaction,
  PortError,
  type Randomness,
  type SessionRow,
  type Snapshot,
  type Write,
} from './ports.ts'
import { tokensKept } from './record.ts'
import { RepositoryUnavailable, TimeBudget } from './time-budget.ts'
import { VersionProof } from './version-proof.ts'

/** The writes and their result, or the user or the sessions whose rows have to be read as well for a plan to be made. */
export type Plan<T> = { writes: Write[]; result: T } | { readUser: string } | { readSessions: readonly string[] }

export interface Work<T> {
  /** For an error's text: "saved". */
  what: string
  /** The keys to read. The tokens and the version of the first tell whether an attempt was applied. */
  ids: readonly string[]
  user: string | null
  /** Tried instead of a first read. It may be outdated: a plan without writes is made again from what is read. */
  known?: Snapshot
  /** Synchronous and repeatable. The session rows that it writes carry `token`. `read` is the user whose row was read. */
  plan(snapshot: Snapshot, token: string, read: string | null): Plan<T>
  /** The id of the session that it inserts. */
  born?: string
  /** Returns the result of an attempt that turns out to have been applied. */
  recognised(snapshot: Snapshot, result: T): T
}

/** The rows from which a new session is planned. */
export const nothing: Snapshot = { sessions: new Map(), user: null }

/** Ms between two reports of trouble: each failed request has a log line of its own. */
const troublePause = 60_000

export interface TransactionRunnerParts {
  datastore: DatastorePort
  clock: Clock
  randomness: Randomness
  counters: Counters
  /** The budget of one piece of work in ms. */
  timeout: number
  onTrouble: (message: string) => void
}

/** Runs work on Datastore within the budget of one load or save. */
export class TransactionRunner {
  readonly datastore: DatastorePort
  readonly clock: Clock
  readonly randomness: Randomness
  readonly counters: Counters
  readonly #timeout: number
  readonly #onTrouble: (message: string) => void
  readonly #proof: VersionProof
  #reportedAt = Number.NEGATIVE_INFINITY

  constructor({ datastore, clock, randomness, counters, timeout, onTrouble }: TransactionRunnerParts) {
    this.datastore = datastore
    this.clock = clock
    this.randomness = randomness
    this.counters = counters
    this.#timeout = timeout
    this.#onTrouble = onTrouble
    this.#proof = new VersionProof(datastore, clock, randomness, { timeout, onTrouble })
  }

  /** The time for one load or save. */
  budget(): TimeBudget {
    return new TimeBudget(this.clock, this.#timeout, this.datastore.keepsTime)
  }

  /** Counts a load or save that cannot be done, and returns the error to throw; reports it from time to time. */
  unavailable(what: string, why: string, retryAfter?: number | null, options?: ErrorOptions): RepositoryUnavailable {
    this.counters.unavailable++
    const { isEmbedded } = this.datastore
    const error = new RepositoryUnavailable(what, why, retryAfter, { ...options, isEmbedded })
    const now = this.clock.ticks()
    if (now - this.#reportedAt >= troublePause) {
      this.#reportedAt = now
      this.#onTrouble(error.message)
    }
    return error
  }

  /**
   * Reads rows. One that expired while it was under way is read again: a save that began in time may have prolonged it since,
   * and to judge what was read before by the time of now would end a living session.
   */
  async read(access: DatastoreAccess, ...[ids, user, timeout]: Parameters<DatastoreAccess['read']>): Promise<Snapshot> {
    const sentAt = this.clock.now()
    const snapshot = await access.read(ids, user, timeout)
    const now = this.clock.now()
    for (const { expires } of snapshot.sessions.values()) {
      if (expires > sentAt && expires <= now) return await access.read(ids, user, timeout)
    }
    return snapshot
  }

  /** Reads the latest state of one session. Rejects with RepositoryUnavailable. */
  async lookUp(id: string): Promise<SessionRow | undefined> {
    const { datastore, clock, counters } = this
    if (datastore.latest !== undefined && !steps.hasSubscribers) {
      const start = clock.ticks()
      const sentAt = clock.now()
      try {
        const row = await datastore.latest(id)
        counters.lookup.add(clock.ticks() - start, false)
        if (row === undefined || row.expires <= sentAt || row.expires > clock.now()) return row
      } catch {
        // Tried again, and told why it fails.
      }
    }
    const read = (timeout: number) => this.read(datastore, [id], null, timeout)
    return (await this.retry('loaded', counters.lookup, read)).sessions.get(id)
  }

  /** Repeats a call that may be repeated, until it succeeds or the budget ends. */
  async retry<T>(what: string, calls: Calls, call: (timeout: number) => Promise<T>): Promise<T> {
    const budget = this.budget()
    const attempts = new Attempts(budget, this)
    for (;;) {
      try {
        return await budget.call(calls, call)
      } catch (error) {
        await attempts.again(error, what)
      }
    }
  }

  async transact<T>(work: Work<T>, budget = this.budget()): Promise<T> {
    const { counters } = this
    const attempts = new Attempts(budget, this)
    const unknown: Attempt<T>[] = []
    let { user, known, ids } = work
    /** The snapshot of the last commit that failed as outdated. */
    let outdated: Snapshot | null = null
    for (;;) {
      let transaction: DatastoreTransaction | null = null
      let committing: Attempt<T> | null = null
      let snapshot: Snapshot | undefined
      try {
        // An insert alone depends on nothing that was read.
        if (known !== nothing && !(await this.#proof.holds(budget))) {
          known = undefined
          counters.transactions++
          transaction = await budget.call(counters.commit, (timeout) => this.datastore.begin(timeout))
        }
        const access: DatastoreAccess = transaction ?? this.datastore
        snapshot = known ?? (await budget.call(counters.read, (timeout) => this.read(access, ids, user, timeout)))
        if (outdated !== null && isSame(snapshot, outdated)) throw new PortError('refused', attempts.message)
        outdated = null
        const applied = findApplied(snapshot, work, unknown)
        if (applied !== undefined) {
          counters.recognised++
          return work.recognised(snapshot, applied.result)
        }
        const token = this.randomness.token()
        const plan = work.plan(snapshot, token, user)
        if (!('writes' in plan)) {
          if ('readUser' in plan) user = plan.readUser
          else ids = [...ids, ...plan.readSessions]
          known = undefined
          continue
        }
        const { writes, result } = plan
        if (writes.length === 0) {
          if (snapshot !== known) {
            // Nothing has come between: an attempt that is still on its way would be applied after this response.
            const next = (mainRow(snapshot, work)?.version ?? 0) + 1
            if (unknown.some(({ version }) => version === next)) throw new PortError('unknown', attempts.message)
            return result
          }
          known = undefined
          continue
        }
        committing = { token, version: (mainRow(snapshot, work)?.version ?? 0) + 1, result }
        const onto = snapshot
        const stamps = await budget.call(counters.commit, (timeout) => access.commit(writes, onto, timeout))
        for (const [at, write] of writes.entries()) if (write.op !== 'delete') write.row.stamp = stamps[at] ?? null
        counters.commits++
        transaction = null
        return result
      } catch (error) {
        if (!(error instanceof PortError)) throw error
        attempts.message = error.message
        if (committing !== null && error.reason === 'unknown') unknown.push(committing)
        if (error.reason === 'outdated') outdated = snapshot ?? null
        const wasKnown = known !== undefined
        known = undefined
        // A record read before the request waited is often outdated; that is no sign of a crowd.
        if (wasKnown && error.reason === 'outdated') counters.outdated++
        else await attempts.again(error, work.what)
      } finally {
        transaction?.abandon()
      }
    }
  }
}

/** An attempt with an unknown outcome. */
interface Attempt<T> {
  token: string
  /** The version that it would have made. */
  version: number
  result: T
}

function mainRow({ sessions }: Snapshot, { ids }: { ids: readonly string[] }): SessionRow | undefined {
  return ids[0] === undefined ? undefined : sessions.get(ids[0])
}

/** Returns true if nothing has changed: then a commit did not fail because of a change. */
function isSame(now: Snapshot, before: Snapshot): boolean {
  const stamps = ({ sessions, user }: Snapshot) =>
    [...sessions].map(([id, { stamp }]) => id + stamp).sort() + String(user?.stamp)
  return stamps(now) === stamps(before)
}

function findApplied<T>(snapshot: Snapshot, work: Work<T>, unknown: readonly Attempt<T>[]): Attempt<T> | undefined {
  const { sessions, user } = snapshot
  const { born } = work
  if (unknown.length === 0) {
    if (born !== undefined && sessions.has(born)) throw new PortError('refused', 'the new id is taken')
    return undefined
  }
  const tokens = new Set([...sessions.values()].flatMap(({ commits }) => commits))
  const found = unknown.find(({ token }) => tokens.has(token))
  if (found !== undefined) return found
  // A login that was applied, and revoked since: trying again would bring it back.
  if (born !== undefined && !sessions.has(born) && user?.logins.some(({ id }) => id === born)) return unknown.at(-1)
  const row = mainRow(snapshot, work)
  if (row !== undefined && unknown.some(({ version }) => row.version - version >= tokensKept)) {
    throw new PortError('refused', 'whether the change was applied can no longer be learned')
  }
  return undefined
}

/** The reason where a change waited for others until the end; with the last error of the call that it waited for, such as a lock's. */
export function tooMany({ failure }: { readonly failure?: string } = {}): string {
  return `too many requests change it at once${failure === undefined ? '' : `, or something holds it: ${failure}`}`
}

/** Counts and spaces the attempts at one piece of work. */
class Attempts {
  /** Of the last failure. */
  message = ''
  readonly #budget: TimeBudget
  readonly #runner: TransactionRunner
  #conflicts = 0
  #failures = 0

  constructor(budget: TimeBudget, runner: TransactionRunner) {
    this.#budget = budget
    this.#runner = runner
  }

  /** Returns after a pause if another attempt is due; throws RepositoryUnavailable, or an error that is not a failed call. */
  async again(error: unknown, what: string): Promise<void> {
    if (!(error instanceof PortError)) throw error
    if (error.reason === 'refused') throw this.#runner.unavailable(what, error.message, null, { cause: error })
    const { randomness, counters } = this.#runner
    const conflict = error.reason === 'conflict' || error.reason === 'outdated'
    const tried = conflict ? this.#conflicts++ : this.#failures++
    // A conflict means that another commit succeeded: worth the whole budget. Failures are tried a few times.
    const base = conflict ? Math.min(8 * 2 ** tried, 250) : 20 * 4 ** tried
    if (conflict) counters.aborted++
    if ((conflict || tried < 3) && (await this.#budget.pause(base * (0.5 + randomness.unit() / 2)))) {
      counters.retries++
      return
    }
    const why = conflict ? tooMany(this.#budget) : error.message
    throw this.#runner.unavailable(what, why, conflict ? 2 : 1, { cause: error })
  }
}
