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
  /** Of a commit that arrives after its caller has given up. */
  late: number
}

const noFaults: DatastoreFaults = { lostRequest: 0, lostAnswer: 0, busy: 0, slow: 0, abort: 0, lag: 0, late: 0 }

/** `none`: a server that is optimistic. `wait`: what waits for one another waits until the end. `detect`: the service, and tipfy's. */
export type Locks = 'none' | 'wait' | 'detect'

/** The properties of a server, for the whole of a seed. */
export interface ServerHabits {
  /** The rows that a transaction has read are locked until it ends, and a commit waits for it. */
  locks: Locks
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

/** Ms that a commit waits for locks. */
const lockWaits = { none: 0, wait: 2000, detect: 10_000 }

type Call = <T>(kind: string, timeout: number, execute: (who: unknown) => T | Promise<T>) => Promise<T>

export class SimDatastore {
  readonly sessions = new Map<string, { row: SessionRow; at: number }>()
  readonly users = new Map<string, { row: UserRow; at: number }>()
  readonly faults: DatastoreFaults = { ...noFaults }
  habits: ServerHabits = { locks: 'none', ignoresVersions: false }
  /** The longest way of a call, in ms. */
  spread = 5
  /** Called with each call, in the caller's context; what it returns is handed to `onCommit`. */
  onCall: (kind: string) => unknown = () => {}
  onCommit: OnCommit = () => {}
  /** Called with each read, and for a commit with the rows that it finds. What it returns is called when the response arrives. */
  onRead: (ids: readonly string[], who: unknown, isCommit: boolean) => void | (() => void) = () => {}
  readonly #scheduler: Scheduler
  readonly #index: Map<string, string | null>[] = [new Map()]
  readonly #transactions = new Set<Held>()
  /** Commits that wait for locks: the transactions that they end, and what they write. */
  readonly #waiting = new Map<() => void, { own: Held | null; keys: string[] }>()
  /** To be called once the response of what is executed now arrives. */
  #whenRead: (() => void) | undefined
  #commits = 0

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  port(process: Process): DatastorePort {
    const call: Call = (kind, timeout, execute) => this.#call(process, kind, timeout, execute)
    return {
      read: (ids, user, timeout) => call('read', timeout, (who) => this.#read(ids, user, who)),
      commit: (writes, onto, timeout) =>
        call('commit', timeout, (who) => this.#unlocked(writes, null, timeout, () => this.#commit(writes, onto, who))),
      find: (username, timeout) => call('find', timeout, () => this.#find(username)),
      begin: (timeout) => call('begin', timeout, () => this.#begin(call)),
    }
  }

  recover(): void {
    Object.assign(this.faults, noFaults)
  }

  /** A transaction of somebody else reads everything, and ends after a while. */
  lock(ms: number): void {
    const held: Held = { seen: new Map(), over: false }
    for (const [id, { at }] of this.sessions) held.seen.set(id, at)
    for (const [name, { at }] of this.users) held.seen.set(`user ${name}`, at)
    this.#transactions.add(held)
    this.#scheduler.after(ms, () => this.#end(held))
  }

  #end(held: Held): void {
    held.over = true
    this.#transactions.delete(held)
    for (const wake of [...this.#waiting.keys()]) wake()
  }

  #read(ids: readonly string[], user: string | null, who: unknown): Snapshot {
    this.#whenRead = this.onRead(ids, who, false) ?? undefined
    return { sessions: this.#rows(ids), user: user === null ? null : (this.users.get(user)?.row ?? null) }
  }

  #commit(writes: readonly Write[], onto: Snapshot, who: unknown): string[] {
    const written = writes.flatMap(({ op, id }) => (op === 'update' ? [id] : []))
    this.onRead(written, who, true)
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
    const end = () => this.#end(held)
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
          return this.#unlocked(writes, held, timeout, () => {
            try {
              if (this.#scheduler.chance(this.faults.abort)) throw new PortError('conflict', 'aborted')
              for (const [key, at] of held.seen) {
                const now = key.startsWith('user ') ? this.users.get(key.slice(5)) : this.sessions.get(key)
                if ((now?.at ?? 0) !== at) throw new PortError('conflict', 'another transaction came first')
              }
              return this.#apply(writes, who)
            } finally {
              end()
            }
          })
        }),
      abandon: () => void this.#scheduler.after(this.#scheduler.between(0.1, this.spread), end),
    }
  }

  /** Runs `apply` once no other transaction holds a lock on what is written; rejects after the wait, or where it never ends. */
  #unlocked<T>(writes: readonly Write[], own: Held | null, timeout: number, apply: () => T): T | Promise<T> {
    const { locks } = this.habits
    const keys = writes.map(({ op, id }) => (op === 'user' ? `user ${id}` : id))
    const isFree = () => locks === 'none' || this.#holders(own, keys).length === 0
    if (isFree()) return apply()
    if (locks === 'detect' && own !== null && this.#isDeadlock(own, keys)) {
      this.#end(own)
      throw new PortError('conflict', 'Aborted due to deadlock')
    }
    return new Promise((resolve, reject) => {
      const wake = () => {
        // One that was woken before may have had its way meanwhile.
        if (!isFree() || !this.#waiting.delete(wake)) return
        late.fn = null
        try {
          resolve(apply())
        } catch (error) {
          reject(error)
        }
      }
      this.#waiting.set(wake, { own, keys })
      // Some servers notice that the caller has given up, and some go on.
      const wait = this.#scheduler.chance(0.5) ? Math.min(lockWaits[locks], timeout) : lockWaits[locks]
      const late = this.#scheduler.after(wait, () => {
        this.#waiting.delete(wake)
        reject(new PortError('conflict', 'Transaction lock timeout'))
      })
    })
  }

  /** The transactions but `own` that have locked one of the keys. */
  #holders(own: Held | null, keys: readonly string[]): Held[] {
    return [...this.#transactions].filter((other) => other !== own && keys.some((key) => other.seen.has(key)))
  }

  /** Returns true if `own` would wait for itself. */
  #isDeadlock(own: Held, keys: readonly string[]): boolean {
    const reached = new Set(this.#holders(own, keys))
    for (const holder of reached) {
      for (const waiting of this.#waiting.values()) {
        if (waiting.own !== holder) continue
        for (const next of this.#holders(holder, waiting.keys)) reached.add(next)
      }
    }
    return reached.has(own)
  }

  #call<T>(process: Process, kind: string, timeout: number, execute: (who: unknown) => T | Promise<T>): Promise<T> {
    const { faults } = this
    const scheduler = this.#scheduler
    const who = this.onCall(kind)
    const spread = this.spread / process.nearness
    return new Promise((resolve, reject) => {
      let isOver = false
      const settle = (fn: () => void) => () => {
        late.fn = null
        process.receive(() => {
          if (!isOver) fn()
          isOver = true
        })
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
      let way = slow ? scheduler.between(5, 4000) : scheduler.between(0.1, spread)
      if (kind === 'commit' && scheduler.chance(faults.late)) way = timeout + scheduler.between(0, 2000)
      scheduler.after(way, () => {
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
          const whenRead = this.#whenRead
          this.#whenRead = undefined
          if (result instanceof Promise)
            result.then(
              (value) => respond(() => resolve(value)),
              (error) => respond(() => reject(error)),
            )
          else
            respond(() => {
              whenRead?.()
              resolve(result)
            })
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
