// The secret keys: those too weak to start with, and the one that development makes for itself.
import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { folderError, makeDataFolder } from '../../../internal/data-folder.ts'
import { TipfyError } from '../../../internal/errors.ts'

// Short words count only where they stand alone: one in 20,000 random keys has such letters in a row.
const example =
  /change.?me|change.?this|your.?(secret|key)|example|placeholder|insert.?|\btodo\b|password|^(secret|(test|dev)([^a-z0-9]|.?key|ing|el))/i

function fail(problem: string): never {
  throw new TipfyError('TIPFY_E_SECRET_KEY', { problem })
}

/** Throws for keys that a session must not be signed with. In production there must be one, and not one from an example. */
export function checkKeys(given: string | readonly string[] | null | undefined, dev: boolean): readonly string[] {
  const keys = given == null ? [] : typeof given === 'string' ? [given] : given
  if (keys.length === 0 && (!dev || given != null)) fail('it is missing')
  keys.forEach((key, index) => {
    const which = keys.length === 1 ? 'it' : `number ${index + 1} of the list`
    if (key.length === 0) fail(`${which} is empty`)
    if (Buffer.byteLength(key) < 32) fail(`${which} has ${Buffer.byteLength(key)} bytes, 32 or more are needed`)
    if (keys.indexOf(key) !== index) fail(`${which} is there twice`)
    if (!dev && (example.test(key) || new Set(key).size < 8)) fail(`${which} looks like one from an example`)
  })
  return keys
}

/** The keys to sign with, newest first; the one kept in `folder` if development has none. */
export function secretKeys(
  given: string | readonly string[] | null | undefined,
  dev: boolean,
  folder: string,
): readonly string[] {
  const keys = checkKeys(given, dev)
  return keys.length > 0 ? keys : [developmentKey(folder)]
}

// Written to another file and linked into place, so that two processes that start at once read the same whole key.
function developmentKey(folder: string): string {
  const file = join(folder, 'secret')
  const read = () => {
    const key = readFileSync(file, 'utf8').trim()
    if (Buffer.byteLength(key) < 32) fail(`the one in ${file} is too short; delete that file`)
    return key
  }
  try {
    return read()
  } catch (error) {
    if (error instanceof TipfyError) throw error
    if (!/^(ENOENT|ENOTDIR)$/.test((error as NodeJS.ErrnoException).code ?? '')) throw folderError(folder, error)
  }
  makeDataFolder(folder)
  const own = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    writeFileSync(own, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
    linkSync(own, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(own, { force: true })
  }
  return read()
}
