// The results of a plan in their order, found through the index and one at a time, so that a limit costs what it says. An
// entity is read at each place where the index names it, and counts at those places that rows.ts gives it: nothing needs
// to be remembered of what was seen before.
import { readDocument } from '../document.ts'
import { contains, EVERYTHING, intersect, point, type Span, union } from '../span.ts'
import { indexName, type Store } from '../store.ts'
import type { Position } from './cursor.ts'
import type { Conjunction } from './filters.ts'
import type { Plan } from './plan.ts'
import { Postings, sizes } from './postings.ts'
import { comparer, type ResultRow, type RowMaker } from './rows.ts'

/** A value that a property is known to have at the places looked for, since the orders before have been settled. */
interface Fixed {
  p: number
  v: Uint8Array
}

const KIND_VALUE = new Uint8Array()

export class Scan {
  readonly #store: Store
  readonly #postings: Postings
  readonly #plan: Plan
  readonly #n: number
  readonly #rows: RowMaker
  readonly #compare: (a: Position, b: Position) => number
  readonly #leaveOut: ReadonlySet<string>
  /** Index rows read, for those who ask how a query went. */
  entries = 0

  /** @param n Number of the plan's partition. @param leaveOut Keys (as latin1) that are none of the scan's business. */
  constructor(store: Store, plan: Plan, n: number, rows: RowMaker, leaveOut: ReadonlySet<string>) {
    this.#store = store
    this.#postings = new Postings(store)
    this.#plan = plan
    this.#n = n
    this.#rows = rows
    this.#compare = comparer(plan)
    this.#leaveOut = leaveOut
  }

  /** The results from the plan's start cursor on. */
  results(): Generator<ResultRow> {
    return this.#ordered(0, [])
  }

  /**
   * How many results there are, up to a limit, where the index alone can tell: all entities of a kind, or those with one
   * value. Undefined where it cannot.
   */
  count(limit: number): number | undefined {
    const { alternatives, combine, orders, start, end, kind } = this.#plan
    const [only, ...others] = alternatives
    const lists = this.#lists(only!.equal)
    if (others.length > 0 || orders.length > 0 || combine || start || end || this.#leaveOut.size > 0) return undefined
    if (kind === undefined || !lists || lists.length > 1) return undefined
    const p = lists[0]?.p ?? this.#index('')
    if (p === undefined) return 0
    return this.#postings.count(p, lists[0]?.v ?? KIND_VALUE, only!.key, Math.min(limit, Number.MAX_SAFE_INTEGER))
  }

  #index(property: string): number | undefined {
    return this.#store.number(indexName(this.#n, this.#plan.kind!, property))
  }

  /** Results whose first orders are settled, in the order of the rest. */
  *#ordered(depth: number, fixed: Fixed[]): Generator<ResultRow> {
    const order = this.#plan.orders[depth]
    if (!order) {
      yield* this.#byKey(fixed)
      return
    }
    const few = this.#fewCandidates(order.property, fixed)
    if (few) {
      yield* this.#sorted(few, fixed)
      return
    }
    const p = this.#index(order.property)
    if (p === undefined) return
    const last = depth === this.#plan.orders.length - 1
    for (const span of this.#spans(depth, fixed)) {
      for (const { v, ks } of this.#postings.groups(p, span, order.down)) {
        const settled = [...fixed, { p, v }]
        if (!ks) yield* last ? this.#byKey(settled) : this.#ordered(depth + 1, settled)
        else if (last && !this.#plan.keyDown) for (const k of ks) yield* this.#at(k, settled, true)
        else yield* this.#sorted(ks, settled)
      }
    }
  }

  /** Where values of an order's property may lie, in the order's direction and not before the start cursor. */
  #spans(depth: number, fixed: Fixed[]): Span[] {
    const { property, down } = this.#plan.orders[depth]!
    const spans = this.#plan.alternatives.flatMap(({ range, equal }) => {
      const given = range.get(property)
      return given ? [given] : (equal.get(property)?.slice(0, 1).map(point) ?? [EVERYTHING])
    })
    const start = this.#startFor(fixed)?.tuple[depth]
    const rest: Span = !start
      ? EVERYTHING
      : down
        ? { ...EVERYTHING, high: point(start).high }
        : { ...EVERYTHING, low: start }
    const apart = union(spans.map((span) => intersect(span, rest)))
    return down ? apart.reverse() : apart
  }

  /** The start cursor, if it lies among the places with these values. */
  #startFor(fixed: Fixed[]): Position | undefined {
    const { start } = this.#plan
    return start && fixed.every(({ v }, i) => Buffer.compare(v, start.tuple[i]!) === 0) ? start : undefined
  }

  /** Reads an entity and gives its rows with the settled values. @param probe Whether to ask the index first. */
  *#at(k: Uint8Array, fixed: Fixed[], probe: boolean): Generator<ResultRow> {
    if (this.#isLeftOut(k) || (probe && !this.#mayMatch(k))) return
    const row = this.#store.get(this.#n, k)
    if (!row) return
    const properties = readDocument(row.d)
    for (const { tuple } of this.#rows.places(k, properties)) {
      if (fixed.every(({ v }, i) => Buffer.compare(v, tuple[i]!) === 0)) yield { tuple, k, row, properties }
    }
  }

  #isLeftOut(k: Uint8Array): boolean {
    this.entries++
    return this.#leaveOut.size > 0 && this.#leaveOut.has(Buffer.from(k).toString('latin1'))
  }

  /** Whether it is worth reading an entity, by what the index tells of it. */
  #mayMatch(k: Uint8Array): boolean {
    const [only, ...others] = this.#plan.alternatives
    return others.length > 0 || (contains(only!.key, k) && this.#hasAll(only!.equal, k))
  }

  #hasAll(equal: Conjunction['equal'], k: Uint8Array): boolean {
    return this.#lists(equal)?.every(({ p, v }) => this.#postings.has(p, v, k)) ?? false
  }

  *#sorted(ks: Iterable<Uint8Array>, fixed: Fixed[]): Generator<ResultRow> {
    const results: ResultRow[] = []
    for (const k of ks) {
      for (const { tuple, row, properties } of this.#at(k, fixed, true)) {
        // Of so many only the places are kept; those that are answered are read again.
        const keep = results.length < sizes.kept
        results.push({ tuple, k, row: keep ? row : undefined, properties: keep ? properties : undefined })
      }
    }
    yield* results.sort(this.#compare)
  }

  /** Results that differ in nothing but the key. */
  *#byKey(fixed: Fixed[]): Generator<ResultRow> {
    const { alternatives, keyDown, keysOnly, orders } = this.#plan
    const start = this.#startFor(fixed)
    const rest: Span = !start
      ? EVERYTHING
      : keyDown
        ? { ...EVERYTHING, high: start.k }
        : { ...EVERYTHING, low: point(start.k).high! }
    const streams = alternatives.map((alternative) =>
      this.#keysOf(alternative, fixed, intersect(alternative.key, rest)),
    )
    // The index alone has answered where there is nothing but equalities, and nobody asks for more than the keys.
    const enough = keysOnly && orders.length === 0
    for (const k of streams.length === 1 ? streams[0]! : merge(streams, keyDown)) {
      if (!enough) yield* this.#at(k, fixed, false)
      else if (!this.#isLeftOut(k)) yield { tuple: [], k, row: undefined, properties: undefined }
    }
  }

  /** The keys that fit an alternative's equalities, in order: those of its rarest value that have the others too. */
  *#keysOf({ equal }: Conjunction, fixed: Fixed[], span: Span): Generator<Uint8Array> {
    const { kind, keyDown } = this.#plan
    if (kind === undefined) {
      yield* this.#postings.allKeys(this.#n, span)
      return
    }
    const equalities = this.#lists(equal)
    if (!equalities) return
    const lists = [...fixed, ...equalities]
    if (lists.length === 0) {
      const p = this.#index('')
      if (p !== undefined) yield* this.#postings.keys(p, KIND_VALUE, span, keyDown)
      return
    }
    const [rarest, ...others] = this.#rarestFirst(lists, span)
    for (const k of this.#postings.keys(rarest!.p, rarest!.v, span, keyDown)) {
      if (others.every(({ p, v }) => this.#postings.has(p, v, k))) yield k
    }
  }

  /** An alternative's equalities; undefined where no entity was ever seen to have one of the properties. */
  #lists(equal: Conjunction['equal']): Fixed[] | undefined {
    const lists: Fixed[] = []
    for (const [property, values] of equal) {
      const p = this.#index(property)
      if (p === undefined) return undefined
      for (const v of values) lists.push({ p, v })
    }
    return lists
  }

  #rarestFirst(lists: Fixed[], span: Span): Fixed[] {
    // Counted no further than it takes to find one that is rare.
    for (let limit = sizes.few + 1; lists.length > 1; limit *= 8) {
      const counted = lists.map((list) => ({ list, count: this.#postings.count(list.p, list.v, span, limit + 1) }))
      counted.sort((a, b) => a.count - b.count)
      if (counted[0]!.count <= limit || limit > sizes.many) return counted.map(({ list }) => list)
    }
    return lists
  }

  /**
   * The keys of all candidates, if filters on other properties than the one to order by leave so few that fetching and
   * sorting them costs less than to walk along the order until enough of them were met.
   */
  #fewCandidates(ordered: string, fixed: Fixed[]): Iterable<Uint8Array> | undefined {
    const { alternatives, kind, offset, limit } = this.#plan
    const total = Number(this.#store.sql('SELECT max(id) AS n FROM entity').get()!['n'] ?? 0)
    const most = Math.ceil(Math.min(Math.max(sizes.few, Math.sqrt(((offset + limit) * total) / 4)), sizes.many))
    let sum = 0
    const sources: Iterable<Uint8Array>[] = []
    for (const alternative of alternatives) {
      const { equal, range, key } = alternative
      const equalities = this.#lists(equal)
      const everything = this.#index('')
      if (!equalities || everything === undefined) continue
      const lists = [...fixed, ...equalities]
      if (key !== EVERYTHING) lists.push({ p: everything, v: KIND_VALUE })
      const options = lists.map(({ p, v }) => ({
        count: this.#postings.count(p, v, key, most + 1),
        keys: () => this.#postings.keys(p, v, key, false),
      }))
      for (const [property, span] of range) {
        const p = this.#index(property)
        if (p === undefined || property === ordered) continue
        options.push({ count: this.#postings.countValues(p, span, most + 1), keys: () => this.#keysInRange(p, span) })
      }
      const best = options.sort((a, b) => a.count - b.count)[0]
      sum += best?.count ?? Number.POSITIVE_INFINITY
      if (!best || sum > most || kind === undefined) return undefined
      sources.push(best.keys())
    }
    return distinct(sources)
  }

  *#keysInRange(p: number, span: Span): Generator<Uint8Array> {
    for (const { v, ks } of this.#postings.groups(p, span, false)) {
      yield* ks ?? this.#postings.keys(p, v, EVERYTHING, false)
    }
  }
}

function* distinct(sources: Iterable<Uint8Array>[]): Generator<Uint8Array> {
  const seen = new Set<string>()
  for (const source of sources) {
    for (const k of source) {
      const id = Buffer.from(k).toString('latin1')
      if (!seen.has(id)) yield k
      seen.add(id)
    }
  }
}

/** Merges keys that come in order, each once. */
function* merge(streams: Generator<Uint8Array>[], down: boolean): Generator<Uint8Array> {
  const heads = streams.map((stream) => ({ stream, at: stream.next() }))
  for (;;) {
    let first: Uint8Array | undefined
    for (const { at } of heads) {
      if (at.done) continue
      const order = first === undefined ? -1 : Buffer.compare(at.value, first)
      if (first === undefined || (down ? order > 0 : order < 0)) first = at.value
    }
    if (first === undefined) return
    yield first
    for (const head of heads) {
      if (!head.at.done && Buffer.compare(head.at.value, first) === 0) head.at = head.stream.next()
    }
  }
}
