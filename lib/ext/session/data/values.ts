// Checks in one quick walk that a session can hold a value, and finds in a slow one where it cannot.
import { types } from 'node:util'
import { TipfyError } from '../../../internal/errors.ts'
import { put } from '../../../internal/json.ts'

export { put }

/** The deepest nesting; a cycle reaches it too. */
export const maxDepth = 1000

/** In the place of a value that cannot be kept. */
export const rejected = Symbol('rejected')

/** The findings of a walk beside its result. */
export interface Walk {
  /** Something has a tag. */
  hasTags: boolean
}

/** Throws as `encodeData` would if `value`, to be kept as `session` or as its `key`, holds something that cannot be kept. */
export function checkValue(value: unknown, key?: string): void {
  if (tagged(value, { hasTags: false }, 1) !== rejected) return
  explain(value, key === undefined ? 'session' : `session${member(key)}`, new Set([sessionItself]))
}

const sessionItself = {}

/**
 * Returns a value as JSON can hold it: with tags for what JSON has not (see codec.ts), and as it is, no copy, where it is plain
 * JSON; or `rejected` where something in it cannot be kept. One walk: every request that used its session goes this way.
 */
export function tagged(value: unknown, walk: Walk, depth = 0): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      if (value - value === 0 && (value !== 0 || 1 / value > 0)) return value
      return tag(walk, '~f', Object.is(value, -0) ? '-0' : String(value))
    case 'bigint':
      return tag(walk, '~n', String(value))
    case 'undefined':
      return tag(walk, '~u', 0)
    case 'object':
      return value === null ? null : depth > maxDepth ? rejected : taggedObject(value, walk, depth + 1)
    default:
      return rejected
  }
}

function tag(walk: Walk, name: string, content: unknown): unknown {
  walk.hasTags = true
  return content === rejected ? rejected : { [name]: content }
}

function taggedObject(value: object, walk: Walk, depth: number): unknown {
  if (Array.isArray(value)) return isChain(value, 2) ? taggedList(value, walk, depth) : rejected
  if (isPlainObject(value)) return taggedMembers(value as Record<string, unknown>, walk, depth)
  if (isBytes(value)) return tag(walk, '~b', Buffer.from(value).toString('base64'))
  if (!isChain(value, 2)) return rejected
  if (types.isDate(value)) return tag(walk, '~d', value.getTime())
  if (types.isSet(value)) return tag(walk, '~s', taggedList([...value], walk, depth))
  if (!types.isMap(value)) return rejected
  const entries = Array.from(value, (entry) => taggedList(entry, walk, depth))
  return tag(walk, '~m', entries.includes(rejected) ? rejected : entries)
}

function taggedList(list: unknown[], walk: Walk, depth: number): unknown {
  let copy: unknown[] | null = null
  for (let at = 0; at < list.length; at++) {
    const value = list[at]
    const item = tagged(value, walk, depth)
    if (item === rejected) return rejected
    if (item === value) continue
    copy ??= list.slice()
    copy[at] = item
  }
  return copy ?? list
}

function taggedMembers(object: Record<string, unknown>, walk: Walk, depth: number): unknown {
  if (Object.getOwnPropertySymbols(object).length > 0) return rejected
  let copy: Record<string, unknown> | null = null
  const keys = Object.keys(object)
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at]!
    const value = object[key]
    const item = tagged(value, walk, depth)
    if (item === rejected) return rejected
    const isMarked = key.charCodeAt(0) === 126
    if (copy === null) {
      if (item === value && !isMarked) continue
      copy = {}
      for (let before = 0; before < at; before++) put(copy, keys[before]!, object[keys[before]!])
    }
    put(copy, isMarked ? `~${key}` : key, item)
  }
  return copy ?? object
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
  const reject = (what: string): never => {
    throw new TipfyError('TIPFY_E_SESSION_VALUE', { path: shorten(path), what })
  }
  if (typeof value === 'function') reject(`a function${value.name ? ` (${value.name})` : ''}`)
  if (typeof value === 'symbol') reject('a symbol')
  if (typeof value !== 'object' || value === null) return
  if (ancestors.has(value)) reject('a cycle, an object inside itself')
  if (ancestors.size > maxDepth) throw new TipfyError('TIPFY_E_SESSION_DEPTH', { path: shorten(path), maxDepth })
  ancestors.add(value)
  const inner = (item: unknown, suffix: string) => explain(item, path + suffix, ancestors)
  if (Array.isArray(value) && isChain(value, 2)) {
    for (const [index, item] of value.entries()) inner(item, `[${index}]`)
  } else if (isPlainObject(value)) {
    if (Object.getOwnPropertySymbols(value).length > 0) reject('an object with a symbol for a key')
    for (const [key, item] of Object.entries(value)) inner(item, member(key))
  } else if (types.isMap(value) && isChain(value, 2)) {
    for (const [key, item] of value) {
      inner(key, ' (a key of this Map)')
      inner(item, `.get(${typeof key === 'string' ? JSON.stringify(key) : '…'})`)
    }
  } else if (types.isSet(value) && isChain(value, 2)) {
    for (const item of value) inner(item, ' (a member of this Set)')
  } else if (tagged(value, { hasTags: false }) === rejected) {
    reject(`an instance of ${className(value)}`)
  }
  ancestors.delete(value)
}

/** `.name` or `["odd name"]`, as it would be written after `session`. */
export function member(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}

/** Returns the name of `value`'s class for a message. */
export function className(value: object): string {
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name
  return typeof name === 'string' && name !== '' ? name : 'a class'
}

function shorten(path: string): string {
  return path.length <= 200 ? path : `${path.slice(0, 120)}…${path.slice(-60)}`
}
