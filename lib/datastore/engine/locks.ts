// Pessimistic concurrency: what a transaction reads is locked until it ends, and commits that write it wait. Reads never wait.

import { clearTimeout, setTimeout, ticks } from '../../internal/timers.ts'
import type { Properties } from './encoding/values.ts'
import type { RunQueryRequest } from './protocol/messages.ts'
import { asStatus, Code, StatusError } from './protocol/status.ts'
import { isAfter } from './query/cursor.ts'
import { type Plan, readPlan } from './query/plan.ts'
import { comparer, RowMaker } from './query/rows.ts'
import { type LockHolder, LockTables, type QueryLock } from './storage/lock-tables.ts'
import { maxIdle, maxLifetime, type Transaction } from './transactions.ts'

/** Milliseconds between two looks at the locks of other processes. */
const pollInterval = 10
/** Milliseconds between two checks that the process that holds a lock is alive. */
const aliveInterval = 250

const noTransaction = new Uint8Array()

/** A commit that has met locks of other transactions. */
export class Blocked extends StatusError {
  readonly holders: LockHolder[]

  constructor(holders: LockHolder[]) {
    super(Code.ABORTED, 'Transaction lock timeout.')
    this.holders = holders
  }
}

/** An entity that a commit is about to write. */
export interface Written {
  /** The name of its partition. */
  name: string
  k: Uint8Array
  kind: string
  before(): Properties | undefined
  after: Properties | undefined
}

/** A query's request, as far as its lock needs it. */
type QueryRequest = Pick<RunQueryRequest, 'projectId' | 'databaseId' | 'partitionId' | 'query'>

interface Waiter {
  holders: LockHolder[]
  deadline: number
  lookedAt: number
  settle: (error?: StatusError) => void
}

export class Locks {
  readonly #tables: LockTables
  readonly #clock: () => number
  readonly #plans = new Map<number, { request: string; matches: (written: Written) => boolean }>()
  readonly #waiters = new Set<Waiter>()
  /** Transactions whose locks could not be released yet. */
  readonly #unreleased = new Set<Uint8Array>()
  #timer: NodeJS.Timeout | undefined

  /** @param dataFolder Undefined in memory. @param clock Returns milliseconds since 1970. */
  constructor(dataFolder: string | undefined, clock: () => number) {
    this.#tables = new LockTables(dataFolder)
    this.#clock = clock
  }

  close(): void {
    clearTimeout(this.#timer)
    for (const waiter of this.#waiters) waiter.settle(new StatusError(Code.UNAVAILABLE, 'the engine was closed'))
    this.#tables.close()
  }

  /** Locks the entities that a transaction is about to read. */
  readEntities(transaction: Transaction, keys: { name: string; k: Uint8Array }[]): void {
    transaction.hasLocks = true
    this.#tables.lockEntities(transaction.id, transaction, keys)
  }

  /** Locks the results of a query that a transaction is about to run; returns what restricts the lock to a cursor. */
  readQuery(transaction: Transaction, name: string, request: QueryRequest): (endCursor: Uint8Array) => void {
    transaction.hasLocks = true
    const { projectId, databaseId, partitionId } = request
    const query = { ...request.query, limit: null, offset: 0 }
    const text = (more: object) =>
      JSON.stringify({ projectId, databaseId, partitionId, query: { ...query, ...more } }, exact)
    const id = this.#tables.lockQuery(transaction.id, transaction, name, text({}))
    return (endCursor) => {
      if (id > 0) this.#tables.narrowQuery(id, text({ endCursor }))
    }
  }

  /** Returns true if any other transaction holds a lock: mostly, none does. */
  areHeld(own: Transaction | undefined): boolean {
    return this.#tables.hasOthers(own?.id ?? noTransaction)
  }

  /** Throws `Blocked` if another transaction has read one of the keys. */
  checkKeys(own: Transaction | undefined, keys: { name: string; k: Uint8Array }[]): void {
    const holders = keys.flatMap(({ name, k }) =>
      this.#tables.entityHolders(name, k, own?.id ?? noTransaction, this.#live()),
    )
    if (holders.length > 0) throw new Blocked(holders)
  }

  /** Throws `Blocked` if another transaction has run a query that has one of the entities among its results, or would have. */
  checkQueries(own: Transaction | undefined, written: Written[]): void {
    const byPartition = Map.groupBy(written, ({ name }) => name)
    const holders: LockHolder[] = []
    for (const [name, entities] of byPartition) {
      for (const lock of this.#tables.queryLocks(name, own?.id ?? noTransaction, this.#live())) {
        const matches = this.#matcherOf(lock)
        if (entities.some(matches)) holders.push(lock)
      }
    }
    if (holders.length > 0) throw new Blocked(holders)
  }

  #matcherOf({ id, request }: QueryLock): (written: Written) => boolean {
    const known = this.#plans.get(id)
    if (known?.request === request) return known.matches
    // Ids of locks that are gone are given again.
    if (this.#plans.size > 1000) this.#plans.clear()
    const parsed = JSON.parse(request) as QueryRequest
    const matches = matcher(readPlan(parsed.query, parsed))
    this.#plans.set(id, { request, matches })
    return matches
  }

  /** Waits until a commit may be tried again. @throws StatusError ABORTED after the deadline, or in a deadlock. */
  wait(own: Transaction | undefined, { holders }: Blocked, deadline: number): Promise<void> {
    const blockers = holders.map(({ txn }) => txn)
    if (own && !this.#tables.addWaits(own.id, blockers))
      return Promise.reject(new StatusError(Code.ABORTED, 'Aborted due to cross-transaction contention.'))
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        holders,
        deadline,
        lookedAt: ticks(),
        settle: (error) => {
          this.#waiters.delete(waiter)
          if (own) this.#tables.endWaits(own.id)
          if (error) reject(error)
          else resolve()
        },
      }
      this.#waiters.add(waiter)
      this.#timer ??= setTimeout(() => this.#poll(), pollInterval)
    })
  }

  /** Releases the locks of a transaction that has ended. */
  release({ id, hasLocks }: Transaction): void {
    if (!hasLocks) return
    this.#unreleased.add(id)
    this.#poll()
  }

  #poll(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const id of this.#unreleased) {
      // Another process is writing, and each try takes time.
      if (!this.#tables.release(id)) break
      this.#unreleased.delete(id)
    }
    const now = ticks()
    for (const waiter of this.#waiters) {
      try {
        this.#look(waiter, now)
      } catch (error) {
        waiter.settle(asStatus(error)) // thrown in a timer, it would end the process
      }
    }
    if (this.#waiters.size > 0 || this.#unreleased.size > 0) this.#timer = setTimeout(() => this.#poll(), pollInterval)
  }

  #look(waiter: Waiter, now: number): void {
    if (now - waiter.lookedAt > aliveInterval) {
      waiter.lookedAt = now
      for (const owner of new Set(waiter.holders.map((holder) => holder.owner))) this.#tables.removeIfDead(owner)
    }
    // First: the caller has been told that it failed by then, so it must not be made if the lock is released between two looks.
    if (now >= waiter.deadline) waiter.settle(new StatusError(Code.ABORTED, 'Transaction lock timeout.'))
    else if (!waiter.holders.some(({ txn }) => this.#tables.isHeld(txn, this.#live()))) waiter.settle()
  }

  /** Transactions that were begun or used before these times have expired. */
  #live(): { begun: number; used: number } {
    const now = this.#clock()
    return { begun: now - maxLifetime - 1, used: now - maxIdle - 1 }
  }
}

/** Returns a predicate: true for an entity that is, or will be, among the results of a query. */
function matcher(plan: Plan): (written: Written) => boolean {
  const rows = new RowMaker(plan)
  const compare = comparer(plan)
  const isResult = (k: Uint8Array, properties: Properties | undefined) =>
    properties !== undefined &&
    rows.places(k, properties).some((place) => {
      if (plan.start && !isAfter(compare(place, plan.start), plan.start)) return false
      return !plan.end || !isAfter(compare(place, plan.end), plan.end)
    })
  return ({ k, kind, before, after }) =>
    (plan.kind === undefined || plan.kind === kind) && (isResult(k, after) || isResult(k, before()))
}

/** Keeps what JSON has no form for: bytes, and doubles that are no numbers or have a sign alone. */
function exact(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const given = this[key]
  if (given instanceof Uint8Array) return Buffer.from(given).toString('base64')
  if (typeof given === 'bigint') return String(given)
  if (typeof given === 'number' && (!Number.isFinite(given) || Object.is(given, -0)))
    return Object.is(given, -0) ? '-0' : String(given)
  return value
}
