// Three-way merge of session data by structure: what `mine` changed since `base`, done to `theirs`, so that two requests
// that changed different things both find their change in the result. Where both changed the same thing mine wins, being
// the later commit, and a conflict is told.
import { types } from 'node:util'
import { alignLists, type Edits } from './merge-lists.ts'
import { type ByName, named } from './merge-names.ts'
import { Effort, isAtom, missing, same } from './merge-values.ts'
import { member } from './values.ts'

const { is, keys: keysOf, hasOwn } = Object // see merge-values.ts
const { isArray } = Array
const { isDate, isUint8Array, isMap, isSet } = types

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

/**
 * Merges objects and Maps by key, Sets by member, lists by element. Inputs are neither changed nor copied: the result
 * shares values with them. Time is bounded: beyond some effort lists, Maps and Sets are compared as wholes.
 */
export function mergeData(base: Data, mine: Data, theirs: Data, onConflict: (conflict: Conflict) => void): Data {
  return new Merger(onConflict).object(base, mine, theirs, null)
}

/** Where a value lies; put into words only for a conflict. */
type Path = { outer: Path; step: string } | { outer: Path; key: unknown; list: boolean } | null

function wordsOf(path: Path): string {
  if (path === null) return 'session'
  if ('step' in path) return wordsOf(path.outer) + member(path.step)
  const key = typeof path.key === 'string' ? JSON.stringify(path.key) : typeof path.key === 'object' ? '…' : path.key
  return wordsOf(path.outer) + (path.list ? `[${key}]` : `.get(${key})`)
}

type AnyMap = Map<unknown, unknown>
type AnySet = Set<unknown>
type Names = Pick<ByName, 'has' | 'keys'>

class Merger {
  readonly #effort = new Effort()
  readonly #onConflict: (conflict: Conflict) => void

  constructor(onConflict: (conflict: Conflict) => void) {
    this.#onConflict = onConflict
  }

  value(base: unknown, mine: unknown, theirs: unknown, path: Path): unknown {
    const kind = kindOf(mine)
    if (kind === 'atom') {
      if (is(mine, theirs)) return mine
    } else if (kind === kindOf(theirs)) {
      // What both made anew is merged as if each had added to nothing.
      const known = kindOf(base) === kind
      if (kind === 'object') return this.object(known ? (base as Data) : {}, mine as Data, theirs as Data, path)
      if (!this.#effort.spent) {
        if (kind === 'list')
          return this.list(known ? (base as unknown[]) : [], mine as unknown[], theirs as unknown[], path)
        if (kind === 'map')
          return this.map(known ? (base as AnyMap) : new Map(), mine as AnyMap, theirs as AnyMap, path)
        return this.set(known ? (base as AnySet) : new Set(), mine as AnySet, theirs as AnySet, path)
      }
    }
    return this.#whole(base, mine, theirs, path)
  }

  /** One of the two, as it is. */
  #whole(base: unknown, mine: unknown, theirs: unknown, path: Path): unknown {
    if (same(base, mine, this.#effort)) return theirs
    if (same(base, theirs, this.#effort) || same(mine, theirs, this.#effort)) return mine
    return this.#conflict(base, mine, theirs, path)
  }

  object(base: Data, mine: Data, theirs: Data, path: Path): Data {
    const result: Data = {}
    const [ours, others] = [keysOf(mine), keysOf(theirs)]
    if (sameKeys(ours, others)) {
      for (const key of ours) this.#member(result, key, base, mine, theirs, path)
      return result
    }
    const mineFirst = sameKeys(keysOf(base), others)
    const first = mineFirst ? mine : theirs
    for (const key of mineFirst ? ours : others) this.#member(result, key, base, mine, theirs, path)
    for (const key of mineFirst ? others : ours) {
      if (!hasOwn(first, key)) this.#member(result, key, base, mine, theirs, path)
    }
    return result
  }

  #member(result: Data, key: string, base: Data, mine: Data, theirs: Data, path: Path): void {
    const [m, t] = [own(mine, key), own(theirs, key)]
    const settled = typeof m !== 'object' && is(m, t)
    const value = settled ? m : this.value(own(base, key), m, t, { outer: path, step: key })
    if (value === missing) return
    if (key !== '__proto__') result[key] = value
    else Object.defineProperty(result, key, { value, enumerable: true, configurable: true, writable: true })
  }

  map(base: AnyMap, mine: AnyMap, theirs: AnyMap, path: Path): unknown {
    if (haveAtoms(base, mine, theirs)) return this.#entries(base, mine, theirs, (key) => key, path)
    const sides = named(base, mine, theirs, this.#effort)
    if (sides === null) return this.#whole(base, mine, theirs, path)
    return this.#entries(sides.base, sides.mine, sides.theirs, sides.keyOf, path)
  }

  #entries(base: ByName, mine: ByName, theirs: ByName, keyOf: (name: unknown) => unknown, path: Path): AnyMap {
    const result: AnyMap = new Map()
    for (const name of orderOf(base, mine, theirs)) {
      const [m, t] = [entry(mine, name), entry(theirs, name)]
      const key = keyOf(name)
      const settled = typeof m !== 'object' && is(m, t)
      const value = settled ? m : this.value(entry(base, name), m, t, { outer: path, key, list: false })
      if (value !== missing) result.set(key, value)
    }
    return result
  }

  set(base: AnySet, mine: AnySet, theirs: AnySet, path: Path): unknown {
    if (haveAtoms(base, mine, theirs)) return membersOf(base, mine, theirs, (item) => item)
    const sides = named(base, mine, theirs, this.#effort)
    if (sides === null) return this.#whole(base, mine, theirs, path)
    return membersOf(sides.base, sides.mine, sides.theirs, sides.keyOf)
  }

  list(base: unknown[], mine: unknown[], theirs: unknown[], path: Path): unknown[] {
    const ours = alignLists(base, mine, this.#effort)
    if (ours === 'unchanged') return theirs
    const others = alignLists(base, theirs, this.#effort)
    if (others === 'unchanged') return mine
    if (ours === 'unclear' || others === 'unclear') {
      return same(mine, theirs, this.#effort) ? mine : (this.#conflict(base, mine, theirs, path) as unknown[])
    }
    return this.#weave(base, ours, others, path)
  }

  #weave(base: unknown[], ours: Edits, others: Edits, path: Path): unknown[] {
    const start = Math.min(ours.start, others.start)
    const end = Math.max(ours.end, others.end)
    const result = base.slice(0, start)
    for (let index = start; index <= end; index++) {
      for (const item of others.added.get(index) ?? []) result.push(item)
      for (const item of ours.added.get(index) ?? []) result.push(item)
      if (index === end) break
      const byBoth = ours.replaced.has(index) && others.replaced.has(index)
      const [mine, theirs] = [ours.replaced.get(index), others.replaced.get(index)]
      if (byBoth) result.push(this.value(base[index], mine, theirs, { outer: path, key: index, list: true }))
      else if (ours.replaced.has(index)) result.push(mine)
      else if (others.replaced.has(index)) result.push(theirs)
      else if (!ours.removed.has(index) && !others.removed.has(index)) result.push(base[index])
    }
    return end < base.length ? result.concat(base.slice(end)) : result
  }

  #conflict(base: unknown, mine: unknown, theirs: unknown, path: Path): unknown {
    const shown = (value: unknown) => (value === missing ? undefined : value)
    this.#onConflict({ path: wordsOf(path), base: shown(base), mine: shown(mine), theirs: shown(theirs) })
    return mine
  }
}

function kindOf(value: unknown): 'object' | 'list' | 'map' | 'set' | 'atom' {
  if (typeof value !== 'object' || value === null) return 'atom'
  if (isArray(value)) return 'list'
  if (isMap(value)) return 'map'
  if (isSet(value)) return 'set'
  return isDate(value) || isUint8Array(value) ? 'atom' : 'object'
}

function entry(map: ByName, name: unknown): unknown {
  const value = map.get(name)
  return value !== undefined || map.has(name) ? value : missing
}

function own(object: Data, key: string): unknown {
  return hasOwn(object, key) ? object[key] : missing
}

function membersOf(base: Names, mine: Names, theirs: Names, itemOf: (name: unknown) => unknown): AnySet {
  const result: AnySet = new Set()
  for (const name of orderOf(base, mine, theirs)) {
    if (base.has(name) ? mine.has(name) && theirs.has(name) : true) result.add(itemOf(name))
  }
  return result
}

function haveAtoms(...all: (AnyMap | AnySet)[]): boolean {
  for (const one of all) for (const key of one.keys()) if (!isAtom(key)) return false
  return true
}

/** Every key, in the order that its changer gave them: theirs where they changed it, then what mine adds. */
function orderOf(base: Names, mine: Names, theirs: Names): unknown[] {
  const [b, m, t] = [[...base.keys()], [...mine.keys()], [...theirs.keys()]]
  const [all, more, known] = sameKeys(b, t) ? [m, t, mine] : [t, m, theirs]
  for (const key of more) if (!known.has(key)) all.push(key)
  return all
}

function sameKeys(a: unknown[], b: unknown[]): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (!is(a[index], b[index])) return false
  return true
}
