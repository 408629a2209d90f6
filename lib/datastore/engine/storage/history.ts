// Keeps what commits replaced, for reads of the past: of transactions while they run, and of readTime for an hour. A read at an
// earlier version takes the tables as they are, without what came later, and finds here what was there instead. Of a long text only
// the difference from the one that came after is kept (see encoding/replaced.ts).
import { isDifference, replaced, restored } from '../encoding/replaced.ts'
import type { Row } from './schema.ts'
import type { Sql } from './sql.ts'

/** History is kept as long as Datastore can read the past (`age`, in ms), but never more than `bytes`. */
export const limits = { age: 3_600_000, bytes: 64 * 1024 * 1024 }

/** The size that a row counts as, besides its text. */
const rowBytes = 64

// A row's id is the version of its commit × 1024, or the next one that is free: rows are only ever appended, and those of a version
// and later ones have ids from there on.
const firstId = (version: string) => `CAST(${version} AS INTEGER) * 1024`
const insertRow = `INSERT INTO history (id, at, n, k, c, v, d)
  VALUES (max(${firstId('?1')}, coalesce((SELECT max(id) FROM history), 0) + 1), ?1, ?, ?, ?, ?, ?)`
/** Commits of which one keeps whole texts: a read of the past goes through few differences of one entity. */
const wholeEvery = 64
const oldest = `FROM history WHERE id < ${firstId('?')} ORDER BY id LIMIT ?`
const selectOldest = `SELECT sum(size), max(at) FROM (SELECT coalesce(octet_length(d), 0) + ${rowBytes} AS size, at ${oldest})`
const deleteOldest = `DELETE FROM history WHERE id IN (SELECT id ${oldest})`
const since = `id >= ${firstId('?1')} AND at >= ?1`
const selectChangesOf = `SELECT c, v, d FROM history WHERE ${since} AND n = ? AND k = ? ORDER BY id`
const selectLastChange = 'SELECT max(at) FROM history WHERE n = ? AND k = ?'
const selectChangedIn = `SELECT 1 FROM history WHERE ${since} AND n = ? AND k >= ? AND k < ? LIMIT 1`
const selectChangedKeys = `SELECT k FROM history WHERE ${since} AND n = ?`
const selectChangesBack = `SELECT k, c, v, d FROM history WHERE ${since} AND n = ? ORDER BY id DESC`
const updateState = `UPDATE state SET version = ?, kept = kept + ?
  RETURNING kept, (SELECT at FROM history ORDER BY id LIMIT 1)`

export class History {
  readonly #sql: Sql
  /** Added by the current transaction. */
  #added = { rows: 0, bytes: 0 }

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** Keeps what a commit is about to replace. @param next the text that comes after; undefined if the entity is deleted */
  remember(version: number, n: number, k: Uint8Array, row: Row | undefined, next: string | undefined): void {
    const isWhole = next === undefined || version % wholeEvery === 0
    const text = row === undefined || isWhole ? row?.d : replaced(row.d, next)
    this.#sql.run(insertRow, version, n, k, row?.c ?? null, row?.v ?? null, text ?? null)
    this.#added.rows++
    this.#added.bytes += rowBytes + (text === undefined ? 0 : Buffer.byteLength(text))
  }

  /**
   * Notes the latest version, accounts for what a transaction added, and drops old rows, twice as many as it added, if they are too
   * old or too many.
   */
  settle(version: number, now: number): void {
    const { rows, bytes } = this.#added
    this.forgetAdded()
    const [kept, first] = this.#sql.first<[number, number | null]>(updateState, version, bytes)!
    if (rows === 0) return
    const before = kept > limits.bytes ? Number.MAX_SAFE_INTEGER : (now - limits.age) * 1000
    if (first !== null && first < before) this.#dropOldest(before, rows * 2)
  }

  /** Drops at most `count` of the rows that are from before a version. What is left of a commit then is not read any more. */
  #dropOldest(before: number, count: number): void {
    const [bytes, at] = this.#sql.first<[number, number] | [null, null]>(selectOldest, before, count)!
    if (bytes === null) return
    this.#sql.run(deleteOldest, before, count)
    this.#sql.run('UPDATE state SET floor = ?, kept = kept - ?', at, bytes)
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
    let first: OldColumns | undefined
    const differences: string[] = []
    let text: string | null | undefined
    for (const then of this.#sql.each<OldColumns>(selectChangesOf, version + 1, n, k)) {
      first ??= then
      text = then[2]
      if (text === null || !isDifference(text)) break
      differences.push(text)
      text = undefined
    }
    if (first === undefined) return now
    // The last difference is from the entity as it is.
    if (text === undefined) text = now!.d
    for (const difference of differences.reverse()) text = restored(difference, text!)
    return present(first[0], first[1], text)
  }

  /** Returns true if an entity with a key in a range has changed after a version. */
  hasChangedIn(n: number, low: Uint8Array, high: Uint8Array, version: number): boolean {
    return this.#sql.first(selectChangedIn, version + 1, n, low, high) !== undefined
  }

  /** Returns true if an entity of a partition that is wanted has changed after a version. */
  hasChangedSince(n: number, version: number, isWanted: (k: Uint8Array) => boolean): boolean {
    for (const [k] of this.#sql.each<[Uint8Array]>(selectChangedKeys, version + 1, n)) if (isWanted(k)) return true
    return false
  }

  /** Returns the wanted entities of a partition that changed after a version, as they were then. @param now Returns one as it is. */
  changedSince(
    n: number,
    version: number,
    isWanted: (k: Uint8Array) => boolean,
    now: (k: Uint8Array) => Row | undefined,
  ): Iterable<{ k: Uint8Array; row: Row | undefined }> {
    const states = new Map<string, { k: Uint8Array; row: Row | undefined }>()
    // From the latest change back, for the texts from which differences are.
    for (const [k, c, v, d] of this.#sql.each<[Uint8Array, ...OldColumns]>(selectChangesBack, version + 1, n)) {
      if (!isWanted(k)) continue
      const id = Buffer.from(k).toString('latin1')
      const after = () => (states.has(id) ? states.get(id)!.row : now(k))!.d
      const text = d !== null && isDifference(d) ? restored(d, after()) : d
      states.set(id, { k, row: present(c, v, text) })
    }
    return states.values()
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
