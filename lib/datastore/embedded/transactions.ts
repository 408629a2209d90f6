// The transactions that this process has open: what each has read, so that its commit can tell whether that still holds.
import { randomBytes } from 'node:crypto'
import { Code, invalid, StatusError } from './status.ts'
import type { Store } from './store.ts'
import { fromTimestamp, type TransactionOptions, toBytes } from './wire.ts'

/** Datastore ends a transaction after 270 s, or 60 s without a call. */
const LIFETIME = 270_000
const IDLE = 60_000

export interface Transaction {
  id: Buffer
  readOnly: boolean
  /** Reads see the state as of this version. */
  snapshot: number
  /** The keys read (partition's number and path) with the version found, 0 for none. */
  reads: Map<string, { n: number; k: Uint8Array; version: number }>
  /** The queries run; each tells, inside a commit, whether it would still answer the same. */
  queries: (() => boolean)[]
  begun: number
  used: number
}

export class Transactions {
  readonly #store: Store
  readonly #open = new Map<string, Transaction>()
  readonly #prefix = randomBytes(8)
  #count = 0
  #swept = 0

  constructor(store: Store) {
    this.#store = store
  }

  begin(options: TransactionOptions | null | undefined): Transaction {
    const now = Date.now()
    if (now - this.#swept > 1000) this.#sweep(now)
    const id = Buffer.alloc(16)
    this.#prefix.copy(id)
    id.writeDoubleBE(++this.#count, 8)
    const readTime = options?.readOnly?.readTime
    const transaction: Transaction = {
      id,
      readOnly: Boolean(options?.readOnly),
      snapshot: readTime ? fromTimestamp(readTime) : this.#store.version(),
      reads: new Map(),
      queries: [],
      begun: now,
      used: now,
    }
    this.#open.set(id.toString('latin1'), transaction)
    return transaction
  }

  /** The open transaction of an id. */
  get(id: Uint8Array | string): Transaction {
    const bytes = Buffer.from(toBytes(id))
    const transaction = this.#open.get(bytes.toString('latin1'))
    const now = Date.now()
    if (!transaction) throw invalid('The referenced transaction has expired or is no longer valid.')
    if (this.#expired(transaction, now)) {
      this.end(transaction)
      throw new StatusError(Code.ABORTED, 'The referenced transaction has expired or is no longer valid.')
    }
    transaction.used = now
    return transaction
  }

  end(transaction: Transaction): void {
    this.#open.delete(transaction.id.toString('latin1'))
  }

  #expired(transaction: Transaction, now: number): boolean {
    return now - transaction.used > IDLE || now - transaction.begun > LIFETIME
  }

  #sweep(now: number): void {
    this.#swept = now
    for (const transaction of this.#open.values()) if (this.#expired(transaction, now)) this.end(transaction)
  }
}
