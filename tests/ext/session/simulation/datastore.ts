// A Datastore with everything that a network does to it: calls that come late, are lost on the way there or back, are
// refused, or abort; transactions that conflict; an index that lags.
import {
  type DatastorePort,
  type DatastoreTransaction,
  PortError,
  type SessionRow,
  type Snapshot,
  type UserRow,
  type Write,
} from '../../../../lib/ext/session/repository/ports.ts'
import type { Process, Scheduler } from './scheduler.ts'

export interface DatastoreFaults {
  /** Probabilities for each call. */
  lostRequest: number
  lostAnswer: number
  busy: number
  slow: number
  abort: number
  /** Of a query that sees the index as it was some commits ago. */
  lag: number
}

export type OnCommit = (writes: readonly Write[], before: Map<string, SessionRow>, who: unknown) => void

export class SimDatastore {
  readonly sessions = new Map<string, { row: SessionRow; at: number }>()
  readonly users = new Map<string, { row: UserRow; at: number }>()
  faults: DatastoreFaults = { lostRequest: 0, lostAnswer: 0, busy: 0, slow: 0, abort: 0, lag: 0 }
  /** How long a call may take on its way, in ms. */
  spread = 5
  /** Told of each call, in the caller's context; what it returns is told to `onCommit`. */
  onCall: (kind: string) => unknown = () => {}
  onCommit: OnCommit = () => {}
  /** Told of each read in a transaction. */
  onRead: (ids: readonly string[]) => void = () => {}
  readonly #scheduler: Scheduler
  readonly #index: Map<string, string | null>[] = [new Map()]
  #commits = 0

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  port(process: Process): DatastorePort {
    const call = <T>(kind: string, timeout: number, execute: (who: unknown) => T) =>
      this.#call(process, kind, timeout, execute)
    return {
      get: (id, timeout) => call('get', timeout, () => this.sessions.get(id)?.row ?? null),
      getMany: (ids, timeout) => call('get', timeout, () => this.#rows(ids)),
      insert: (id, row, timeout) => call('commit', timeout, (who) => this.#apply([{ op: 'insert', id, row }], who)[0]!),
      swap: (id, row, stamp, timeout) =>
        call('commit', timeout, (who) => {
          this.onRead([id])
          if (this.#scheduler.chance(this.faults.abort)) throw new PortError('conflict', 'aborted')
          if (this.sessions.get(id)?.row.stamp !== stamp) return null
          return this.#apply([{ op: 'update', id, row }], who)[0]!
        }),
      find: (username, timeout) => call('find', timeout, () => this.#find(username)),
      begin: () => this.#begin(call),
    }
  }

  #begin(call: <T>(kind: string, timeout: number, execute: (who: unknown) => T) => Promise<T>): DatastoreTransaction {
    const seen = new Map<string, number>()
    let used = false
    return {
      read: (ids, user, timeout) =>
        call('read', timeout, (): Snapshot => {
          this.onRead(ids)
          for (const id of ids) seen.set(id, this.sessions.get(id)?.at ?? 0)
          if (user !== null) seen.set(`user ${user}`, this.users.get(user)?.at ?? 0)
          return { sessions: this.#rows(ids), user: user === null ? null : (this.users.get(user)?.row ?? null) }
        }),
      commit: (writes, timeout) =>
        call('commit', timeout, (who) => {
          if (used) throw new PortError('refused', 'the transaction is over')
          used = true
          if (this.#scheduler.chance(this.faults.abort)) throw new PortError('conflict', 'aborted')
          for (const [key, at] of seen) {
            const now = key.startsWith('user ') ? this.users.get(key.slice(5)) : this.sessions.get(key)
            if ((now?.at ?? 0) !== at) throw new PortError('conflict', 'another transaction came first')
          }
          return this.#apply(writes, who)
        }),
      abandon: () => {},
    }
  }

  #call<T>(process: Process, kind: string, timeout: number, execute: (who: unknown) => T): Promise<T> {
    const { faults } = this
    const scheduler = this.#scheduler
    const who = this.onCall(kind)
    const spread = this.spread / process.nearness
    return new Promise((resolve, reject) => {
      const settle = (fn: () => void) => () => {
        late.fn = null
        if (process.alive) fn()
      }
      const late = scheduler.after(
        timeout,
        settle(() => reject(new PortError('unknown', 'DEADLINE_EXCEEDED'))),
      )
      if (scheduler.chance(faults.busy)) {
        const busy = () => reject(new PortError('busy', 'RESOURCE_EXHAUSTED'))
        return void scheduler.after(scheduler.between(0, 5), settle(busy))
      }
      if (scheduler.chance(faults.lostRequest)) return
      const slow = scheduler.chance(faults.slow)
      scheduler.after(slow ? scheduler.between(5, 4000) : scheduler.between(0.1, spread), () => {
        // A request that was on its way arrives, whatever became of the sender.
        let answer: () => void
        try {
          const result = execute(who)
          answer = () => resolve(result)
        } catch (error) {
          answer = () => reject(error)
        }
        if (scheduler.chance(faults.lostAnswer)) {
          answer = () => reject(new PortError('unknown', 'UNAVAILABLE'))
          if (scheduler.chance(0.5)) return
        }
        scheduler.after(scheduler.between(0.1, spread), settle(answer))
      })
    })
  }

  #apply(writes: readonly Write[], who: unknown): string[] {
    const before = new Map<string, SessionRow>()
    for (const { op, id } of writes) {
      const row = op === 'user' ? undefined : this.sessions.get(id)?.row
      if (row !== undefined) before.set(id, row)
      if (op === 'insert' && row !== undefined) throw new PortError('exists', 'the key is taken')
      if (op === 'update' && row === undefined) throw new PortError('conflict', 'the key is gone')
    }
    const at = ++this.#commits
    const index = new Map(this.#index.at(-1))
    for (const write of writes) {
      if (write.op === 'user') this.users.set(write.id, { row: Object.freeze(write.row), at })
      else if (write.op === 'delete') {
        this.sessions.delete(write.id)
        index.delete(write.id)
      } else {
        this.sessions.set(write.id, { row: Object.freeze({ ...write.row, stamp: String(at) }), at })
        index.set(write.id, write.row.username)
      }
    }
    this.#index.push(index)
    if (this.#index.length > 5) this.#index.shift()
    this.onCommit(writes, before, who)
    return writes.map(() => String(at))
  }

  #find(username: string): string[] {
    const lag = this.#scheduler.chance(this.faults.lag) ? this.#scheduler.below(this.#index.length) : 0
    const index = this.#index[this.#index.length - 1 - lag]!
    return [...index].filter(([, name]) => name === username).map(([id]) => id)
  }

  #rows(ids: readonly string[]): Map<string, SessionRow> {
    const rows = new Map<string, SessionRow>()
    for (const id of ids) {
      const row = this.sessions.get(id)?.row
      if (row !== undefined) rows.set(id, row)
    }
    return rows
  }
}
