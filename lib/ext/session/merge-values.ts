// Equality of session values for the merge: deep, indifferent to the order of objects' keys, and counted, so that a merge
// takes bounded time however the values lie in one another.
import { types } from 'node:util'

// Names of their own: inside a vm context, as under jest, each look at a global costs as much as comparing ten values.
const { is, keys: keysOf, hasOwn } = Object
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

export function same(a: unknown, b: unknown, effort: Effort): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    effort.add(typeof a === 'string' ? 1 + (a.length >> 8) : 1)
    return is(a, b)
  }
  if (a === b) return true
  if (isArray(a)) return isArray(b) && sameLists(a, b, effort)
  if (isArray(b)) return false
  effort.add(3)
  if (isSpecial(a) || isSpecial(b)) return sameSpecial(a, b, effort)
  const keys = keysOf(a)
  if (keys.length !== keysOf(b).length) return false
  for (const key of keys) {
    if (!hasOwn(b, key)) return false
    if (!same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], effort)) return false
  }
  return true
}

function sameLists(a: unknown[], b: unknown[], effort: Effort): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (!same(a[index], b[index], effort)) return false
  return true
}

function isSpecial(value: object): boolean {
  return isDate(value) || isUint8Array(value) || isMap(value) || isSet(value)
}

function sameSpecial(a: object, b: object, effort: Effort): boolean {
  if (isDate(a)) return isDate(b) && is(a.getTime(), b.getTime())
  if (isUint8Array(a)) {
    effort.add(a.length >> 8)
    return isUint8Array(b) && Buffer.compare(a, b) === 0
  }
  // Their order is part of what Maps and Sets are.
  if (isMap(a)) return isMap(b) && a.size === b.size && sameLists([...a].flat(), [...b].flat(), effort)
  if (isSet(a)) return isSet(b) && a.size === b.size && sameLists([...a], [...b], effort)
  return false
}

/** A text that is equal exactly for values that are the same. */
export function canonical(value: unknown): string {
  const parts: string[] = []
  put(parts, value)
  return parts.join('')
}

function put(parts: string[], value: unknown): void {
  if (typeof value === 'string') parts.push(JSON.stringify(value))
  else if (typeof value === 'bigint') parts.push(`${value}n`)
  else if (typeof value !== 'object' || value === null) parts.push(is(value, -0) ? '-0' : String(value))
  else if (isArray(value)) putAll(parts, '[', value)
  else if (isDate(value)) parts.push('Date', String(value.getTime()))
  else if (isUint8Array(value)) parts.push('Bytes', Buffer.from(value).toString('base64'))
  else if (isMap(value)) putAll(parts, 'Map[', [...value].flat())
  else if (isSet(value)) putAll(parts, 'Set[', [...value])
  else {
    parts.push('{')
    for (const key of keysOf(value).sort()) {
      parts.push(JSON.stringify(key), ':')
      put(parts, (value as Record<string, unknown>)[key])
      parts.push(',')
    }
    parts.push('}')
  }
}

function putAll(parts: string[], open: string, items: unknown[]): void {
  parts.push(open)
  for (const item of items) {
    put(parts, item)
    parts.push(',')
  }
  parts.push(']')
}

/** A Map's or Set's items in base, mine and theirs, by what makes them the same one in each. */
export function identified<Item>(
  base: Item[],
  mine: Item[],
  theirs: Item[],
  keyOf: (item: Item) => unknown,
  effort: Effort,
): [Map<unknown, Item>, Map<unknown, Item>, Map<unknown, Item>] {
  const found = [new Map<unknown, Item>(), new Map<unknown, Item>(), new Map<unknown, Item>()] as const
  // Most often nearly everything stands where it stood: there the place is identity enough, and the cheapest.
  let start = 0
  const shortest = Math.min(base.length, mine.length, theirs.length)
  for (; start < shortest; start++) {
    const key = keyOf(base[start]!)
    if (!same(key, keyOf(mine[start]!), effort) || !same(key, keyOf(theirs[start]!), effort)) break
    const id = `place ${start}`
    found[0].set(id, base[start]!)
    found[1].set(id, mine[start]!)
    found[2].set(id, theirs[start]!)
  }
  for (const [side, items] of [base, mine, theirs].entries()) identify(items.slice(start), keyOf, found[side]!, effort)
  return [...found]
}

function identify<Item>(
  items: Item[],
  keyOf: (item: Item) => unknown,
  found: Map<unknown, Item>,
  effort: Effort,
): void {
  const copies = new Map<string, number>()
  for (const item of items) {
    const key = keyOf(item)
    effort.add(4)
    if (typeof key !== 'object' || key === null) {
      found.set(typeof key === 'string' ? `string ${key}` : key, item)
      continue
    }
    // Objects that hold the same are told apart by their order.
    const text = canonical(key)
    effort.add(text.length)
    const copy = (copies.get(text) ?? 0) + 1
    copies.set(text, copy)
    found.set(`object ${copy} ${text}`, item)
  }
}
