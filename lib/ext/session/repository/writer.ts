// Changes of live sessions. Those of one session that wait in this process are committed together, each merged onto the one
// before, so that a crowd of requests costs a few commits and not one each.
import { withDeadline } from '../../../internal/clock.ts'
import { KeyedQueue } from './keyed-queue.ts'
import type { Snapshot, Write } from './ports.ts'
import { checked, expiry, isLive, keyName, type SessionRecord, withToken } from './record.ts'
import { RepositoryUnavailable, type TimeBudget } from './time-budget.ts'
import { type Plan, type TransactionRunner, tooMany, type Work } from './transactions.ts'
import { login } from './user-index.ts'

/** `gone`: the session was destroyed, moved or has expired meanwhile; nothing was written. */
export type Saved = { state: 'saved'; record: SessionRecord } | { state: 'gone' }

/** Changes a live row: null leaves it as it is, 'gone' rejects it. Synchronous, may run again. */
export type Change = (row: SessionRecord) => { data: string; username?: string | null; idle?: number } | null | 'gone'

interface Pending {
  change: Change
  /** The record that its request had, if any. */
  known: SessionRecord | null
  budget: TimeBudget
  /** Its request has got its response: it must not be written any more. */
  late: boolean
  resolve(saved: Saved): void
  reject(error: unknown): void
}

/** Common to the changes of one session that wait for each other. */
interface Shared {
  /** The last commit. */
  latest: SessionRecord | null
  /** Of the commit under way. */
  budget: TimeBudget | undefined
}

type Outcome = Saved | { error: unknown }

const gone: Saved = { state: 'gone' }

export interface WriterSettings {
  absoluteExpiration: number | null
  storeTimeout: number
}

export class SessionWriter {
  readonly #runner: TransactionRunner
  readonly #settings: WriterSettings
  readonly #queue = new KeyedQueue<Pending, Shared>(
    (id, items) => this.#commit(id, items),
    () => ({ latest: null, budget: undefined }),
  )

  constructor(runner: TransactionRunner, settings: WriterSettings) {
    this.#runner = runner
    this.#settings = settings
  }

  /**
   * Commits a change of the session `id`. `username` is given where the change makes it a user's; `known`, if the request has
   * it: if that is still the latest record, one call does it all.
   */
  change(id: string, username: string | null, change: Change, known: SessionRecord | null): Promise<Saved> {
    const budget = this.#budget()
    const { promise: saved, resolve, reject } = Promise.withResolvers<Saved>()
    const pending: Pending = { change, known, budget, late: false, resolve, reject }
    if (username === null) this.#queue.join(id, pending)
    else void this.#queue.alone(id, () => this.ofUser(username, () => this.#commit(id, [pending], username)))
    return this.#inTime('saved', id, saved, () => {
      pending.late = true
    })
  }

  /** Runs a change of the session `id` by itself, and of `username` alone where it needs the row of that user. */
  alone<T>(id: string, work: Work<T>, username: string | null = null): Promise<T> {
    const budget = this.#budget()
    const run = async () => {
      if (budget.left <= 0) throw new RepositoryUnavailable(work.what, 'its turn came too late') // it has its response
      const shared = this.#queue.shared(id)!
      shared.latest = null
      shared.budget = budget
      return await this.#runner.transact(work, budget)
    }
    const turn = this.#queue.alone(id, () => (username === null ? run() : this.ofUser(username, run)))
    return this.#inTime(work.what, id, turn)
  }

  /** Runs work while no other login of the user runs in this process: they would meet in Datastore, as conflicts. Entered within
   *  a session's turn, never the other way round. */
  ofUser<T>(username: string, run: () => Promise<T>): Promise<T> {
    return this.#queue.alone(`user ${username}`, run)
  }

  #budget(): TimeBudget {
    return this.#runner.budget()
  }

  /** Rejects when the budget ends, which includes the wait for a turn. */
  #inTime<T>(what: string, id: string, work: Promise<T>, late?: () => void): Promise<T> {
    return withDeadline(this.#runner.clock, this.#settings.storeTimeout, work, () => {
      late?.()
      return this.#runner.unavailable(what, tooMany(this.#queue.shared(id)?.budget), 2)
    })
  }

  async #commit(id: string, items: Pending[], username: string | null = null): Promise<void> {
    const shared = this.#queue.shared(id)!
    try {
      const budget = longest(items)
      budget.failure = shared.budget?.failure // these have waited for the same
      shared.budget = budget
      const outcomes = await this.#runner.transact(this.#work(id, items, username), budget)
      budget.failure = undefined
      for (const [at, item] of items.entries()) {
        const outcome = outcomes[at]!
        if ('state' in outcome && outcome.state === 'saved') shared.latest = outcome.record
        settle(item, outcome)
      }
    } catch (error) {
      for (const item of items) item.reject(error)
    }
  }

  #work(id: string, items: Pending[], username: string | null): Work<Outcome[]> {
    let known = this.#queue.shared(id)!.latest
    for (const item of items) if (item.known && item.known.version > (known?.version ?? 0)) known = item.known
    const isKnown = known !== null && known.stamp !== null && username === null
    return {
      what: 'saved',
      ids: [id],
      user: username === null ? null : keyName(username),
      known: isKnown ? { sessions: new Map([[id, known!]]), user: null } : undefined,
      plan: (snapshot, token) => this.#plan(id, items, username, snapshot, token),
      recognised: ({ sessions }, outcomes) =>
        isLive(sessions.get(id), this.#runner.clock.now()) ? outcomes : outcomes.map(() => gone),
    }
  }

  #plan(
    id: string,
    items: Pending[],
    username: string | null,
    { sessions, user }: Snapshot,
    token: string,
  ): Plan<Outcome[]> {
    const row = sessions.get(id)
    const now = this.#runner.clock.now()
    if (!isLive(row, now)) return { writes: [], result: items.map(() => gone) }
    let next = row
    const failed = items.map(({ change, late }): Outcome | null => {
      if (late) return gone
      try {
        const made = change(next)
        if (made === 'gone') return gone
        if (made !== null) next = this.#next(row, next, made, token, now)
        return null
      } catch (error) {
        return { error } // that request's own affair
      }
    })
    const saved: Saved = { state: 'saved', record: next }
    const writes: Write[] = next === row ? [] : [{ op: 'update', id, row: next }]
    if (next !== row && username !== null && username !== row.username) writes.push(login(username, id, user, now))
    return { writes, result: failed.map((outcome) => outcome ?? saved) }
  }

  #next(
    row: SessionRecord,
    last: SessionRecord,
    made: Exclude<ReturnType<Change>, null | 'gone'>,
    token: string,
    now: number,
  ) {
    const idle = made.idle ?? last.expires - last.updated
    return checked({
      ...last,
      version: row.version + 1,
      commits: withToken(row, token),
      stamp: null,
      data: made.data,
      username: made.username === undefined ? last.username : made.username,
      updated: now,
      expires: expiry(row.created, idle, this.#settings.absoluteExpiration, now),
    })
  }
}

function settle({ resolve, reject }: Pending, outcome: Outcome): void {
  if ('error' in outcome) reject(outcome.error)
  else resolve(outcome)
}

/** The budget of the request that may wait longest. */
function longest(items: Pending[]): TimeBudget {
  return items.at(-1)!.budget
}
