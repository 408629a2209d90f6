// The locks of open transactions, in an SQLite file that all processes on a folder share. It may be lost at any time: a lock only
// makes a commit wait, and the commit checks by itself that its reads still hold. So it is written without waiting for the disk,
// and means nothing after a crash.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { SQLInputValue } from 'node:sqlite'
import { makeFolders, makePrivateFile } from '../../../internal/data-folder.ts'
import { block } from '../../../internal/timers.ts'
import { isBusy, patience, patiently } from './busy.ts'
import { LockOwner } from './lock-owner.ts'
import { Sql } from './sql.ts'
import { sqlite } from './sqlite.ts'

const tables = `
CREATE TABLE IF NOT EXISTS txn (id BLOB PRIMARY KEY, owner TEXT, begun INTEGER, used INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entity_lock (name TEXT, k BLOB, txn BLOB, PRIMARY KEY (name, k, txn)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entity_lock_txn ON entity_lock (txn);
CREATE TABLE IF NOT EXISTS query_lock (id INTEGER PRIMARY KEY, name TEXT, txn BLOB, request TEXT);
CREATE INDEX IF NOT EXISTS query_lock_name ON query_lock (name);
CREATE INDEX IF NOT EXISTS query_lock_txn ON query_lock (txn);
CREATE TABLE IF NOT EXISTS wait (txn BLOB, blocker BLOB, PRIMARY KEY (txn, blocker)) WITHOUT ROWID;`

/** Tries, a millisecond apart, to write a lock while another process writes one, which takes microseconds. */
const maxTries = 5

/** A transaction that holds a lock. */
export interface LockHolder {
  txn: Uint8Array
  owner: string
}

/** A query that a transaction has run, as its request. */
export interface QueryLock extends LockHolder {
  id: number
  request: string
}

/** The times in ms of a transaction that count for its expiry. */
export interface LockTimes {
  begun: number
  used: number
}

const holders = 'SELECT txn.id, txn.owner FROM entity_lock AS l JOIN txn ON txn.id = l.txn WHERE l.name = ? AND l.k = ?'
const queries =
  'SELECT txn.id, txn.owner, l.id, l.request FROM query_lock AS l JOIN txn ON txn.id = l.txn WHERE l.name = ?'
const live = 'AND txn.id <> ? AND txn.begun > ? AND txn.used > ?'

export class LockTables {
  readonly #sql: Sql
  readonly #owner: LockOwner | undefined

  /** @param dataFolder Folder of the data; undefined in memory. */
  constructor(dataFolder: string | undefined) {
    const folder = dataFolder && join(dataFolder, 'locks')
    if (folder) makeFolders(folder, 0o700)
    this.#sql = openTables(folder ? join(folder, 'locks.sqlite') : ':memory:')
    this.#owner = folder ? new LockOwner(folder) : undefined
    this.removeDead()
  }

  /** Releases all locks of this process. */
  close(): void {
    this.#try(() => this.#removeOwner(this.#ownerId))
    this.#sql.close()
    this.#owner?.close()
  }

  get #ownerId(): string {
    return this.#owner?.id ?? ''
  }

  /** Locks entities for a transaction. */
  lockEntities(txn: Uint8Array, times: LockTimes, keys: { name: string; k: Uint8Array }[]): void {
    this.#try(() => {
      this.#use(txn, times)
      for (const { name, k } of keys) this.#sql.run('INSERT OR IGNORE INTO entity_lock VALUES (?, ?, ?)', name, k, txn)
    })
  }

  /** Locks the results of a query for a transaction; returns the lock's id, 0 if there is none. */
  lockQuery(txn: Uint8Array, times: LockTimes, name: string, request: string): number {
    let id = 0
    const isLocked = this.#try(() => {
      this.#use(txn, times)
      id = this.#sql.run('INSERT INTO query_lock (name, txn, request) VALUES (?, ?, ?)', name, txn, request)
    })
    return isLocked ? id : 0
  }

  /** Restricts a query's lock to what was read. */
  narrowQuery(id: number, request: string): void {
    this.#try(() => this.#sql.run('UPDATE query_lock SET request = ? WHERE id = ?', request, id))
  }

  #use(txn: Uint8Array, { begun, used }: LockTimes): void {
    const text = 'INSERT INTO txn VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET used = excluded.used'
    this.#sql.run(text, txn, this.#ownerId, begun, used)
  }

  /** Returns true if there is any transaction other than `own`. */
  hasOthers(own: Uint8Array): boolean {
    return this.#sql.first('SELECT 1 FROM txn WHERE id <> ? LIMIT 1', own) !== undefined
  }

  /** Returns the live transactions other than `own` that have read an entity. @param since Begun and used after these times. */
  entityHolders(name: string, k: Uint8Array, own: Uint8Array, since: LockTimes): LockHolder[] {
    const rows = this.#sql.all<[Uint8Array, string]>(`${holders} ${live}`, name, k, own, since.begun, since.used)
    return rows.map(([txn, owner]) => ({ txn, owner }))
  }

  /** Returns the queries in a partition of the live transactions other than `own`. */
  queryLocks(name: string, own: Uint8Array, since: LockTimes): QueryLock[] {
    const rows = this.#sql.all<[Uint8Array, string, number, string]>(
      `${queries} ${live}`,
      name,
      own,
      since.begun,
      since.used,
    )
    return rows.map(([txn, owner, id, request]) => ({ txn, owner, id, request }))
  }

  /** Returns true if a transaction still has its locks. */
  isHeld(txn: Uint8Array, since: LockTimes): boolean {
    const text = 'SELECT 1 FROM txn WHERE id = ? AND begun > ? AND used > ?'
    return this.#sql.first(text, txn, since.begun, since.used) !== undefined
  }

  /** Records that a transaction waits for others; returns false, and records nothing, if one of them waits for it. */
  addWaits(txn: Uint8Array, blockers: Uint8Array[]): boolean {
    let isFree = true
    this.#try(() => {
      for (const blocker of blockers) this.#sql.run('INSERT OR IGNORE INTO wait VALUES (?, ?)', txn, blocker)
      isFree = this.#sql.first(circle, txn, txn) === undefined
      if (!isFree) this.#sql.run('DELETE FROM wait WHERE txn = ?', txn)
    })
    return isFree
  }

  endWaits(txn: Uint8Array): void {
    this.#try(() => this.#sql.run('DELETE FROM wait WHERE txn = ?', txn))
  }

  /** Releases the locks of a transaction; returns false if another process is writing. */
  release(txn: Uint8Array): boolean {
    return this.#try(() => this.#remove('= ?', txn))
  }

  /** Removes what dead processes have left. */
  removeDead(): void {
    const holders = this.#sql.all<[string]>('SELECT DISTINCT owner FROM txn').map(([owner]) => owner)
    for (const owner of new Set([...holders, ...(this.#owner?.older() ?? [])])) this.removeIfDead(owner)
  }

  /** Releases the locks of a process, if it is dead. */
  removeIfDead(owner: string): void {
    if (!this.#owner || this.#owner.isAlive(owner)) return
    if (this.#try(() => this.#removeOwner(owner))) this.#owner.forget(owner)
  }

  #removeOwner(owner: string): void {
    this.#remove('IN (SELECT id FROM txn WHERE owner = ?)', owner)
  }

  #remove(which: string, parameter: SQLInputValue): void {
    for (const table of ['entity_lock', 'query_lock', 'wait'])
      this.#sql.run(`DELETE FROM ${table} WHERE txn ${which}`, parameter)
    this.#sql.run(`DELETE FROM txn WHERE id ${which}`, parameter)
  }

  /** Writes in one transaction. After some failed tries, and where the disk takes nothing, the lock is left out. */
  #try(write: () => void): boolean {
    for (let tries = 0; tries < maxTries; tries++) {
      try {
        this.#sql.run('BEGIN IMMEDIATE')
        write()
        this.#sql.run('COMMIT')
        return true
      } catch (error) {
        this.#rollback()
        if (isOfDisk(error)) return false
        if (!isBusy(error)) throw error
        block(1)
      }
    }
    return false
  }

  #rollback(): void {
    try {
      this.#sql.run('ROLLBACK')
    } catch {
      // None has begun, or SQLite has ended it: on a full disk, for example.
    }
  }
}

/** SQLITE_READONLY, IOERR, CORRUPT, FULL, CANTOPEN and NOTADB. */
const diskErrors: readonly unknown[] = [8, 10, 11, 13, 14, 26]

function isOfDisk(error: unknown): boolean {
  const { errcode = 0 } = error as { errcode?: number }
  return diskErrors.includes(errcode & 0xff)
}

const circle = `SELECT 1 FROM (
  WITH RECURSIVE reached (id) AS (
    SELECT blocker FROM wait WHERE txn = ? UNION SELECT wait.blocker FROM wait JOIN reached ON wait.txn = reached.id
  ) SELECT id FROM reached
) WHERE id = ?`

function openTables(file: string): Sql {
  try {
    // Two processes that make the file at the same time: SQLite itself gives up without waiting there.
    return patiently(() => tablesIn(file))
  } catch (error) {
    // SQLITE_CORRUPT and SQLITE_NOTADB, after a power cut: what was in it is of no more use.
    const { errcode } = error as { errcode?: number }
    if (errcode !== 11 && errcode !== 26) throw error
    for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true })
    return tablesIn(file)
  }
}

function tablesIn(file: string): Sql {
  if (file !== ':memory:') makePrivateFile(file)
  const db = new (sqlite().DatabaseSync)(file, { timeout: patience })
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF')
    db.exec(`BEGIN IMMEDIATE; ${tables} COMMIT; PRAGMA busy_timeout = 0`)
  } catch (error) {
    db.close()
    throw error
  }
  return new Sql(db)
}
