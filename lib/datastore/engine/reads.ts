// Runs the reads of a call at one state of the tables, and keeps for its transaction what the commit will have to check.
import { partitionName, pathBytes, pathFromBytes, type StoredKey } from './encoding/keys.ts'
import type { Locks } from './locks.ts'
import type { Batch, Query, ReadOptions, RunQueryRequest, Target } from './protocol/messages.ts'
import { Code, invalid, StatusError } from './protocol/status.ts'
import type { Plan } from './query/plan.ts'
import type { Concurrency } from './storage/schema.ts'
import type { Store } from './storage/store.ts'
import { type EntityRead, View } from './storage/view.ts'
import { readTimeOf, type Transaction, type Transactions } from './transactions.ts'

/** The part that a call reads: entities by their keys, or the results of a query. */
export type Scope = { keys: StoredKey[] } | { plan: Plan; query: Query; partitionId: RunQueryRequest['partitionId'] }

interface Request extends Target {
  readOptions?: ReadOptions | null
}

const consistencies = new Set<string | number>(['STRONG', 'EVENTUAL', 1, 2])
const maxGroups = 25

export class Reads {
  readonly #store: Store
  readonly #transactions: Transactions
  readonly #concurrency: Concurrency
  readonly #locks: Locks | undefined
  readonly #clock: () => number

  /** @param clock Returns milliseconds since 1970. */
  constructor(
    store: Store,
    transactions: Transactions,
    { concurrency, locks, clock }: { concurrency: Concurrency; locks: Locks | undefined; clock: () => number },
  ) {
    this.#store = store
    this.#transactions = transactions
    this.#concurrency = concurrency
    this.#locks = locks
    this.#clock = clock
  }

  /** Reads one state of the tables; the response names a transaction that the read begins. */
  run<R extends { transaction?: Uint8Array; batch?: unknown }>(
    request: Request,
    scope: Scope,
    read: (view: View, transaction: Transaction | undefined) => R,
  ): R {
    const options = request.readOptions
    checkConsistency(options)
    if (options?.transaction && options.transaction.length === 0)
      throw invalid('a transaction cannot be the empty string.')
    const begun = options?.newTransaction ? this.#transactions.begin(options.newTransaction, request, true) : undefined
    const transaction =
      begun ?? (options?.transaction ? this.#transactions.get(options.transaction, request) : undefined)
    const writes = transaction && !transaction.readOnly
    if (transaction && this.#concurrency === 'optimistic-with-entity-groups') addGroups(transaction, scope)
    const locking = writes && this.#locks !== undefined
    // Locked before the state is chosen: a commit in between would wait, and is seen.
    const narrow = locking ? this.#lock(transaction, request, scope) : undefined
    return this.#store.atOnce(() => {
      const now = this.#store.version()
      if (transaction) transaction.snapshot ??= now
      const readTime = options?.readTime ? readTimeOf(options.readTime, this.#clock()) : undefined
      // Behind its locks, a transaction sees the latest state, which cannot change where it has been read.
      const version = locking ? undefined : (transaction?.snapshot ?? readTime)
      if (version !== undefined && version < this.#store.history.floor()) throw tooOld(transaction?.atReadTime ?? true)
      const at = version ?? now
      const onRead = writes ? (one: EntityRead) => transaction.reads.push({ ...one, at }) : undefined
      const response = read(new View(this.#store, version, onRead), transaction)
      const { moreResults, endCursor } = (response.batch ?? {}) as Partial<Batch>
      if (narrow && moreResults !== 'NO_MORE_RESULTS' && endCursor) narrow(endCursor)
      if (begun) response.transaction = begun.id
      return response
    })
  }

  /** Makes the commit of a transaction check that a query still returns the same. */
  remember(transaction: Transaction | undefined, trace: () => string, again: (view: View) => string): void {
    if (!transaction || transaction.readOnly) return
    const then = trace()
    transaction.queries.push(() => again(new View(this.#store, undefined)) === then)
  }

  #lock(transaction: Transaction, request: Request, scope: Scope): ((endCursor: Uint8Array) => void) | undefined {
    if ('keys' in scope) {
      const keys = scope.keys.map(({ partitionId, path }) => ({ name: partitionName(partitionId), k: pathBytes(path) }))
      this.#locks!.readEntities(transaction, keys)
      return undefined
    }
    const { plan, query, partitionId } = scope
    const { projectId, databaseId } = request
    return this.#locks!.readQuery(transaction, partitionName(plan.partition), {
      projectId,
      databaseId,
      partitionId,
      query,
    })
  }
}

export function checkConsistency(options: ReadOptions | null | undefined): void {
  const { readConsistency: given = null } = options ?? {}
  if (given !== null && !consistencies.has(given)) throw invalid('ReadConsistency must be specified.')
}

/** Has a transaction keep the entity groups that a call reads: one for each key without a parent. */
function addGroups(transaction: Transaction, scope: Scope): void {
  const add = (name: string, root: Buffer) => transaction.groups.set(name + root.toString('latin1'), { name, root })
  if ('keys' in scope) {
    for (const { partitionId, path } of scope.keys) add(partitionName(partitionId), pathBytes(path.slice(0, 1)))
  } else {
    const { ancestor } = scope.plan.alternatives[0] ?? {}
    if (!ancestor) throw invalid('Only ancestor queries are allowed inside transactions.')
    add(partitionName(scope.plan.partition), pathBytes(pathFromBytes(ancestor).slice(0, 1)))
  }
  if (transaction.groups.size > maxGroups)
    throw invalid(`operating on too many entity groups in a single transaction: the limit is ${maxGroups}`)
}

/** Returns the error for a state that is no longer kept. One that the caller has named will not come back. */
function tooOld(readTimeGiven: boolean): StatusError {
  const code = readTimeGiven ? Code.FAILED_PRECONDITION : Code.ABORTED
  return new StatusError(code, 'The requested snapshot version is too old.')
}
