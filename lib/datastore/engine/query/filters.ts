// Brings filters to one form: alternatives, each a conjunction of simple conditions.

import { after, everything, intersect, point, type Span } from '../encoding/byte-range.ts'
import { enumName } from '../encoding/convert.ts'
import { afterDescendants, checkName, pathBytes, readKey, type StoredKey } from '../encoding/keys.ts'
import { sortBytes } from '../encoding/sort-bytes.ts'
import { type StoredValue, ValueReader } from '../encoding/values.ts'
import type { Filter, Target, Value } from '../protocol/messages.ts'
import { invalid } from '../protocol/status.ts'

export const keyProperty = '__key__'

/** One alternative: an entity is a result if all of this holds. */
export interface Conjunction {
  /** The span that holds the bytes of its key's path. */
  key: Span
  ancestor: Uint8Array | undefined
  /** Values that it must have, all of them, by property. */
  equal: ReadonlyMap<string, readonly Uint8Array[]>
  /** The span that must hold one of its values, by property. */
  range: ReadonlyMap<string, Span>
}

/** A query's filter, and the properties that matter for orders and projections. */
export interface Filters {
  alternatives: Conjunction[]
  /** Properties with an inequality, which may include `__key__`. */
  unequal: Set<string>
  /** Properties with an equality. */
  equal: Set<string>
}

const operators = {
  1: 'LESS_THAN',
  2: 'LESS_THAN_OR_EQUAL',
  3: 'GREATER_THAN',
  4: 'GREATER_THAN_OR_EQUAL',
  5: 'EQUAL',
  6: 'IN',
  9: 'NOT_EQUAL',
  11: 'HAS_ANCESTOR',
  13: 'NOT_IN',
} as const

type Operator = (typeof operators)[keyof typeof operators]

const maxAlternatives = 30
const maxNotInValues = 10
const maxUnequal = 10
const maxDepth = 100
const noCondition: Conjunction = { key: everything, ancestor: undefined, equal: new Map(), range: new Map() }

/** Conditions that must all hold, by a text that is the same for equal ones. */
interface Disjunct {
  ids: ReadonlySet<string>
  /** Returns several alternatives where one condition is NOT_EQUAL or NOT_IN: made only after all checks, because they multiply. */
  expand(): Conjunction[]
}

/** Counts the conditions of a filter, which multiply when it is read; those on ancestors count as one. */
export function countConditions(filter: Filter | null | undefined): number {
  let count = 0
  let hasAncestor = false
  let layer = filter ? [filter] : []
  for (let depth = 0; layer.length > 0; depth++) {
    if (depth > maxDepth) throw invalid(`At most ${maxDepth} nested filters are supported.`)
    for (const { propertyFilter } of layer) {
      if (!propertyFilter) continue
      if (enumName<Operator>(propertyFilter.op, operators) === 'HAS_ANCESTOR') hasAncestor = true
      else count++
    }
    layer = layer.flatMap(({ compositeFilter }) => compositeFilter?.filters ?? [])
  }
  return count + Number(hasAncestor)
}

/** Checks a filter. @param partition The query's partition; keys in another one are invalid. */
export function readFilters(
  filter: Filter | null | undefined,
  target: Target,
  partition: StoredKey['partitionId'],
): Filters {
  const reader = new FilterReader(target, partition)
  const disjuncts = filter && reader.read(filter)
  reader.checkCombination()
  const any = disjuncts ? disjuncts.flatMap((disjunct) => disjunct.expand()) : [noCondition]
  const ancestors = new Set(any.map(({ ancestor }) => ancestor && Buffer.from(ancestor).toString('latin1')))
  if (ancestors.size > 1) throw invalid('All disjunctions must have a common and unique ancestor constraint.')
  if (reader.unequal.size > maxUnequal)
    throw invalid(
      `The query contains ${reader.unequal.size} distinct inequality fields. A query may not have more than ${maxUnequal}.`,
    )
  return { alternatives: any, unequal: reader.unequal, equal: reader.equal }
}

class FilterReader {
  readonly unequal = new Set<string>()
  readonly equal = new Set<string>()
  readonly #used: string[] = []
  readonly #target: Target
  readonly #partition: StoredKey['partitionId']
  readonly #values: ValueReader

  constructor(target: Target, partition: StoredKey['partitionId']) {
    this.#target = target
    this.#partition = partition
    this.#values = new ValueReader(target)
  }

  read(filter: Filter): Disjunct[] {
    const { compositeFilter, propertyFilter } = filter
    if (propertyFilter) {
      const op = enumName<Operator>(propertyFilter.op, operators)
      if (!op || !Object.values(operators).includes(op)) throw invalid('a property filter must specify an operator')
      return this.#condition(propertyFilter.property?.name ?? '', op, propertyFilter.value ?? {})
    }
    if (!compositeFilter) throw invalid('a filter must have exactly one of its fields set')
    const op = enumName(compositeFilter.op, { 1: 'AND', 2: 'OR' })
    if (op !== 'AND' && op !== 'OR') throw invalid('a composite filter must specify an operator')
    if (!compositeFilter.filters?.length) throw invalid('A composite filter must have at least one sub-filter.')
    const parts = compositeFilter.filters.map((inner) => this.read(inner))
    if (op === 'OR') this.#used.push('OR')
    return op === 'AND' ? parts.reduce(both) : distinct(parts.flat())
  }

  /** Rejects combinations of NOT_IN and NOT_EQUAL with each other, and of NOT_IN with other alternatives. */
  checkCombination(): void {
    const count = (...ops: string[]): number => this.#used.filter((op) => ops.includes(op)).length
    if (count('NOT_EQUAL', 'NOT_IN') > 1) throw invalid("Only a single 'NOT_EQUAL' or 'NOT_IN' is allowed per query.")
    if (count('NOT_IN') > 0 && count('IN', 'OR') > 0)
      throw invalid("'NOT_IN' cannot be combined with 'IN' or 'OR' in one query.")
  }

  #condition(property: string, op: Operator, value: Value): Disjunct[] {
    checkName('property.name', property)
    if (op === 'HAS_ANCESTOR') return this.#ancestor(property, value)
    this.#used.push(op)
    const many = op === 'IN' || op === 'NOT_IN'
    if (many && !value.arrayValue?.values?.length)
      throw invalid(`'${op}' property filter for '${property}' requires a non-empty ArrayValue`)
    const given = many ? value.arrayValue!.values! : [value]
    if (op === 'IN' && given.length > maxAlternatives)
      throw invalid(
        `IN supports up to ${maxAlternatives} values. There are ${given.length} values in the IN filter in your query.`,
      )
    const points = given.map((one) => this.#bytes(property, one))
    if (op === 'NOT_IN' && points.length > maxNotInValues)
      throw invalid(`'NOT_IN' supports up to ${maxNotInValues} comparison values, not ${points.length}.`)
    const equal = op === 'EQUAL' || op === 'IN'
    const set = equal ? this.equal : this.unequal
    set.add(property)
    const make = (span: Span) => condition(property, equal, span)
    const idOf = (...bytes: Uint8Array[]) => JSON.stringify([property, equal ? 'EQUAL' : op, ...bytes.map(latin1)])
    if (equal)
      return distinct(points.map((bytes) => ({ ids: new Set([idOf(bytes)]), expand: () => [make(point(bytes))] })))
    return [{ ids: new Set([idOf(...points)]), expand: () => spansOf(op, points).map(make) }]
  }

  #ancestor(property: string, value: Value): Disjunct[] {
    if (property !== keyProperty) throw invalid('property must be __key__')
    if (!value.keyValue) throw invalid('HAS_ANCESTOR requires a key value')
    const ancestor = this.#path(value)
    const any = [{ ...noCondition, ancestor, key: { low: ancestor, high: afterDescendants(ancestor) } }]
    return [{ ids: new Set([`ancestor ${latin1(ancestor)}`]), expand: () => any }]
  }

  #bytes(property: string, value: Value): Uint8Array {
    if (property === keyProperty) return this.#path(value)
    const read = this.#values.filter(value, property)
    if (read.valueType === 'entityValue') throw invalid('An entity value is not allowed')
    if (read.valueType === 'arrayValue') throw invalid('A list value is not allowed')
    return sortBytes(read as StoredValue)
  }

  #path(value: Value): Uint8Array {
    if (!value.keyValue) throw invalid('__key__ filter value must be a Key')
    const key = readKey(value.keyValue, this.#target)
    const { namespaceId } = this.#partition
    if (key.partitionId.namespaceId !== namespaceId)
      throw invalid(
        `__key__ filter namespace is "${key.partitionId.namespaceId}" but query namespace is "${namespaceId}"`,
      )
    return pathBytes(key.path)
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** Leaves out disjuncts that are there twice, and checks that the rest are not too many. */
function distinct(disjuncts: Disjunct[]): Disjunct[] {
  if (disjuncts.length < 2) return disjuncts
  const kept = [...new Map(disjuncts.map((one) => [JSON.stringify([...one.ids].sort()), one])).values()]
  if (kept.length > maxAlternatives)
    throw invalid(`the query has ${kept.length} disjunctions, more than the maximum of ${maxAlternatives}`)
  return kept
}

function spansOf(op: Operator, points: Uint8Array[]): Span[] {
  const [first] = points as [Uint8Array]
  switch (op) {
    case 'LESS_THAN':
      return [{ ...everything, high: first }]
    case 'LESS_THAN_OR_EQUAL':
      return [{ ...everything, high: after(first) }]
    case 'GREATER_THAN':
      return [{ ...everything, low: after(first) }]
    case 'GREATER_THAN_OR_EQUAL':
      return [{ ...everything, low: first }]
    default: {
      const spans: Span[] = []
      let low: Uint8Array = everything.low
      for (const bytes of points.toSorted(Buffer.compare)) {
        spans.push({ low, high: bytes })
        low = after(bytes)
      }
      return [...spans, { low, high: undefined }]
    }
  }
}

function condition(property: string, equal: boolean, span: Span): Conjunction {
  if (property === keyProperty) return { ...noCondition, key: span }
  return equal
    ? { ...noCondition, equal: new Map([[property, [span.low]]]) }
    : { ...noCondition, range: new Map([[property, span]]) }
}

function both(a: Disjunct[], b: Disjunct[]): Disjunct[] {
  const pairs = a.flatMap((one) =>
    b.map((other) => ({
      ids: new Set([...one.ids, ...other.ids]),
      expand: () => one.expand().flatMap((left) => other.expand().map((right) => conjoin(left, right))),
    })),
  )
  return distinct(pairs)
}

function conjoin(a: Conjunction, b: Conjunction): Conjunction {
  if (a.ancestor && b.ancestor && Buffer.compare(a.ancestor, b.ancestor) !== 0)
    throw invalid('All disjunctions must have a common and unique ancestor constraint.')
  const equal = new Map(a.equal)
  for (const [property, values] of b.equal) {
    const known = equal.get(property) ?? []
    const added = values.filter((value) => !known.some((other) => Buffer.compare(other, value) === 0))
    equal.set(property, [...known, ...added])
  }
  const range = new Map(a.range)
  for (const [property, span] of b.range) range.set(property, intersect(range.get(property) ?? everything, span))
  return { key: intersect(a.key, b.key), ancestor: a.ancestor ?? b.ancestor, equal, range }
}
