// What commits replaced, for those who read the past: transactions for as long as they run, and readTime for an hour. Whoever
// reads at a version takes the tables as they are, less what came later, and from here what was there instead.
import type { Row } from './schema.ts'
import type { Sql } from './sql.ts'

/** History is kept for as long as Datastore can be asked to read the past (in ms), but never more of it than this. */
export const limits = { age: 3_600_000, bytes: 64 * 1024 * 1024 }

// An id is version × 1024 + place in the commit: the oldest come first. (Numbers are bound as doubles, too coarse to
// multiply.)
const firstId = 'CAST(? AS INTEGER) * 1024'
/** What a row is counted as, beside its text. */
const rowBytes = 64

const insertRow = `INSERT INTO history (id, n, k, c, v, d) VALUES (${firstId} + CAST(? AS INTEGER), ?, ?, ?, ?, ?)`
const selectOldest = `SELECT max(v) FROM (SELECT id / 1024 AS v FROM history WHERE id < ${firstId} ORDER BY id LIMIT ?)`
const selectSize = `SELECT sum(coalesce(octet_length(d), 0) + ${rowBytes}) FROM history WHERE id < ${firstId}`
const deleteBefore = `DELETE FROM history WHERE id < ${firstId}`
const selectFirstChange = `SELECT c, v, d FROM history WHERE id >= ${firstId} AND n = ? AND k = ? ORDER BY id LIMIT 1`
const selectLastChange = 'SELECT max(id) / 1024 FROM history WHERE n = ? AND k = ?'
const selectChanges = `SELECT k, c, v, d FROM history WHERE id >= ${firstId} AND n = ? ORDER BY id`

export class History {
  readonly #sql: Sql
  /** What the transaction under way has added. */
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

  /** Ends what a transaction adds: drops the oldest, twice as fast as it grows, where it is too old or too much. */
  settle(now: number): void {
    const { rows, bytes } = this.#added
    this.forgetAdded()
    if (rows === 0) return
    this.#sql.run('UPDATE state SET kept = kept + ?', bytes)
    const [kept, first] = this.#sql.first<[number, number]>(
      'SELECT kept, (SELECT min(id) / 1024 FROM history) FROM state',
    )!
    const before = kept > limits.bytes ? Number.MAX_SAFE_INTEGER : (now - limits.age) * 1000
    if (first < before) this.#dropUpTo(this.#sql.first<[number]>(selectOldest, before, rows * 2)![0])
  }

  #dropUpTo(version: number): void {
    const [bytes] = this.#sql.first<[number]>(selectSize, version + 1)!
    this.#sql.run(deleteBefore, version + 1)
    this.#sql.run('UPDATE state SET floor = ?, kept = kept - ?', version, bytes)
  }

  /** After a transaction that came to nothing. */
  forgetAdded(): void {
    this.#added = { rows: 0, bytes: 0 }
  }

  /** The oldest version that can be read. */
  floor(): number {
    return this.#sql.first<[number]>('SELECT floor FROM state')![0]
  }

  /** An entity as it was at a version. @param now The entity as it is. */
  getAt(n: number, k: Uint8Array, version: number, now: Row | undefined): Row | undefined {
    if (now && now.v <= version) return now
    const then = this.#sql.first<OldColumns>(selectFirstChange, version + 1, n, k)
    return then ? present(...then) : now
  }

  /** What was replaced after a version in a partition, oldest first. */
  *changesSince(n: number, version: number): Generator<{ k: Uint8Array; row: Row | undefined }> {
    const changes = this.#sql.all<[Uint8Array, ...OldColumns]>(selectChanges, version + 1, n)
    for (const [k, ...then] of changes) yield { k, row: present(...then) }
  }

  /** The version since which there has been no entity, or the oldest one known of. */
  goneSince(n: number, k: Uint8Array): number {
    return this.#sql.first<[number | null]>(selectLastChange, n, k)![0] ?? this.floor()
  }
}

type OldColumns = [c: number, v: number, d: string | null]

/** A row of history, where there was an entity at all. */
function present(...[c, v, d]: OldColumns): Row | undefined {
  return d === null ? undefined : { c, v, d }
}
