// A Datastore with everything that a network does to it: calls that come late, are lost on the way there or back, are
// refused, or abort; transactions that conflict, or wait for locks; an index that lags; a server that ignores versions.
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

/** What a server is like, for the whole of a seed. */
export interface ServerHabits {
  /** What a transaction has read is locked until it ends; a commit waits for it, for so many ms. Zero: no locks. */
  lockWait: number
  /** It applies what was made from an older version. */
  ignoresVersions: boolean
}

export type OnCommit = (writes: readonly Write[], before: Map<string, SessionRow>, who: unknown) => void

/** A transaction as the server knows it. */
interface Held {
  /** The versions that it has read, by key. */
  seen: Map<string, number>
  over: boolean
}

type Call = <T>(kind: string, timeout: number, execute: (who: unknown) => T | Promise<T>) => Promise<T>

export class SimDatastore {
  readonly sessions = new Map<string, { row: SessionRow; at: number }>()
  readonly users = new Map<string, { row: UserRow; at: number }>()
  faults: DatastoreFaults = { lostRequest: 0, lostAnswer: 0, busy: 0, slow: 0, abort: 0, lag: 0 }
  habits: ServerHabits = { lockWait: 0, ignoresVersions: false }
  /** How long a call may take on its way, in ms. */
  spread = 5
  /** Called with each call, in the caller's context; what it returns is handed to `onCommit`. */
  onCall: (kind: string) => unknown = () => {}
  onCommit: OnCommit = () => {}
  /** Called with each read, and with each row that a commit finds. */
  onRead: (ids: readonly string[], who: unknown) => void = () => {}
  readonly #scheduler: Scheduler
  readonly #index: Map<string, string | null>[] = [new Map()]
  readonly #transactions = new Set<Held>()
  /** Commits that wait for locks. */
  readonly #waiting = new Set<() => void>()
  #commits = 0

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  port(process: Process): DatastorePort {
    const call: Call = (kind, timeout, execute) => this.#call(process, kind, timeout, execute)
    return {
      read: (ids, user, timeout) => call('read', timeout, (who) => this.#read(ids, user, who)),
      commit: (writes, onto, timeout) =>
        call('commit', timeout, (who) => this.#unlocked(writes, null, () => this.#commit(writes, onto, who))),
      find: (username, timeout) => call('find', timeout, () => this.#find(username)),
      begin: (timeout) => call('begin', timeout, () => this.#begin(call)),
    }
  }

  #read(ids: readonly string[], user: string | null, who: unknown): Snapshot {
    this.onRead(ids, who)
    return { sessions: this.#rows(ids), user: user === null ? null : (this.users.get(user)?.row ?? null) }
  }

  #commit(writes: readonly Write[], onto: Snapshot, who: unknown): string[] {
    const written = writes.flatMap(({ op, id }) => (op === 'update' ? [id] : []))
    this.onRead(written, who)
    if (this.#scheduler.chance(this.faults.abort)) throw new PortError('conflict', 'aborted')
    for (const { op, id } of writes) {
      const now = op === 'user' ? this.users.get(id) : this.sessions.get(id)
      const seen = op === 'user' ? onto.user : onto.sessions.get(id)
      const isSame = (now?.row.stamp ?? null) === (seen?.stamp ?? null)
      const mustBeNew = op === 'insert' || (op === 'user' && seen === null)
      if (!isSame && (mustBeNew || !this.habits.ignoresVersions)) {
        throw new PortError('outdated', 'another commit came first')
      }
    }
    return this.#apply(writes, who)
  }

  #begin(call: Call): DatastoreTransaction {
    const held: Held = { seen: new Map(), over: false }
    this.#transactions.add(held)
    const end = () => {
      held.over = true
      this.#transactions.delete(held)
      for (const wake of [...this.#waiting]) wake()
    }
    // A server forgets what nobody ends.
    this.#scheduler.after(20_000, end)
    return {
      read: (ids, user, timeout) =>
        call('read', timeout, (who): Snapshot => {
          for (const id of ids) held.seen.set(id, this.sessions.get(id)?.at ?? 0)
          if (user !== null) held.seen.set(`user ${user}`, this.users.get(user)?.at ?? 0)
          return this.#read(ids, user, who)
        }),
      commit: (writes, _onto, timeout) =>
        call('commit', timeout, (who) => {
          if (held.over) throw new PortError('busy', 'the transaction is over')
          return this.#unlocked(writes, held, () => {
            end()
            if (this.#scheduler.chance(this.faults.abort)) throw new PortError('conflict', 'aborted')
            for (const [key, at] of held.seen) {
              const now = key.startsWith('user ') ? this.users.get(key.slice(5)) : this.sessions.get(key)
              if ((now?.at ?? 0) !== at) throw new PortError('conflict', 'another transaction came first')
            }
            return this.#apply(writes, who)
          })
        }),
      abandon: () => void this.#scheduler.after(this.#scheduler.between(0.1, this.spread), end),
    }
  }

  /** Runs `apply` once no other transaction holds a lock on what is written; rejects after the wait. */
  #unlocked<T>(writes: readonly Write[], own: Held | null, apply: () => T): T | Promise<T> {
    const { lockWait } = this.habits
    const isFree = () =>
      lockWait === 0 ||
      [...this.#transactions].every(
        (other) => other === own || writes.every(({ op, id }) => !other.seen.has(op === 'user' ? `user ${id}` : id)),
      )
    if (isFree()) return apply()
    return new Promise((resolve, reject) => {
      const wake = () => {
        if (!isFree()) return
        this.#waiting.delete(wake)
        late.fn = null
        try {
          resolve(apply())
        } catch (error) {
          reject(error)
        }
      }
      this.#waiting.add(wake)
      const late = this.#scheduler.after(lockWait, () => {
        this.#waiting.delete(wake)
        reject(new PortError('conflict', 'Transaction lock timeout'))
      })
    })
  }

  #call<T>(process: Process, kind: string, timeout: number, execute: (who: unknown) => T | Promise<T>): Promise<T> {
    const { faults } = this
    const scheduler = this.#scheduler
    const who = this.onCall(kind)
    const spread = this.spread / process.nearness
    return new Promise((resolve, reject) => {
      const settle = (fn: () => void) => () => {
        late.fn = null
        process.receive(fn)
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
        const respond = (answer: () => void) => {
          let respond = answer
          if (scheduler.chance(faults.lostAnswer)) {
            respond = () => reject(new PortError('unknown', 'UNAVAILABLE'))
            if (scheduler.chance(0.5)) return
          }
          scheduler.after(scheduler.between(0.1, spread), settle(respond))
        }
        try {
          const result = execute(who)
          if (result instanceof Promise)
            result.then(
              (value) => respond(() => resolve(value)),
              (error) => respond(() => reject(error)),
            )
          else respond(() => resolve(result))
        } catch (error) {
          respond(() => reject(error))
        }
      })
    })
  }

  #apply(writes: readonly Write[], who: unknown): string[] {
    const before = new Map<string, SessionRow>()
    for (const { op, id } of writes) {
      const row = op === 'user' ? undefined : this.sessions.get(id)?.row
      if (row !== undefined) before.set(id, row)
      if (op === 'insert' && row !== undefined) throw new PortError('outdated', 'the key is taken')
      if (op === 'update' && row === undefined) throw new PortError('outdated', 'the key is gone')
    }
    const at = ++this.#commits
    const index = new Map(this.#index.at(-1))
    for (const write of writes) {
      if (write.op === 'user') {
        this.users.set(write.id, { row: Object.freeze({ ...write.row, stamp: String(at) }), at })
      } else if (write.op === 'delete') {
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
