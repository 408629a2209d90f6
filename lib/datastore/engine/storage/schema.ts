// Opens the database: what tables there are, and what a file must be to be taken for one.
import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { TipfyError } from '../../../internal/errors.ts'
import { sqlite } from './sqlite.ts'

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
const currentFormat = 1
/** SQLite's codes for what may not be written, and for what is damaged. */
const [readOnlyCode, corruptCode] = [8, 11]
const cacheKib = 8 * 1024

// `history` holds what each commit replaced, oldest first (its id is version × 1024 + place in the commit; d is null where
// nothing was there), so that a reader at an earlier version sees the table less what came later. `entry` is the index: one row
// for each indexed value, with `p` the number of (partition, kind, property), and one for each entity under the property ''.
const schema = `
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

/** @param file Path of the database, or `:memory:`. @param timeout Milliseconds to wait for others that open it. */
export function openDatabase(file: string, timeout: number): DatabaseSync {
  checkNotEmptied(file)
  const db = new (sqlite().DatabaseSync)(file, { timeout })
  try {
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -${cacheKib}`)
    // On macOS alone: there, what is synced may still be in the drive's own cache.
    db.exec('PRAGMA fullfsync = ON')
    // Looked at first, so that opening a folder that is in use takes no lock.
    if (formatOf(db) === 0) createTables(db)
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
 * Refuses a file that was cut to nothing. SQLite would take it for a new one, which it may be (`touch`, another process that
 * is just making it), and throw away the log beside it: but the log is begun after the file, so that then there was data.
 */
function checkNotEmptied(file: string): void {
  const log = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
  if (log === 0 || statSync(file, { throwIfNoEntry: false })?.size !== 0) return
  throw Object.assign(new Error(`${file} is empty, and there is a log of it.`), { errcode: corruptCode })
}

function formatOf(db: DatabaseSync): number {
  return db.prepare('PRAGMA user_version').get()!['user_version'] as number
}

/** One process does it; the others wait, and then find it done. */
function createTables(db: DatabaseSync): void {
  db.exec('BEGIN IMMEDIATE')
  if (formatOf(db) === 0) db.exec(`${schema} PRAGMA user_version = ${currentFormat}`)
  db.exec('COMMIT')
}

/** Refuses a file that may only be read, with SQLite's own code: SQLite opens it, and would refuse the first commit. */
function checkWritable(file: string): void {
  try {
    accessSync(file, constants.W_OK)
  } catch (error) {
    throw Object.assign(error as Error, { errcode: readOnlyCode })
  }
}
