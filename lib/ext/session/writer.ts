// Changes of live sessions: those of one session that wait in this process are committed together, each merged onto the one
// before, so that a crowd of requests costs a few transactions and not one each.
import { Budget, StoreUnavailable, withDeadline } from './budget.ts'
import type { Snapshot, Write } from './ports.ts'
import { Lanes } from './queue.ts'
import { checked, expiry, isLive, keyName, type LiveRow, recordOf, type SessionRecord, tokensKept } from './records.ts'
import type { Plan, Runner, Work } from './transact.ts'
import { login } from './users.ts'

/** `gone`: the session was destroyed, moved or has expired meanwhile; nothing was written. */
export type Saved = { state: 'saved'; record: SessionRecord } | { state: 'gone' }

/** What a change makes of a live row; null leaves it as it is, 'gone' refuses it. Synchronous, may run again. */
export type Change = (row: LiveRow) => { data: string; username?: string | null; idle?: number } | null | 'gone'

interface Pending {
  change: Change
  budget: Budget
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
  readonly #runner: Runner
  readonly #settings: WriterSettings
  readonly #lanes = new Lanes<Pending>((id, items) => this.#commit(id, items))

  constructor(runner: Runner, settings: WriterSettings) {
    this.#runner = runner
    this.#settings = settings
  }

  /** Commits a change of the session `id`; `username`, where the change makes it a user's. */
  change(id: string, username: string | null, change: Change): Promise<Saved> {
    const budget = this.#budget()
    const pending: Pending = { change, budget, late: false, settle: () => {} }
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
      if (budget.left <= 0) throw new StoreUnavailable(work.what, 'its turn came too late') // it has been answered
      return await this.#runner.transact(work, budget)
    })
    return this.#inTime(work.what, turn)
  }

  #budget(): Budget {
    return new Budget(this.#runner.clock, this.#settings.storeTimeout)
  }

  /** The wait for a turn counts as well. */
  #inTime<T>(what: string, work: Promise<T>, late?: () => void): Promise<T> {
    return withDeadline(this.#runner.clock, this.#settings.storeTimeout, work, () => {
      late?.()
      this.#runner.counters.unavailable++
      return new StoreUnavailable(what, 'too many requests change it at once', 2)
    })
  }

  async #commit(id: string, items: Pending[], username: string | null = null): Promise<void> {
    try {
      const outcomes = await this.#runner.transact<Outcome[]>(
        {
          what: 'saved',
          ids: [id],
          user: username === null ? null : keyName(username),
          plan: (snapshot, token) => this.#plan(id, items, username, snapshot, token),
          recognised: ({ sessions }, outcomes) =>
            isLive(sessions.get(id), this.#runner.clock.now()) ? outcomes : outcomes.map(() => gone),
        },
        items.at(-1)!.budget, // the one that may wait longest
      )
      for (const [at, item] of items.entries()) item.settle(outcomes[at]!)
    } catch (error) {
      for (const item of items) item.settle({ error })
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
    const saved: Saved = { state: 'saved', record: recordOf(next) }
    const writes: Write[] = next === row ? [] : [{ op: 'update', id, row: next }]
    if (next !== row && username !== null && username !== row.username) writes.push(login(username, id, user, now))
    return { writes, result: refused.map((outcome) => outcome ?? saved) }
  }

  #next(row: LiveRow, last: LiveRow, made: Exclude<ReturnType<Change>, null | 'gone'>, token: string, now: number) {
    const idle = made.idle ?? last.expires - last.updated
    return checked({
      ...last,
      version: row.version + 1,
      commits: [token, ...row.commits].slice(0, tokensKept),
      data: made.data,
      username: made.username === undefined ? last.username : made.username,
      updated: now,
      expires: expiry(row.created, idle, this.#settings.absoluteExpiration, now),
    })
  }
}
