// Opens the database: its tables, and the checks that tell a sound file.
import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { TipfyError } from '../../../internal/errors.ts'
import { patiently } from './busy.ts'
import { sortNegativeZeros } from './negative-zeros.ts'
import { sqlite } from './sqlite.ts'

/** A stored entity. Versions are microseconds since 1970; each commit's is later than the one before. */
export interface Row {
  /** Version at creation. */
  c: number
  /** Current version. */
  v: number
  /** Version of the latest commit that wrote it, even without a change. Unknown in the past. */
  t?: number
  /** Properties, as document.ts writes them. */
  d: string
}

/** Grows with each change that older code cannot read. Format 3 had no differences in its history: nothing is to be converted. */
const currentFormat = 4
/** SQLite's codes for a read-only and for a damaged file. */
const [readOnlyCode, corruptCode] = [8, 11]
const cacheKib = 8 * 1024

// `history` holds what each commit replaced, by its version (`at`); d is null if nothing was there, and may be a difference where it
// is long (see encoding/replaced.ts). A reader at an earlier version sees the table without what came later. Its rows are appended in
// the order of commits (see history.ts): in a table without a rowid, or with an index on `at`, each would cost about twice as much.
// `entry` is the index: one row for each indexed value, with `p` the number of (partition, kind, property), and one for each entity
// under the property ''.
const historyTable = `
CREATE TABLE history (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, n INTEGER NOT NULL, k BLOB NOT NULL, c INTEGER, v INTEGER, d TEXT);`
const schema = `
CREATE TABLE state (
  one INTEGER PRIMARY KEY, version INTEGER NOT NULL, floor INTEGER NOT NULL, kept INTEGER NOT NULL, concurrency TEXT NOT NULL);
CREATE TABLE name (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE entity (
  id INTEGER PRIMARY KEY, n INTEGER NOT NULL, k BLOB NOT NULL, c INTEGER NOT NULL, v INTEGER NOT NULL,
  t INTEGER NOT NULL, d TEXT NOT NULL, UNIQUE (n, k));
CREATE TABLE entry (p INTEGER, v BLOB, k BLOB, PRIMARY KEY (p, v, k)) WITHOUT ROWID;
CREATE TABLE reserved (n INTEGER, k BLOB, PRIMARY KEY (n, k)) WITHOUT ROWID;
${historyTable}`

// Format 1 had only the ids of its history, no modes of concurrency, and sorted -0 as 0.
const fromFormat1 = `
ALTER TABLE state ADD COLUMN concurrency TEXT NOT NULL DEFAULT 'optimistic';
ALTER TABLE history RENAME TO history1;
${historyTable}
INSERT INTO history SELECT id, id / 1024, n, k, c, v, d FROM history1;
DROP TABLE history1;`

// Format 2, of some days in November 2026, had a history without ids, and no texts outside the JSON of documents.
const fromFormat2 = `
ALTER TABLE history RENAME TO history2;
${historyTable}
INSERT INTO history SELECT at * 1024 + row_number() OVER (ORDER BY at, place), at, n, k, c, v, d FROM history2;
DROP TABLE history2;`

/** The ways in which transactions that meet are kept apart, as the service calls them. */
export const concurrencyModes = ['pessimistic', 'optimistic', 'optimistic-with-entity-groups'] as const

export type Concurrency = (typeof concurrencyModes)[number]

/**
 * Opens a database.
 *
 * @param file Its path, or `:memory:`.
 * @param timeout Milliseconds to wait for others that open it.
 * @param concurrency The mode of a new database.
 */
export function openDatabase(file: string, timeout: number, concurrency: Concurrency): DatabaseSync {
  checkNotEmptied(file)
  const db = new (sqlite().DatabaseSync)(file, { timeout })
  try {
    // SQLite does not wait itself for another process that begins the log of a new file.
    patiently(() => db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -${cacheKib}`))
    // Has an effect on macOS alone, where synced data may still be in the drive's own cache.
    db.exec('PRAGMA fullfsync = ON')
    // Checked first, so that opening a folder that is in use takes no lock.
    if (formatOf(db) < currentFormat) makeTables(db, concurrency)
    const found = formatOf(db)
    if (found !== currentFormat)
      throw new TipfyError('TIPFY_E_DATA_FORMAT', { folder: dirname(file), found, wanted: currentFormat })
    if (file !== ':memory:') checkWritable(file)
  } catch (error) {
    db.close()
    throw error
  }
  return db
}

/**
 * Throws for a file that was truncated to nothing. SQLite would take it for a new one, which it can be (`touch`, another process
 * that is creating it), and delete the log beside it. The log is created after the file, so a log means that there was data.
 */
function checkNotEmptied(file: string): void {
  const log = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
  if (log === 0 || statSync(file, { throwIfNoEntry: false })?.size !== 0) return
  throw Object.assign(new Error(`${file} is empty, and there is a log of it.`), { errcode: corruptCode })
}

function formatOf(db: DatabaseSync): number {
  return db.prepare('PRAGMA user_version').get()!['user_version'] as number
}

/** Creates the tables, or converts older ones, in one process; others wait, and then find them. */
function makeTables(db: DatabaseSync, concurrency: Concurrency): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    const found = formatOf(db)
    if (found === 0) db.exec(`${schema} INSERT INTO state VALUES (1, 0, 0, 0, '${concurrency}');`)
    if (found === 1) {
      db.exec(fromFormat1)
      sortNegativeZeros(db)
    }
    if (found === 2) db.exec(fromFormat2)
    if (found < currentFormat) db.exec(`PRAGMA user_version = ${currentFormat}`)
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** Throws SQLite's own code for a read-only file: SQLite opens it, and fails only at the first commit. */
function checkWritable(file: string): void {
  try {
    accessSync(file, constants.W_OK)
  } catch (error) {
    throw Object.assign(error as Error, { errcode: readOnlyCode })
  }
}
