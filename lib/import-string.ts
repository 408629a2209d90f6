// Finds a module by the names that urls.ts and config.ts use ('module:Name') and imports it, saying on failure what was
// looked for and, for the usual first-minute mistakes under Node's type stripping, what to change.
import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { TipfyError } from './errors.ts'

const suffixes = ['.ts', '.js', '.mjs', '/index.ts', '/index.js', '/index.mjs']

/** A module's name and the name of one of its exports: 'module:Name'. */
export interface ImportString {
  module: string
  name: string
}

/** Splits 'module:Name'; the name may be missing where `fallback` gives one. */
export function parseImportString(text: string, fallback?: string): ImportString {
  const [module = '', name = fallback, rest] = text.split(':')
  if (module === '' || !name || rest !== undefined) throw new TipfyError('TIPFY_E_IMPORT_STRING', { text })
  return { module, name }
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile()
}

/** The files that a module name may mean, in the order they are tried. `.` and `/` both separate folders. */
function candidates(module: string, folders: readonly string[]): string[] {
  const given = suffixes.some((suffix) => module.endsWith(suffix))
  const paths = given ? [module] : [...new Set([module, module.replaceAll('.', '/')])]
  return folders.flatMap((folder) =>
    paths.flatMap((path) => (given ? [join(folder, path)] : suffixes.map((suffix) => join(folder, path + suffix)))),
  )
}

/** The file of a module below one of `folders`, or undefined. */
export function findModule(module: string, folders: readonly string[]): string | undefined {
  return candidates(module, folders).find(isFile)
}

/**
 * Imports one export of a module: a file below one of `folders`, else a package as seen from `root`.
 *
 * @throws {TipfyError} TIPFY_E_MODULE_NOT_FOUND, TIPFY_E_EXPORT_NOT_FOUND, or one of the mistakes of `importFile`
 */
export async function importString(
  { module, name }: ImportString,
  { root, folders, wantedBy }: { root: string; folders: readonly string[]; wantedBy: string },
): Promise<unknown> {
  const found = await importModule(module, { root, folders })
  if (found === undefined) {
    const looked = candidates(module, folders).map((path) => relative(root, path))
    throw new TipfyError('TIPFY_E_MODULE_NOT_FOUND', { module, wantedBy, looked: looked.join(', ') })
  }
  if (!(name in found.exports)) {
    const names = Object.keys(found.exports).join(', ') || 'nothing'
    throw new TipfyError('TIPFY_E_EXPORT_NOT_FOUND', { name, wantedBy, file: found.file, names })
  }
  return found.exports[name]
}

/** A module's exports and the file (or package) they came from; undefined where there is no such module. */
export async function importModule(
  module: string,
  { root, folders }: { root: string; folders: readonly string[] },
): Promise<{ file: string; exports: Record<string, unknown> } | undefined> {
  const file = findModule(module, folders)
  if (file !== undefined) return { file: relative(root, file), exports: await importFile(file, root) }
  if (isOurs(module)) return { file: module, exports: await importOurs(module) }
  try {
    const path = createRequire(join(root, 'package.json')).resolve(module)
    return { file: module, exports: await importFile(path, root) }
  } catch (error) {
    if (codeOf(error) === 'MODULE_NOT_FOUND' || codeOf(error) === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return undefined
    throw error
  }
}

/** 'tipfy/ext/…' always means this copy of tipfy, whatever else is installed near the application. */
function isOurs(module: string): boolean {
  return module === 'tipfy' || module.startsWith('tipfy/')
}

async function importOurs(module: string): Promise<Record<string, unknown>> {
  return await import(module)
}

/**
 * Imports a file of the application.
 *
 * @throws {TipfyError} TIPFY_E_IMPORT_TYPE, TIPFY_E_IMPORT_EXTENSION, TIPFY_E_TYPESCRIPT_SYNTAX and
 * TIPFY_E_TYPESCRIPT_IN_NODE_MODULES for what goes wrong in one's first minute; any other error as it came
 */
export async function importFile(path: string, root: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(path).href)
  } catch (error) {
    throw explained(error, relative(root, path).split(sep).join('/'))
  }
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code
}

function explained(cause: unknown, file: string): unknown {
  const { name, message = '', stack = '' } = (cause ?? {}) as { name?: string; message?: string; stack?: string }
  const code = codeOf(cause)
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    const what = message.split('\n').find((line) => line.trim() !== '') ?? 'syntax'
    return new TipfyError('TIPFY_E_TYPESCRIPT_SYNTAX', { file: placeIn(stack, file), what: what.trim() }, { cause })
  }
  if (code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING') {
    return new TipfyError(
      'TIPFY_E_TYPESCRIPT_IN_NODE_MODULES',
      { file: message.match(/"(.*?)"/)?.[1] ?? file },
      { cause },
    )
  }
  if (code === 'ERR_MODULE_NOT_FOUND') {
    const wanted = message.match(/Cannot find module '(.*?)'/)?.[1]
    if (wanted !== undefined) {
      const found = suffixes.find((suffix) => isFile(wanted + suffix))
      const from = message.match(/imported from (.*)$/)?.[1] ?? file
      if (found !== undefined) {
        return new TipfyError('TIPFY_E_IMPORT_EXTENSION', { file: from, wanted, right: wanted + found }, { cause })
      }
    }
  }
  const missing = name === 'SyntaxError' && message.match(/module '(.*?)' does not provide an export named '(.*?)'/)
  if (missing) {
    const [, module = '', exported = ''] = missing
    return new TipfyError('TIPFY_E_IMPORT_TYPE', { file: placeIn(stack, file), module, name: exported }, { cause })
  }
  return cause
}

/** The first line of a syntax error's stack is its place: 'file:///…/config.ts:3'. */
function placeIn(stack: string, file: string): string {
  return stack.match(/^(?:file:\/\/)?(\/.*?:\d+)/)?.[1] ?? file
}
