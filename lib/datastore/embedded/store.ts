// The tables, in one SQLite file that several processes open at once. SQLite is the arbiter: nothing is remembered here
// that another process could have changed, but the numbers of names, which never change once they are committed.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { sqlite } from './sqlite.ts'

/** An entity as it lies on disk. Versions are micros since 1970, each commit's later than the one before. */
export interface Row {
  /** Version at creation. */
  c: number
  /** Version now. */
  v: number
  /** Properties, as document.ts writes them. */
  d: string
}

// `history` holds what each commit replaced, oldest first (its id is version × 1024 + place in the commit; d is null where
// nothing was there), so that a reader at an earlier version sees the table less what came later. `entry` is the index: one row
// for each indexed value, with `p` the number of (partition, kind, property), and one for each entity under the property ''.
const SCHEMA = `
CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY, version INTEGER NOT NULL, floor INTEGER NOT NULL);
INSERT OR IGNORE INTO state VALUES (1, 0, 0);
CREATE TABLE IF NOT EXISTS name (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS entity (
  id INTEGER PRIMARY KEY, n INTEGER NOT NULL, k BLOB NOT NULL, c INTEGER NOT NULL, v INTEGER NOT NULL, d TEXT NOT NULL,
  UNIQUE (n, k));
CREATE TABLE IF NOT EXISTS entry (p INTEGER, v BLOB, k BLOB, PRIMARY KEY (p, v, k)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history (
  id INTEGER PRIMARY KEY, n INTEGER NOT NULL, k BLOB NOT NULL, c INTEGER, v INTEGER, d TEXT);
CREATE TABLE IF NOT EXISTS reserved (n INTEGER, k BLOB, PRIMARY KEY (n, k)) WITHOUT ROWID;
`

/** `SQLITE_BUSY` and its kin: another process holds what this one wanted. */
export function isBusy(error: unknown): boolean {
  const errcode = (error as { errcode?: number }).errcode
  return errcode !== undefined && (errcode & 0xff) === 5
}

export class Store {
  readonly db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #names = new Map<string, number>()
  #inTransaction = false

  /** @param file Path of the database, or `:memory:`. */
  constructor(file: string) {
    this.db = new (sqlite().DatabaseSync)(file, { timeout: 10_000 })
    this.db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -32768`)
    // Checked first, so that opening a folder that is in use takes no lock.
    const tables = this.db.prepare(`SELECT count(*) AS n FROM sqlite_schema WHERE type = 'table'`).get()
    if (tables!['n'] !== 6) this.db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`)
    // From here on nobody waits inside SQLite, where waiting would stop the whole process.
    this.db.exec('PRAGMA busy_timeout = 0')
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
      this.#statements.set(text, statement)
    }
    return statement
  }

  /** Runs reads that must see one state of the tables. */
  atOnce<T>(read: () => T): T {
    if (this.#inTransaction) return read()
    this.sql('BEGIN').run()
    this.#inTransaction = true
    try {
      return read()
    } finally {
      this.#inTransaction = false
      this.sql('COMMIT').run()
    }
  }

  /** Begins a transaction that writes; throws what `isBusy` knows if another process is writing. */
  begin(): void {
    this.sql('BEGIN IMMEDIATE').run()
    this.#inTransaction = true
  }

  commit(): void {
    this.sql('COMMIT').run()
    this.#inTransaction = false
  }

  rollback(): void {
    this.#inTransaction = false
    // A name may have got its number in the transaction that is now undone.
    this.#names.clear()
    if (this.db.isTransaction) this.db.exec('ROLLBACK')
  }

  /** The version of the latest commit. */
  version(): number {
    return this.sql('SELECT version FROM state').get()!['version'] as number
  }

  /** The oldest version at which the past can be read. */
  floor(): number {
    return this.sql('SELECT floor FROM state').get()!['floor'] as number
  }

  /** The number of a name, or undefined if it has none yet. */
  number(name: string): number | undefined {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    const row = this.sql('SELECT id FROM name WHERE name = ?').get(Buffer.from(name))
    if (row) this.#names.set(name, row['id'] as number)
    return row?.['id'] as number | undefined
  }

  /** The number of a name, given now if need be; inside `begin` and `commit` only. */
  numberFor(name: string): number {
    const known = this.number(name)
    if (known !== undefined) return known
    const id = Number(this.sql('INSERT INTO name (name) VALUES (?)').run(Buffer.from(name)).lastInsertRowid)
    this.#names.set(name, id)
    return id
  }

  get(n: number, k: Uint8Array): Row | undefined {
    return this.sql('SELECT c, v, d FROM entity WHERE n = ? AND k = ?').get(n, k) as Row | undefined
  }

  /** An entity as it was at a version. */
  getAt(n: number, k: Uint8Array, version: number): Row | undefined {
    const now = this.get(n, k)
    if (now && now.v <= version) return now
    const then = this.sql(
      'SELECT c, v, d FROM history WHERE id >= (CAST(? AS INTEGER) + 1) * 1024 AND n = ? AND k = ? ORDER BY id LIMIT 1',
    ).get(version, n, k)
    if (!then) return now
    return then['d'] === null ? undefined : (then as unknown as Row)
  }
}

/** The name of an index of one kind's property; '' is the index of all entities of the kind. */
export function indexName(n: number, kind: string, property: string): string {
  return `${n}\0${kind}\0${property}`
}
