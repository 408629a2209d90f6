// Explains why a file of the application could not be imported, and what to change: above all the usual mistakes of the first
// minute under Node's type stripping, which Node describes in its own terms.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TipfyError } from './errors.ts'

export function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile()
}

/** Returns true if an import or a `require` failed because `name` itself is not installed, and not a package that it needs. */
export function isMissingPackage(error: unknown, name: string): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown }
  return (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && String(message).includes(`'${name}'`)
}

interface Failure {
  cause: unknown
  code: unknown
  message: string
  /** The file, and if known the line, of the mistake, relative to the root. */
  place: string
  /** The file that was imported. */
  path: string
  shown(path: string): string
}

/** Reads the place of a syntax error from the first line of its stack: 'file:///…/config.ts:3'. */
function placeIn(stack: string): [path: string, line: string] | undefined {
  const [, path, line] = stack.match(/^((?:file:\/\/)?\/.*?)(:\d+)\n/) ?? []
  return path === undefined ? undefined : [path.startsWith('file:') ? fileURLToPath(path) : path, line!]
}

/** Writes a path as an import would, with `../` in front. */
function specifier(from: string, to: string): string {
  const path = relative(dirname(from), to).split(sep).join('/')
  return path.startsWith('.') ? path : `./${path}`
}

/** Finds the file for a name without its extension, or with the extension of the compiled file. */
function findMeant(wanted: string): string | undefined {
  const bare = wanted.replace(/\.[mc]?js$/, '')
  const ends = ['.ts', '.js', '.mts', '.mjs', '/index.ts', '/index.js']
  return ends.map((end) => bare + end).find(isFile)
}

function explainMissing({ cause, message, shown, path }: Failure): TipfyError | undefined {
  const from = message.match(/ imported from (.*)$/)?.[1] ?? path
  const file = shown(from)
  const missing = message.match(/^Cannot find package '(.*?)'/)?.[1]
  if (missing !== undefined) return new TipfyError('TIPFY_E_IMPORT_PACKAGE', { file, name: missing }, { cause })
  const target = message.match(/^(?:Cannot find module|Directory import) '(.*?)'/)?.[1]
  if (target === undefined) return undefined
  const found = findMeant(target)
  const wanted = specifier(from, target)
  if (found === undefined) return new TipfyError('TIPFY_E_IMPORT_FILE', { file, wanted }, { cause })
  return new TipfyError('TIPFY_E_IMPORT_EXTENSION', { file, wanted, right: specifier(from, found) }, { cause })
}

function explainSubpath({ cause, message, shown, path }: Failure): TipfyError | undefined {
  const [, subpath, manifest, from = path] =
    message.match(
      /^Package subpath '\.(.*?)' is not defined by "exports" in (.*?package\.json)(?: imported from (.*))?$/,
    ) ?? []
  if (manifest === undefined) return undefined
  const { name, exports } = JSON.parse(readFileSync(manifest, 'utf8')) as { name: string; exports: object | string }
  const keys = typeof exports === 'object' ? Object.keys(exports).filter((key) => /^\.(?!.*\.json$)/.test(key)) : []
  const parts = keys.length === 0 ? name : keys.map((key) => name + key.slice(1)).join(', ')
  return new TipfyError('TIPFY_E_IMPORT_SUBPATH', { file: shown(from), name: name + subpath, parts }, { cause })
}

/** The names that are looked for in another module of tipfy, by the module that exports them. */
export const homes: Readonly<Record<string, readonly string[]>> = {
  tipfy: [
    'app',
    'html',
    'makeApp',
    'redirect',
    'redirectTo',
    'request',
    'RequestHandler',
    'response',
    'Rule',
    'urlFor',
  ],
  'tipfy/ext/session': ['hasSession', 'session', 'sessionStore'],
  'tipfy/ext/auth': ['currentUser', 'hashPassword', 'login', 'loginWithPassword', 'logout', 'nextPath'],
  'tipfy/ext/security': ['cspNonce', 'limit', 'resetLimit'],
  'tipfy/ext/messages': ['messages'],
  'tipfy/datastore': ['getDatastore', 'openDatastore', 'transact'],
  'tipfy/testing': ['createClient', 'memoryDatastore', 'withRequest'],
}

function explainSyntax({ cause, code, message, place, path }: Failure): TipfyError {
  const what = message.split('\n').find((line) => line.trim() !== '') ?? 'a syntax error'
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return new TipfyError('TIPFY_E_TYPESCRIPT_SYNTAX', { file: place, what }, { cause })
  }
  const [, module, name] = message.match(/module '(.*?)' does not provide an export named '(.*?)'/) ?? []
  if (name !== undefined) {
    const right = Object.keys(homes).find((home) => homes[home]!.includes(name))
    if (right !== undefined && /^tipfy(?:\/|$)/.test(module!) && right !== module)
      return new TipfyError('TIPFY_E_IMPORT_PLACE', { file: place, module: module!, name, right }, { cause })
    return new TipfyError('TIPFY_E_IMPORT_TYPE', { file: place, module: module!, name }, { cause })
  }
  if (message === "Unexpected token 'export'" || message === 'Cannot use import statement outside a module') {
    return new TipfyError('TIPFY_E_MODULE_TYPE', { file: place }, { cause })
  }
  // Stripping leaves decorators in, and Node's message about them does not name them.
  if (path.endsWith('ts') && isFile(path) && /^\s*@[a-z]/im.test(readFileSync(path, 'utf8'))) {
    return new TipfyError('TIPFY_E_TYPESCRIPT_SYNTAX', { file: place, what: 'decorators' }, { cause })
  }
  return new TipfyError('TIPFY_E_SYNTAX', { file: place, what }, { cause })
}

/**
 * Returns the coded error for what an import threw, or `cause` itself if that is the application's own.
 *
 * @param path the file that was imported
 * @param root the application's folder
 */
export function explainImport(cause: unknown, path: string, root: string): unknown {
  if (typeof cause !== 'object' || cause === null || cause instanceof TipfyError) return cause
  const { name, message = '', stack = '', code } = cause as Partial<NodeJS.ErrnoException>
  const shown = (file: string) => relative(root, file).split(sep).join('/')
  const [file, line] = placeIn(stack) ?? [path, '']
  const failure: Failure = { cause, code, message, place: shown(file) + line, path: file, shown }
  if (code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING') {
    const url = message.match(/"(file:.*?)"/)?.[1]
    const below = shown(url === undefined ? path : fileURLToPath(url))
    return new TipfyError('TIPFY_E_TYPESCRIPT_IN_NODE_MODULES', { file: below }, { cause })
  }
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_UNSUPPORTED_DIR_IMPORT') return explainMissing(failure) ?? cause
  if (code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return explainSubpath(failure) ?? cause
  // A SyntaxError that running code threw, JSON.parse perhaps, is the application's own.
  const thrown = /^\s+at (?!async )[^\n]*file:\/\//m.test(stack)
  return name === 'SyntaxError' && !thrown ? explainSyntax(failure) : cause
}
