// Finds the results of a plan in their order, through the index and one at a time, so that a limit keeps a query cheap. An
// entity is read at each position where the index names it, and counts only at the positions that rows.ts returns: nothing
// has to be remembered.

import { BoundedMap } from '../../../internal/bounded-map.ts'
import { contains, everything, intersect, point, type Span, union } from '../encoding/byte-range.ts'
import { hasArrays, readDocument } from '../encoding/document.ts'
import type { Row } from '../storage/schema.ts'
import type { Store } from '../storage/store.ts'
import { Candidates, type Listed } from './candidates.ts'
import type { Position } from './cursor.ts'
import type { Plan } from './plan.ts'
import { sizes } from './postings.ts'
import { comparer, type ResultRow, type RowMaker } from './rows.ts'

/** Bytes of entities with arrays to keep at hand: the index names them once for each of their values. */
const maxKnownBytes = 64 * 1024 * 1024

export class Scan {
  readonly #store: Store
  readonly #candidates: Candidates
  readonly #plan: Plan
  readonly #n: number
  readonly #rows: RowMaker
  readonly #compare: (a: Position, b: Position) => number
  readonly #leaveOut: ReadonlySet<string>
  readonly #known = new BoundedMap<Known>(maxKnownBytes)
  /** Number of index rows read. */
  entries = 0

  /** @param n Number of the plan's partition. @param leaveOut Keys (as latin1) that the scan skips. */
  constructor(store: Store, plan: Plan, n: number, rows: RowMaker, leaveOut: ReadonlySet<string>) {
    this.#store = store
    this.#candidates = new Candidates(store, plan, n)
    this.#plan = plan
    this.#n = n
    this.#rows = rows
    this.#compare = comparer(plan)
    this.#leaveOut = leaveOut
  }

  /** Yields the results after the plan's start cursor. */
  results(): Generator<ResultRow> {
    return this.#ordered(0, [])
  }

  /** Yields results whose first orders are settled, in the order of the rest. */
  *#ordered(depth: number, settled: Listed[]): Generator<ResultRow> {
    const { orders, keyAt, keyDown } = this.#plan
    if (depth === keyAt) {
      yield* this.#byKey(settled)
      return
    }
    const order = orders[depth]!
    const few = this.#candidates.few(order.property, settled)
    if (few) {
      yield* this.#sorted(few, settled)
      return
    }
    const p = this.#candidates.index(order.property)
    if (p === undefined) return
    const last = depth === keyAt - 1
    for (const span of this.#spans(depth, settled)) {
      for (const { v, ks } of this.#candidates.postings.groups(p, span, order.down)) {
        const here = [...settled, { p, v }]
        if (!ks) yield* last ? this.#byKey(here) : this.#ordered(depth + 1, here)
        else if (last) for (const k of keyDown === order.down ? ks : ks.toReversed()) yield* this.#at(k, here, true)
        else yield* this.#sorted(ks, here)
      }
    }
  }

  /** Returns the spans of values of an order's property, in its direction and not before the start cursor. */
  #spans(depth: number, settled: Listed[]): Span[] {
    const { property, down } = this.#plan.orders[depth]!
    const start = this.#startFor(settled)?.tuple[depth]
    const rest = start ? restOf(point(start), down) : everything
    const spans = this.#plan.alternatives.flatMap(({ range, equal }) => {
      const given = range.get(property)
      return given ? [given] : (equal.get(property)?.slice(0, 1).map(point) ?? [everything])
    })
    const apart = union(spans.map((span) => intersect(span, rest)))
    return down ? apart.reverse() : apart
  }

  /** Returns the start cursor, if it lies among the positions with these values. */
  #startFor(settled: Listed[]): Position | undefined {
    const { start } = this.#plan
    return start && this.#hasSettled(start, settled) ? start : undefined
  }

  #hasSettled({ tuple }: Pick<Position, 'tuple'>, settled: Listed[]): boolean {
    return settled.every(({ v }, i) => Buffer.compare(v, tuple[i]!) === 0)
  }

  /** Reads an entity and yields its rows with the settled values. @param probe True to check the index first. */
  *#at(k: Uint8Array, settled: Listed[], probe: boolean): Generator<ResultRow> {
    if (this.#isLeftOut(k)) return
    const id = `${settled.length} ${Buffer.from(k).toString('latin1')}`
    const known = this.#known.get(id)
    if (known) {
      for (const place of known.places.get(startOf(settled.map(({ v }) => v))) ?? []) {
        yield { ...place, row: known.row, properties: undefined }
      }
      return
    }
    if (probe && !this.#mayMatch(k)) return
    const row = this.#store.get(this.#n, k)
    if (!row) return
    const properties = readDocument(row.d)
    const places = this.#rows.places(k, properties)
    if (hasArrays(row.d)) {
      const byStart = Map.groupBy(places, ({ tuple }) => startOf(tuple.slice(0, settled.length)))
      this.#known.set(id, { row, places: byStart }, row.d.length)
    }
    for (const place of places) if (this.#hasSettled(place, settled)) yield { ...place, row, properties }
  }

  #isLeftOut(k: Uint8Array): boolean {
    this.entries++
    return this.#leaveOut.size > 0 && this.#leaveOut.has(Buffer.from(k).toString('latin1'))
  }

  /** Returns true if the index does not rule an entity out. */
  #mayMatch(k: Uint8Array): boolean {
    const [only, ...others] = this.#plan.alternatives
    return others.length > 0 || (contains(only!.key, k) && this.#candidates.hasAll(only!, k))
  }

  *#sorted(ks: Iterable<Uint8Array>, settled: Listed[]): Generator<ResultRow> {
    const results: ResultRow[] = []
    let bytes = 0
    for (const k of ks) {
      let isFirst = true
      for (const result of this.#at(k, settled, true)) {
        if (isFirst) bytes += result.row?.d.length ?? 0
        isFirst = false
        // Keeps only the positions of the rest; those that become results are read again.
        const row = results.length < sizes.kept || bytes < maxKnownBytes ? result.row : undefined
        results.push(results.length < sizes.kept ? result : { ...result, row, properties: undefined })
      }
    }
    yield* results.sort(this.#compare)
  }

  /** Yields results that differ only in the key. */
  *#byKey(settled: Listed[]): Generator<ResultRow> {
    const { alternatives, keyDown, keysOnly, orders } = this.#plan
    const start = this.#startFor(settled)
    const rest = start ? restOf(point(start.k), keyDown) : everything
    const streams = alternatives.map((alternative) =>
      this.#candidates.keysOf(alternative, settled, intersect(alternative.key, rest)),
    )
    // The index alone is enough if there are only equalities and only keys are wanted.
    const enough = keysOnly && orders.length === 0
    for (const k of streams.length === 1 ? streams[0]! : merge(streams, keyDown)) {
      if (!enough) yield* this.#at(k, settled, false)
      else if (!this.#isLeftOut(k)) yield { tuple: [], k, row: undefined, properties: undefined }
    }
  }
}

/** An entity that was read, with its rows by the beginnings of their tuples. */
interface Known {
  row: Row
  places: Map<string, Position[]>
}

/** Returns a text that is the same for the same values. */
function startOf(values: readonly Uint8Array[]): string {
  return values.map((v) => `${v.length} ${Buffer.from(v).toString('latin1')}`).join('')
}

/** Returns the span from a point on, including it. */
function restOf({ low, high }: Span, down: boolean): Span {
  return down ? { ...everything, high } : { ...everything, low }
}

/** Merges sorted keys, each once. */
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
