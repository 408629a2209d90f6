// Changes of live sessions: those of one session that wait in this process are committed together, each merged onto the one
// before, so that a crowd of requests costs a few transactions and not one each.

import { withDeadline } from '../../../internal/clock.ts'
import { KeyedQueue } from './keyed-queue.ts'
import { PortError, type Snapshot, type Write } from './ports.ts'
import { checked, expiry, isLive, keyName, type SessionRecord, withToken } from './record.ts'
import { RepositoryUnavailable, TimeBudget } from './time-budget.ts'
import type { Attempt, Plan, TransactionRunner, Work } from './transactions.ts'
import { login } from './user-index.ts'

/** `gone`: the session was destroyed, moved or has expired meanwhile; nothing was written. */
export type Saved = { state: 'saved'; record: SessionRecord } | { state: 'gone' }

/** What a change makes of a live row; null leaves it as it is, 'gone' refuses it. Synchronous, may run again. */
export type Change = (row: SessionRecord) => { data: string; username?: string | null; idle?: number } | null | 'gone'

interface Pending {
  change: Change
  /** The record that its request had, if any. */
  known: SessionRecord | null
  budget: TimeBudget
  /** Its request has been answered: it must not be written any more. */
  late: boolean
  settle(outcome: Outcome): void
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
  /** What was last committed of sessions that others wait for. */
  readonly #latest = new Map<string, SessionRecord>()
  readonly #lanes = new KeyedQueue<Pending>(
    (id, items) => this.#commit(id, items),
    (id) => this.#latest.delete(id),
  )

  constructor(runner: TransactionRunner, settings: WriterSettings) {
    this.#runner = runner
    this.#settings = settings
  }

  /**
   * Commits a change of the session `id`. `username`, where the change makes it a user's; `known`, if the request has it: if
   * that is still what Datastore holds, one call does it all.
   */
  change(id: string, username: string | null, change: Change, known: SessionRecord | null): Promise<Saved> {
    const budget = this.#budget()
    const pending: Pending = { change, known, budget, late: false, settle: () => {} }
    const saved = new Promise<Saved>((resolve, reject) => {
      pending.settle = (outcome) => ('error' in outcome ? reject(outcome.error) : resolve(outcome))
    })
    if (username === null) this.#lanes.join(id, pending)
    else void this.#lanes.alone(id, () => this.#commit(id, [pending], username))
    return this.#inTime('saved', saved, () => {
      pending.late = true
    })
  }

  /** Runs a transaction on the session `id` by itself. */
  alone<T>(id: string, work: Work<T>): Promise<T> {
    const budget = this.#budget()
    const turn = this.#lanes.alone(id, async () => {
      if (budget.left <= 0) throw new RepositoryUnavailable(work.what, 'its turn came too late') // it has been answered
      this.#latest.delete(id)
      return await this.#runner.transact(work, budget)
    })
    return this.#inTime(work.what, turn)
  }

  #budget(): TimeBudget {
    return new TimeBudget(this.#runner.clock, this.#settings.storeTimeout)
  }

  /** The wait for a turn counts as well. */
  #inTime<T>(what: string, work: Promise<T>, late?: () => void): Promise<T> {
    return withDeadline(this.#runner.clock, this.#settings.storeTimeout, work, () => {
      late?.()
      return this.#runner.unavailable(what, 'too many requests change it at once', 2)
    })
  }

  async #commit(id: string, items: Pending[], username: string | null = null): Promise<void> {
    try {
      const unknown: Attempt<Outcome[]>[] = []
      const swapped = username === null ? await this.#swap(id, items, unknown) : null
      const outcomes = swapped ?? (await this.#transact(id, items, username, unknown))
      for (const [at, item] of items.entries()) item.settle(outcomes[at]!)
    } catch (error) {
      for (const item of items) item.settle({ error })
    }
  }

  /** Onto what this process knows of the session; null where that is outdated, or nobody knows what became of it. */
  async #swap(id: string, items: Pending[], unknown: Attempt<Outcome[]>[]): Promise<Outcome[] | null> {
    let known = this.#latest.get(id) ?? null
    for (const item of items) if (item.known && item.known.version > (known?.version ?? 0)) known = item.known
    if (known === null || known.stamp === null) return null
    const { stamp } = known
    const { datastore, randomness, counters } = this.#runner
    const token = randomness.token()
    const { writes, result } = this.#plan(id, items, null, { sessions: new Map([[id, known]]), user: null }, token)
    const [write] = writes
    if (write?.op !== 'update') return null // what is known may be outdated: not a reason to do nothing
    try {
      const budget = longest(items)
      write.row.stamp = await budget.call(counters.commit, (timeout) => datastore.swap(id, write.row, stamp, timeout))
      if (write.row.stamp === null) {
        counters.outdated++
        return null
      }
    } catch (error) {
      if (!(error instanceof PortError)) throw error
      if (error.reason === 'refused') throw this.#runner.unavailable('saved', error.message, null, { cause: error })
      if (error.reason === 'unknown') unknown.push({ token, version: write.row.version, result })
      return null
    }
    counters.commits++
    this.#latest.set(id, write.row as SessionRecord)
    return result
  }

  async #transact(
    id: string,
    items: Pending[],
    username: string | null,
    unknown: Attempt<Outcome[]>[],
  ): Promise<Outcome[]> {
    const work: Work<Outcome[]> = {
      what: 'saved',
      ids: [id],
      user: username === null ? null : keyName(username),
      plan: (snapshot, token) => this.#plan(id, items, username, snapshot, token),
      recognised: ({ sessions }, outcomes) =>
        isLive(sessions.get(id), this.#runner.clock.now()) ? outcomes : outcomes.map(() => gone),
    }
    const outcomes = await this.#runner.transact(work, longest(items), unknown)
    for (const outcome of outcomes) {
      if ('state' in outcome && outcome.state === 'saved') this.#latest.set(id, outcome.record)
    }
    return outcomes
  }

  #plan(
    id: string,
    items: Pending[],
    username: string | null,
    { sessions, user }: Snapshot,
    token: string,
  ): Exclude<Plan<Outcome[]>, { readUser: string }> {
    const row = sessions.get(id)
    const now = this.#runner.clock.now()
    if (!isLive(row, now)) return { writes: [], result: items.map(() => gone) }
    let next = row
    const refused = items.map(({ change, late }): Outcome | null => {
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
    return { writes, result: refused.map((outcome) => outcome ?? saved) }
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

/** The budget of the one that may wait longest. */
function longest(items: Pending[]): TimeBudget {
  return items.at(-1)!.budget
}
