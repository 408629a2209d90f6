// A whole Datastore for one machine: its calls, over tables in one SQLite file. Both fronts, in process and gRPC, end here.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { applyChanges, completeKey, readMutations } from './commit.ts'
import { readDocument } from './document.ts'
import { isComplete, partitionName, pathBytes, readKey, type StoredKey } from './keys.ts'
import { runQuery } from './query.ts'
import { invalid } from './status.ts'
import { type Row, Store } from './store.ts'
import { type Transaction, Transactions } from './transactions.ts'
import * as wire from './wire.ts'
import { Writer } from './writer.ts'

/** Milliseconds that a commit waits for other processes, unless the caller has less time. */
const PATIENCE = 10_000

export interface EngineOptions {
  /** Folder of the data; made if need be. */
  dataFolder?: string
  /** Keep nothing: the data dies with the engine. */
  memory?: boolean
}

/** Where a call reads: now, or at an earlier version, noting what it reads in a transaction. */
export interface View {
  store: Store
  /** The version to read at; undefined: the latest. */
  version: number | undefined
  transaction: Transaction | undefined
}

export class Engine {
  readonly #store: Store
  readonly #writer: Writer
  readonly #transactions: Transactions
  #closed = false

  constructor(options: EngineOptions) {
    const folder = options.dataFolder ?? '.tipfy'
    if (!options.memory) mkdirSync(folder, { recursive: true })
    this.#store = new Store(options.memory ? ':memory:' : join(folder, 'datastore.sqlite'))
    this.#writer = new Writer(this.#store)
    this.#transactions = new Transactions(this.#store)
  }

  /** Writes what is queued and closes the file. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#writer.flush()
    this.#store.close()
  }

  lookup(request: wire.LookupRequest): wire.LookupResponse {
    const keys = (request.keys ?? []).map((key) => readKey(key, request, { complete: true }))
    return this.#store.atOnce(() => {
      const { view, begun } = this.#view(request.readOptions)
      const response: wire.LookupResponse = { found: [], missing: [], deferred: [], readTime: this.#readTime(view) }
      if (begun) response.transaction = begun.id
      for (const key of keys) {
        const row = this.#read(view, key)
        if (row) response.found.push(entityResult(key, row))
        else response.missing.push({ entity: { key, properties: {} }, version: String(this.#store.version()) })
      }
      return response
    })
  }

  runQuery(request: wire.RunQueryRequest): wire.RunQueryResponse {
    return this.#store.atOnce(() => {
      const { view, begun } = this.#view(request.readOptions)
      const response = runQuery(view, request)
      if (begun) response.transaction = begun.id
      return response
    })
  }

  beginTransaction(request: wire.BeginTransactionRequest): { transaction: Uint8Array } {
    return { transaction: this.#transactions.begin(request.transactionOptions).id }
  }

  /** @param timeout Milliseconds that the caller is willing to wait. */
  async commit(request: wire.CommitRequest, timeout = PATIENCE): Promise<wire.CommitResponse> {
    const id = request.transaction ? wire.toBytes(request.transaction) : undefined
    const transactional = Boolean(id?.length || request.singleUseTransaction)
    const changes = readMutations(request, transactional || request.mode === 'TRANSACTIONAL' || request.mode === 1)
    const transaction = id?.length ? this.#transactions.get(id) : undefined
    if (transaction) {
      this.#transactions.end(transaction)
      if (transaction.readOnly && changes.length > 0)
        throw invalid('Cannot modify entities in a read-only transaction.')
    }
    if (changes.length === 0 && !transaction?.queries.length && !transaction?.reads.size) {
      return { mutationResults: [], indexUpdates: 0, commitTime: wire.toTimestamp(this.#store.version()) }
    }
    return this.#writer.write(
      (version, latest) => applyChanges(this.#store, changes, transaction, version, latest),
      timeout,
    )
  }

  rollback(request: wire.RollbackRequest): Record<string, never> {
    this.#transactions.end(this.#transactions.get(request.transaction ?? ''))
    return {}
  }

  allocateIds(request: wire.KeysRequest): Promise<{ keys: StoredKey[] }> {
    const keys = (request.keys ?? []).map((key) => readKey(key, request, { complete: false }))
    if (keys.some(isComplete)) throw invalid('Key path is complete: ids are allocated for incomplete keys only.')
    return this.#writer.write(() => {
      const completed = keys.map((key) => completeKey(this.#store, key))
      for (const key of completed) this.#reserve(key)
      return { keys: completed }
    }, PATIENCE)
  }

  reserveIds(request: wire.KeysRequest): Promise<Record<string, never>> {
    const keys = (request.keys ?? []).map((key) => readKey(key, request, { complete: true }))
    return this.#writer.write(() => {
      for (const key of keys) this.#reserve(key)
      return {}
    }, PATIENCE)
  }

  #reserve(key: StoredKey): void {
    const n = this.#store.numberFor(partitionName(key.partitionId))
    this.#store.sql('INSERT OR IGNORE INTO reserved VALUES (?, ?)').run(n, pathBytes(key.path))
  }

  #view(options: wire.ReadOptions | null | undefined): { view: View; begun?: Transaction } {
    const store = this.#store
    if (options?.newTransaction) {
      const transaction = this.#transactions.begin(options.newTransaction)
      return { view: { store, version: transaction.snapshot, transaction }, begun: transaction }
    }
    if (options?.transaction?.length) {
      const transaction = this.#transactions.get(options.transaction)
      return { view: { store, version: transaction.snapshot, transaction } }
    }
    const version = options?.readTime ? wire.fromTimestamp(options.readTime) : undefined
    return { view: { store, version, transaction: undefined } }
  }

  #readTime(view: View): wire.Timestamp {
    return wire.toTimestamp(view.version ?? Math.max(this.#store.version(), Date.now() * 1000))
  }

  #read(view: View, key: StoredKey): Row | undefined {
    const n = this.#store.number(partitionName(key.partitionId))
    const k = pathBytes(key.path)
    const row =
      n === undefined
        ? undefined
        : view.version === undefined
          ? this.#store.get(n, k)
          : this.#store.getAt(n, k, view.version)
    if (view.transaction && n !== undefined) {
      view.transaction.reads.set(n + k.toString('latin1'), { n, k, version: row?.v ?? 0 })
    }
    return row
  }
}

export function entityResult(key: StoredKey, row: Row): wire.EntityResult {
  return {
    entity: { key, properties: readDocument(row.d) },
    version: String(row.v),
    createTime: wire.toTimestamp(row.c),
    updateTime: wire.toTimestamp(row.v),
  }
}
