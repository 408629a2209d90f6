// The folder for what an application makes itself (.tipfy): the embedded Datastore and the development key. It holds the data of
// visitors and signs their cookies: other users of the machine must not read it.
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
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
  const why = misplacedIn(folder) ?? reasons[errcode === undefined ? (code ?? '') : errcode & 0xff] ?? message
  return new TipfyError('TIPFY_E_DATA_FOLDER', { folder, why }, { cause })
}

/** Tells what is not of the kind that it should be: SQLite only says that it cannot open the file, or that it is damaged. */
function misplaced(folder: string): string | undefined {
  const state = statOf(folder)
  if (state?.isDirectory() === false) return reasons.EEXIST
  if (state === undefined) return isLink(folder) ? 'it is a link that leads nowhere' : undefined
  for (const name of readdirSync(folder).filter((one) => ownFile.test(one))) {
    const found = statOf(join(folder, name))
    if (found === undefined) return isLink(join(folder, name)) ? `${name} is a link that leads nowhere` : undefined
    const [is, must] = name === 'locks' ? ['file', 'folder'] : ['folder', 'file']
    if (found.isDirectory() === (is === 'folder')) return `${name} is a ${is}, and must be a ${must}`
  }
  return undefined
}

function misplacedIn(folder: string): string | undefined {
  try {
    return misplaced(folder)
  } catch {
    return undefined // it may not be looked into: the error that came before says so
  }
}

const statOf = (path: string) => statSync(path, { throwIfNoEntry: false })
const isLink = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true

/**
 * Makes a folder and the missing ones above it. Node's `recursive` tries for ever where a folder exists but nothing can be
 * made in it, as in /proc.
 *
 * @param mode the permissions of the folder itself
 */
export function makeFolders(folder: string, mode = 0o777): void {
  const isFolder = () => statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true
  if (isFolder()) return
  const above = dirname(folder)
  if (statSync(above, { throwIfNoEntry: false }) === undefined) makeFolders(above)
  try {
    mkdirSync(folder, { mode })
  } catch (error) {
    // Another process may have been faster.
    if (!isFolder()) throw error
  }
}

/**
 * Makes the folder if it is missing, for this user alone, and checks that it can be written to. Closes an older one to others.
 *
 * @throws {TipfyError} TIPFY_E_DATA_FOLDER
 */
export function makeDataFolder(folder: string): void {
  try {
    makeFolders(resolve(folder), 0o700)
    accessSync(folder, constants.W_OK | constants.X_OK)
    closeToOthers(folder)
  } catch (error) {
    throw folderError(folder, error)
  }
}

/** Makes a missing file that only this user can read, for a library that would allow more, and that reports what is wrong. */
export function makePrivateFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch {
    // It exists, or cannot be made.
  }
}

const ownFile = /^(?:datastore\.sqlite(?:-wal|-shm|-journal)?|locks|secret(?:\.\d+\.[\da-f]+)?)$/

function closeToOthers(folder: string): void {
  const names = readdirSync(folder)
  const own = names.filter((name) => ownFile.test(name))
  for (const name of own) restrict(join(folder, name))
  // A folder that holds anything else is not ours: the one of the application itself, perhaps.
  if (own.length > 0 && own.length === names.length) restrict(folder)
}

function restrict(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found !== undefined && found.uid === process.getuid?.() && (found.mode & 0o077) !== 0)
    chmodSync(path, found.mode & 0o700)
}
