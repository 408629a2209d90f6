// A complete Datastore for one machine: its eight calls, on tables in one SQLite file. Both fronts, in process and over the
// network, end here. A call reads one state of the tables; writes go through the writer.
import { join } from 'node:path'
import { folderError, makeDataFolder, makePrivateFile } from '../../internal/data-folder.ts'
import { completeKey } from './commit.ts'
import { Commits, patience } from './commits.ts'
import { EmulatorLocks } from './emulator-locks.ts'
import { assertWritable, partitionName, pathBytes, readKey, type StoredKey } from './encoding/keys.ts'
import { readMask } from './encoding/paths.ts'
import { Locks } from './locks.ts'
import { lookup, lookupLatest } from './lookup.ts'
import type * as wire from './protocol/messages.ts'
import { invalid } from './protocol/status.ts'
import { readAggregation, runAggregation } from './query/aggregate.ts'
import { explain } from './query/explain.ts'
import { readGql } from './query/gql/parser.ts'
import { readPlan } from './query/plan.ts'
import { runQuery } from './query/run.ts'
import { checkConsistency, Reads } from './reads.ts'
import { Records } from './records.ts'
import type { Concurrency } from './storage/schema.ts'
import { Store } from './storage/store.ts'
import type { View } from './storage/view.ts'
import { Transactions } from './transactions.ts'
import { Writer } from './writer.ts'

const maxLookupKeys = 1000

export interface EngineOptions {
  /** Folder of the data; created if missing. */
  dataFolder?: string
  /** Keeps the data in memory only. */
  memory?: boolean
  /** Returns milliseconds since 1970; for tests. */
  clock?: () => number
  /** The mode that keeps concurrent transactions apart. Default: as the data was created; pessimistic for new data. */
  concurrency?: Concurrency
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
  readonly #locks: Locks | undefined
  readonly #reads: Reads
  readonly #commits: Commits
  #closed = false

  constructor(options: EngineOptions) {
    const { dataFolder = '.tipfy', memory = false, clock = Date.now, concurrency, lockWait, onTrouble } = options
    this.#store = memory ? new Store(':memory:', concurrency) : openStore(dataFolder, concurrency, onTrouble)
    this.#writer = new Writer(this.#store, clock)
    const mode = lockWait === undefined ? this.#store.concurrency : 'optimistic'
    const locks = mode === 'pessimistic' ? openLocks(this.#store, memory ? undefined : dataFolder, clock) : undefined
    const transactions = new Transactions(clock, (transaction) => {
      locks?.release(transaction)
      emulated?.wake()
    })
    const emulated = lockWait === undefined ? undefined : new EmulatorLocks(() => transactions.all(), lockWait)
    this.#locks = locks
    this.#transactions = transactions
    this.#reads = new Reads(this.#store, transactions, { concurrency: mode, locks, clock })
    this.#commits = new Commits(this.#store, this.#writer, transactions, { locks, emulated })
  }

  /** Writes what is queued and closes the file. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#locks?.close()
    this.#writer.close()
    this.#store.close()
  }

  /** Runs lookups at one state of the data. Those of transactions take locks first, and are made by themselves. */
  atOnce(lookups: () => void): void {
    this.#store.atOnce(lookups)
  }

  /** Returns the entities of a kind, for code that needs no messages. */
  records(place: wire.Target & wire.PartitionId, kind: string): Records {
    return new Records(this.#store, this.#commits, place, kind)
  }

  lookup(request: wire.LookupRequest): wire.LookupResponse {
    const keys = (request.keys ?? []).map((key) => readKey(key, request))
    if (keys.length > maxLookupKeys) throw invalid(`cannot get more than ${maxLookupKeys} keys in a single call`)
    const mask = readMask(request.propertyMask)
    checkConsistency(request.readOptions)
    return (
      lookupLatest(this.#store, keys, mask, request.readOptions) ??
      this.#reads.run(request, { keys }, (view) => lookup(view, keys, mask))
    )
  }

  runQuery(request: wire.RunQueryRequest): wire.RunQueryResponse {
    const gql = request.gqlQuery ? readGql(request.gqlQuery, request.partitionId) : undefined
    if (gql?.aggregations) throw invalid('GQL query error: an aggregation query cannot be run as a plain one.')
    const query = gql?.query ?? request.query
    const plan = readPlan(query, request)
    const scope = { plan, query: query!, partitionId: request.partitionId }
    return this.#reads.run(request, scope, (view, transaction) => {
      const response = explain(request, plan, (progress) => {
        const { batch, trace } = runQuery(view, plan, progress)
        this.#reads.remember(transaction, trace, (at) => runQuery(at, plan).trace())
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
    const query = (parsed ?? request.aggregationQuery)!.nestedQuery!
    const scope = { plan: aggregation.plan, query, partitionId: request.partitionId }
    return this.#reads.run(request, scope, (view, transaction) => {
      const response = explain(request, aggregation.plan, (progress) => {
        const aggregateProperties = runAggregation(view, aggregation, progress)
        const again = (at: View) => JSON.stringify(runAggregation(at, aggregation))
        this.#reads.remember(transaction, () => JSON.stringify(aggregateProperties), again)
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
  commit(request: wire.CommitRequest, timeout = patience): Promise<wire.CommitResponse> {
    return this.#commits.commit(request, timeout)
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
}

function openStore(
  dataFolder: string,
  concurrency: EngineOptions['concurrency'],
  onTrouble: EngineOptions['onTrouble'],
): Store {
  makeDataFolder(dataFolder)
  const file = join(dataFolder, 'datastore.sqlite')
  try {
    makePrivateFile(file)
    return new Store(file, concurrency, { onTrouble })
  } catch (error) {
    throw folderError(dataFolder, error)
  }
}

function openLocks(store: Store, dataFolder: string | undefined, clock: () => number): Locks {
  try {
    return new Locks(dataFolder, clock)
  } catch (error) {
    store.close()
    throw folderError(join(dataFolder!, 'locks'), { code: 'EACCES', message: (error as Error).message })
  }
}
