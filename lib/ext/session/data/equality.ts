// The one equality of session values: deep, by what they hold, whatever the order of objects' keys. That of Maps and Sets counts.
// A value that a session cannot hold equals only itself: instances of classes, objects with symbols for keys.
import { types } from 'node:util'
import { isPlainObject } from './values.ts'

// Names of their own: inside a vm context, as under jest, each look at a global costs as much as comparing ten values.
const {
  is,
  keys: keysOf,
  hasOwn,
  getPrototypeOf: prototypeOf,
  prototype: plain,
  getOwnPropertySymbols: symbolsOf,
} = Object
const { isArray } = Array
const { isDate, isUint8Array, isMap, isSet } = types

/** The effort left for work on values, in steps of about 10 ns. It is counted here and checked by the callers. */
export interface Effort {
  left: number
}

export type ValueType = 'atom' | 'object' | 'list' | 'map' | 'set' | 'date' | 'bytes' | 'other'

export function typeOf(value: unknown): ValueType {
  if (isAtom(value)) return 'atom'
  if (isArray(value)) return 'list'
  if (prototypeOf(value) === plain) return 'object' // five times as fast as to ask what else it is not
  if (isMap(value)) return 'map'
  if (isSet(value)) return 'set'
  if (isDate(value)) return 'date'
  if (isUint8Array(value)) return 'bytes'
  return isPlainObject(value as object) ? 'object' : 'other'
}

export function isAtom(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

export function same(a: unknown, b: unknown, effort: Effort = { left: 0 }): boolean {
  effort.left--
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    if (typeof a === 'string') effort.left -= a.length >> 8
    return is(a, b)
  }
  if (a === b) return true
  const type = typeOf(a)
  if (type !== typeOf(b)) return false
  switch (type) {
    case 'list':
      return sameLists(a as unknown[], b as unknown[], effort)
    case 'object':
      return sameObjects(a as Record<string, unknown>, b as Record<string, unknown>, effort)
    case 'date':
      return is((a as Date).getTime(), (b as Date).getTime())
    case 'bytes':
      effort.left -= (a as Uint8Array).length >> 8
      return Buffer.compare(a as Uint8Array, b as Uint8Array) === 0
    case 'map':
    case 'set':
      return sameLists([...(a as Iterable<unknown>)], [...(b as Iterable<unknown>)], effort)
    default:
      return false
  }
}

function sameLists(a: unknown[], b: unknown[], effort: Effort): boolean {
  if (a.length !== b.length || prototypeOf(a) !== prototypeOf(b)) return false
  for (let index = 0; index < a.length; index++) if (!same(a[index], b[index], effort)) return false
  return true
}

function sameObjects(a: Record<string, unknown>, b: Record<string, unknown>, effort: Effort): boolean {
  const [keys, others] = [keysOf(a), keysOf(b)]
  if (keys.length !== others.length || symbolsOf(a).length > 0 || symbolsOf(b).length > 0) return false
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at]!
    if (key !== others[at] && !hasOwn(b, key)) return false
    if (!same(a[key], b[key], effort)) return false
  }
  return true
}
