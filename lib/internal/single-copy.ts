// Detects a process that loads tipfy twice (from source and from dist, or in two versions). Each copy has its own globals, so
// that a request served by one does not exist for the other; without an error of its own that is hard to find out.
import { fileURLToPath } from 'node:url'
import { TipfyError } from './errors.ts'

const key = Symbol.for('tipfy.copies')
const shared = globalThis as { [key]?: Set<string> }
const here = fileURLToPath(new URL('..', import.meta.url))

// By folder: a test runner that loads the same file again does so on purpose.
shared[key] ??= new Set()
shared[key].add(here)

/** @throws {TipfyError} TIPFY_E_TWO_COPIES if the process has another copy */
export function mustBeTheOnlyCopy(): void {
  const other = [...shared[key]!].find((folder) => folder !== here)
  if (other !== undefined) throw new TipfyError('TIPFY_E_TWO_COPIES', { one: here, other })
}
