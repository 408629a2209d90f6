// Writes commits that arrive in one turn of the event loop as one SQLite transaction, with one wait for the disk. Waiting for
// another process happens here, between turns, never inside SQLite.

import { setImmediate, setTimeout, ticks } from '../../internal/timers.ts'
import { asStatus, Code, StatusError } from './protocol/status.ts'
import { isBusy } from './storage/busy.ts'
import type { Store } from './storage/store.ts'

/** The version of a commit, and the one before it. */
export interface Versions {
  readonly next: number
  readonly latest: number
}

/** Versions that are found when they are asked for: the first read of an entity brings the latest one along. */
class LazyVersions implements Versions {
  readonly #store: Store
  readonly #clock: () => number
  readonly #before: number | undefined
  #next: number | undefined

  /** @param before of the commit before it in the same transaction */
  constructor(store: Store, clock: () => number, before: number | undefined) {
    this.#store = store
    this.#clock = clock
    this.#before = before
  }

  get latest(): number {
    return this.#before ?? this.#store.version()
  }

  get next(): number {
    // Later than any time that a reader could have asked for so far.
    this.#next ??= Math.max(this.latest + 1, this.#clock() * 1000 + 1)
    return this.#next
  }
}

/**
 * Does the work of one commit; throws before it writes anything, and may run again. `group` is the same for all commits of one SQLite
 * transaction.
 */
export type Task<T> = (versions: Versions, group: object) => T

interface Pending {
  task: Task<unknown>
  done: (result: unknown) => void
  fail: (error: unknown) => void
  deadline: number
}

export class Writer {
  readonly #store: Store
  readonly #clock: () => number
  #queue: Pending[] = []
  #scheduled = false
  #attempts = 0

  /** @param clock Returns milliseconds since 1970. */
  constructor(store: Store, clock: () => number) {
    this.#store = store
    this.#clock = clock
  }

  /** Queues work for the next SQLite transaction; settles once that is on disk. @param timeout Milliseconds to wait for the lock. */
  write<T>(task: Task<T>, timeout: number): Promise<T> {
    return new Promise((done, fail) => {
      this.#queue.push({ task, done: done as (result: unknown) => void, fail, deadline: ticks() + timeout })
      if (!this.#scheduled) this.#schedule()
    })
  }

  /** Writes what is queued; what cannot be written now fails. */
  close(): void {
    this.flush()
    this.#failAll(new StatusError(Code.UNAVAILABLE, 'the engine was closed'))
  }

  #schedule(): void {
    this.#scheduled = true
    if (this.#attempts < 3) setImmediate(() => this.flush())
    else setTimeout(() => this.flush(), Math.random() * Math.min(this.#attempts, 10))
  }

  /** Writes what is queued now. */
  flush(): void {
    this.#scheduled = false
    if (this.#queue.length === 0) return
    try {
      this.#store.begin()
    } catch (error) {
      if (isBusy(error)) this.#wait()
      else this.#failAll(error)
      return
    }
    this.#attempts = 0
    const batch = this.#queue
    this.#queue = []
    this.#run(batch)
  }

  #wait(): void {
    this.#attempts++
    const now = ticks()
    this.#queue = this.#queue.filter((pending) => {
      if (pending.deadline > now) return true
      pending.fail(new StatusError(Code.ABORTED, 'too much contention on the data folder, please try again.'))
      return false
    })
    if (this.#queue.length > 0) this.#schedule()
  }

  #run(batch: Pending[]): void {
    const outcomes: (() => void)[] = []
    const group = {}
    try {
      let last: number | undefined
      for (const pending of batch) {
        const versions = new LazyVersions(this.#store, this.#clock, last)
        try {
          const result = pending.task(versions, group)
          last = versions.next
          outcomes.push(() => pending.done(result))
        } catch (error) {
          // A StatusError comes before anything is written; after any other error the rest starts again without this one.
          if (!(error instanceof StatusError)) {
            this.#store.rollback()
            pending.fail(asStatus(error))
            this.#queue = batch.filter((other) => other !== pending).concat(this.#queue)
            if (!this.#scheduled) this.#schedule()
            return
          }
          outcomes.push(() => pending.fail(error))
        }
      }
      this.#store.commit(last ?? this.#store.version(), this.#clock())
    } catch (error) {
      this.#store.rollback()
      this.#queue = batch.concat(this.#queue)
      this.#failAll(error)
      return
    }
    for (const settle of outcomes) settle()
  }

  #failAll(error: unknown): void {
    const failed = this.#queue
    this.#queue = []
    const { code, details } = asStatus(error)
    const failure = new StatusError(code, `the data could not be written: ${details}`, { cause: error })
    for (const pending of failed) pending.fail(failure)
  }
}
