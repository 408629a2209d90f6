// What makes entries of Maps, or members of Sets, the same ones in base, mine and theirs, where their keys are objects: those
// have no identity that outlives a request, but a place and what they hold.
import { types } from 'node:util'
import { Identities } from './merge-identities.ts'
import { type Collection, type Effort, same } from './merge-values.ts'

/** What is there by name: a Map by its keys, a Set by its members, or either by names that `named` gave. */
export interface ByName {
  has(name: unknown): boolean
  get(name: unknown): unknown
  keys(): Iterable<unknown>
}

/** One side's entries by names that are numbers. */
class Named implements ByName {
  readonly #names: readonly number[]
  readonly #keys: readonly unknown[]
  readonly #values: readonly unknown[]
  readonly #places: number[] = []

  constructor(names: readonly number[], keys: readonly unknown[], values: readonly unknown[]) {
    this.#names = names
    this.#keys = keys
    this.#values = values
    for (let place = 0; place < names.length; place++) this.#places[names[place]!] = place
  }

  has(name: unknown): boolean {
    return this.#places[name as number] !== undefined
  }

  get(name: unknown): unknown {
    const place = this.#places[name as number]
    return place === undefined ? undefined : this.#values[place]
  }

  keyOf(name: unknown): unknown {
    return this.#keys[this.#places[name as number]!]
  }

  keys(): Iterable<unknown> {
    return this.#names
  }
}

export interface NamedSides {
  readonly base: Named
  readonly mine: Named
  readonly theirs: Named
  /** The key of a name that one of the two has; mine, where both have it. */
  keyOf(name: unknown): unknown
}

/** Maps, or Sets, by what makes their keys the same in base, mine and theirs; null where that costs too much. */
export function named(base: Collection, mine: Collection, theirs: Collection, effort: Effort): NamedSides | null {
  const names = new Names([...base.keys()], effort)
  const sides: Named[] = []
  for (const side of [base, mine, theirs]) {
    const keys = [...side.keys()]
    const given = names.of(keys)
    if (given === null) return null
    sides.push(new Named(given, keys, types.isMap(side) ? [...side.values()] : keys))
  }
  const [b, m, t] = sides as [Named, Named, Named]
  return { base: b, mine: m, theirs: t, keyOf: (name) => (m.has(name) ? m : t).keyOf(name) }
}

/** Names for keys: their place in the base, and further numbers for new ones by what they hold. */
class Names {
  readonly #base: readonly unknown[]
  readonly #effort: Effort
  readonly #identities: Identities
  /** The numbers of new ones by their identity: the first, the second that holds the same … */
  readonly #fresh = new Map<number, number[]>()
  #next: number

  constructor(base: readonly unknown[], effort: Effort) {
    this.#base = base
    this.#effort = effort
    this.#identities = new Identities(effort)
    this.#next = base.length
  }

  of(side: readonly unknown[]): number[] | null {
    const base = this.#base
    // Most often nearly everything stands where it stood, but for what is before or after a few.
    const shortest = Math.min(base.length, side.length)
    const shift = side.length - base.length
    let start = 0
    while (start < shortest && same(base[start], side[start], this.#effort)) start++
    let end = base.length
    while (end > start && end + shift > start && same(base[end - 1], side[end + shift - 1], this.#effort)) end--

    const places = new Map<number, number[]>()
    for (let place = end - 1; place >= start; place--) {
      const id = this.#identities.of(base[place])
      if (id === null) return null
      listIn(places, id).push(place)
    }
    const names: number[] = []
    for (let at = 0; at < start; at++) names.push(at)
    const copies = new Map<number, number>()
    for (let at = start; at < end + shift; at++) {
      const id = this.#identities.of(side[at])
      if (id === null) return null
      names.push(places.get(id)?.pop() ?? this.#new(id, copies))
    }
    for (let place = end; place < base.length; place++) names.push(place)
    return names
  }

  /** Objects that hold the same are told apart by their order. */
  #new(id: number, copies: Map<number, number>): number {
    const copy = copies.get(id) ?? 0
    copies.set(id, copy + 1)
    const known = listIn(this.#fresh, id)
    if (copy === known.length) known.push(this.#next++)
    return known[copy]!
  }
}

function listIn(lists: Map<number, number[]>, id: number): number[] {
  let list = lists.get(id)
  if (list === undefined) {
    list = []
    lists.set(id, list)
  }
  return list
}
