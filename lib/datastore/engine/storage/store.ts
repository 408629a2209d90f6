// The tables, in one SQLite file that several processes open at once. SQLite is the arbiter: nothing is cached here that another
// process could change, except the numbers of names, which never change once they are committed.
import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { TipfyError } from '../../../internal/errors.ts'
import { Code, StatusError } from '../protocol/status.ts'
import { patience, patiently } from './busy.ts'
import { History } from './history.ts'
import { LongRows } from './long-rows.ts'
import { type Concurrency, openDatabase, type Row } from './schema.ts'
import { Sql } from './sql.ts'
import { WriteAheadLog, type WriteAheadLogOptions } from './write-ahead-log.ts'

// The text of a version that is known already is not read.
const columns = 'c, v, t, CASE WHEN v IS ? THEN NULL ELSE d END'
const selectEntity = `SELECT ${columns} FROM entity WHERE n = ? AND k = ?`
const selectLatest = `SELECT version, ${columns} FROM state LEFT JOIN entity ON n = ? AND k = ?`

type EntityColumns = [c: number, v: number, t: number, d: string | null]

export class Store {
  readonly db: DatabaseSync
  readonly sql: Sql
  readonly history: History
  /** The mode that keeps concurrent transactions apart: chosen when the data was created. */
  readonly concurrency: Concurrency
  readonly #names = new Map<string, number>()
  readonly #longRows = new LongRows()
  /** The path and identity of the file; undefined in memory. */
  readonly #file: { path: string; id: string } | undefined
  #inTransaction = false
  /** The latest version before the transaction that runs, once it is known. */
  #version: number | undefined
  readonly #log: WriteAheadLog | undefined

  /** @param file Path of the database, or `:memory:`. @param concurrency The mode of a new database. */
  constructor(file: string, concurrency?: Concurrency, log: WriteAheadLogOptions = {}) {
    this.db = openDatabase(file, patience, concurrency ?? 'pessimistic')
    this.sql = new Sql(this.db)
    this.history = new History(this.sql)
    const path = resolve(file)
    if (file !== ':memory:') {
      this.#file = { path, id: idOf(path)! }
      this.#log = new WriteAheadLog(this.db, path, log)
    }
    this.concurrency = this.sql.first<[Concurrency]>('SELECT concurrency FROM state')![0]
    if (concurrency && concurrency !== this.concurrency) {
      this.sql.close()
      throw new TipfyError('TIPFY_E_DATA_CONCURRENCY', {
        folder: dirname(path),
        found: this.concurrency,
        wanted: concurrency,
      })
    }
    // SQLite itself never waits from here on: that would block the whole process.
    this.db.exec('PRAGMA busy_timeout = 0')
  }

  close(): void {
    this.sql.close()
  }

  /** Runs reads that must see one state of the tables. */
  atOnce<T>(read: () => T): T {
    if (this.#inTransaction) return read()
    this.#beginReading()
    this.#inTransaction = true
    try {
      return read()
    } finally {
      this.#inTransaction = false
      this.#version = undefined
      this.sql.run('COMMIT')
    }
  }

  /** Begins a transaction, whose first read fixes the state. */
  #beginReading(): void {
    patiently(() => {
      this.sql.run('BEGIN')
      try {
        this.#version = this.version()
      } catch (error) {
        this.sql.run('ROLLBACK')
        throw error
      }
    })
  }

  /** Begins a transaction that writes; throws an error that `isBusy` recognises if another process is writing. */
  begin(): void {
    this.#checkFile()
    this.sql.run('BEGIN IMMEDIATE')
    this.#inTransaction = true
  }

  /** Throws if the file was removed: it would still take writes, but they would be lost. */
  #checkFile(): void {
    if (!this.#file || idOf(this.#file.path) === this.#file.id) return
    throw new StatusError(
      Code.FAILED_PRECONDITION,
      `${this.#file.path} was removed or replaced while it was open. Start the process anew.`,
    )
  }

  /** Commits, with `version` as the latest one. @param now Milliseconds since 1970. */
  commit(version: number, now: number): void {
    this.history.settle(version, now)
    this.sql.run('COMMIT')
    this.#inTransaction = false
    this.#version = undefined
    this.#longRows.commit()
    this.#log?.afterCommit(now)
  }

  rollback(): void {
    this.#inTransaction = false
    this.#version = undefined
    this.history.forgetAdded()
    this.#longRows.rollback()
    // A name may have got its number in the transaction that is now undone.
    this.#names.clear()
    if (this.db.isTransaction) this.db.exec('ROLLBACK')
  }

  /** Returns the version of the latest commit, without those of the transaction that runs. */
  version(): number {
    if (this.#version !== undefined) return this.#version
    const [version] = this.sql.first<[number]>('SELECT version FROM state')!
    if (this.#inTransaction) this.#version = version
    return version
  }

  /** Returns the number of a name, if it has one. */
  number(name: string): number | undefined {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    const [id] = patiently(() => this.sql.first<[number]>('SELECT id FROM name WHERE name = ?', name)) ?? []
    if (id !== undefined) this.#names.set(name, id)
    return id
  }

  /** Returns the number of a name, which may be new; only between `begin` and `commit`. */
  numberFor(name: string): number {
    const known = this.number(name)
    if (known !== undefined) return known
    const id = this.sql.run('INSERT INTO name (name) VALUES (?)', name)
    this.#names.set(name, id)
    return id
  }

  get(n: number, k: Uint8Array): Row | undefined {
    // The first read of a transaction takes the version along.
    if (this.#inTransaction && this.#version === undefined) return this.latest(n, k).row
    const known = this.#longRows.get(n, k)
    const found = this.sql.first<EntityColumns>(selectEntity, known?.v ?? null, n, k)
    return found && rowOf(found, known)
  }

  /** Returns an entity and the latest version of the same state: one statement is cheaper than a transaction of two. */
  latest(n: number, k: Uint8Array): { row: Row | undefined; version: number } {
    const known = this.#longRows.get(n, k)
    const wanted = known?.v ?? null
    const found = patiently(() => this.sql.first<[version: number, ...EntityColumns]>(selectLatest, wanted, n, k)!)
    const [version, ...columns] = found
    if (this.#inTransaction) this.#version = version
    // Without an entity all of them are null.
    if ((columns[0] as number | null) === null) return { version, row: undefined }
    const row = rowOf(columns, known)
    if (row.d !== known?.d) this.#longRows.keep(n, k, row)
    return { version, row }
  }

  /** Returns an entity, unless it is at a version that is known. */
  unlessAt(n: number, k: Uint8Array, known: number): Row | 'known' | undefined {
    const found = patiently(() => this.sql.first<EntityColumns>(selectEntity, known, n, k))
    return found && (found[1] === known ? 'known' : rowOf(found, undefined))
  }

  /** Returns all names that have a number, parsed. */
  names(): unknown[][] {
    return this.sql.all<[string]>('SELECT name FROM name').map(([name]) => JSON.parse(name) as unknown[])
  }

  /** Returns true if an id is used or reserved. */
  isTaken(n: number, k: Uint8Array): boolean {
    return Boolean(this.get(n, k) ?? this.sql.first('SELECT 1 FROM reserved WHERE n = ? AND k = ?', n, k))
  }

  reserve(n: number, k: Uint8Array): void {
    this.sql.run('INSERT OR IGNORE INTO reserved VALUES (?, ?)', n, k)
  }

  insert(n: number, k: Uint8Array, version: number, text: string): void {
    this.sql.run(
      'INSERT INTO entity (n, k, c, v, t, d) VALUES (?, ?, ?, ?, ?, ?)',
      n,
      k,
      version,
      version,
      version,
      text,
    )
    this.#longRows.keepAtCommit(n, k, { c: version, v: version, d: text })
  }

  /** @param created its version at creation */
  update(n: number, k: Uint8Array, version: number, text: string, created: number): void {
    this.sql.run('UPDATE entity SET v = ?, t = ?, d = ? WHERE n = ? AND k = ?', version, version, text, n, k)
    this.#longRows.keepAtCommit(n, k, { c: created, v: version, d: text })
  }

  touch(n: number, k: Uint8Array, version: number): void {
    this.sql.run('UPDATE entity SET t = ? WHERE n = ? AND k = ?', version, n, k)
  }

  delete(n: number, k: Uint8Array): void {
    this.sql.run('DELETE FROM entity WHERE n = ? AND k = ?', n, k)
  }

  addEntry(p: number, v: Uint8Array, k: Uint8Array): void {
    this.sql.run('INSERT INTO entry VALUES (?, ?, ?)', p, v, k)
  }

  removeEntry(p: number, v: Uint8Array, k: Uint8Array): void {
    this.sql.run('DELETE FROM entry WHERE p = ? AND v = ? AND k = ?', p, v, k)
  }

  /** Deletes all entities. Nothing before this version can be read any more. */
  clear(version: number): void {
    for (const table of ['entity', 'entry', 'history', 'reserved']) this.sql.run(`DELETE FROM ${table}`)
    this.sql.run('UPDATE state SET kept = 0, floor = ?', version)
  }
}

/** @param known the row whose text was not read if the version is its own */
function rowOf([c, v, t, d]: EntityColumns, known: Row | undefined): Row {
  return { c, v, t, d: d ?? known!.d }
}

/** Returns the identity of a file, which tells it from another at the same path. */
function idOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found && `${found.dev} ${found.ino}`
}
