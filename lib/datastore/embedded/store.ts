// The tables, in one SQLite file that several processes open at once. SQLite is the arbiter: nothing is remembered here
// that another process could have changed, but the numbers of names, which never change once they are committed.
import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { TipfyError } from '../../errors.ts'
import { History } from './history.ts'
import { sqlite } from './sqlite.ts'
import { Code, StatusError } from './status.ts'

/** An entity as it lies on disk. Versions are micros since 1970, each commit's later than the one before. */
export interface Row {
  /** Version at creation. */
  c: number
  /** Version now. */
  v: number
  /** Version of the latest commit that wrote it, if only what was there already. Not known of the past. */
  t?: number
  /** Properties, as document.ts writes them. */
  d: string
}

/** Grows with each change of SCHEMA that needs another reading. */
const FORMAT = 1
/** Milliseconds to wait for another process that is just opening, or recovering, the same file. */
const OPEN_TIMEOUT = 10_000
const CACHE_KIB = 8 * 1024

// `history` holds what each commit replaced, oldest first (its id is version × 1024 + place in the commit; d is null where
// nothing was there), so that a reader at an earlier version sees the table less what came later. `entry` is the index: one row
// for each indexed value, with `p` the number of (partition, kind, property), and one for each entity under the property ''.
const SCHEMA = `
CREATE TABLE state (one INTEGER PRIMARY KEY, version INTEGER NOT NULL, floor INTEGER NOT NULL, kept INTEGER NOT NULL);
INSERT INTO state VALUES (1, 0, 0, 0);
CREATE TABLE name (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE entity (
  id INTEGER PRIMARY KEY, n INTEGER NOT NULL, k BLOB NOT NULL, c INTEGER NOT NULL, v INTEGER NOT NULL,
  t INTEGER NOT NULL, d TEXT NOT NULL, UNIQUE (n, k));
CREATE TABLE entry (p INTEGER, v BLOB, k BLOB, PRIMARY KEY (p, v, k)) WITHOUT ROWID;
CREATE TABLE history (
  id INTEGER PRIMARY KEY, n INTEGER NOT NULL, k BLOB NOT NULL, c INTEGER, v INTEGER, d TEXT);
CREATE TABLE reserved (n INTEGER, k BLOB, PRIMARY KEY (n, k)) WITHOUT ROWID;
`

/** `SQLITE_BUSY` and its kin: another process holds what this one wanted. */
export function isBusy(error: unknown): boolean {
  const errcode = (error as { errcode?: number }).errcode
  return errcode !== undefined && (errcode & 0xff) === 5
}

export class Store {
  readonly db: DatabaseSync
  readonly history = new History(this)
  readonly #statements = new Map<string, StatementSync>()
  readonly #names = new Map<string, number>()
  /** Where the file was opened, and which it is; undefined in memory. */
  readonly #file: { path: string; id: string } | undefined
  #inTransaction = false
  /** The latest version, while a transaction reads. */
  #version: number | undefined

  /** @param file Path of the database, or `:memory:`. */
  constructor(file: string) {
    this.db = new (sqlite().DatabaseSync)(file, { timeout: OPEN_TIMEOUT })
    try {
      this.db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -${CACHE_KIB}`)
      // On macOS alone: there, what is synced may still be in the drive's own cache.
      this.db.exec('PRAGMA fullfsync = ON')
      // Looked at first, so that opening a folder that is in use takes no lock.
      if (this.#format() === 0) this.#createTables()
      const found = this.#format()
      if (found !== FORMAT)
        throw new TipfyError('TIPFY_E_DATA_FORMAT', { folder: dirname(file), found, wanted: FORMAT })
    } catch (error) {
      this.db.close()
      throw error
    }
    const path = resolve(file)
    this.#file = file === ':memory:' ? undefined : { path, id: idOf(path)! }
    // From here on nobody waits inside SQLite, where waiting would stop the whole process.
    this.db.exec('PRAGMA busy_timeout = 0')
  }

  #format(): number {
    return this.db.prepare('PRAGMA user_version').get()!['user_version'] as number
  }

  /** One process does it; the others wait, and then find it done. */
  #createTables(): void {
    this.db.exec('BEGIN IMMEDIATE')
    if (this.#format() === 0) this.db.exec(`${SCHEMA} PRAGMA user_version = ${FORMAT}`)
    this.db.exec('COMMIT')
  }

  close(): void {
    this.#statements.clear()
    this.db.close()
  }

  /** A prepared statement, made once. */
  sql(text: string): StatementSync {
    let statement = this.#statements.get(text)
    if (!statement) {
      statement = this.db.prepare(text)
      // What writes also tells the last row's id, which history's numbers make too large for a number: Node 26 throws.
      if (!text.startsWith('SELECT')) statement.setReadBigInts(true)
      this.#statements.set(text, statement)
    }
    return statement
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
      this.sql('COMMIT').run()
    }
  }

  /** The first read takes hold of the state. It may have to wait while another process opens or recovers the file. */
  #beginReading(): void {
    for (let waited = 0; ; waited++) {
      this.sql('BEGIN').run()
      try {
        this.#version = this.version()
        return
      } catch (error) {
        this.sql('ROLLBACK').run()
        if (!isBusy(error) || waited > OPEN_TIMEOUT) throw error
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
      }
    }
  }

  /** Begins a transaction that writes; throws what `isBusy` knows if another process is writing. */
  begin(): void {
    this.#checkFile()
    this.sql('BEGIN IMMEDIATE').run()
    this.#inTransaction = true
  }

  /** A file that was removed while it is open still takes writes, which nobody would ever see again. */
  #checkFile(): void {
    if (!this.#file || idOf(this.#file.path) === this.#file.id) return
    throw new StatusError(
      Code.FAILED_PRECONDITION,
      `${this.#file.path} was removed or replaced while it was open. Start the process anew.`,
    )
  }

  /** Commits, with what was done as the latest version. @param now Milliseconds since 1970. */
  commit(version: number, now: number): void {
    this.history.settle(now)
    this.sql('UPDATE state SET version = ?').run(version)
    this.sql('COMMIT').run()
    this.#inTransaction = false
  }

  rollback(): void {
    this.#inTransaction = false
    this.history.forgetAdded()
    // A name may have got its number in the transaction that is now undone.
    this.#names.clear()
    if (this.db.isTransaction) this.db.exec('ROLLBACK')
  }

  /** The version of the latest commit. */
  version(): number {
    return this.#version ?? (this.sql('SELECT version FROM state').get()!['version'] as number)
  }

  /** The number of a name, or undefined if it has none yet. */
  number(name: string): number | undefined {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    const row = this.sql('SELECT id FROM name WHERE name = ?').get(name)
    if (row) this.#names.set(name, row['id'] as number)
    return row?.['id'] as number | undefined
  }

  /** The number of a name, given now if need be; inside `begin` and `commit` only. */
  numberFor(name: string): number {
    const known = this.number(name)
    if (known !== undefined) return known
    const id = Number(this.sql('INSERT INTO name (name) VALUES (?)').run(name).lastInsertRowid)
    this.#names.set(name, id)
    return id
  }

  get(n: number, k: Uint8Array): Row | undefined {
    return this.sql('SELECT c, v, t, d FROM entity WHERE n = ? AND k = ?').get(n, k) as Row | undefined
  }

  /** All names that have a number, as they were before they became text. */
  names(): unknown[][] {
    return this.sql('SELECT name FROM name')
      .all()
      .map(({ name }) => JSON.parse(name as string) as unknown[])
  }

  /** Whether an id is used or reserved. */
  isTaken(n: number, k: Uint8Array): boolean {
    return Boolean(this.get(n, k) ?? this.sql('SELECT 1 FROM reserved WHERE n = ? AND k = ?').get(n, k))
  }

  reserve(n: number, k: Uint8Array): void {
    this.sql('INSERT OR IGNORE INTO reserved VALUES (?, ?)').run(n, k)
  }

  insert(n: number, k: Uint8Array, version: number, text: string): void {
    this.sql('INSERT INTO entity (n, k, c, v, t, d) VALUES (?, ?, ?, ?, ?, ?)').run(
      n,
      k,
      version,
      version,
      version,
      text,
    )
  }

  update(n: number, k: Uint8Array, version: number, text: string): void {
    this.sql('UPDATE entity SET v = ?, t = ?, d = ? WHERE n = ? AND k = ?').run(version, version, text, n, k)
  }

  touch(n: number, k: Uint8Array, version: number): void {
    this.sql('UPDATE entity SET t = ? WHERE n = ? AND k = ?').run(version, n, k)
  }

  delete(n: number, k: Uint8Array): void {
    this.sql('DELETE FROM entity WHERE n = ? AND k = ?').run(n, k)
  }

  addEntry(p: number, v: Uint8Array, k: Uint8Array): void {
    this.sql('INSERT INTO entry VALUES (?, ?, ?)').run(p, v, k)
  }

  removeEntry(p: number, v: Uint8Array, k: Uint8Array): void {
    this.sql('DELETE FROM entry WHERE p = ? AND v = ? AND k = ?').run(p, v, k)
  }
}

/** What tells a file from another one that takes its place. */
function idOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found && `${found.dev} ${found.ino}`
}

/** The name of an index of one kind's property; '' is the index of all entities of the kind. */
export function indexName(n: number, kind: string, property: string): string {
  return JSON.stringify([n, kind, property])
}
