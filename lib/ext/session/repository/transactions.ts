// One transaction on session records, tried until it is known to be done, once: ABORTED is tried again as a new
// transaction; an attempt whose outcome was never learned is recognised by its token in the record.

import type { Clock } from '../../../internal/clock.ts'
import type { Calls, Counters } from './counters.ts'
import { type DatastorePort, PortError, type Randomness, type SessionRow, type Snapshot, type Write } from './ports.ts'
import { tokensKept } from './record.ts'
import { RepositoryUnavailable, TimeBudget } from './time-budget.ts'

/** What to do with what was read: write and answer, or read the row of another user as well and ask again. */
export type Plan<T> = { writes: Write[]; result: T } | { readUser: string }

export interface Work<T> {
  /** What this is, for an error's text: "saved". */
  what: string
  /** The keys to read; the first is the one whose tokens and version tell whether an attempt was applied. */
  ids: readonly string[]
  user: string | null
  /** Synchronous and repeatable. The session rows it writes carry `token`. `read` is the user whose row was read. */
  plan(snapshot: Snapshot, token: string, read: string | null): Plan<T>
  /** The id of a session that it makes. */
  born?: string
  /** The answer where an attempt that would have answered `result` turns out to have been applied. */
  recognised(snapshot: Snapshot, result: T): T
}

/** Requests that fail have their own lines in the log: how the store fares is told once in so many ms. */
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
  #toldAt = Number.NEGATIVE_INFINITY

  constructor({ datastore, clock, randomness, counters, timeout, onTrouble }: TransactionRunnerParts) {
    this.datastore = datastore
    this.clock = clock
    this.randomness = randomness
    this.counters = counters
    this.#timeout = timeout
    this.#onTrouble = onTrouble
  }

  /** The error to throw where a load or save cannot be done: counted, and told of from time to time. */
  unavailable(...about: ConstructorParameters<typeof RepositoryUnavailable>): RepositoryUnavailable {
    this.counters.unavailable++
    const error = new RepositoryUnavailable(...about)
    const now = this.clock.ticks()
    if (now - this.#toldAt >= troublePause) {
      this.#toldAt = now
      this.#onTrouble(error.message)
    }
    return error
  }

  /** Tries a call that may be repeated. */
  async retry<T>(what: string, calls: Calls, call: (timeout: number) => Promise<T>): Promise<T> {
    const budget = new TimeBudget(this.clock, this.#timeout)
    const attempts = new Attempts(budget, this)
    for (;;) {
      try {
        return await budget.call(calls, call)
      } catch (error) {
        await attempts.again(error, what)
      }
    }
  }

  /** @param unknown attempts made before, of which nobody knows whether they were applied */
  async transact<T>(
    work: Work<T>,
    budget = new TimeBudget(this.clock, this.#timeout),
    unknown: Attempt<T>[] = [],
  ): Promise<T> {
    const attempts = new Attempts(budget, this)
    let { user } = work
    for (;;) {
      const transaction = this.datastore.begin()
      const token = this.randomness.token()
      let committing: Attempt<T> | null = null
      try {
        this.counters.transactions++
        const snapshot = await budget.call(this.counters.read, (timeout) => transaction.read(work.ids, user, timeout))
        const applied = findApplied(snapshot, work, unknown)
        if (applied !== undefined) {
          this.counters.recognised++
          transaction.abandon()
          return work.recognised(snapshot, applied.result)
        }
        const plan = work.plan(snapshot, token, user)
        if ('readUser' in plan) {
          transaction.abandon()
          user = plan.readUser
          continue
        }
        if (plan.writes.length === 0) {
          transaction.abandon()
          return plan.result
        }
        committing = { token, version: (mainRow(snapshot, work)?.version ?? 0) + 1, result: plan.result }
        const stamps = await budget.call(this.counters.commit, (timeout) => transaction.commit(plan.writes, timeout))
        for (const [at, write] of plan.writes.entries()) {
          if (write.op === 'insert' || write.op === 'update') write.row.stamp = stamps[at] ?? null
        }
        this.counters.commits++
        return plan.result
      } catch (error) {
        transaction.abandon()
        if (committing !== null && error instanceof PortError && error.reason === 'unknown') unknown.push(committing)
        await attempts.again(error, work.what)
      }
    }
  }
}

/** An attempt whose outcome was not learned. */
export interface Attempt<T> {
  token: string
  /** The version that it would have made. */
  version: number
  result: T
}

function mainRow({ sessions }: Snapshot, { ids }: { ids: readonly string[] }): SessionRow | undefined {
  return ids[0] === undefined ? undefined : sessions.get(ids[0])
}

function findApplied<T>(snapshot: Snapshot, work: Work<T>, unknown: readonly Attempt<T>[]): Attempt<T> | undefined {
  if (unknown.length === 0) return undefined
  const { sessions, user } = snapshot
  const tokens = new Set([...sessions.values()].flatMap(({ commits }) => commits))
  const found = unknown.find(({ token }) => tokens.has(token))
  if (found !== undefined) return found
  // A login that was applied, and revoked since: trying again would bring it back.
  const { born } = work
  if (born !== undefined && !sessions.has(born) && user?.logins.some(({ id }) => id === born)) return unknown.at(-1)
  const row = mainRow(snapshot, work)
  if (row !== undefined && unknown.some(({ version }) => row.version - version >= tokensKept)) {
    throw new PortError('refused', 'whether the change was applied can no longer be learned')
  }
  return undefined
}

/** Counts and spaces the attempts at one piece of work. */
class Attempts {
  readonly #budget: TimeBudget
  readonly #runner: TransactionRunner
  #conflicts = 0
  #failures = 0

  constructor(budget: TimeBudget, runner: TransactionRunner) {
    this.#budget = budget
    this.#runner = runner
  }

  /** Returns after a pause where another attempt is due; throws RepositoryUnavailable, or what is no failure of a call. */
  async again(error: unknown, what: string): Promise<void> {
    if (!(error instanceof PortError)) throw error
    if (error.reason === 'refused') throw this.#runner.unavailable(what, error.message, null, { cause: error })
    const { randomness, counters } = this.#runner
    const conflict = error.reason === 'conflict'
    const tried = conflict ? this.#conflicts++ : this.#failures++
    // A conflict means that somebody else came through: worth the whole budget. Failures are tried a few times.
    const base = conflict ? Math.min(8 * 2 ** tried, 250) : 20 * 4 ** tried
    const retry = error.reason !== 'exists' && (conflict || tried < 3)
    if (conflict) counters.aborted++
    if (retry && (await this.#budget.pause(base * (0.5 + randomness.unit() / 2)))) {
      counters.retries++
      return
    }
    const why = conflict ? 'too many requests change it at once' : error.message
    throw this.#runner.unavailable(what, why, conflict ? 2 : 1, { cause: error })
  }
}
