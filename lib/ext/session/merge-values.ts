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

/** What each character of a canonical text costs, with what is done to make it and to look it up. */
export const canonicalCost = 4

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

/** A Map's or Set's items in base, mine and theirs, by what makes them the same one in each; null where that costs too much. */
export function identified<Item>(
  base: Item[],
  mine: Item[],
  theirs: Item[],
  keyOf: (item: Item) => unknown,
  effort: Effort,
): [Map<unknown, Item>, Map<unknown, Item>, Map<unknown, Item>] | null {
  const ours = placed(base, mine, keyOf, effort)
  const others = ours && placed(base, theirs, keyOf, effort)
  return others && [new Map(base.map((item, place) => [`place ${place}`, item])), ours, others]
}

/** The items of one side by their place in the base, and new ones by what they hold. */
function placed<Item>(
  base: Item[],
  side: Item[],
  keyOf: (item: Item) => unknown,
  effort: Effort,
): Map<unknown, Item> | null {
  // Most often nearly everything stands where it stood, but for what is before or after a few.
  const shortest = Math.min(base.length, side.length)
  const shift = side.length - base.length
  let start = 0
  while (start < shortest && same(keyOf(base[start]!), keyOf(side[start]!), effort)) start++
  let end = base.length
  while (end > start && end + shift > start && same(keyOf(base[end - 1]!), keyOf(side[end + shift - 1]!), effort)) end--

  const places = new Map<unknown, number[]>()
  for (let place = start; place < end; place++) {
    if (effort.spent) return null
    const id = identity(keyOf(base[place]!), effort)
    const known = places.get(id)
    if (known === undefined) places.set(id, [place])
    else known.push(place)
  }
  const found = new Map<unknown, Item>()
  const copies = new Map<unknown, number>()
  for (let index = 0; index < side.length; index++) {
    const item = side[index]!
    if (index < start) found.set(`place ${index}`, item)
    else if (index >= end + shift) found.set(`place ${index - shift}`, item)
    else {
      if (effort.spent) return null
      const id = identity(keyOf(item), effort)
      const place = places.get(id)?.shift()
      // Objects that hold the same are told apart by their order.
      const copy = place === undefined ? (copies.get(id) ?? 0) + 1 : 0
      if (copy > 0) copies.set(id, copy)
      found.set(place !== undefined ? `place ${place}` : copy > 1 ? `${copy} ${String(id)}` : id, item)
    }
  }
  return found
}

/** Equal exactly for keys of Maps, or members of Sets, that are the same. */
function identity(key: unknown, effort: Effort): unknown {
  effort.add(4)
  if (typeof key === 'string') return `string ${key}`
  if (typeof key !== 'object' || key === null) return key
  const text = canonical(key)
  effort.add(canonicalCost * text.length)
  return `object ${text}`
}
