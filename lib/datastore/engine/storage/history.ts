// Keeps what commits replaced, for reads of the past: of transactions while they run, and of readTime for an hour. A read at an
// earlier version takes the tables as they are, without what came later, and finds here what was there instead.
import type { Row } from './schema.ts'
import type { Sql } from './sql.ts'

/** History is kept as long as Datastore can read the past (`age`, in ms), but never more than `bytes`. */
export const limits = { age: 3_600_000, bytes: 64 * 1024 * 1024 }

/** The size that a row counts as, besides its text. */
const rowBytes = 64

const insertRow = 'INSERT INTO history (at, place, n, k, c, v, d) VALUES (?, ?, ?, ?, ?, ?, ?)'
const selectOldest = 'SELECT max(at) FROM (SELECT at FROM history WHERE at < ? ORDER BY at, place LIMIT ?)'
const selectSize = `SELECT sum(coalesce(octet_length(d), 0) + ${rowBytes}) FROM history WHERE at < ?`
const deleteBefore = 'DELETE FROM history WHERE at < ?'
const selectFirstChange = 'SELECT c, v, d FROM history WHERE at >= ? AND n = ? AND k = ? ORDER BY at, place LIMIT 1'
const selectLastChange = 'SELECT max(at) FROM history WHERE n = ? AND k = ?'
const selectChangedIn = 'SELECT 1 FROM history WHERE at >= ? AND n = ? AND k >= ? AND k < ? LIMIT 1'
const selectChanges = 'SELECT k, c, v, d FROM history WHERE at >= ? AND n = ? ORDER BY at, place'

export class History {
  readonly #sql: Sql
  /** Added by the current transaction. */
  #added = { rows: 0, bytes: 0 }

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** Keeps what a commit is about to replace. */
  remember(version: number, place: number, n: number, k: Uint8Array, row: Row | undefined): void {
    this.#sql.run(insertRow, version, place, n, k, row?.c ?? null, row?.v ?? null, row?.d ?? null)
    this.#added.rows++
    this.#added.bytes += rowBytes + (row ? Buffer.byteLength(row.d) : 0)
  }

  /** Accounts for what a transaction added, and drops old rows, twice as many as it added, if they are too old or too many. */
  settle(now: number): void {
    const { rows, bytes } = this.#added
    this.forgetAdded()
    if (rows === 0) return
    this.#sql.run('UPDATE state SET kept = kept + ?', bytes)
    const [kept, first] = this.#sql.first<[number, number]>('SELECT kept, (SELECT min(at) FROM history) FROM state')!
    const before = kept > limits.bytes ? Number.MAX_SAFE_INTEGER : (now - limits.age) * 1000
    if (first < before) this.#dropUpTo(this.#sql.first<[number]>(selectOldest, before, rows * 2)![0])
  }

  #dropUpTo(version: number): void {
    const [bytes] = this.#sql.first<[number]>(selectSize, version + 1)!
    this.#sql.run(deleteBefore, version + 1)
    this.#sql.run('UPDATE state SET floor = ?, kept = kept - ?', version, bytes)
  }

  /** Forgets what a transaction added that is rolled back. */
  forgetAdded(): void {
    this.#added = { rows: 0, bytes: 0 }
  }

  /** Returns the oldest version that can be read. */
  floor(): number {
    return this.#sql.first<[number]>('SELECT floor FROM state')![0]
  }

  /** Returns an entity as it was at a version. @param now The entity as it is. */
  getAt(n: number, k: Uint8Array, version: number, now: Row | undefined): Row | undefined {
    if (now && now.v <= version) return now
    const then = this.#sql.first<OldColumns>(selectFirstChange, version + 1, n, k)
    return then ? present(...then) : now
  }

  /** Returns true if an entity with a key in a range has changed after a version. */
  hasChangedIn(n: number, low: Uint8Array, high: Uint8Array, version: number): boolean {
    return this.#sql.first(selectChangedIn, version + 1, n, low, high) !== undefined
  }

  /** Yields what was replaced after a version in a partition, oldest first. */
  *changesSince(n: number, version: number): Generator<{ k: Uint8Array; row: Row | undefined }> {
    const changes = this.#sql.all<[Uint8Array, ...OldColumns]>(selectChanges, version + 1, n)
    for (const [k, ...then] of changes) yield { k, row: present(...then) }
  }

  /** Returns the version since which an entity has been missing, or the oldest one known. */
  goneSince(n: number, k: Uint8Array): number {
    return this.#sql.first<[number | null]>(selectLastChange, n, k)![0] ?? this.floor()
  }
}

type OldColumns = [c: number, v: number, d: string | null]

/** Returns the row of a history entry, or undefined if there was no entity. */
function present(...[c, v, d]: OldColumns): Row | undefined {
  return d === null ? undefined : { c, v, d }
}
