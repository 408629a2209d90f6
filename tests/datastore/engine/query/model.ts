// A plain, slow Datastore to hold the engine against: it writes out every row that an index would have, sorts them and
// drops what is there twice. It knows values by type and content, and nothing of bytes.
import type { Filter, Query, Value } from '../../../../lib/datastore/engine/protocol/messages.ts'

export type Path = [kind: string, id: string | number][]

export interface ModelEntity {
  path: Path
  properties: Record<string, Value>
}

/** One result: the entity's path, and, of a projection, the values. */
export interface ModelResult {
  path: Path
  values?: Record<string, Value>
}

type Compare<T> = (a: T, b: T) => number
const byNumber: Compare<number | bigint> = (a, b) => (a < b ? -1 : a > b ? 1 : 0)
const byBytes: Compare<Uint8Array> = (a, b) => Buffer.compare(a, b)
const byText: Compare<string> = (a, b) => byBytes(Buffer.from(a), Buffer.from(b))

function byDouble(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  // -0 comes before 0.
  return byNumber(a, b) || byNumber(1 / a, 1 / b)
}

export function byPath(a: Path, b: Path): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [[kindA, idA], [kindB, idB]] = [a[i]!, b[i]!]
    const order =
      byText(kindA, kindB) ||
      (typeof idA === typeof idB
        ? typeof idA === 'number'
          ? byNumber(idA, idB as number)
          : byText(idA, idB as string)
        : typeof idA === 'number'
          ? -1
          : 1)
    if (order !== 0) return order
  }
  return a.length - b.length
}

export function pathOf(value: Value): Path {
  return value.keyValue!.path!.map(({ kind, id, name }) => [kind!, name ?? Number(id)])
}

function micros(value: Value): bigint {
  const { seconds, nanos } = value.timestampValue!
  return BigInt(String(seconds)) * 1_000_000n + BigInt(Math.floor((nanos ?? 0) / 1000))
}

function rank(value: Value): number {
  if (value.nullValue !== undefined) return 0
  if (value.integerValue !== undefined || value.timestampValue) return 1
  if (value.booleanValue !== undefined) return 2
  if (value.stringValue !== undefined || value.blobValue) return 3
  if (value.doubleValue !== undefined) return 4
  return value.geoPointValue ? 5 : 6
}

/** Datastore's order of values, between types and within them. */
export function byValue(a: Value, b: Value): number {
  const order = rank(a) - rank(b)
  if (order !== 0) return order
  switch (rank(a)) {
    case 1: {
      const int = (value: Value) => (value.timestampValue ? micros(value) : BigInt(String(value.integerValue)))
      return byNumber(int(a), int(b))
    }
    case 2:
      return Number(a.booleanValue) - Number(b.booleanValue)
    case 3: {
      const bytes = (value: Value) => Buffer.from((value.blobValue as Buffer) ?? value.stringValue!)
      return byBytes(bytes(a), bytes(b))
    }
    case 4:
      return byDouble(Number(a.doubleValue), Number(b.doubleValue))
    case 5: {
      const [one, other] = [a.geoPointValue!, b.geoPointValue!]
      return byDouble(one.latitude!, other.latitude!) || byDouble(one.longitude!, other.longitude!)
    }
    case 6:
      return byPath(pathOf(a), pathOf(b))
    default:
      return 0
  }
}

/** The indexed values under a name, a dotted one reaching into entity values. */
function valuesOf(properties: Record<string, Value>, name: string): Value[] {
  const found: Value[] = []
  const visit = (prefix: string, value: Value): void => {
    if (value.excludeFromIndexes) return
    if (value.arrayValue) {
      const items = value.arrayValue.values ?? []
      for (const item of items.length > 0 ? items : [{ nullValue: 0 }]) visit(prefix, item)
    } else if (value.entityValue) {
      for (const [inner, next] of Object.entries(value.entityValue.properties ?? {})) visit(`${prefix}.${inner}`, next)
    } else if (prefix === name) {
      found.push(value)
    }
  }
  for (const [top, value] of Object.entries(properties)) visit(top, value)
  return found.filter((value, i) => found.findIndex((other) => byValue(value, other) === 0) === i)
}

interface Condition {
  property: string
  op: string
  value: Value
}

/** The filter as alternatives, each a list of conditions that must all hold. */
function alternatives(filter: Filter | null | undefined): Condition[][] {
  if (!filter) return [[]]
  if (filter.compositeFilter) {
    const parts = filter.compositeFilter.filters!.map(alternatives)
    return filter.compositeFilter.op === 'OR'
      ? parts.flat()
      : parts.reduce((all, part) => all.flatMap((one) => part.map((other) => [...one, ...other])), [[]])
  }
  const { property, op, value } = filter.propertyFilter!
  const name = property!.name!
  const items = value!.arrayValue?.values ?? []
  if (op === 'IN') return items.map((item) => [{ property: name, op: 'EQUAL', value: item }])
  if (op === 'NOT_EQUAL' || op === 'NOT_IN') {
    const points = (op === 'NOT_IN' ? items : [value!]).toSorted((a, b) => compareIn(name, a, b))
    return [...points, undefined].map((high, i) => {
      const low = i > 0 ? points[i - 1] : undefined
      return [
        ...(low ? [{ property: name, op: 'GREATER_THAN', value: low }] : []),
        ...(high ? [{ property: name, op: 'LESS_THAN', value: high }] : []),
      ]
    })
  }
  return [[{ property: name, op: op as string, value: value! }]]
}

function compareIn(name: string, a: Value, b: Value): number {
  return name === '__key__' ? byPath(pathOf(a), pathOf(b)) : byValue(a, b)
}

function satisfies(order: number, op: string): boolean {
  if (op === 'LESS_THAN') return order < 0
  if (op === 'LESS_THAN_OR_EQUAL') return order <= 0
  if (op === 'GREATER_THAN') return order > 0
  if (op === 'GREATER_THAN_OR_EQUAL') return order >= 0
  return order === 0
}

function keyHolds(path: Path, { op, value }: Condition): boolean {
  const given = pathOf(value)
  if (op === 'HAS_ANCESTOR') return given.length <= path.length && byPath(path.slice(0, given.length), given) === 0
  return satisfies(byPath(path, given), op)
}

interface Column {
  property: string
  down: boolean
}

interface Order {
  columns: Column[]
  /** The number of columns that come before the key. */
  keyAt: number
  keyDown: boolean
}

/** All orders of a query, explicit or implied. Implied ones have the direction of the last explicit one. */
function orderOf(query: Query, filters: Condition[][]): Order {
  const columns: Column[] = []
  let key: { at: number; down: boolean } | undefined
  let down = false
  for (const { property, direction } of query.order ?? []) {
    const name = property!.name!
    const isNew = name === '__key__' ? !key : !columns.some((column) => column.property === name)
    if (!isNew) continue
    down = direction === 'DESCENDING'
    if (name === '__key__') key = { at: columns.length, down }
    else columns.push({ property: name, down })
  }
  const unequal = filters.flat().filter(({ op }) => op !== 'EQUAL' && op !== 'HAS_ANCESTOR')
  const implied = [
    ...(query.distinctOn ?? []).map(({ name }) => name!),
    ...[...new Set(unequal.map(({ property }) => property))].sort(),
    ...(query.projection ?? []).map(({ property }) => property!.name!),
  ]
  for (const property of implied) {
    if (property !== '__key__' && !columns.some((column) => column.property === property))
      columns.push({ property, down })
  }
  return { columns, keyAt: key?.at ?? columns.length, keyDown: key?.down ?? down }
}

/** A query's results, all of them, without cursors, offset and limit. */
export function modelQuery(entities: ModelEntity[], query: Query): ModelResult[] {
  const filters = alternatives(query.filter)
  const { columns, keyAt, keyDown } = orderOf(query, filters)
  const kind = query.kind?.[0]?.name
  const rows: { path: Path; tuple: Value[] }[] = []
  for (const { path, properties } of entities) {
    if (kind && path.at(-1)![0] !== kind) continue
    for (const conditions of filters) rows.push(...rowsOf(path, properties, conditions, columns))
  }
  const byColumns = (from: number, to: number) => (a: { tuple: Value[] }, b: { tuple: Value[] }) => {
    for (let i = from; i < to; i++) {
      const order = byValue(a.tuple[i]!, b.tuple[i]!)
      if (order !== 0) return columns[i]!.down ? -order : order
    }
    return 0
  }
  const [first, last] = [byColumns(0, keyAt), byColumns(keyAt, columns.length)]
  rows.sort((a, b) => first(a, b) || (keyDown ? byPath(b.path, a.path) : byPath(a.path, b.path)) || last(a, b))
  const names = (query.projection ?? []).map(({ property }) => property!.name!).filter((name) => name !== '__key__')
  const groups = (query.distinctOn ?? []).map(({ name }) => columns.findIndex(({ property }) => property === name))
  const samePath = (a: { path: Path }, b: { path: Path }) => byPath(a.path, b.path) === 0
  let results = rows
  if (groups.length > 0)
    results = firsts(results, (a, b) => groups.every((i) => byValue(a.tuple[i]!, b.tuple[i]!) === 0))
  results =
    names.length > 0
      ? firsts(results, (a, b) => samePath(a, b) && a.tuple.every((value, i) => byValue(value, b.tuple[i]!) === 0))
      : firsts(results, samePath)
  return results.map(({ path, tuple }) =>
    names.length > 0
      ? {
          path,
          values: Object.fromEntries(
            names.map((name) => [name, tuple[columns.findIndex(({ property }) => property === name)]!]),
          ),
        }
      : { path },
  )
}

function firsts<T>(list: T[], same: (a: T, b: T) => boolean): T[] {
  return list.filter((one, i) => list.findIndex((other) => same(one, other)) === i)
}

function rowsOf(path: Path, properties: Record<string, Value>, conditions: Condition[], columns: Column[]) {
  for (const condition of conditions) {
    if (condition.property === '__key__' ? !keyHolds(path, condition) : false) return []
  }
  const others = conditions.filter(({ property }) => property !== '__key__')
  const holding = (property: string): Value[] => {
    const unequal = others.filter((one) => one.property === property && one.op !== 'EQUAL')
    return valuesOf(properties, property).filter((value) =>
      unequal.every((one) => satisfies(byValue(value, one.value), one.op)),
    )
  }
  for (const { property, op, value } of others) {
    if (op === 'EQUAL' && !valuesOf(properties, property).some((has) => byValue(has, value) === 0)) return []
    if (op !== 'EQUAL' && holding(property).length === 0) return []
  }
  const choices = columns.map(({ property }) => {
    const equal = others.find((one) => one.property === property && one.op === 'EQUAL')
    const unequal = others.some((one) => one.property === property && one.op !== 'EQUAL')
    return equal && !unequal ? [equal.value] : holding(property)
  })
  const tuples = choices.reduce<Value[][]>(
    (all, next) => all.flatMap((one) => next.map((value) => [...one, value])),
    [[]],
  )
  return tuples.map((tuple) => ({ path, tuple }))
}
