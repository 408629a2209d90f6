// Numbers that tell session values apart for the merge: found by a hash, and compared, so that what is equal need not be put
// into words to be found again.
import { types } from 'node:util'
import { type Effort, isAtom, same } from './merge-values.ts'

const { is, keys: keysOf } = Object // see merge-values.ts
const { imul } = Math
const { isArray } = Array
const { isDate, isUint8Array, isMap, isSet } = types

/** Numbers for values: equal exactly for those that are the same. */
export class Identities {
  readonly #effort: Effort
  readonly #atoms = new Map<unknown, number>()
  /** The last number of an object with this hash; `#before` tells the one before that. */
  readonly #hashes = new Map<number, number>()
  readonly #before: (number | undefined)[] = []
  readonly #values: unknown[] = []

  constructor(effort: Effort) {
    this.#effort = effort
  }

  /** Null where telling it from the others costs too much. */
  of(value: unknown): number | null {
    this.#effort.add(8)
    if (this.#effort.spent) return null
    if (!isAtom(value)) return this.#ofObject(value as object)
    const key = is(value, -0) ? minusZero : value
    const known = this.#atoms.get(key)
    if (known !== undefined) return known
    const id = this.#add(value, undefined)
    this.#atoms.set(key, id)
    return id
  }

  #ofObject(value: object): number | null {
    const sum = hash(value, this.#effort)
    const last = this.#hashes.get(sum)
    for (let id = last; id !== undefined; id = this.#before[id]) {
      if (this.#effort.spent) return null
      if (same(value, this.#values[id], this.#effort)) return id
    }
    if (this.#effort.spent) return null
    const id = this.#add(value, last)
    this.#hashes.set(sum, id)
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
  if (isArray(value)) return hashAll(5, value, effort)
  effort.add(4)
  if (isDate(value)) return (value.getTime() * 2654435761) | 0
  if (isUint8Array(value)) return hashAll(value.length, value.subarray(0, 64), effort)
  if (isMap(value)) return hashAll(hashAll(6, value.keys(), effort), value.values(), effort)
  if (isSet(value)) return hashAll(7, value, effort)
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
