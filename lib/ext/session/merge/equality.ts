// Equality of session values for the merge: deep, indifferent to the order of objects' keys, and counted, so that a merge
// takes bounded time however the values lie in one another.
import { types } from 'node:util'

// Names of their own: inside a vm context, as under jest, each look at a global costs as much as comparing ten values.
const { is, keys: keysOf, hasOwn, getPrototypeOf: prototypeOf, prototype: plain } = Object
const { isArray } = Array
const { isDate, isUint8Array, isMap, isSet } = types

/** Stands for a value that is not there, unlike undefined, which a session can hold. */
export const missing = Symbol('missing')

/** What a merge has cost, in steps of about 10 ns. */
export class Effort {
  #left = 1_200_000

  /** Whether it is time to stop looking into things. */
  get spent(): boolean {
    return this.#left < 0
  }

  add(steps: number): void {
    this.#left -= steps
  }

  /** Whether so many steps may be taken; then they are counted. */
  allows(steps: number): boolean {
    if (steps > this.#left) return false
    this.#left -= steps
    return true
  }
}

export type Kind = 'atom' | 'object' | 'list' | 'map' | 'set' | 'date' | 'bytes'

export function kindOf(value: unknown): Kind {
  if (typeof value !== 'object' || value === null) return 'atom'
  if (isArray(value)) return 'list'
  if (prototypeOf(value) === plain) return 'object' // five times as fast as to ask what else it is not
  if (isMap(value)) return 'map'
  if (isSet(value)) return 'set'
  if (isDate(value)) return 'date'
  return isUint8Array(value) ? 'bytes' : 'object'
}

export function same(a: unknown, b: unknown, effort: Effort): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    effort.add(typeof a === 'string' ? 1 + (a.length >> 8) : 1)
    return is(a, b)
  }
  if (a === b) return true
  if (isArray(a)) return isArray(b) && sameLists(a, b, effort)
  if (isArray(b)) return false
  effort.add(3)
  const kind = kindOf(a)
  return kind === kindOf(b) && (kind === 'object' ? sameObjects(a, b, effort) : sameSpecial(kind, a, b, effort))
}

function sameLists(a: unknown[], b: unknown[], effort: Effort): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (!same(a[index], b[index], effort)) return false
  return true
}

function sameObjects(a: object, b: object, effort: Effort): boolean {
  const keys = keysOf(a)
  if (keys.length !== keysOf(b).length) return false
  for (const key of keys) {
    if (!hasOwn(b, key)) return false
    if (!same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], effort)) return false
  }
  return true
}

function sameSpecial(kind: Kind, a: object, b: object, effort: Effort): boolean {
  if (kind === 'date') return is((a as Date).getTime(), (b as Date).getTime())
  if (kind === 'bytes') {
    effort.add((a as Uint8Array).length >> 8)
    return Buffer.compare(a as Uint8Array, b as Uint8Array) === 0
  }
  // Their order is part of what Maps and Sets are.
  return sameKeysAndValues(a as Collection, b as Collection, effort)
}

export function isAtom(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

export type Collection = Map<unknown, unknown> | Set<unknown>

function sameKeysAndValues(a: Collection, b: Collection, effort: Effort): boolean {
  if (a.size !== b.size) return false
  const keys = b.keys()
  for (const key of a.keys()) if (!same(key, keys.next().value, effort)) return false
  if (!isMap(a)) return true
  const values = b.values()
  for (const value of a.values()) if (!same(value, values.next().value, effort)) return false
  return true
}
