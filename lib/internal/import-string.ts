// Finds and imports modules by the names that urls.ts and config.ts use ('module:Name'); errors list the files that were
// looked for.
import { channel } from 'node:diagnostics_channel'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { TipfyError } from './errors.ts'
import { explainImport, isFile } from './import-errors.ts'
import { nearest, unlikeness } from './suggest.ts'

const suffixes = ['.ts', '.js', '.mjs', '/index.ts', '/index.js', '/index.mjs']

/** The channel of the files that are looked for, found or not: `tipfy dev` watches them. */
export const lookups = channel('tipfy.lookup')

/** A module's name and the name of one of its exports: 'module:Name'. */
export interface ImportString {
  module: string
  name: string
}

/** Splits 'module:Name'; the name may be missing if there is a `fallback`. */
export function parseImportString(text: string, wantedBy: string, fallback?: string): ImportString {
  const [module = '', name = fallback, rest] = text.split(':')
  if (module === '' || !name || rest !== undefined) {
    // As tipfy 2009 wrote it.
    const [, folder, last] = /^([\w./]+)\.(\w+)$/.exec(text) ?? []
    throw new TipfyError('TIPFY_E_IMPORT_STRING', {
      text,
      wantedBy,
      example: last ? `${folder}:${last}` : 'session_test:MyHandler',
    })
  }
  return { module, name }
}

/** Lists the files that a module name may mean, in the order they are tried. `.` and `/` both separate folders. */
function candidates(module: string, folders: readonly string[]): string[] {
  const given = suffixes.some((suffix) => module.endsWith(suffix))
  const paths = given ? [module] : [...new Set([module, module.replaceAll('.', '/')])]
  return folders.flatMap((folder) =>
    paths.flatMap((path) => (given ? [join(folder, path)] : suffixes.map((suffix) => join(folder, path + suffix)))),
  )
}

/** Returns the file of a module below one of `folders`, or undefined. */
export function findModule(module: string, folders: readonly string[]): string | undefined {
  return candidates(module, folders).find((path) => {
    lookups.publish(path)
    return isFile(path)
  })
}

/**
 * Imports one export of a module: of a file below one of `folders`, else of a package as seen from `root`.
 *
 * @throws {TipfyError} TIPFY_E_MODULE_NOT_FOUND, TIPFY_E_EXPORT_NOT_FOUND, or one of the mistakes of `importFile`
 */
export async function importString(
  { module, name }: ImportString,
  { root, folders, wantedBy }: { root: string; folders: readonly string[]; wantedBy: string },
): Promise<unknown> {
  const found = await importModule(module, { root, folders })
  if (found === undefined) {
    const ours = module.replaceAll('.', '/')
    if (isOurs(ours)) await suggestOurs(ours, { module, name }, wantedBy)
    const looked = candidates(module, folders).map((path) => relative(root, path))
    throw new TipfyError('TIPFY_E_MODULE_NOT_FOUND', { module, wantedBy, looked: looked.join(', ') })
  }
  if (!(name in found.exports)) {
    const meant = sameName(name, found.exports)
    if (meant !== undefined) {
      const values = { given: `${module}:${name}`, wantedBy, right: `${module}:${meant}` }
      throw new TipfyError('TIPFY_E_IMPORT_NAME', values)
    }
    const names = Object.keys(found.exports).join(', ') || 'nothing'
    if (isOurs(found.file)) {
      const values = { what: `"${module}:${name}"`, wantedBy, has: `${module} exports ${names}` }
      throw new TipfyError('TIPFY_E_IMPORT_OURS', values)
    }
    throw new TipfyError('TIPFY_E_EXPORT_NOT_FOUND', { name, wantedBy, file: found.file, names })
  }
  return found.exports[name]
}

/** The export that differs only in case and underscores. */
function sameName(name: string, exports: object): string | undefined {
  const plain = (text: string) => text.replaceAll('_', '').toLowerCase()
  return Object.keys(exports).find((other) => plain(other) === plain(name))
}

/** Throws for a module of tipfy as it was called in 2009, 'tipfy.ext.session', one that is mistyped, and one that is no more. */
async function suggestOurs(ours: string, { module, name }: ImportString, wantedBy: string): Promise<never> {
  const manifest = createRequire(import.meta.url)('../../package.json') as { exports: object }
  const modules = Object.keys(manifest.exports).map((path) => `tipfy${path.slice(1)}`)
  const meant = nearest(ours, modules)
  if (unlikeness(ours, meant) > 2) {
    const names = modules.filter((known) => isOurs(known) && !known.endsWith('.json')).join(', ')
    throw new TipfyError('TIPFY_E_IMPORT_OURS', {
      what: `module "${module}"`,
      wantedBy,
      has: `its modules are ${names}`,
    })
  }
  const right = `${meant}:${sameName(name, await import(meant)) ?? name}`
  const values = { given: `${module}:${name}`, wantedBy, right }
  throw new TipfyError('TIPFY_E_IMPORT_NAME', values)
}

/** Returns a module's exports and its file or package; undefined if there is no such module. */
export async function importModule(
  module: string,
  { root, folders }: { root: string; folders: readonly string[] },
): Promise<{ file: string; exports: Record<string, unknown> } | undefined> {
  const file = findModule(module, folders)
  if (file !== undefined) return { file: relative(root, file), exports: await importFile(file, root) }
  try {
    if (isOurs(module)) return { file: module, exports: await import(module) }
    const path = createRequire(join(root, 'package.json')).resolve(module)
    return { file: module, exports: await importFile(path, root) }
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code === 'MODULE_NOT_FOUND' || code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return undefined
    throw error
  }
}

/** 'tipfy/ext/…' always is this copy of tipfy, whatever is installed near the application. */
function isOurs(module: string): boolean {
  return module === 'tipfy' || module.startsWith('tipfy/')
}

/**
 * Imports a file of the application.
 *
 * @throws {TipfyError} the error of `explainImport` for usual mistakes; other errors unchanged
 */
export async function importFile(path: string, root: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(path).href)
  } catch (error) {
    throw explainImport(error, path, root)
  }
}
