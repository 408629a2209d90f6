// Commits: which transaction they end, what they wait for, and how they are written.
import { ticks } from '../../internal/timers.ts'
import { applyChanges, checkReads } from './commit.ts'
import type { EmulatorLocks } from './emulator-locks.ts'
import { enumName, toTimestamp } from './encoding/convert.ts'
import { isComplete, partitionName, pathBytes } from './encoding/keys.ts'
import { Blocked, type Locks, type Written } from './locks.ts'
import { type Change, readMutations } from './mutations.ts'
import type { CommitRequest, CommitResponse } from './protocol/messages.ts'
import { invalid } from './protocol/status.ts'
import type { Store } from './storage/store.ts'
import type { Transaction, Transactions } from './transactions.ts'
import type { Writer } from './writer.ts'

/** Milliseconds that a write waits for other processes and transactions, if the caller has that long. */
export const patience = 10_000

/** An entity to be replaced: the name of its partition, its key, the version that it has, and its new properties. */
export interface Replacement {
  partition: string
  k: Uint8Array
  base: number
  text: string
}

export class Commits {
  readonly #store: Store
  readonly #writer: Writer
  readonly #transactions: Transactions
  readonly #locks: Locks | undefined
  readonly #emulated: EmulatorLocks | undefined
  /** The last look at the locks of others. */
  #look: { group?: object; isLocked: boolean } = { isLocked: false }

  constructor(
    store: Store,
    writer: Writer,
    transactions: Transactions,
    { locks, emulated }: { locks: Locks | undefined; emulated: EmulatorLocks | undefined },
  ) {
    this.#store = store
    this.#writer = writer
    this.#transactions = transactions
    this.#locks = locks
    this.#emulated = emulated
  }

  /** @param timeout Milliseconds that the caller can wait. */
  async commit(request: CommitRequest, timeout: number): Promise<CommitResponse> {
    const { transaction, transactional } = this.#transactionOf(request)
    const changes = readMutations(request, transactional)
    if (transaction?.readOnly && changes.length > 0) throw invalid('Cannot modify entities in a read-only transaction.')
    if (this.#emulated) {
      for (const change of changes) if (!change.base?.fail) change.base = undefined
      await this.#emulated.free(changes, transaction, timeout)
    }
    if (transaction) this.#transactions.close(transaction)
    try {
      const response =
        changes.length > 0
          ? await this.#write(changes, transaction, Math.min(timeout, patience))
          : this.#writeNothing(transaction)
      return transactional ? response : { ...response, commitTime: null }
    } finally {
      if (transaction) this.#transactions.end(transaction)
    }
  }

  /**
   * Replaces an entity that is at the version it was read at, without any change of its index; returns the new version, or undefined
   * where it takes a commit: another version is there, or a lock may be in the way.
   */
  replace({ partition, k, base, text }: Replacement, timeout: number): Promise<number | undefined> {
    if (this.#emulated) return Promise.resolve(undefined)
    return this.#writer.write(
      (versions, group) => {
        if (this.#areLocked(undefined, group)) return undefined
        const n = this.#store.numberFor(partition)
        const stored = this.#store.get(n, k)
        if (stored?.v !== base) return undefined
        this.#store.history.remember(versions.next, n, k, stored, text)
        this.#store.update(n, k, versions.next, text, stored.c)
        return versions.next
      },
      Math.min(timeout, patience),
    )
  }

  /** Writes changes once no lock is in their way. */
  async #write(changes: Change[], transaction: Transaction | undefined, timeout: number): Promise<CommitResponse> {
    const deadline = ticks() + timeout
    const locks = this.#locks
    for (;;) {
      try {
        return await this.#writer.write((versions, group) => {
          if (!this.#areLocked(transaction, group)) return applyChanges(this.#store, changes, transaction, versions)
          locks!.checkKeys(transaction, writtenKeys(changes))
          const check = (written: Written[]) => locks!.checkQueries(transaction, written)
          return applyChanges(this.#store, changes, transaction, versions, check)
        }, deadline - ticks())
      } catch (error) {
        if (!(error instanceof Blocked)) throw error
        await locks!.wait(transaction, error, deadline)
      }
    }
  }

  /** Returns true if another transaction may hold a lock. Commits of one group are made at once: for them one look will do. */
  #areLocked(transaction: Transaction | undefined, group: object): boolean {
    if (this.#locks === undefined) return false
    if (transaction !== undefined) return this.#locks.areHeld(transaction)
    if (this.#look.group !== group) this.#look = { group, isLocked: this.#locks.areHeld(undefined) }
    return this.#look.isLocked
  }

  /** Ends a transaction that has only read. Behind its locks each read saw its own latest state: they must all hold at once. */
  #writeNothing(transaction: Transaction | undefined): CommitResponse {
    const version = this.#store.atOnce(() => {
      const latest = this.#store.version()
      if (transaction && this.#locks) checkReads(this.#store, transaction, latest)
      return latest
    })
    return { mutationResults: [], indexUpdates: 0, commitTime: toTimestamp(version) }
  }

  /** Returns the transaction that a commit ends, if any, and true if the commit counts as one. */
  #transactionOf(request: CommitRequest): { transaction: Transaction | undefined; transactional: boolean } {
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
}

function writtenKeys(changes: readonly Change[]): { name: string; k: Uint8Array }[] {
  return changes
    .filter(({ key }) => isComplete(key))
    .map(({ key }) => ({ name: partitionName(key.partitionId), k: pathBytes(key.path) }))
}
