// The folder for what an application makes itself (.tipfy): the embedded Datastore and the development key.
import { accessSync, constants, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { TipfyError } from './errors.ts'

// By the codes of Node, and of SQLite.
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

/** Explains an error of something that was to be kept in `folder`. */
export function folderError(folder: string, cause: unknown): TipfyError {
  if (cause instanceof TipfyError) return cause
  const { code, errcode, message } = cause as NodeJS.ErrnoException & { errcode?: number }
  const why = reasons[errcode === undefined ? (code ?? '') : errcode & 0xff] ?? message
  return new TipfyError('TIPFY_E_DATA_FOLDER', { folder, why }, { cause })
}

/**
 * Makes a folder and the missing ones above it. Node's `recursive` tries for ever where a folder exists but nothing can be
 * made in it, as in /proc.
 */
export function makeFolders(folder: string): void {
  const isFolder = () => statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true
  if (isFolder()) return
  const above = dirname(folder)
  if (statSync(above, { throwIfNoEntry: false }) === undefined) makeFolders(above)
  try {
    mkdirSync(folder)
  } catch (error) {
    // Another process may have been faster.
    if (!isFolder()) throw error
  }
}

/**
 * Makes the folder if it is missing, and checks that it can be written to.
 *
 * @throws {TipfyError} TIPFY_E_DATA_FOLDER
 */
export function makeDataFolder(folder: string): void {
  try {
    makeFolders(resolve(folder))
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw folderError(folder, error)
  }
}
