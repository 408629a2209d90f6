// JSON.stringify for what applications send: what it cannot write, and a promise, are errors that say where.
import { TipfyError } from './errors.ts'
import { describeValue } from './has-text.ts'
import { isPromise } from './promises.ts'

/**
 * Returns a value as JSON; undefined for one that has none.
 *
 * @throws {TipfyError} TIPFY_E_JSON_PROMISE for a promise in it, which JSON writes as an empty object: an `await` was forgotten;
 * TIPFY_E_JSON_ELEMENT for an element of React, Preact, Vue or lit that is not rendered; TIPFY_E_JSON_VALUE for a BigInt, a circle, or a Map
 */
export function writeJson(value: unknown): string | undefined {
  const text = stringify(value)
  const found = text?.includes('{}') ? find(value, (node) => isPromise(node.value) || losesItems(node.value)) : null
  if (found !== null) throw lossError(found)
  const element =
    text !== undefined && elementKey.test(text) ? find(value, (node) => libraryOf(node.value) !== null) : null
  if (element !== null) throw elementError(element)
  return text
}

/** Returns true for a Map, a Set or what else has items, but no JSON of its own: it would be an empty object. */
function losesItems(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const { [Symbol.iterator]: iterate, toJSON } = value as Partial<Iterable<unknown>> & { toJSON?: unknown }
  if (typeof iterate !== 'function' || typeof toJSON === 'function' || Object.keys(value).length > 0) return false
  return iterate.call(value).next().done !== true
}

function lossError(node: Node): TipfyError {
  const path = pathOf(node)
  if (isPromise(node.value)) return new TipfyError('TIPFY_E_JSON_PROMISE', { path })
  return new TipfyError('TIPFY_E_JSON_VALUE', { what: describeValue(node.value), path })
}

/** Matches the JSON of each of these elements. */
const elementKey = /"(?:props|_\$litType\$)":/

/** Returns the library whose unrendered element a value is, null for other values. */
function libraryOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null
  const { $$typeof, __v_isVNode } = value as { $$typeof?: unknown; __v_isVNode?: unknown }
  if (typeof $$typeof === 'symbol') return 'React'
  if (__v_isVNode === true) return 'Vue'
  if ('_$litType$' in value) return 'lit'
  return Object.hasOwn(value, 'constructor') && value.constructor === undefined && 'props' in value ? 'Preact' : null
}

function elementError(node: Node): TipfyError {
  const where = node.parent === null ? '' : `, at \`${pathOf(node)}\``
  return new TipfyError('TIPFY_E_JSON_ELEMENT', { library: `${libraryOf(node.value)}`, where })
}

function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (cause) {
    const found = cause instanceof TypeError ? find(value, isUnwritable) : null
    // An error of the application's own toJSON.
    if (found === null) throw cause
    const what = typeof found.value === 'bigint' ? 'a BigInt' : 'a circular reference'
    throw new TipfyError('TIPFY_E_JSON_VALUE', { what, path: pathOf(found) }, { cause })
  }
}

/** A value, and the one that it was found in. */
interface Node {
  value: unknown
  key: string
  parent: Node | null
}

function isUnwritable({ value, parent }: Node): boolean {
  if (typeof value === 'bigint') return true
  for (let at = parent; at !== null; at = at.parent) if (at.value === value && typeof value === 'object') return true
  return false
}

function find(root: unknown, isWanted: (node: Node) => boolean): Node | null {
  const open: Node[] = [{ value: root, key: '', parent: null }]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isWanted(node)) return node
    const { value } = node
    if (typeof value !== 'object' || value === null) continue
    // Its JSON is made of something else.
    if (typeof (value as { toJSON?: unknown }).toJSON === 'function') continue
    for (const [key, inner] of Object.entries(value)) open.push({ value: inner, key, parent: node })
  }
  return null
}

function pathOf(node: Node): string {
  const keys: string[] = []
  for (let at = node; at.parent !== null; at = at.parent) keys.unshift(at.key)
  return keys.join('.')
}
