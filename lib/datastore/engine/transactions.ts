// The open transactions of this process, with everything each has read, so that its commit can check that it still holds.
import { randomBytes } from 'node:crypto'
import { fromTimestamp, toBytes } from './encoding/convert.ts'
import { readPartition } from './encoding/keys.ts'
import type { Target, Timestamp, TransactionOptions } from './protocol/messages.ts'
import { Code, invalid, StatusError } from './protocol/status.ts'
import type { EntityRead } from './storage/view.ts'

/** Datastore ends a transaction after 270 s, or after 60 s without a call. */
export const maxLifetime = 270_000
export const maxIdle = 60_000
const sweepInterval = 1000
/** The past can be read for an hour. */
const maxReadAge = 3_600_000
const idBytes = 16

function placeOf(target: Target): string {
  const { projectId, databaseId } = readPartition(undefined, target)
  return `${projectId}/${databaseId}`
}

export interface Transaction {
  id: Buffer
  /** The project and the database that it is in. */
  place: string
  readOnly: boolean
  /** Begun by a read, not by beginTransaction. */
  byRead: boolean
  /** True if the request has named the time of its reads. */
  atReadTime: boolean
  /** Reads see the state as of this version, the latest one at the first read. */
  snapshot: number | undefined
  /** The entities read, with the version of the state in which they were read. */
  reads: (EntityRead & { at: number })[]
  /** The entity groups read, where they count. */
  groups: Map<string, { name: string; root: Uint8Array }>
  /** True if it may hold locks. */
  hasLocks: boolean
  /** The queries run: each returns true, inside a commit, if it would still have the same results. */
  queries: (() => boolean)[]
  begun: number
  used: number
}

export class Transactions {
  readonly #open = new Map<string, Transaction>()
  readonly #prefix = randomBytes(8)
  readonly #clock: () => number
  #count = 0
  #swept = 0

  readonly #onEnd: (transaction: Transaction) => void

  /** @param clock Returns milliseconds since 1970. @param onEnd Called when a transaction has ended. */
  constructor(clock: () => number, onEnd: (transaction: Transaction) => void = () => {}) {
    this.#clock = clock
    this.#onEnd = onEnd
  }

  all(): Iterable<Transaction> {
    return this.#open.values()
  }

  begin(options: TransactionOptions | null | undefined, target: Target, byRead = false): Transaction {
    const now = this.#clock()
    const previous = options?.readWrite?.previousTransaction
    if (previous?.length && toBytes(previous).length !== idBytes) throw invalid('Invalid transaction.')
    if (now - this.#swept > sweepInterval) this.#sweep(now)
    const id = Buffer.alloc(idBytes)
    this.#prefix.copy(id)
    id.writeDoubleBE(++this.#count, 8)
    const readTime = options?.readOnly?.readTime
    const transaction: Transaction = {
      id,
      place: placeOf(target),
      readOnly: Boolean(options?.readOnly),
      byRead,
      atReadTime: Boolean(readTime),
      snapshot: readTime ? readTimeOf(readTime, now) : undefined,
      reads: [],
      groups: new Map(),
      hasLocks: false,
      queries: [],
      begun: now,
      used: now,
    }
    this.#open.set(id.toString('latin1'), transaction)
    return transaction
  }

  /** Returns the open transaction with an id. */
  get(id: Uint8Array | string, target: Target): Transaction {
    const bytes = Buffer.from(toBytes(id))
    if (bytes.length !== idBytes) throw invalid(bytes.length === 0 ? 'transaction required' : 'Invalid transaction.')
    const transaction = this.#open.get(bytes.toString('latin1'))
    if (!transaction || transaction.place !== placeOf(target)) throw invalid('transaction has expired or is invalid')
    const now = this.#clock()
    if (this.#expired(transaction, now)) {
      this.end(transaction)
      throw new StatusError(Code.ABORTED, 'The referenced transaction has expired or is no longer valid.')
    }
    transaction.used = now
    return transaction
  }

  /** Takes no more calls in a transaction that is being committed. */
  close(transaction: Transaction): void {
    this.#open.delete(transaction.id.toString('latin1'))
  }

  end(transaction: Transaction): void {
    this.close(transaction)
    this.#onEnd(transaction)
  }

  #expired(transaction: Transaction, now: number): boolean {
    return now - transaction.used > maxIdle || now - transaction.begun > maxLifetime
  }

  /** Forgets transactions that expired long ago. Recent ones are kept, so that their error says so. */
  #sweep(now: number): void {
    this.#swept = now
    for (const transaction of this.#open.values())
      if (this.#expired(transaction, now - maxLifetime)) this.end(transaction)
  }
}

/** Reads a read time, in microseconds; it cannot be in the future. @param now In milliseconds. */
export function readTimeOf(time: Timestamp, now: number): number {
  const micros = fromTimestamp(time, 'exact')
  if (micros > (now + 1000) * 1000) throw invalid('The read time cannot be in the future.')
  if (micros < (now - maxReadAge) * 1000)
    throw new StatusError(Code.FAILED_PRECONDITION, 'The requested read time is too old.')
  return micros
}
