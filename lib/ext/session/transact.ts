// One transaction on session records, tried until it is known to be done, once: ABORTED is tried again as a new
// transaction; an attempt whose outcome was never learned is recognised by its token in the record.
import { Budget, StoreUnavailable, withDeadline } from './budget.ts'
import type { Counters } from './counters.ts'
import {
  type Chance,
  type Clock,
  type DatastorePort,
  PortError,
  type SessionRow,
  type Snapshot,
  type Write,
} from './ports.ts'
import type { KeyedQueue } from './queue.ts'
import { tokensKept } from './records.ts'

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
  /** The answer where an earlier attempt turns out to have been applied. */
  done(snapshot: Snapshot): T
}

const contention = 'too many requests change it at once'

/** Runs work on Datastore within the budget of one load or save. */
export class Runner {
  readonly datastore: DatastorePort
  readonly clock: Clock
  readonly chance: Chance
  readonly counters: Counters
  readonly #timeout: number

  /** @param timeout the budget of one piece of work in ms */
  constructor(parts: { datastore: DatastorePort; clock: Clock; chance: Chance; counters: Counters; timeout: number }) {
    this.datastore = parts.datastore
    this.clock = parts.clock
    this.chance = parts.chance
    this.counters = parts.counters
    this.#timeout = parts.timeout
  }

  /** Tries a call that may be repeated. */
  async retry<T>(what: string, call: (timeout: number) => Promise<T>): Promise<T> {
    const budget = new Budget(this.clock, this.#timeout)
    const attempts = new Attempts(budget, this.chance, this.counters)
    for (;;) {
      try {
        return await budget.call(call)
      } catch (error) {
        await attempts.again(error, what)
      }
    }
  }

  /** A transaction that waits for its turn in `queue`, which counts against its budget. */
  transactInTurn<T>(queue: KeyedQueue, key: string, work: Work<T>): Promise<T> {
    const budget = new Budget(this.clock, this.#timeout)
    const late = () => {
      this.counters.unavailable++
      return new StoreUnavailable(work.what, contention, 2)
    }
    const turn = queue.run(key, async () => {
      if (budget.left <= 0) throw new Error('its turn came too late') // it has been answered
      return await this.transact(work, budget)
    })
    return withDeadline(this.clock, this.#timeout, turn, late)
  }

  async transact<T>(work: Work<T>, budget = new Budget(this.clock, this.#timeout)): Promise<T> {
    const attempts = new Attempts(budget, this.chance, this.counters)
    const token = this.chance.token()
    const main = work.ids[0]
    let { user } = work
    let unknown: number | null = null // the version that the first attempt of unknown outcome would have made
    for (;;) {
      const transaction = this.datastore.begin()
      let version: number | null = null
      try {
        this.counters.transactions++
        const snapshot = await budget.call((timeout) => transaction.read(work.ids, user, timeout))
        const row = main === undefined ? undefined : snapshot.sessions.get(main)
        if (unknown !== null && isApplied(snapshot, token, main, row, unknown)) {
          this.counters.recognised++
          transaction.abandon()
          return work.done(snapshot)
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
        version = (row?.version ?? 0) + 1
        await budget.call((timeout) => transaction.commit(plan.writes, timeout))
        this.counters.commits++
        return plan.result
      } catch (error) {
        transaction.abandon()
        if (version !== null && error instanceof PortError && error.reason === 'unknown') unknown ??= version
        await attempts.again(error, work.what)
      }
    }
  }
}

function isApplied(
  { sessions, user }: Snapshot,
  token: string,
  main: string | undefined,
  row: SessionRow | undefined,
  version: number,
): boolean {
  for (const { commits } of sessions.values()) if (commits.includes(token)) return true
  // A login that was applied, and revoked since: trying again would bring it back.
  if (row === undefined) return user?.logins.some(({ id }) => id === main) ?? false
  if (row.version - version >= tokensKept) {
    throw new PortError('refused', 'whether the change was applied can no longer be learned')
  }
  return false
}

/** Counts and spaces the attempts at one piece of work. */
class Attempts {
  readonly #budget: Budget
  readonly #chance: Chance
  readonly #counters: Counters
  #conflicts = 0
  #failures = 0

  constructor(budget: Budget, chance: Chance, counters: Counters) {
    this.#budget = budget
    this.#chance = chance
    this.#counters = counters
  }

  /** Returns after a pause where another attempt is due; throws StoreUnavailable, or what is no failure of a call. */
  async again(error: unknown, what: string): Promise<void> {
    if (!(error instanceof PortError)) throw error
    const conflict = error.reason === 'conflict'
    const tried = conflict ? this.#conflicts++ : this.#failures++
    // A conflict means that somebody else came through: worth the whole budget. Failures are tried a few times.
    const base = conflict ? Math.min(8 * 2 ** tried, 250) : 20 * 4 ** tried
    const retry = error.reason !== 'refused' && error.reason !== 'exists' && (conflict || tried < 3)
    if (conflict) this.#counters.aborted++
    if (retry && (await this.#budget.pause(base * (0.5 + this.#chance.unit() / 2)))) {
      this.#counters.retries++
      return
    }
    this.#counters.unavailable++
    const why = conflict ? contention : error.message
    throw new StoreUnavailable(what, why, conflict ? 2 : 1, { cause: error })
  }
}
