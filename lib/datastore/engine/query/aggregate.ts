// RunAggregationQuery: count, sum and average of a query's results.

import { readInt64 } from '../encoding/convert.ts'
import { readDocument } from '../encoding/document.ts'
import { checkName } from '../encoding/keys.ts'
import { indexEntries } from '../encoding/sort-bytes.ts'
import { checkPropertyName, type StoredValue } from '../encoding/values.ts'
import type { Aggregation, RunAggregationQueryRequest } from '../protocol/messages.ts'
import { invalid } from '../protocol/status.ts'
import type { Row } from '../storage/schema.ts'
import type { View } from '../storage/view.ts'
import { isAfter } from './cursor.ts'
import { keyProperty } from './filters.ts'
import { neighborsOf } from './neighbors.ts'
import { type Plan, readPlan } from './plan.ts'
import { countOf, type Progress, resultsOf, rowOf } from './results.ts'
import { comparer, type ResultRow } from './rows.ts'

const maxAggregations = 5
const [minInt64, maxInt64] = [-(1n << 63n), (1n << 63n) - 1n]

interface Reading {
  alias: string
  operator: 'count' | 'sum' | 'avg'
  property: string
  /** The limit of a count. */
  upTo: number
}

export interface AggregationPlan {
  plan: Plan
  readings: Reading[]
}

/** Checks an aggregation query. */
export function readAggregation(
  aggregationQuery: RunAggregationQueryRequest['aggregationQuery'],
  request: RunAggregationQueryRequest,
): AggregationPlan {
  const { nestedQuery, aggregations } = aggregationQuery ?? {}
  if (!nestedQuery) throw invalid('one of fields AggregationQuery.query_type must be set')
  if (!aggregations?.length) throw invalid('An aggregation query must have at least one aggregation.')
  if (aggregations.length > maxAggregations)
    throw invalid(
      `The maximum number of aggregations allowed in an aggregation query is ${maxAggregations}. Received: ${aggregations.length}`,
    )
  let unnamed = 0
  const readings = aggregations.map((aggregation) => {
    const alias = aggregation.alias || `property_${++unnamed}`
    checkPropertyName(alias)
    return { alias, ...readOperator(aggregation) }
  })
  if (new Set(readings.map(({ alias }) => alias)).size < readings.length)
    throw invalid('Aggregation aliases must be unique.')
  const properties = [...new Set(readings.map(({ property }) => property).filter(Boolean))]
  return { plan: readPlan(nestedQuery, request, properties), readings }
}

function readOperator({ count, sum, avg }: Aggregation): Omit<Reading, 'alias'> {
  if (count) {
    const upTo = count.upTo ? Number(readInt64(count.upTo.value ?? 0)) : Number.POSITIVE_INFINITY
    if (upTo < 0) throw invalid('Count up_to must be non-negative.')
    return { operator: 'count', property: '', upTo }
  }
  if (!sum && !avg) throw invalid('An aggregation must have an operator.')
  const property = (sum ?? avg)!.property?.name
  checkName('property.name', property ?? '')
  if (property === keyProperty) throw invalid(`Aggregations are not supported for the property: ${keyProperty}`)
  return { operator: sum ? 'sum' : 'avg', property: property!, upTo: Number.POSITIVE_INFINITY }
}

/** The running total of one property. */
class Total {
  count = 0
  #integers = 0n
  #doubles: number | undefined
  /** Lost so far to rounding (Kahan's sum): ten times 0.1 are 1. */
  #lost = 0

  add(value: StoredValue): void {
    if (value.valueType === 'integerValue') this.#integers += BigInt(value.integerValue as string)
    else if (value.valueType === 'doubleValue') this.#addDouble(value.doubleValue as number)
    else return
    this.count++
  }

  #addDouble(double: number): void {
    const before = this.#doubles ?? 0
    const corrected = double - this.#lost
    this.#doubles = before + corrected
    this.#lost = Number.isFinite(this.#doubles) ? this.#doubles - before - corrected : 0
  }

  get sum(): StoredValue {
    const fits = this.#integers <= maxInt64 && this.#integers >= minInt64
    return this.#doubles === undefined && fits
      ? { valueType: 'integerValue', integerValue: String(this.#integers) }
      : { valueType: 'doubleValue', doubleValue: this.#asDouble() }
  }

  get average(): StoredValue {
    return this.count === 0
      ? { valueType: 'nullValue', nullValue: 'NULL_VALUE' }
      : { valueType: 'doubleValue', doubleValue: this.#asDouble() / this.count }
  }

  #asDouble(): number {
    return Number(this.#integers) + (this.#doubles ?? 0)
  }
}

/** Runs an aggregation query on a view. */
export function runAggregation(
  view: View,
  { plan, readings }: AggregationPlan,
  progress?: Progress,
): Record<string, StoredValue> {
  const totals = new Map(readings.map(({ property }) => [property, new Total()]))
  totals.delete('')
  const enough = Math.min(
    plan.limit,
    totals.size > 0 ? Number.POSITIVE_INFINITY : Math.max(...readings.map(({ upTo }) => upTo)),
  )
  const compare = comparer(plan)
  const known = totals.size === 0 ? countOf(view, plan, plan.offset + enough) : undefined
  let count = known === undefined ? 0 : Math.max(known - plan.offset, 0)
  let skipped = 0
  // Counting needs only the keys, unless the order needs more.
  const counted = totals.size === 0 && !plan.combine ? { ...plan, keysOnly: true } : plan
  if (enough > 0 && known === undefined) {
    for (const row of rowsOf(view, counted, progress)) {
      if (plan.end && isAfter(compare(row, plan.end), plan.end)) break
      if (skipped++ < plan.offset) continue
      count++
      if (totals.size > 0) addUp(view, plan, row, totals)
      if (count === enough) break
    }
  }
  return Object.fromEntries(
    readings.map(({ alias, operator, property, upTo }): [string, StoredValue] => {
      if (operator === 'count')
        return [alias, { valueType: 'integerValue', integerValue: String(Math.min(count, upTo)) }]
      const total = totals.get(property)!
      return [alias, operator === 'sum' ? total.sum : total.average]
    }),
  )
}

function* rowsOf(view: View, plan: Plan, progress?: Progress): Generator<ResultRow> {
  if (!plan.nearest) yield* resultsOf(view, plan, progress)
  else for (const { row } of neighborsOf(view, plan, plan.nearest, progress)) yield row
}

/** Adds the values of a row: all of an entity's, or the one in the row where each combination is a row. */
function addUp(view: View, plan: Plan, row: ResultRow, totals: Map<string, Total>): void {
  const stored = rowOf(view, plan, row)
  if (!plan.combine) {
    const properties = row.properties ?? readDocument(stored.d)
    for (const [property, , value] of indexEntries(properties, new Set(totals.keys()))) totals.get(property)!.add(value)
    return
  }
  plan.orders.forEach(({ property }, column) => {
    const total = totals.get(property)
    if (total) for (const value of valuesOf(stored, property).get(latin1(row.tuple[column]!)) ?? []) total.add(value)
  })
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

/** The values of entities of which each combination is a row, by property and then by their bytes: 1 and a time can be equal. */
const known = new WeakMap<Row, Map<string, Map<string, StoredValue[]>>>()

function valuesOf(row: Row, property: string): Map<string, StoredValue[]> {
  const properties = known.get(row) ?? new Map<string, Map<string, StoredValue[]>>()
  known.set(row, properties)
  let values = properties.get(property)
  if (!values) {
    values = new Map()
    for (const [, bytes, value] of indexEntries(readDocument(row.d), new Set([property]))) {
      const equal = values.get(latin1(bytes))
      if (equal) equal.push(value)
      else values.set(latin1(bytes), [value])
    }
    properties.set(property, values)
  }
  return values
}
