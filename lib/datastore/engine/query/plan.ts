// Checks a query and completes it: its scope, the order of its results, and where they begin and end.

import { enumName } from '../encoding/convert.ts'
import { checkName, readPartition, type StoredKey } from '../encoding/keys.ts'
import { type Path, readMask } from '../encoding/paths.ts'
import type { Query, RunQueryRequest, Target } from '../protocol/messages.ts'
import { invalid } from '../protocol/status.ts'
import { type Bound, type CursorOrder, readCursor } from './cursor.ts'
import { countConditions, type Filters, keyProperty, readFilters } from './filters.ts'
import { type Nearest, readNearest } from './nearest.ts'

const maxConditions = 100

export interface Order {
  property: string
  down: boolean
}

export interface Plan extends Filters {
  partition: StoredKey['partitionId']
  /** Undefined for entities of all kinds. */
  kind: string | undefined
  /** Explicit orders and those implied by filters and projections, without the key's. */
  orders: Order[]
  /** The number of orders before the key's. */
  keyAt: number
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
  start: Bound | undefined
  end: Bound | undefined
  cursors: CursorOrder
  /** Selects among the results, after all else. */
  nearest: Nearest | undefined
}

/** Checks a query. @param aggregated Properties that an aggregation reads, which must exist as if projected. */
export function readPlan(
  query: Query | null | undefined,
  request: Target & Pick<RunQueryRequest, 'partitionId' | 'propertyMask'>,
  aggregated: string[] = [],
): Plan {
  if (!query) throw invalid('one of fields Query.query and Query.gql_query must be set')
  const partition = readPartition(request.partitionId, request)
  const kind = readKind(query)
  checkConditions(countConditions(query.filter), query.order?.length ?? 0)
  const filters = readFilters(query.filter, request, partition)
  const named = readOrders(query)
  const { keyDown } = named
  const selected = readProjection(query, filters)
  const distinct = readDistinct(query, filters, named)
  const keysOnly = selected.length === 1 && selected[0] === keyProperty
  const projection = selected.filter((name) => name !== keyProperty)
  const unread = selected.length > 0 && aggregated.find((name) => !projection.includes(name))
  if (unread) throw invalid(`The aggregation property ${unread} is not present in the base query's projection.`)
  const orders = complete(named, distinct, [...filters.unequal].sort(), projection, aggregated)
  const nearest = readNearest(query, request)
  if (kind === undefined) checkKindless(filters, [...orders, ...projection], keyDown)
  const keyAt = named.keyAt ?? orders.length
  const cursors = {
    signature: JSON.stringify([kind ?? null, keyAt, ...orders.map(({ property }) => property)]),
    down: keyAt === 0 ? keyDown : orders[0]!.down,
  }
  if (request.propertyMask && selected.length > 0) throw invalid('a property mask cannot be set for a projection query')
  return {
    ...filters,
    partition,
    kind,
    orders,
    keyAt,
    keyDown,
    combine: projection.length > 0 || distinct.length > 0,
    projection: projection.length > 0 ? projection : undefined,
    keysOnly,
    distinct,
    mask: readMask(request.propertyMask),
    offset: notNegative('Offset', query.offset ?? 0),
    limit: notNegative('Limit', query.limit?.value ?? (query.limit ? 0 : Number.POSITIVE_INFINITY)),
    start: readCursor(query.startCursor, cursors, orders.length),
    end: readCursor(query.endCursor, cursors, orders.length),
    cursors,
    nearest,
  }
}

function checkConditions(filters: number, orders: number): void {
  if (filters + orders > maxConditions)
    throw invalid(
      `The query may not have more than ${maxConditions} filters and sort orders. It has ${filters + orders}.`,
    )
}

function notNegative(what: string, value: number): number {
  if (value < 0) throw invalid(`${what} must be non-negative.`)
  return value
}

function readKind({ kind }: Query): string | undefined {
  if (!kind?.length) return undefined
  if (kind.length > 1) throw invalid('multiple kinds not supported')
  return checkName('kind', kind[0]!.name ?? '')
}

function nameOf(reference: { name?: string | null } | null | undefined): string {
  return checkName('property.name', reference?.name ?? '')
}

interface Orders {
  /** The orders without the key's. */
  explicit: Order[]
  /** The number of orders before the key's; undefined if the key is not named. */
  keyAt: number | undefined
  /** The key's direction, which is that of the last order where the key is not named. */
  keyDown: boolean
}

function readOrders({ order }: Query): Orders {
  const explicit = new Map<string, Order>()
  let keyAt: number | undefined
  let keyDown = false
  for (const { property, direction } of order ?? []) {
    const down = enumName(direction, { 1: 'ASCENDING', 2: 'DESCENDING' }) === 'DESCENDING'
    const name = nameOf(property)
    if (name !== keyProperty) {
      if (!explicit.has(name)) explicit.set(name, { property: name, down })
    } else if (keyAt === undefined) {
      keyAt = explicit.size
      keyDown = down
    }
  }
  const orders = [...explicit.values()]
  return { explicit: orders, keyAt, keyDown: keyAt === undefined ? (orders.at(-1)?.down ?? false) : keyDown }
}

function readProjection(query: Query, filters: Filters): string[] {
  const names = (query.projection ?? []).map(({ property }) => nameOf(property))
  if (new Set(names).size < names.length) throw invalid('cannot project a property multiple times')
  if (names.some((name) => name !== keyProperty && filters.equal.has(name)))
    throw invalid('cannot use projection on a property with an equality filter')
  return names
}

function readDistinct(query: Query, filters: Filters, { explicit, keyAt }: Orders): string[] {
  const names = (query.distinctOn ?? []).map(nameOf)
  if (names.length === 0) return names
  const grouped = new Set(names)
  if (grouped.size < names.length) throw invalid('cannot group by a property multiple times')
  if (names.includes(keyProperty)) throw invalid('group by is not supported for the property: __key__')
  if (names.some((name) => filters.equal.has(name)))
    throw invalid('cannot use group by on a property with an equality filter')
  const ordered = explicit.map(({ property }) => property)
  if (keyAt !== undefined) ordered.splice(keyAt, 0, keyProperty)
  const leading = ordered.findIndex((name) => !grouped.has(name))
  if (leading !== -1 && leading < grouped.size)
    throw invalid('must specify all group by orderings before any non group by orderings')
  return names
}

function checkKindless({ alternatives, unequal, equal }: Filters, used: (Order | string)[], keyDown: boolean): void {
  const filtered = [...unequal, ...equal].some((name) => name !== keyProperty)
  if (filtered || used.some((name) => typeof name === 'string') || alternatives.some(({ range }) => range.size > 0))
    throw invalid('kind is required for non-__key__ filters')
  if (used.length > 0 || keyDown) throw invalid('kind is required for all orders except __key__ ascending')
}

/**
 * Returns the explicit orders and, after them, each property that the results depend on, once and in the direction of the last
 * order: so a query with all its directions turned around gives its results backwards.
 */
function complete({ explicit, keyAt, keyDown }: Orders, ...implied: string[][]): Order[] {
  const orders = new Map(explicit.map((order) => [order.property, order]))
  const down = keyAt === explicit.length || keyAt === undefined ? keyDown : explicit.at(-1)!.down
  for (const property of implied.flat()) {
    if (property !== keyProperty && !orders.has(property)) orders.set(property, { property, down })
  }
  return [...orders.values()]
}
