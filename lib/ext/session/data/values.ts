// What a session can hold, told in one quick walk; and for what it cannot, where that lies, in a slow one.
import { types } from 'node:util'
import { TipfyError } from '../../../internal/errors.ts'

export { put } from '../../../internal/json.ts'

/** How many objects may lie within one another; a cycle runs into it too. */
export const maxDepth = 1000

/** The forms of a value: JSON as it is, JSON with tags, or none. */
export const plain = 0
export const typed = 1
export const refused = 2

/** Throws as `encodeData` would if `value`, to be kept as `session` or as its `key`, holds something that cannot be kept. */
export function checkValue(value: unknown, key?: string): void {
  if (formOf(value, 1) !== refused) return
  explain(value, key === undefined ? 'session' : `session${member(key)}`, new Set([sessionItself]))
}

const sessionItself = {}

/**
 * The form of a value that lies so deep. One walk that allocates nothing but key lists: it is on the path of every request
 * that reads its session.
 */
export function formOf(value: unknown, depth: number): number {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return plain
    case 'number':
      return value - value === 0 && (value !== 0 || 1 / value > 0) ? plain : typed
    case 'bigint':
    case 'undefined':
      return typed
    case 'object':
      break
    default:
      return refused
  }
  if (value === null) return plain
  if (depth > maxDepth) return refused
  let form = plain
  if (Array.isArray(value)) {
    if (!isChain(value, 2)) return refused
    for (let index = 0; index < value.length; index++) {
      const inner = formOf(value[index], depth + 1)
      if (inner === refused) return refused
      if (inner === typed) form = typed
    }
    return form
  }
  if (isPlainObject(value)) {
    if (Object.getOwnPropertySymbols(value).length > 0) return refused
    for (const key of Object.keys(value)) {
      const inner = formOf((value as Record<string, unknown>)[key], depth + 1)
      if (inner === refused) return refused
      if (inner === typed) form = typed
    }
    return form
  }
  if (types.isMap(value) && isChain(value, 2)) {
    for (const [key, item] of value) {
      if (formOf(key, depth + 1) === refused || formOf(item, depth + 1) === refused) return refused
    }
    return typed
  }
  if (types.isSet(value) && isChain(value, 2)) {
    for (const item of value) if (formOf(item, depth + 1) === refused) return refused
    return typed
  }
  return (types.isDate(value) && isChain(value, 2)) || isBytes(value) ? typed : refused
}

// By the length of the prototype chain, not by identity: values from another realm (structuredClone under jest, vm) are
// what they look like, and an instance of a subclass is not.
function isChain(value: object, length: number): boolean {
  if (Object.getPrototypeOf(value) === Array.prototype) return true
  let at: object | null = value
  for (let step = 0; step <= length && at !== null; step++) at = Object.getPrototypeOf(at)
  return at === null && Object.getPrototypeOf(value) !== null
}

export function isPlainObject(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}

export function isBytes(value: object): value is Uint8Array {
  return Buffer.isBuffer(value) || (types.isUint8Array(value) && isChain(value, 3))
}

// Walks again, slowly, to throw what is wrong and where.
export function explain(value: unknown, path: string, ancestors = new Set<object>()): void {
  const refuse = (what: string): never => {
    throw new TipfyError('TIPFY_E_SESSION_VALUE', { path: shorten(path), what })
  }
  if (typeof value === 'function') refuse(`a function${value.name ? ` (${value.name})` : ''}`)
  if (typeof value === 'symbol') refuse('a symbol')
  if (typeof value !== 'object' || value === null) return
  if (ancestors.has(value)) refuse('a cycle, an object inside itself')
  if (ancestors.size > maxDepth) throw new TipfyError('TIPFY_E_SESSION_DEPTH', { path: shorten(path), maxDepth })
  ancestors.add(value)
  const inner = (item: unknown, suffix: string) => explain(item, path + suffix, ancestors)
  if (Array.isArray(value) && isChain(value, 2)) {
    for (const [index, item] of value.entries()) inner(item, `[${index}]`)
  } else if (isPlainObject(value)) {
    if (Object.getOwnPropertySymbols(value).length > 0) refuse('an object with a symbol for a key')
    for (const [key, item] of Object.entries(value)) inner(item, member(key))
  } else if (types.isMap(value) && isChain(value, 2)) {
    for (const [key, item] of value) {
      inner(key, ' (a key of this Map)')
      inner(item, `.get(${typeof key === 'string' ? JSON.stringify(key) : '…'})`)
    }
  } else if (types.isSet(value) && isChain(value, 2)) {
    for (const item of value) inner(item, ' (a member of this Set)')
  } else if (formOf(value, 0) === refused) {
    refuse(`an instance of ${className(value)}`)
  }
  ancestors.delete(value)
}

/** `.name` or `["odd name"]`, as it would be written after `session`. */
export function member(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}

/** What to call `value`'s class in a message. */
export function className(value: object): string {
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name
  return typeof name === 'string' && name !== '' ? name : 'a class'
}

function shorten(path: string): string {
  return path.length <= 200 ? path : `${path.slice(0, 120)}…${path.slice(-60)}`
}
