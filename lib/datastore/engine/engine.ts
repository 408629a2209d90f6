// A complete Datastore for one machine: its eight calls, on tables in one SQLite file. Both fronts, in process and over the
// network, end here. A call reads one state of the tables; writes go through the writer.
import { join } from 'node:path'
import { folderError, makeDataFolder, makePrivateFile } from '../../internal/data-folder.ts'
import { applyChanges, completeKey } from './commit.ts'
import { enumName, toTimestamp } from './encoding/convert.ts'
import { assertWritable, partitionName, pathBytes, readKey, type StoredKey } from './encoding/keys.ts'
import { readMask } from './encoding/paths.ts'
import { Locks } from './locks.ts'
import { lookup, lookupLatest } from './lookup.ts'
import { readMutations } from './mutations.ts'
import type * as wire from './protocol/messages.ts'
import { Code, invalid, StatusError } from './protocol/status.ts'
import { readAggregation, runAggregation } from './query/aggregate.ts'
import { explain } from './query/explain.ts'
import { readGql } from './query/gql/parser.ts'
import { readPlan } from './query/plan.ts'
import { runQuery } from './query/run.ts'
import { Store } from './storage/store.ts'
import { type EntityRead, View } from './storage/view.ts'
import { readTimeOf, type Transaction, Transactions } from './transactions.ts'
import { Writer } from './writer.ts'

/** Milliseconds that a write waits for other processes, if the caller has that long. */
const patience = 10_000
const maxLookupKeys = 1000

const consistencies = new Set<string | number>(['STRONG', 'EVENTUAL', 1, 2])

export interface EngineOptions {
  /** Folder of the data; created if missing. */
  dataFolder?: string
  /** Keeps the data in memory only. */
  memory?: boolean
  /** Returns milliseconds since 1970; for tests. */
  clock?: () => number
  /**
   * Behaves like Google's newer emulator, for tests: a base version counts only with the strategy FAIL, and what a transaction
   * reads is locked until it ends. Milliseconds that a commit waits for a lock.
   */
  lockWait?: number
  /** Called with what an administrator should know, once; default: a warning of the process. */
  onTrouble?: (message: string) => void
}

export class Engine {
  readonly #store: Store
  readonly #writer: Writer
  readonly #transactions: Transactions
  readonly #clock: () => number
  readonly #locks: Locks | undefined
  #closed = false

  constructor({ dataFolder = '.tipfy', memory = false, clock = Date.now, lockWait, onTrouble }: EngineOptions) {
    this.#clock = clock
    this.#store = memory ? new Store(':memory:') : openStore(dataFolder, onTrouble)
    this.#writer = new Writer(this.#store, clock)
    this.#transactions = new Transactions(clock, () => this.#locks?.wake())
    if (lockWait !== undefined) this.#locks = new Locks(() => this.#transactions.all(), lockWait)
  }

  /** Writes what is queued and closes the file. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#writer.close()
    this.#store.close()
  }

  lookup(request: wire.LookupRequest): wire.LookupResponse {
    const keys = (request.keys ?? []).map((key) => readKey(key, request))
    if (keys.length > maxLookupKeys) throw invalid(`cannot get more than ${maxLookupKeys} keys in a single call`)
    const mask = readMask(request.propertyMask)
    checkConsistency(request.readOptions)
    return (
      lookupLatest(this.#store, keys, mask, request.readOptions) ??
      this.#read(request, (view) => lookup(view, keys, mask))
    )
  }

  runQuery(request: wire.RunQueryRequest): wire.RunQueryResponse {
    const gql = request.gqlQuery ? readGql(request.gqlQuery, request.partitionId) : undefined
    if (gql?.aggregations) throw invalid('GQL query error: an aggregation query cannot be run as a plain one.')
    const plan = readPlan(gql?.query ?? request.query, request)
    return this.#read(request, (view, transaction) => {
      const response = explain(request, plan, (progress) => {
        const { batch, trace } = runQuery(view, plan, progress)
        this.#remember(transaction, trace, (at) => runQuery(at, plan).trace())
        return { batch, count: batch.entityResults.length }
      })
      return { ...response, query: gql?.query ?? null }
    })
  }

  runAggregationQuery(request: wire.RunAggregationQueryRequest): wire.RunAggregationQueryResponse {
    const gql = request.gqlQuery ? readGql(request.gqlQuery, request.partitionId) : undefined
    if (gql && !gql.aggregations) throw invalid('GQL query error: a plain query cannot be run as an aggregation query.')
    const parsed = gql && { nestedQuery: gql.query, aggregations: gql.aggregations }
    const aggregation = readAggregation(parsed ?? request.aggregationQuery, request)
    return this.#read(request, (view, transaction) => {
      const response = explain(request, aggregation.plan, (progress) => {
        const aggregateProperties = runAggregation(view, aggregation, progress)
        const again = (at: View) => JSON.stringify(runAggregation(at, aggregation))
        this.#remember(transaction, () => JSON.stringify(aggregateProperties), again)
        const aggregationResults = [{ aggregateProperties }]
        const batch = { aggregationResults, moreResults: 'NO_MORE_RESULTS' as const, readTime: view.readTime }
        return { batch, count: 1 }
      })
      return { ...response, query: parsed ?? null }
    })
  }

  beginTransaction(request: wire.BeginTransactionRequest): { transaction: Uint8Array } {
    return { transaction: this.#transactions.begin(request.transactionOptions, request).id }
  }

  /** @param timeout Milliseconds that the caller can wait. */
  async commit(request: wire.CommitRequest, timeout = patience): Promise<wire.CommitResponse> {
    const { transaction, transactional } = this.#transactionOf(request)
    const changes = readMutations(request, transactional)
    if (transaction?.readOnly && changes.length > 0) throw invalid('Cannot modify entities in a read-only transaction.')
    if (this.#locks) {
      for (const change of changes) if (!change.base?.fail) change.base = undefined
      await this.#locks.free(changes, transaction)
    }
    if (transaction) this.#transactions.end(transaction)
    const response: wire.CommitResponse =
      changes.length === 0
        ? {
            mutationResults: [],
            indexUpdates: 0,
            commitTime: toTimestamp(this.#store.atOnce(() => this.#store.version())),
          }
        : await this.#writer.write(
            (versions) => applyChanges(this.#store, changes, transaction, versions),
            Math.min(timeout, patience),
          )
    return transactional ? response : { ...response, commitTime: null }
  }

  rollback(request: wire.RollbackRequest): Record<string, never> {
    this.#transactions.end(this.#transactions.get(request.transaction ?? '', request))
    return {}
  }

  allocateIds(request: wire.KeysRequest): Promise<{ keys: StoredKey[] }> {
    const keys = (request.keys ?? []).map((key) => readKey(key, request, 'incomplete'))
    for (const key of keys) assertWritable(key)
    return this.#writer.write(() => {
      const completed = keys.map((key) => {
        const complete = completeKey(this.#store, key)
        this.#reserve(complete)
        return complete
      })
      return { keys: completed }
    }, patience)
  }

  reserveIds(request: wire.KeysRequest): Promise<Record<string, never>> {
    const keys = (request.keys ?? []).map((key) => readKey(key, request))
    for (const key of keys) assertWritable(key)
    return this.#writer.write(() => {
      for (const key of keys) this.#reserve(key)
      return {}
    }, patience)
  }

  /** Deletes all data, of all projects. */
  reset(): Promise<void> {
    return this.#writer.write(({ next }) => this.#store.clear(next), patience)
  }

  #reserve(key: StoredKey): void {
    this.#store.reserve(this.#store.numberFor(partitionName(key.partitionId)), pathBytes(key.path))
  }

  /** Returns the transaction that a commit ends, if any, and true if the commit counts as one. */
  #transactionOf(request: wire.CommitRequest): { transaction: Transaction | undefined; transactional: boolean } {
    const mode = enumName(request.mode, { 1: 'TRANSACTIONAL', 2: 'NON_TRANSACTIONAL' })
    const { singleUseTransaction, transaction } = request
    if (mode === 'NON_TRANSACTIONAL') {
      if (transaction?.length || singleUseTransaction)
        throw invalid('non-transaction commit cannot specify a transaction')
      return { transaction: undefined, transactional: false }
    }
    if (singleUseTransaction?.readOnly) throw invalid('single_use_transaction in a commit request must be READ_WRITE.')
    if (singleUseTransaction) return { transaction: undefined, transactional: true }
    if (!transaction?.length) throw invalid('transactional commit requires a transaction')
    return { transaction: this.#transactions.get(transaction, request), transactional: true }
  }

  /** Reads one state of the tables; the response names a transaction that the read begins. */
  #read<R extends { transaction?: Uint8Array }>(
    request: wire.Target & { readOptions?: wire.ReadOptions | null },
    read: (view: View, transaction: Transaction | undefined) => R,
  ): R {
    const options = request.readOptions
    checkConsistency(options)
    return this.#store.atOnce(() => {
      if (options?.transaction && options.transaction.length === 0)
        throw invalid('a transaction cannot be the empty string.')
      const begun = options?.newTransaction
        ? this.#transactions.begin(options.newTransaction, request, true)
        : undefined
      const transaction =
        begun ?? (options?.transaction ? this.#transactions.get(options.transaction, request) : undefined)
      if (transaction) transaction.snapshot ??= this.#store.version()
      const readTime = options?.readTime ? readTimeOf(options.readTime, this.#clock()) : undefined
      const version = transaction?.snapshot ?? readTime
      if (version !== undefined && version < this.#store.history.floor()) throw tooOld(transaction?.atReadTime ?? true)
      const onRead = transaction && !transaction.readOnly ? (one: EntityRead) => transaction.reads.push(one) : undefined
      const response = read(new View(this.#store, version, onRead), transaction)
      if (begun) response.transaction = begun.id
      return response
    })
  }

  /** Makes the commit of a transaction check that a query still returns the same. */
  #remember(transaction: Transaction | undefined, trace: () => string, again: (view: View) => string): void {
    if (!transaction || transaction.readOnly) return
    const then = trace()
    transaction.queries.push(() => again(new View(this.#store, undefined)) === then)
  }
}

function checkConsistency(options: wire.ReadOptions | null | undefined): void {
  const { readConsistency: given = null } = options ?? {}
  if (given !== null && !consistencies.has(given)) throw invalid('ReadConsistency must be specified.')
}

/** Returns the error for a state that is no longer kept. One that the caller has named will not come back. */
function tooOld(readTimeGiven: boolean): StatusError {
  const code = readTimeGiven ? Code.FAILED_PRECONDITION : Code.ABORTED
  return new StatusError(code, 'The requested snapshot version is too old.')
}

function openStore(dataFolder: string, onTrouble: EngineOptions['onTrouble']): Store {
  makeDataFolder(dataFolder)
  const file = join(dataFolder, 'datastore.sqlite')
  try {
    makePrivateFile(file)
    return new Store(file, undefined, { onTrouble })
  } catch (error) {
    throw folderError(dataFolder, error)
  }
}
