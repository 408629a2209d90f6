// Keeps the write-ahead log small. SQLite begins it anew only while no reader has an older state: a program that leaves a
// transaction open makes it grow for as long as that lasts, and the file would keep its size for good.
import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'

/** Bytes from which on the log is cut. */
const maxLog = 64 << 20
/** Ms between two looks at its size. */
const lookInterval = 1000

export interface WriteAheadLogOptions {
  maxBytes?: number
  /** Called once while the log cannot be cut. */
  onTrouble?: (message: string) => void
}

export class WriteAheadLog {
  readonly #db: DatabaseSync
  readonly #path: string
  readonly #maxBytes: number
  readonly #onTrouble: (message: string) => void
  #lookedAt = Number.NEGATIVE_INFINITY
  #isHeld = false

  /** @param file Path of the database. */
  constructor(db: DatabaseSync, file: string, { maxBytes = maxLog, onTrouble = warn }: WriteAheadLogOptions = {}) {
    this.#db = db
    this.#path = `${file}-wal`
    this.#maxBytes = maxBytes
    this.#onTrouble = onTrouble
    db.exec(`PRAGMA journal_size_limit = ${maxBytes}`)
  }

  /** Cuts a log that has grown, if that can be done without waiting. Never throws: the commit is done. @param now Milliseconds since 1970. */
  afterCommit(now: number): void {
    if (Math.abs(now - this.#lookedAt) < lookInterval) return
    this.#lookedAt = now
    const { size = 0 } = statSync(this.#path, { throwIfNoEntry: false }) ?? {}
    if (size <= this.#maxBytes) {
      this.#isHeld = false
      return
    }
    const why = this.#cut()
    if (why === undefined || this.#isHeld) return
    this.#isHeld = true
    this.#onTrouble(
      `${this.#path} has grown to ${Math.round(size / (1 << 20))} MiB, because ${why}. It is cut when that ends.`,
    )
  }

  /** Returns the reason why the log cannot be cut now; undefined if it was. */
  #cut(): string | undefined {
    try {
      const { busy } = this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number }
      return busy === 0 ? undefined : 'another program reads the database in a transaction that it leaves open'
    } catch (error) {
      return `it cannot be written back: ${(error as Error).message}` // the disk is full
    }
  }
}

function warn(message: string): void {
  process.emitWarning(message, 'DatastoreWarning')
}
