// The results of a plan at the version read, one after the other, and the form in which a response has them.

import { toTimestamp } from '../encoding/convert.ts'
import { readDocument } from '../encoding/document.ts'
import { pathFromBytes } from '../encoding/keys.ts'
import { masked } from '../encoding/paths.ts'
import { valueFromSortBytes } from '../encoding/sort-bytes.ts'
import type { Properties } from '../encoding/values.ts'
import type { Batch, EntityResult } from '../protocol/messages.ts'
import type { Row } from '../storage/schema.ts'
import type { View } from '../storage/view.ts'
import { Candidates } from './candidates.ts'
import { isAfter, type Position } from './cursor.ts'
import { metadataEntities } from './metadata.ts'
import type { Plan } from './plan.ts'
import { comparer, type ResultRow, RowMaker } from './rows.ts'
import { Scan } from './scan.ts'

/** Counts the work of a query. */
export interface Progress {
  entries: number
  documents: number
}

/** Returns the number of a plan's results, up to a limit, if it is known without reading them. */
export function countOf(view: View, plan: Plan, limit: number): number | undefined {
  const n = view.numberOf(plan.partition)
  if (n === undefined || plan.orders.length > 0 || plan.combine || plan.start || plan.end || plan.nearest)
    return undefined
  if (metadataEntities(view.store, plan) || view.hasChangedEntities(n, plan.kind)) return undefined
  return new Candidates(view.store, plan, n).count(limit)
}

/** Yields the results of a plan, starting after its start cursor. */
export function* resultsOf(view: View, plan: Plan, progress?: Progress): Generator<ResultRow> {
  const rows = new RowMaker(plan)
  const compare = comparer(plan)
  const n = view.numberOf(plan.partition)
  const others = metadataEntities(view.store, plan) ?? (n === undefined ? [] : view.changedEntities(n, plan.kind))
  const placed = [...others].flatMap(({ k, row }) => (row ? rowsOf(rows, k, row) : [])).sort(compare)
  const leaveOut = new Set(others.map(({ k }) => Buffer.from(k).toString('latin1')))
  const scan = n === undefined ? undefined : new Scan(view.store, plan, n, rows, leaveOut)
  const distinct = new Distinct(plan)
  for (const row of merge(scan?.results() ?? [], placed, compare)) {
    if (progress) progress.entries = scan?.entries ?? 0
    if (plan.start && !isAfter(compare(row, plan.start), plan.start)) continue
    if (distinct.isNew(row)) yield row
  }
}

function rowsOf(rows: RowMaker, k: Uint8Array, row: Row): ResultRow[] {
  const properties = readDocument(row.d)
  return rows.places(k, properties).map(({ tuple }) => ({ tuple, k, row, properties }))
}

function* merge(
  scanned: Iterable<ResultRow>,
  placed: ResultRow[],
  compare: (a: Position, b: Position) => number,
): Generator<ResultRow> {
  let next = 0
  for (const row of scanned) {
    while (next < placed.length && compare(placed[next]!, row) < 0) yield placed[next++]!
    yield row
  }
  yield* placed.slice(next)
}

/** Lets through the first result of each group and, without a projection, each entity once. */
class Distinct {
  readonly #columns: number[]
  readonly #whole: boolean
  readonly #seen = new Set<string>()

  constructor(plan: Plan) {
    const columns = new Map(plan.orders.map(({ property }, column) => [property, column]))
    this.#columns = plan.distinct.map((name) => columns.get(name)!)
    this.#whole = plan.distinct.length > 0 && !plan.projection
    if (plan.start && !plan.start.before && this.#columns.length > 0) this.#seen.add(this.#group(plan.start))
  }

  #group({ tuple }: Position): string {
    return JSON.stringify(this.#columns.map((column) => Buffer.from(tuple[column]!).toString('latin1')))
  }

  isNew(row: ResultRow): boolean {
    if (this.#columns.length === 0) return true
    return this.#add(this.#group(row)) && (!this.#whole || this.#add(Buffer.from(row.k).toString('latin1')))
  }

  #add(id: string): boolean {
    if (this.#seen.has(id)) return false
    this.#seen.add(id)
    return true
  }
}

/** Returns a row as a result, with the entity's version and size. */
export function entityResult(
  view: View,
  plan: Plan,
  row: ResultRow,
): { result: EntityResult; version: number; bytes: number } {
  const key = { partitionId: plan.partition, path: pathFromBytes(row.k) }
  if (plan.keysOnly)
    return { result: { entity: { key, properties: {} }, version: '0' }, version: row.row?.v ?? 0, bytes: row.k.length }
  const found = rowOf(view, plan, row)
  if (plan.projection)
    return { result: { entity: { key, properties: projected(plan, row) }, version: '0' }, version: found.v, bytes: 0 }
  return {
    result: {
      entity: { key, properties: masked(row.properties ?? readDocument(found.d), plan.mask) },
      version: String(found.v),
      createTime: toTimestamp(found.c),
      updateTime: toTimestamp(found.v),
    },
    version: found.v,
    bytes: found.d.length,
  }
}

export function resultType({ keysOnly, projection }: Plan): Batch['entityResultType'] {
  return keysOnly ? 'KEY_ONLY' : projection ? 'PROJECTION' : 'FULL'
}

/** Returns the entity of a result that was kept without it. */
export function rowOf(view: View, plan: Plan, { row, k }: ResultRow): Row {
  return row ?? view.store.get(view.numberOf(plan.partition)!, k)!
}

function projected({ orders, projection }: Plan, { tuple }: ResultRow): Properties {
  const properties: Properties = {}
  const wanted = new Set(projection)
  orders.forEach(({ property }, i) => {
    if (wanted.has(property)) properties[property] = valueFromSortBytes(tuple[i]!)
  })
  return properties
}
