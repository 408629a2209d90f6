// What makes entries of Maps, or members of Sets, the same ones in base, mine and theirs, where their keys are objects: those
// have no identity that outlives a request, but a place and what they hold.

import { type Collection, type Effort, isAtom, same } from './merge/equality.ts'
import { Identities } from './merge-identities.ts'

/** One side of a merge by names: what is the same in base, mine and theirs has one name. */
export interface Side {
  readonly names: readonly unknown[]
  has(name: unknown): boolean
  get(name: unknown): unknown
  keyOf(name: unknown): unknown
}

/** Where no key is an object, each is its own name. */
class Plain implements Side {
  readonly names: readonly unknown[]
  readonly #all: Collection

  constructor(all: Collection, names: readonly unknown[]) {
    this.#all = all
    this.names = names
  }

  has(name: unknown): boolean {
    return this.#all.has(name)
  }

  get(name: unknown): unknown {
    return (this.#all as Map<unknown, unknown>).get(name)
  }

  keyOf(name: unknown): unknown {
    return name
  }
}

/** Names that are numbers. */
class Named implements Side {
  readonly names: readonly number[]
  readonly #all: Collection
  readonly #keys: readonly unknown[]
  readonly #places: readonly (number | undefined)[]

  constructor(all: Collection, keys: readonly unknown[], names: readonly number[], given: Names) {
    this.#all = all
    this.#keys = keys
    this.names = names
    this.#places = names === given.base ? names : placesOf(names, given.count)
  }

  has(name: unknown): boolean {
    return this.#places[name as number] !== undefined
  }

  get(name: unknown): unknown {
    return this.has(name) ? (this.#all as Map<unknown, unknown>).get(this.keyOf(name)) : undefined
  }

  keyOf(name: unknown): unknown {
    return this.#keys[this.#places[name as number]!]
  }
}

function placesOf(names: readonly number[], count: number): (number | undefined)[] {
  const places = new Array<number | undefined>(count)
  for (let place = 0; place < names.length; place++) places[names[place]!] = place
  return places
}

export interface Sides {
  readonly base: Side
  readonly mine: Side
  readonly theirs: Side
}

/** Maps, or Sets, by what makes their keys the same in base, mine and theirs; null where that costs too much. */
export function named(base: Collection, mine: Collection, theirs: Collection, effort: Effort): Sides | null {
  const [b, m, t] = [[...base.keys()], [...mine.keys()], [...theirs.keys()]]
  if (b.every(isAtom) && m.every(isAtom) && t.every(isAtom)) {
    return { base: new Plain(base, b), mine: new Plain(mine, m), theirs: new Plain(theirs, t) }
  }
  effort.add(30)
  const names = new Names(b, effort)
  const [ours, others] = [names.of(m), names.of(t)]
  if (ours === null || others === null) return null
  return {
    base: new Named(base, b, names.base, names),
    mine: new Named(mine, m, ours, names),
    theirs: new Named(theirs, t, others, names),
  }
}

/** Names for keys: their place in the base, and further numbers for new ones by what they hold. */
class Names {
  readonly base: readonly number[]
  readonly #base: readonly unknown[]
  readonly #effort: Effort
  readonly #identities: Identities
  /** The identities of the base's keys, by place, as far as they were asked for. */
  readonly #ids: (number | undefined)[]
  /** The numbers of new ones by their identity: the first, the second that holds the same … */
  readonly #fresh = new Map<number, number[]>()
  /** How many names there are. */
  count: number

  constructor(base: readonly unknown[], effort: Effort) {
    this.#base = base
    this.base = [...base.keys()]
    this.#ids = new Array(base.length)
    this.#effort = effort
    this.#identities = new Identities(effort)
    this.count = base.length
  }

  of(side: readonly unknown[]): readonly number[] | null {
    const base = this.#base
    // Most often nearly everything stands where it stood, but for what is before or after a few.
    const shortest = Math.min(base.length, side.length)
    const shift = side.length - base.length
    let start = 0
    while (start < shortest && same(base[start], side[start], this.#effort)) start++
    let end = base.length
    while (end > start && end + shift > start && same(base[end - 1], side[end + shift - 1], this.#effort)) end--
    if (start === end && shift === 0) return this.base

    // The places of what holds the same, as chains: the first, and after each place the next.
    const first = new Map<number, number | undefined>()
    const next = new Array<number | undefined>(end - start)
    for (let place = end - 1; place >= start; place--) {
      const id = this.#ids[place] ?? this.#identities.of(base[place])
      if (id === null) return null
      this.#ids[place] = id
      next[place - start] = first.get(id)
      first.set(id, place)
    }
    const names: number[] = []
    for (let at = 0; at < start; at++) names.push(at)
    const copies = new Map<number, number>()
    for (let at = start; at < end + shift; at++) {
      const id = this.#identities.of(side[at])
      if (id === null) return null
      const place = first.get(id)
      if (place !== undefined) first.set(id, next[place - start])
      names.push(place ?? this.#new(id, copies))
    }
    for (let place = end; place < base.length; place++) names.push(place)
    return names
  }

  /** Objects that hold the same are told apart by their order. */
  #new(id: number, copies: Map<number, number>): number {
    const copy = copies.get(id) ?? 0
    copies.set(id, copy + 1)
    let known = this.#fresh.get(id)
    if (known === undefined) {
      known = []
      this.#fresh.set(id, known)
    }
    if (copy === known.length) known.push(this.count++)
    return known[copy]!
  }
}
