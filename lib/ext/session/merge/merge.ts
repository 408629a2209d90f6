// Three-way merge of session data by structure: what `mine` changed since `base`, done to `theirs`, so that two requests
// that changed different things both find their change in the result. Where both changed the same thing mine wins, being
// the later commit, and a conflict is reported.
import { type Effort, isAtom, same, typeOf } from '../data/equality.ts'
import { member, put } from '../data/values.ts'
import { CanonicalKeys } from './canonical-keys.ts'
import { mergeLists } from './lists.ts'

const { is, hasOwn } = Object // see data/equality.ts

export type Data = Record<string, unknown>

/** A place where two requests changed the same thing. */
export interface Conflict {
  /** Like `session.user.name`. */
  path: string
  /** The values there; undefined where there was none. */
  base: unknown
  mine: unknown
  theirs: unknown
}

export type ReportConflict = (conflict: Conflict) => void

/**
 * Merges objects and Maps by key, Sets by member, lists by element. Inputs are neither changed nor copied: the result
 * shares values with them. Beyond some effort lists are compared as wholes, so that no merge takes long.
 */
export function mergeData(base: Data, mine: Data, theirs: Data, report: ReportConflict): Data {
  return new Merger(report).keyed(objects, base, mine, theirs)
}

/** About 20 ms. */
const maxEffort = 2_000_000

/** Longer paths, and longer keys in them, are cut: there may be many conflicts. */
const maxPath = 500
const cut = (text: string): string => (text.length > maxPath ? `${text.slice(0, maxPath)}…` : text)

/** The value where there is none: a session can hold undefined. */
const missing = Symbol('missing')

type AnyMap = Map<unknown, unknown>
type AnySet = Set<unknown>

/** The common view of objects, Maps and Sets: keys, and a value for each. */
interface Keyed<T> {
  make(): T
  keys(of: T): readonly unknown[]
  has(of: T, key: unknown): boolean
  get(of: T, key: unknown): unknown
  put(to: T, key: unknown, value: unknown): void
  /** The step to a value, as in a path. */
  step(key: unknown): string
}

const objects: Keyed<Data> = {
  make: () => ({}),
  keys: Object.keys,
  has: (object, key) => hasOwn(object, key as string),
  get: (object, key) => object[key as string],
  put: (object, key, value) => put(object, key as string, value),
  step: (key) => member(cut(key as string)),
}

const maps: Keyed<AnyMap> = {
  make: () => new Map(),
  keys: (map) => [...map.keys()],
  has: (map, key) => map.has(key),
  get: (map, key) => map.get(key),
  put: (map, key, value) => map.set(key, value),
  step: (key) => `.get(${typeof key === 'string' ? JSON.stringify(cut(key)) : isAtom(key) ? cut(String(key)) : '…'})`,
}

/** Each member is its own value. */
const sets: Keyed<AnySet> = {
  make: () => new Set(),
  keys: (set) => [...set],
  has: (set, key) => set.has(key),
  get: (_, key) => key,
  put: (set, key) => set.add(key),
  step: () => '',
}

class Merger {
  readonly #effort: Effort = { left: maxEffort }
  readonly #keys = new CanonicalKeys()
  readonly #report: ReportConflict
  /** The steps to the value that is merged now; put into words only for a conflict. */
  readonly #path: (() => string)[] = []

  constructor(report: ReportConflict) {
    this.#report = report
  }

  #value(base: unknown, mine: unknown, theirs: unknown): unknown {
    if (is(mine, theirs)) return mine
    const type = typeOf(mine)
    if (type !== typeOf(theirs)) return this.#whole(base, mine, theirs)
    // A value that both created is merged as if each had added to nothing.
    const known = typeOf(base) === type
    switch (type) {
      case 'object':
        return this.keyed(objects, (known ? base : {}) as Data, mine as Data, theirs as Data)
      case 'map':
        return this.#collection(maps, (known ? base : new Map()) as AnyMap, mine as AnyMap, theirs as AnyMap)
      case 'set':
        return this.#collection(sets, (known ? base : new Set()) as AnySet, mine as AnySet, theirs as AnySet)
      case 'list': {
        const sides = [known ? base : [], mine, theirs] as [unknown[], unknown[], unknown[]]
        const merged = mergeLists(sides, this.#keys, this.#effort, (index, base, mine, theirs) =>
          this.#inside(() => `[${index}]`, base, mine, theirs),
        )
        return merged ?? this.#whole(base, mine, theirs)
      }
      default:
        return this.#whole(base, mine, theirs)
    }
  }

  #inside(step: () => string, base: unknown, mine: unknown, theirs: unknown): unknown {
    this.#path.push(step)
    const value = this.#value(base, mine, theirs)
    this.#path.pop()
    return value
  }

  /** Returns one of the two as it is. */
  #whole(base: unknown, mine: unknown, theirs: unknown): unknown {
    if (same(base, mine, this.#effort)) return theirs
    if (same(base, theirs, this.#effort) || same(mine, theirs, this.#effort)) return mine
    let path = 'session'
    for (const step of this.#path) if (path.length <= maxPath) path += step()
    const [b, m, t] = [base, mine, theirs].map((value) => (value === missing ? undefined : value))
    this.#report({ path: cut(path), base: b, mine: m, theirs: t })
    return mine
  }

  /** Keeps the order that its changer gave the keys: theirs where they changed it, then what mine adds. */
  keyed<T>(type: Keyed<T>, base: T, mine: T, theirs: T): T {
    const [ours, others] = [type.keys(mine), type.keys(theirs)]
    const aligned = sameKeys(ours, others)
    const mineFirst = !aligned && sameKeys(type.keys(base), others)
    const [first, keys, more] = mineFirst ? [mine, ours, others] : [theirs, others, ours]
    const all = aligned ? keys : [...keys, ...more.filter((key) => !type.has(first, key))]
    const get = (side: T, key: unknown) => (type.has(side, key) ? type.get(side, key) : missing)
    let isFirst = true
    const values = all.map((key) => {
      const m = aligned ? type.get(mine, key) : get(mine, key)
      const t = aligned ? type.get(theirs, key) : get(theirs, key)
      const value = is(m, t) ? m : this.#inside(() => type.step(key), get(base, key), m, t)
      isFirst &&= is(value, mineFirst ? m : t)
      return value
    })
    if (isFirst) return first
    const result = type.make()
    for (const [at, key] of all.entries()) if (values[at] !== missing) type.put(result, key, values[at])
    return result
  }

  /** Merges Maps or Sets. Objects that are keys are the same ones where they hold the same. */
  #collection<T extends AnyMap | AnySet>(type: Keyed<T>, ...sides: [T, T, T]): T {
    const [b, m, t] = sides.map((side) => type.keys(side)) as [unknown[], unknown[], unknown[]]
    if ([b, m, t].every((keys) => keys.every(isAtom))) return this.keyed(type, ...sides)
    // The common beginning, most often nearly everything, is named by its place; the rest by canonical keys.
    let start = 0
    while (start < b.length && same(b[start], m[start], this.#effort) && same(b[start], t[start], this.#effort)) start++
    const known = new Map<unknown, unknown>()
    const named = ([b, m, t] as const).map((keys, side) => {
      const result = type.make()
      const copies = new Map<number, number>()
      for (const [at, key] of keys.entries()) {
        let name: unknown = -1 - at
        if (at >= start) {
          const canonical = this.#keys.of(key)
          const copy = copies.get(canonical) ?? 0
          copies.set(canonical, copy + 1)
          name = copy === 0 ? canonical : `${canonical} ${copy}` // objects that hold the same, by their order
        }
        known.set(name, key)
        type.put(result, name, type.get(sides[side]!, key))
      }
      return result
    }) as [T, T, T]
    const merged = this.keyed({ ...type, step: (name) => type.step(known.get(name)) }, ...named)
    const result = type.make()
    for (const name of type.keys(merged)) type.put(result, known.get(name), type.get(merged, name))
    return result
  }
}

function sameKeys(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (!is(a[index], b[index])) return false
  return true
}
