// Three-way merge of session data by structure: what `mine` changed since `base`, done to `theirs`, so that two requests
// that changed different things both find their change in the result. Where both changed the same thing mine wins, being
// the later commit, and a conflict is told.

import { member, put } from '../data/values.ts'
import { named, type Side, type Sides } from '../merge-names.ts'
import { Effort, type Kind, kindOf, missing, same } from './equality.ts'
import { alignLists, type Edits, gone, stays } from './lists.ts'

const { is, keys: keysOf, hasOwn } = Object // see merge-values.ts

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

/** Told of each conflict; what it is, is found out while it is told, and only if somebody wants to know. */
export type Tell = (conflict: () => Conflict) => void

/**
 * Merges objects and Maps by key, Sets by member, lists by element. Inputs are neither changed nor copied: the result
 * shares values with them. Time is bounded: beyond some effort lists, Maps and Sets are compared as wholes.
 */
export function mergeData(base: Data, mine: Data, theirs: Data, tell: Tell): Data {
  return new Merger(tell).object(base, mine, theirs)
}

/** A step down to a value: the key of an object's member, or else where in a list or Map. */
export type Step = string | { key: unknown; list: boolean }

function wordsOf(path: readonly Step[]): string {
  let words = 'session'
  for (const step of path) {
    if (typeof step === 'string') words += member(step)
    else {
      const key =
        typeof step.key === 'string' ? JSON.stringify(step.key) : typeof step.key === 'object' ? '…' : step.key
      words += step.list ? `[${key}]` : `.get(${key})`
    }
  }
  return words
}

export type AnyMap = Map<unknown, unknown>
export type AnySet = Set<unknown>

export class Merger {
  readonly #effort = new Effort()
  readonly #tell: Tell
  /** Where the value lies that is merged now; put into words only for a conflict. */
  readonly #path: Step[] = []

  constructor(tell: Tell) {
    this.#tell = tell
  }

  enter(step: Step): void {
    this.#path.push(step)
  }

  leave(): void {
    this.#path.pop()
  }

  value(base: unknown, mine: unknown, theirs: unknown): unknown {
    if (is(mine, theirs)) return mine
    const kind = kindOf(mine)
    if (isWhole(kind) || kind !== kindOf(theirs)) return this.whole(base, mine, theirs)
    // What both made anew is merged as if each had added to nothing.
    const known = kindOf(base) === kind
    if (kind === 'object') return this.object(known ? (base as Data) : {}, mine as Data, theirs as Data)
    if (this.#effort.spent) return this.whole(base, mine, theirs)
    let merged: unknown
    if (kind === 'list') merged = this.list(known ? (base as unknown[]) : [], mine as unknown[], theirs as unknown[])
    else if (kind === 'map') merged = this.map(known ? (base as AnyMap) : new Map(), mine as AnyMap, theirs as AnyMap)
    else merged = this.set(known ? (base as AnySet) : new Set(), mine as AnySet, theirs as AnySet)
    return merged ?? this.whole(base, mine, theirs)
  }

  #inside(step: Step, base: unknown, mine: unknown, theirs: unknown): unknown {
    this.enter(step)
    const value = this.value(base, mine, theirs)
    this.leave()
    return value
  }

  /** One of the two, as it is. In a conflict `told` gives what to tell, where that is more than what is compared. */
  whole(base: unknown, mine: unknown, theirs: unknown, told = () => [base, mine, theirs]): unknown {
    if (same(base, mine, this.#effort)) return theirs
    if (same(base, theirs, this.#effort) || same(mine, theirs, this.#effort)) return mine
    this.#tell(() => {
      const [base, mine, theirs] = told().map((value) => (value === missing ? undefined : value))
      return { path: wordsOf(this.#path), base, mine, theirs }
    })
    return mine
  }

  /** In the order that its changer gave the keys: theirs where they changed it, then what mine adds. */
  object(base: Data, mine: Data, theirs: Data): Data {
    const [ours, others] = [keysOf(mine), keysOf(theirs)]
    const aligned = sameKeys(ours, others)
    const mineFirst = !aligned && sameKeys(keysOf(base), others)
    const [first, keys, more] = mineFirst ? [mine, ours, others] : [theirs, others, ours]
    let result: Data | null = null // as long as all is as in the first
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at]!
      const m = aligned || mineFirst ? mine[key] : own(mine, key)
      const t = mineFirst ? own(theirs, key) : theirs[key]
      const value = is(m, t) ? m : this.#inside(key, own(base, key), m, t)
      if (result === null) {
        if (is(value, first[key])) continue
        result = {}
        for (let before = 0; before < at; before++) put(result, keys[before]!, first[keys[before]!])
      }
      if (value !== missing) put(result, key, value)
    }
    if (aligned) return result ?? first
    for (const key of more) {
      if (hasOwn(first, key)) continue
      const value = this.#inside(key, own(base, key), own(mine, key), own(theirs, key))
      if (value === missing) continue
      if (result === null) {
        result = {}
        for (const before of keys) put(result, before, first[before])
      }
      put(result, key, value)
    }
    return result ?? first
  }

  /** Null where it costs too much to tell the keys apart. */
  map(base: AnyMap, mine: AnyMap, theirs: AnyMap): AnyMap | null {
    const sides = named(base, mine, theirs, this.#effort)
    if (sides === null) return null
    const { base: b, mine: m, theirs: t } = sides
    const mineFirst = sameKeys(b.names, t.names)
    const [first, more] = mineFirst ? [m, t] : [t, m]
    const result = new Map(mineFirst ? mine : theirs)
    for (const name of first.names) {
      const key = first.keyOf(name)
      const value = this.#entry(sides, name, key)
      if (value === missing) result.delete(key)
      else if (!is(value, first.get(name))) result.set(key, value)
    }
    for (const name of more.names) {
      if (first.has(name)) continue
      const key = more.keyOf(name)
      const value = this.#entry(sides, name, key)
      if (value !== missing) result.set(key, value)
    }
    return result
  }

  #entry({ base, mine, theirs }: Sides, name: unknown, key: unknown): unknown {
    const [m, t] = [entry(mine, name), entry(theirs, name)]
    return is(m, t) ? m : this.#inside({ key, list: false }, entry(base, name), m, t)
  }

  /** What mine did to the base, done to theirs; null as for Maps. */
  set(base: AnySet, mine: AnySet, theirs: AnySet): AnySet | null {
    const sides = named(base, mine, theirs, this.#effort)
    if (sides === null) return null
    const { base: b, mine: m, theirs: t } = sides
    if (sameKeys(b.names, t.names)) return mine
    const result = new Set(theirs)
    let start = 0
    while (start < b.names.length && start < m.names.length && is(b.names[start], m.names[start])) start++
    for (let at = start; at < b.names.length; at++) {
      const name = b.names[at]
      if (!m.has(name) && t.has(name)) result.delete(t.keyOf(name))
    }
    for (let at = start; at < m.names.length; at++) {
      const name = m.names[at]
      if (!b.has(name) && !t.has(name)) result.add(m.keyOf(name))
    }
    return result
  }

  /** Null where too much was changed to say what. The lists may be the rest of longer ones, from the element `from` on. */
  list(base: unknown[], mine: unknown[], theirs: unknown[], from = 0): unknown[] | null {
    if (base.length === 0) return theirs.concat(mine)
    const ours = alignLists(base, mine, this.#effort)
    if (ours === 'unchanged') return theirs
    const others = alignLists(base, theirs, this.#effort)
    if (others === 'unchanged') return mine
    return ours === 'unclear' || others === 'unclear' ? null : this.#weave(base, ours, others, from)
  }

  #weave(base: unknown[], ours: Edits, others: Edits, from: number): unknown[] {
    const start = Math.min(ours.start, others.start)
    const end = Math.max(ours.end, others.end)
    const result = base.slice(0, start)
    for (let index = start; index <= end; index++) {
      add(result, others, index)
      add(result, ours, index)
      if (index === end) break
      const [mine, theirs] = [fateOf(ours, index), fateOf(others, index)]
      if (mine === stays) {
        if (theirs !== gone) result.push(theirs === stays ? base[index] : theirs)
      } else if (theirs === stays || theirs === gone) {
        if (mine !== gone) result.push(mine)
      } else if (mine === gone) result.push(theirs)
      else result.push(this.#inside({ key: from + index, list: true }, base[index], mine, theirs))
    }
    return end < base.length ? result.concat(base.slice(end)) : result
  }
}

/** Kinds that are never looked into. */
function isWhole(kind: Kind): boolean {
  return kind === 'atom' || kind === 'date' || kind === 'bytes'
}

function add(result: unknown[], { start, added }: Edits, index: number): void {
  const items = index >= start && index - start < added.length ? added[index - start] : undefined
  if (items !== undefined) for (const item of items) result.push(item)
}

function fateOf({ start, end, fates }: Edits, index: number): unknown {
  return index >= start && index < end ? fates[index - start] : stays
}

function entry(side: Side, name: unknown): unknown {
  const value = side.get(name)
  return value !== undefined || side.has(name) ? value : missing
}

function own(object: Data, key: string): unknown {
  return hasOwn(object, key) ? object[key] : missing
}

function sameKeys(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (!is(a[index], b[index])) return false
  return true
}
