// Checks a query and completes it: its scope, the order of its results, and where they begin and end.

import { enumName } from '../encoding/convert.ts'
import { readPartition, type StoredKey } from '../encoding/keys.ts'
import { type Path, readMask } from '../encoding/paths.ts'
import type { Query, RunQueryRequest, Target } from '../protocol/messages.ts'
import { Code, invalid, StatusError } from '../protocol/status.ts'
import { type Position, readCursor } from './cursor.ts'
import { type Filters, keyProperty, readFilters } from './filters.ts'

export interface Order {
  property: string
  down: boolean
}

export interface Plan extends Filters {
  partition: StoredKey['partitionId']
  /** Undefined for entities of all kinds. */
  kind: string | undefined
  /** Explicit orders and those implied by filters and projections, without the key's, which is always last. */
  orders: Order[]
  keyDown: boolean
  /** True if each combination of these properties' values is a row of its own; otherwise an entity is one row. */
  combine: boolean
  /** Properties of the results; undefined for all of them. */
  projection: string[] | undefined
  keysOnly: boolean
  distinct: string[]
  mask: Path[] | undefined
  offset: number
  limit: number
  start: Position | undefined
  end: Position | undefined
  /** Identifies the queries that a cursor is valid for. */
  signature: string
}

/** Checks a query. @param aggregated Properties that an aggregation reads, which must exist as if projected. */
export function readPlan(
  query: Query | null | undefined,
  request: Target & Pick<RunQueryRequest, 'partitionId' | 'propertyMask'>,
  aggregated: string[] = [],
): Plan {
  if (!query) throw invalid('one of fields Query.query and Query.gql_query must be set')
  if (query.findNearest) throw new StatusError(Code.UNIMPLEMENTED, 'find_nearest is not supported by this Datastore')
  const partition = readPartition(request.partitionId, request)
  const kind = readKind(query)
  const filters = readFilters(query.filter, request, partition)
  const { explicit, keyDown } = readOrders(query)
  const selected = readProjection(query, filters)
  const distinct = readDistinct(query, filters, explicit)
  const keysOnly = selected.length === 1 && selected[0] === keyProperty
  const projection = selected.filter((name) => name !== keyProperty)
  checkInequalities(filters, explicit, keyDown)
  const orders = complete(explicit, [...filters.unequal].sort(), distinct, projection, aggregated)
  if (kind === undefined) checkKindless(filters, [...orders, ...projection], keyDown)
  const signature = JSON.stringify([
    kind ?? null,
    orders.map(({ property, down }) => (down ? '-' : '+') + property),
    keyDown,
  ])
  if (request.propertyMask && selected.length > 0) throw invalid('a property mask cannot be set for a projection query')
  return {
    ...filters,
    partition,
    kind,
    orders,
    keyDown: keyDown ?? false,
    combine: projection.length > 0 || distinct.length > 0,
    projection: projection.length > 0 ? projection : undefined,
    keysOnly,
    distinct,
    mask: readMask(request.propertyMask),
    offset: notNegative('Offset', query.offset ?? 0),
    limit: notNegative('Limit', query.limit?.value ?? (query.limit ? 0 : Number.POSITIVE_INFINITY)),
    start: readCursor(query.startCursor, signature, orders.length),
    end: readCursor(query.endCursor, signature, orders.length),
    signature,
  }
}

function notNegative(what: string, value: number): number {
  if (value < 0) throw invalid(`${what} must be non-negative.`)
  return value
}

function readKind({ kind }: Query): string | undefined {
  if (!kind?.length) return undefined
  if (kind.length > 1) throw invalid('multiple kinds not supported')
  if (!kind[0]!.name) throw invalid('The kind is the empty string.')
  return kind[0]!.name
}

function nameOf(reference: { name?: string | null } | null | undefined): string {
  if (!reference?.name) throw invalid('The property.name is the empty string.')
  return reference.name
}

/** Reads the orders before the key's; later ones have no effect. `keyDown` is undefined if the key is not named. */
function readOrders({ order }: Query): { explicit: Order[]; keyDown: boolean | undefined } {
  const explicit: Order[] = []
  for (const { property, direction } of order ?? []) {
    const down = enumName(direction, { 1: 'ASCENDING', 2: 'DESCENDING' }) === 'DESCENDING'
    const name = nameOf(property)
    if (name === keyProperty) return { explicit, keyDown: down }
    if (!explicit.some((other) => other.property === name)) explicit.push({ property: name, down })
  }
  return { explicit, keyDown: undefined }
}

function readProjection(query: Query, filters: Filters): string[] {
  const names = (query.projection ?? []).map(({ property }) => nameOf(property))
  if (new Set(names).size < names.length) throw invalid('cannot project a property multiple times')
  if (names.some((name) => name !== keyProperty && filters.equal.has(name)))
    throw invalid('cannot use projection on a property with an equality filter')
  return names
}

function readDistinct(query: Query, filters: Filters, explicit: Order[]): string[] {
  const names = (query.distinctOn ?? []).map(nameOf)
  if (names.length === 0) return names
  if (new Set(names).size < names.length) throw invalid('cannot group by a property multiple times')
  if (names.includes(keyProperty)) throw invalid('group by is not supported for the property: __key__')
  if (names.some((name) => filters.equal.has(name)))
    throw invalid('cannot use group by on a property with an equality filter')
  for (const name of filters.unequal)
    if (!names.includes(name))
      throw invalid(`Inequality filter on ${name} must also be a group by property when group by properties are set.`)
  const leading = explicit.findIndex(({ property }) => !names.includes(property))
  if (leading !== -1 && names.some((name) => !explicit.slice(0, leading).some(({ property }) => property === name)))
    throw invalid('must specify all group by orderings before any non group by orderings')
  return names
}

/** Throws if the first order is on a property without an inequality while another has one. */
function checkInequalities({ unequal }: Filters, explicit: Order[], keyDown: boolean | undefined): void {
  const first = explicit[0]?.property ?? (keyDown === undefined ? undefined : keyProperty)
  if (unequal.size === 0 || first === undefined || unequal.has(first)) return
  throw invalid(
    `The first sort property must be the same as the property to which the inequality filter is applied.  In your query the first sort property is ${first} but the inequality filter is on ${[...unequal].join(', ')}`,
  )
}

function checkKindless({ alternatives, unequal, equal }: Filters, used: (Order | string)[], keyDown?: boolean): void {
  const filtered = [...unequal, ...equal].some((name) => name !== keyProperty)
  if (filtered || used.some((name) => typeof name === 'string') || alternatives.some(({ range }) => range.size > 0))
    throw invalid('kind is required for non-__key__ filters')
  if (used.length > 0 || keyDown) throw invalid('kind is required for all orders except __key__ ascending')
}

/** Returns the explicit orders and, after them, each property that the results depend on, once and ascending. */
function complete(explicit: Order[], ...implied: string[][]): Order[] {
  const orders = [...explicit]
  for (const property of implied.flat()) {
    if (property !== keyProperty && !orders.some((order) => order.property === property))
      orders.push({ property, down: false })
  }
  return orders
}
