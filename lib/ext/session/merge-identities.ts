// Numbers that tell session values apart for the merge: found by a hash, and compared, so that what is equal need not be put
// into words to be found again.
import { types } from 'node:util'
import { type Effort, isAtom, kindOf, same } from './merge/equality.ts'

const { is, keys: keysOf } = Object // see merge-values.ts
const { imul } = Math
const { isDate } = types

/** So few are found by comparing them all. */
const few = 8

/** Numbers for values: equal exactly for those that are the same. */
export class Identities {
  readonly #effort: Effort
  readonly #values: unknown[] = []
  #atoms: Map<unknown, number> | undefined
  #dates: Map<unknown, number> | undefined
  /** The last number of an object with this hash; `#before` tells the one before that. */
  #hashes: Map<number, number> | undefined
  readonly #before: (number | undefined)[] = []

  constructor(effort: Effort) {
    this.#effort = effort
  }

  /** Null where telling it from the others costs too much. */
  of(value: unknown): number | null {
    this.#effort.add(8)
    if (this.#effort.spent) return null
    if (this.#hashes !== undefined) return this.#find(value, this.#hashes)
    for (let id = 0; id < this.#values.length; id++) {
      if (same(value, this.#values[id], this.#effort)) return id
      if (this.#effort.spent) return null
    }
    if (this.#values.length < few) return this.#values.push(value) - 1
    this.#hashes = new Map()
    for (const known of this.#values.splice(0)) this.#find(known, this.#hashes)
    return this.#find(value, this.#hashes)
  }

  #find(value: unknown, hashes: Map<number, number>): number | null {
    if (isAtom(value)) {
      this.#atoms ??= new Map()
      return this.#findKey(value, is(value, -0) ? minusZero : value, this.#atoms)
    }
    if (!isDate(value)) return this.#findObject(value as object, hashes)
    this.#dates ??= new Map()
    return this.#findKey(value, value.getTime(), this.#dates)
  }

  #findKey(value: unknown, key: unknown, known: Map<unknown, number>): number {
    let id = known.get(key)
    if (id === undefined) {
      this.#effort.add(6)
      id = this.#add(value, undefined)
      known.set(key, id)
    }
    return id
  }

  #findObject(value: object, hashes: Map<number, number>): number | null {
    const sum = hash(value, this.#effort)
    const last = hashes.get(sum)
    for (let id = last; id !== undefined; id = this.#before[id]) {
      if (this.#effort.spent) return null
      if (same(value, this.#values[id], this.#effort)) return id
    }
    if (this.#effort.spent) return null
    const id = this.#add(value, last)
    hashes.set(sum, id)
    return id
  }

  #add(value: unknown, before: number | undefined): number {
    this.#before.push(before)
    return this.#values.push(value) - 1
  }
}

// A Map takes -0 for 0.
const minusZero = Symbol('-0')

/** The same for values that are the same, as long as there is effort left. */
function hash(value: unknown, effort: Effort): number {
  effort.add(2)
  switch (typeof value) {
    case 'string':
      return hashText(value, effort)
    case 'number':
      return (value * 2654435761) | 0
    case 'object':
      return value === null ? 1 : hashObject(value, effort)
    case 'bigint':
      return Number(BigInt.asIntN(32, value))
    default:
      return value === true ? 2 : 3
  }
}

function hashObject(value: object, effort: Effort): number {
  if (effort.spent) return 0
  const kind = kindOf(value)
  if (kind === 'list') return hashAll(5, value as unknown[], effort)
  effort.add(4)
  if (kind === 'date') return ((value as Date).getTime() * 2654435761) | 0
  if (kind === 'bytes') return hashAll((value as Uint8Array).length, (value as Uint8Array).subarray(0, 64), effort)
  if (kind === 'set') return hashAll(7, value as Set<unknown>, effort)
  if (kind === 'map') {
    const map = value as Map<unknown, unknown>
    return hashAll(hashAll(6, map.keys(), effort), map.values(), effort)
  }
  let sum = 8
  for (const key of keysOf(value)) {
    effort.add(4)
    const member = hash((value as Record<string, unknown>)[key], effort)
    sum = (sum + imul(hashText(key, effort) ^ member, 0x01000193)) | 0 // their order does not count
  }
  return sum
}

function hashAll(start: number, items: Iterable<unknown>, effort: Effort): number {
  let sum = start
  for (const item of items) sum = imul(sum ^ hash(item, effort), 0x01000193)
  return sum
}

/** Of a long text the ends: those that are alike there are compared. */
function hashText(text: string, effort: Effort): number {
  const { length } = text
  const [head, tail] = length > 64 ? [32, length - 32] : [length, length]
  effort.add((head + length - tail) >> 3)
  let sum = length
  for (let at = 0; at < head; at++) sum = imul(sum ^ text.charCodeAt(at), 0x01000193)
  for (let at = tail; at < length; at++) sum = imul(sum ^ text.charCodeAt(at), 0x01000193)
  return sum
}
