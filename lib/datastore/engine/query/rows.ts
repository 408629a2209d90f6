// Turns an entity into rows of a query's results: none, one, or one for each combination of its values. This file alone defines
// the meaning of a query; the way the index is read only decides how fast it runs.

import { contains } from '../encoding/byte-range.ts'
import { indexEntries } from '../encoding/sort-bytes.ts'
import type { Properties } from '../encoding/values.ts'
import { invalid } from '../protocol/status.ts'
import type { Row } from '../storage/schema.ts'
import type { Position } from './cursor.ts'
import type { Conjunction } from './filters.ts'
import type { Plan } from './plan.ts'

/** One result: its position, and the entity. `row` is undefined if only the key is needed. */
export interface ResultRow extends Position {
  row: Row | undefined
  properties: Properties | undefined
}

/** Returns a function that compares positions in a plan's order. */
export function comparer({ orders, keyAt, keyDown }: Plan): (a: Position, b: Position) => number {
  return (a, b) => {
    for (let i = 0; i <= orders.length; i++) {
      if (i === keyAt) {
        const order = Buffer.compare(a.k, b.k)
        if (order !== 0) return keyDown ? -order : order
      }
      if (i === orders.length) break
      const order = Buffer.compare(a.tuple[i]!, b.tuple[i]!)
      if (order !== 0) return orders[i]!.down ? -order : order
    }
    return 0
  }
}

/** The most rows of one entity: as many as the index entries that Datastore keeps for it. */
const maxCombinations = 20_000

/** Makes the rows of entities under one plan. */
export class RowMaker {
  readonly #plan: Plan
  readonly #wanted: Set<string>
  readonly #compare: (a: Position, b: Position) => number

  constructor(plan: Plan) {
    this.#plan = plan
    this.#wanted = new Set(plan.orders.map(({ property }) => property))
    for (const { equal, range } of plan.alternatives) {
      for (const property of [...equal.keys(), ...range.keys()]) this.#wanted.add(property)
    }
    this.#compare = comparer(plan)
  }

  /** Returns the positions of an entity among the results, in order. */
  places(k: Uint8Array, properties: Properties): Position[] {
    const { alternatives, combine } = this.#plan
    const values = this.#values(properties)
    const places = alternatives.flatMap((alternative) => this.#placesIn(alternative, k, values))
    if (places.length < 2) return places
    places.sort(this.#compare)
    return combine
      ? places.filter((place, i) => i === 0 || this.#compare(places[i - 1]!, place) !== 0)
      : places.slice(0, 1)
  }

  /** Returns the indexed values of the properties that matter, sorted and without duplicates. */
  #values(properties: Properties): Map<string, Uint8Array[]> {
    const values = new Map<string, Uint8Array[]>()
    for (const [name, bytes] of indexEntries(properties, this.#wanted)) {
      const known = values.get(name)
      if (known) known.push(bytes)
      else values.set(name, [bytes])
    }
    for (const [name, several] of values) if (several.length > 1) values.set(name, sortedOnce(several))
    return values
  }

  #placesIn({ key, equal, range }: Conjunction, k: Uint8Array, values: Map<string, Uint8Array[]>): Position[] {
    if (!contains(key, k)) return []
    for (const [property, wanted] of equal) {
      const has = values.get(property) ?? []
      if (!wanted.every((value) => isIn(has, value))) return []
    }
    for (const [property, span] of range) {
      if (!values.get(property)?.some((value) => contains(span, value))) return []
    }
    // A value outside a range does not order either; an equality leaves nothing to order by.
    const columns = this.#plan.orders.map(({ property }) => {
      const span = range.get(property)
      const has = values.get(property) ?? []
      return span ? has.filter((value) => contains(span, value)) : (equal.get(property)?.slice(0, 1) ?? has)
    })
    if (columns.some((column) => column.length === 0)) return []
    if (this.#plan.combine) return combinations(columns).map((tuple) => ({ tuple, k }))
    return [{ tuple: columns.map((column, i) => (this.#plan.orders[i]!.down ? column.at(-1)! : column[0]!)), k }]
  }
}

function sortedOnce(values: Uint8Array[]): Uint8Array[] {
  return values.sort(Buffer.compare).filter((value, i) => i === 0 || Buffer.compare(values[i - 1]!, value) !== 0)
}

/** Searches sorted values. */
function isIn(values: readonly Uint8Array[], value: Uint8Array): boolean {
  let [from, to] = [0, values.length]
  while (from < to) {
    const middle = (from + to) >> 1
    const order = Buffer.compare(values[middle]!, value)
    if (order === 0) return true
    if (order < 0) from = middle + 1
    else to = middle
  }
  return false
}

function combinations(columns: (readonly Uint8Array[])[]): Uint8Array[][] {
  const count = columns.reduce((product, column) => product * column.length, 1)
  if (count > maxCombinations)
    throw invalid(
      `the arrays of one entity have ${count} combinations of values, more than the maximum of ${maxCombinations}`,
    )
  return columns.reduce<Uint8Array[][]>(
    (rows, column) => rows.flatMap((row) => column.map((value) => [...row, value])),
    [[]],
  )
}
