// Finds out which processes on a folder are alive. Each engine holds a file of its own locked for as long as it is open: the operating
// system releases that lock when the process dies, however it dies, also in another container.
import { randomBytes } from 'node:crypto'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { makePrivateFile } from '../../../internal/data-folder.ts'
import { isBusy } from './busy.ts'
import { sqlite } from './sqlite.ts'

/** Milliseconds that a process takes at most to lock the file that it has made. */
const startMs = 60_000

export class LockOwner {
  readonly id = randomBytes(9).toString('base64url')
  readonly #folder: string
  readonly #file: DatabaseSync

  constructor(folder: string) {
    this.#folder = folder
    makePrivateFile(fileOf(folder, this.id))
    this.#file = new (sqlite().DatabaseSync)(fileOf(folder, this.id), { timeout: 0 })
    this.#file.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  }

  /** Returns true if the process of an owner is alive. */
  isAlive(id: string): boolean {
    if (id === this.id) return true
    let db: DatabaseSync
    try {
      db = new (sqlite().DatabaseSync)(fileOf(this.#folder, id), { timeout: 0 })
    } catch {
      return true // it cannot be known: no file can be opened, or the folder was removed
    }
    try {
      db.exec('BEGIN IMMEDIATE')
      return false
    } catch (error) {
      return isBusy(error)
    } finally {
      db.close()
    }
  }

  /** Returns the owners whose files are older than it takes to lock one. */
  older(): string[] {
    const ids = readdirSync(this.#folder).flatMap((name) => /^owner-(.+)\.sqlite$/.exec(name)?.[1] ?? [])
    return ids.filter((id) => {
      const found = statSync(fileOf(this.#folder, id), { throwIfNoEntry: false })
      return found !== undefined && Date.now() - found.mtimeMs > startMs
    })
  }

  /** Removes the file of an owner whose process is dead. */
  forget(id: string): void {
    rmSync(fileOf(this.#folder, id), { force: true })
  }

  close(): void {
    this.#file.close()
    this.forget(this.id)
  }
}

function fileOf(folder: string, id: string): string {
  return join(folder, `owner-${id}.sqlite`)
}
