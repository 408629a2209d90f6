// The folder where an application keeps what it makes itself (.tipfy): the embedded Datastore and the development key.
import { accessSync, constants, mkdirSync } from 'node:fs'
import { TipfyError } from './errors.ts'

// By Node's codes, and by SQLite's.
const reasons: Record<string, string> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOENT: 'no folder can be made there',
  EEXIST: 'there is a file of that name',
  ENOTDIR: 'there is a file where a folder should be',
  ENOSPC: 'the disk is full',
  8: 'this user may not write to datastore.sqlite',
  11: 'datastore.sqlite is damaged (a copy of it, or an empty folder, is needed)',
  13: 'the disk is full',
  14: 'this user may not open datastore.sqlite',
  26: 'datastore.sqlite is no database',
}

/** What `error` means for whoever wanted to keep something in `folder`. */
export function folderError(folder: string, cause: unknown): TipfyError {
  if (cause instanceof TipfyError) return cause
  const { code, errcode, message } = cause as NodeJS.ErrnoException & { errcode?: number }
  const why = reasons[errcode === undefined ? (code ?? '') : errcode & 0xff] ?? message
  return new TipfyError('TIPFY_E_DATA_FOLDER', { folder, why }, { cause })
}

/**
 * Makes the folder if need be, and sees that it can be written to.
 *
 * @throws {TipfyError} TIPFY_E_DATA_FOLDER
 */
export function makeDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw folderError(folder, error)
  }
}
