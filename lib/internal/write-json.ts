// JSON.stringify for what applications send: a promise in it is an error.
import { TipfyError } from './errors.ts'
import { isPromise } from './promises.ts'

/**
 * Returns a value as JSON; undefined for one that has none.
 *
 * @throws {TipfyError} TIPFY_E_JSON_PROMISE for a promise in it, which JSON writes as an empty object: an `await` was forgotten
 */
export function writeJson(value: unknown): string | undefined {
  const text: string | undefined = JSON.stringify(value)
  if (text?.includes('{}')) rejectPromises(value)
  return text
}

function rejectPromises(root: unknown): void {
  const open: [value: unknown, path: string][] = [[root, '']]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, path] = next
    if (typeof value !== 'object' || value === null) continue
    if (isPromise(value)) throw new TipfyError('TIPFY_E_JSON_PROMISE', { path })
    // Its JSON is made of something else.
    if (typeof (value as { toJSON?: unknown }).toJSON === 'function') continue
    for (const [key, inner] of Object.entries(value)) open.push([inner, path === '' ? key : `${path}.${key}`])
  }
}
