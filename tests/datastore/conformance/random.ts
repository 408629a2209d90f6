// Random worlds, queries and commits, the same for the same seed: asked of this engine and of Google's emulators alike. What no
// document decides is not asked: orders are total where a limit, a cursor or groups depend on them.
import type { Filter, Key, Mutation, Query, Value } from '../../../lib/datastore/engine/protocol/messages.ts'
import { type Api, and, inner, int, list, names, or, order, select, show, text, where } from './api.ts'

/** Random numbers by a seed (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** Returns a number from 0 to `below`, exclusive. */
  nat(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }

  chance(percent: number): boolean {
    return this.nat(100) < percent
  }

  pick<T>(from: readonly T[]): T {
    return from[this.nat(from.length)]!
  }

  /** Returns some of a list, in its order. */
  some<T>(from: readonly T[], percent: number): T[] {
    return from.filter(() => this.chance(percent))
  }

  shuffled<T>(from: readonly T[]): T[] {
    return from
      .map((one) => ({ one, at: this.nat(1 << 20) }))
      .sort((a, b) => a.at - b.at)
      .map(({ one }) => one)
  }

  times<T>(count: number, make: () => T): T[] {
    return Array.from({ length: count }, make)
  }
}

/** The queries that an emulator can be asked. The older one is not asked for single keys, for which it forgets orders. */
export interface Abilities {
  /** Operators, aggregations, transforms and masks of today's service. */
  modern: boolean
}

const scalars: Value[] = [
  ...[-2, -1, 0, 1, 2, 3].map(int),
  ...[-1.5, -0, 0, 0.5, 2, Number.NaN, Number.POSITIVE_INFINITY].map((doubleValue) => ({ doubleValue })),
  ...['', 'a', 'a\0', 'b', '\u{10000}', '\uffff'].map(text),
  { nullValue: 0 },
  { booleanValue: false },
  { booleanValue: true },
  { blobValue: Buffer.from('a') },
  { blobValue: Buffer.from([255, 0]) },
  { integerValue: '9223372036854775807' },
  { timestampValue: { seconds: '0', nanos: 2000 } },
  { timestampValue: { seconds: '-1', nanos: 999_999_000 } },
  { geoPointValue: { latitude: 1, longitude: -2 } },
  { geoPointValue: { latitude: 1, longitude: 3 } },
]
const numbers: Value[] = [
  ...[-3, -1, 0, 1, 2, 5, 8].map(int),
  ...[-1.5, 0.25, 2, 1e10].map((doubleValue) => ({ doubleValue })),
  text('a'),
  { nullValue: 0 },
]
const keyNames = ['a', 'b', 'c', 'd', 'e', 'f', 'g']

/** Entities of one namespace. With arrays, an entity may be more than one row. */
export interface World {
  arrays: boolean
  entities: { path: string[]; properties: Record<string, Value> }[]
}

export function randomWorld(random: Random): World {
  const arrays = random.chance(35)
  // Few values, so that many are equal.
  const common = random.times(5, () => random.pick(scalars))
  const value = (): Value => {
    const one = random.chance(80) ? random.pick(common) : random.pick(scalars)
    return random.chance(7) ? { ...one, excludeFromIndexes: true } : one
  }
  const any = (): Value =>
    arrays && random.chance(30) ? list(...random.times(1 + random.nat(3), () => random.pick(common))) : value()
  const paths = new Map<string, string[]>()
  for (let i = 6 + random.nat(8); i > 0; i--) {
    const path = [random.pick(['K', 'K', 'K', 'L']), random.pick(keyNames)]
    if (random.chance(30)) path.push('K', random.pick(keyNames))
    paths.set(path.join('/'), path)
  }
  const entities = [...paths.values()].map((path) => {
    const properties: Record<string, Value> = {}
    for (const name of random.some(['x', 'y', 'z'], 85)) properties[name] = any()
    if (random.chance(80)) properties['n'] = random.pick(numbers)
    if (random.chance(40)) properties['e'] = inner({ i: random.pick(common) })
    return { path, properties }
  })
  return { arrays, entities }
}

export function keyOf(api: Api, path: string[]): Key {
  return api.key(...path)
}

export async function fillWorld(api: Api, { entities }: World): Promise<void> {
  await api.commit(...entities.map(({ path, properties }) => api.upsert(keyOf(api, path), properties)))
}

const comparisons = ['LESS_THAN', 'LESS_THAN_OR_EQUAL', 'GREATER_THAN', 'GREATER_THAN_OR_EQUAL'] as const

/** One question: a query, and how it is asked. */
export interface Question {
  query: Query
  /** The names of the orders that the query says, with a minus where they go down. */
  orders: string[]
  /** True if the query says the place of every result. */
  total: boolean
  how: 'plain' | 'pages' | 'back' | 'aggregate'
  limit: number
  aggregations: object[]
}

export function randomQuestion(random: Random, api: Api, world: World, { modern }: Abilities): Question {
  const queried = random.shuffled(['x', 'y', 'z', 'n', 'e.i'])
  const stored = world.entities.flatMap(({ properties }) => Object.values(properties))
  const value = (): Value => {
    const one = random.chance(70) ? random.pick(stored) : random.pick(scalars)
    const { excludeFromIndexes: _, ...plain } = one.entityValue || one.arrayValue ? random.pick(scalars) : one
    return plain
  }
  const aKey = (): Value => ({ keyValue: keyOf(api, random.pick(world.entities).path) })
  const values = (make: () => Value) => list(...random.times(1 + random.nat(3), make))
  const filters: Filter[] = []
  const equal = new Set<string>()
  const unequal = new Set<string>()
  const condition = (name: string): Filter => {
    const op = random.nat(modern ? 10 : 7)
    const isKey = name === '__key__'
    const make = isKey ? aKey : value
    if (op < 3 || (op < 7 && !modern && unequal.size > 0 && !unequal.has(name))) {
      equal.add(name)
      return where(name, 'EQUAL', make())
    }
    if (op === 8) {
      equal.add(name)
      return where(name, 'IN', values(make))
    }
    unequal.add(name)
    if (op === 7) return where(name, 'NOT_EQUAL', make())
    if (op === 9) return where(name, 'NOT_IN', values(make))
    return where(name, random.pick(comparisons), make())
  }
  for (const name of [...queried.slice(0, 2), ...random.some(['__key__'], modern ? 15 : 0)])
    if (random.chance(45)) filters.push(condition(name))
  if (filters.length > 0 && random.chance(25) && unequal.size === 1 && [...unequal][0] !== '__key__')
    filters.push(where([...unequal][0]!, random.pick(comparisons), value()))
  if (random.chance(12)) filters.push(where('__key__', 'HAS_ANCESTOR', aKey()))
  let filter: Filter | undefined = filters.length > 1 ? and(...filters) : filters[0]
  if (modern && random.chance(20)) {
    const others = random.times(1 + random.nat(2), () => condition(random.pick([...queried.slice(0, 3), '__key__'])))
    filter = filter ? or(filter, ...others) : or(...others)
  }
  const free = queried.filter((name) => !equal.has(name))
  const projection = random.chance(30) ? free.slice(0, 1 + random.nat(2)).sort() : []
  // The older emulator groups by all that is projected, and by inequalities first.
  const groups = modern ? 1 + random.nat(2) : projection.length
  const distinct = random.chance(modern || unequal.size === 0 ? 30 : 0) ? projection.slice(0, groups) : []
  const down = (name: string) => (random.chance(40) ? `-${name}` : name)
  const orders = (random.chance(60) ? random.some(free.slice(0, 2), 60) : []).filter((name) => !distinct.includes(name))
  // For the older emulator, and for groups: their properties first.
  const first = [...distinct, ...(modern ? [] : [...unequal]).filter((name) => name !== '__key__')]
  const sorted = [...new Set([...(orders.length > 0 || distinct.length > 0 || !modern ? first : []), ...orders])].map(
    down,
  )
  const drawn = random.pick(['plain', 'plain', 'pages', 'back', 'aggregate'] as const)
  // Backwards, a group has another first result.
  const how = drawn === 'back' && distinct.length > 0 ? 'pages' : drawn
  const total = how === 'pages' || how === 'back' || distinct.length > 0 || random.chance(30)
  // The newer emulator takes no cursor where an order follows the key's, and the older one takes no notice of it.
  const keyLast = how === 'pages' || how === 'back' || !modern
  if (total && modern && !keyLast && random.chance(30) && distinct.length === 0) sorted.unshift(down('__key__'))
  else if (total) sorted.push(down('__key__'))
  // After the key, the columns of a projection decide.
  const named = new Set(sorted.map((name) => name.replace('-', '')))
  if (total && !keyLast) for (const name of projection) if (!named.has(name)) sorted.push(down(name))
  // A cursor cannot follow the key: the other columns come before it.
  if (total && keyLast) {
    const implied = [...projection, ...unequal].filter((name) => name !== '__key__' && !named.has(name))
    sorted.splice(-1, 0, ...[...new Set(implied)].map(down))
  }
  const kindless = random.chance(4)
  return {
    query: {
      kind: kindless ? [] : names(random.chance(92) ? 'K' : 'L'),
      filter,
      order: order(...sorted),
      projection: projection.length > 0 ? select(...projection) : random.chance(10) ? select('__key__') : [],
      distinctOn: names(...distinct),
    },
    orders: sorted,
    total,
    how: how === 'aggregate' && (!modern || world.arrays || projection.length > 0) ? 'plain' : how,
    limit: 1 + random.nat(4),
    aggregations: [
      { count: {}, alias: 'c' },
      ...(random.chance(60) ? [{ sum: { property: { name: 'n' } }, alias: 's' }] : []),
      ...(random.chance(40) ? [{ avg: { property: { name: 'n' } }, alias: 'a' }] : []),
    ],
  }
}

interface Row {
  path: string
  values: string
}

/** The result of a query: its rows page by page, the numbers of an aggregation, or the code of an error. */
export type Given = { rows: Row[][] } | { numbers: Record<string, number | string | null> } | { code: number }

export async function ask(api: Api, { query, how, limit, aggregations, orders }: Question): Promise<Given> {
  const partitionId = { namespaceId: api.namespaceId }
  const run = (more: Query) => api.call('runQuery', { partitionId, query: { ...query, ...more } })
  if (how === 'aggregate') {
    const aggregationQuery = { nestedQuery: query, aggregations }
    const answer = await api.call('runAggregationQuery', { partitionId, aggregationQuery })
    if (answer.code) return { code: answer.code }
    const properties = answer.batch.aggregationResults[0].aggregateProperties as Record<string, Value>
    return { numbers: Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, numberOf(value)])) }
  }
  const pages: Row[][] = []
  let more: Query = how === 'plain' ? {} : { limit: { value: limit } }
  for (let page = 0; page < (how === 'plain' ? 1 : 3); page++) {
    const answer = await run(more)
    if (answer.code) return { code: answer.code }
    pages.push(rowsOf(answer, query))
    if (how === 'pages' && pages.at(-1)!.length < limit) break
    more = { ...more, startCursor: answer.batch.endCursor }
    if (how === 'back') more.order = order(...orders.map((name) => (name.startsWith('-') ? name.slice(1) : `-${name}`)))
    if (how === 'back' && page === 1) break
  }
  return { rows: pages }
}

function numberOf({ nullValue, integerValue, doubleValue }: Value): number | string | null {
  if (nullValue !== undefined) return null
  return integerValue === undefined ? Number(Number(doubleValue).toPrecision(12)) : String(integerValue)
}

// biome-ignore lint/suspicious/noExplicitAny: as it came
function rowsOf(answer: any, query: Query): Row[] {
  return answer.batch.entityResults.map(({ entity }: { entity: { key: Key; properties: Record<string, Value> } }) => ({
    path: entity.key.path!.map(({ kind, name, id }) => `${kind}/${name ?? id}`).join('/'),
    values: query.projection?.length ? show(entity.properties) : '',
  }))
}

/** A sequence of commits on a few keys. */
export interface Sequence {
  commits: { transactional: boolean; mutations: ((api: Api, versions: Map<string, string>) => Mutation)[] }[]
}

export function randomSequence(random: Random, { modern }: Abilities): Sequence {
  const three = keyNames.slice(0, 3)
  const properties = () =>
    Object.fromEntries(random.some(['x', 'y', 'z'], 60).map((one) => [one, random.pick(numbers)]))
  const mutation = (on: string): ((api: Api, versions: Map<string, string>) => Mutation) => {
    const [operation, written] = [
      random.pick(['insert', 'update', 'upsert', 'upsert', 'delete'] as const),
      properties(),
    ]
    const based = random.chance(20) && operation !== 'insert' ? random.pick(['current', 'stale'] as const) : undefined
    const paths = modern && random.chance(25) ? random.some(['x', 'y', 'w'], 60) : undefined
    const transform = modern && random.chance(25) ? randomTransform(random) : undefined
    return (api, versions) => {
      const key = api.key('K', on)
      const known = versions.get(on)
      // The emulators disagree on the version of what was deleted.
      const base = based &&
        known && {
          baseVersion: based === 'current' ? known : String(BigInt(known) - 1n),
          conflictResolutionStrategy: 'FAIL',
        }
      if (operation === 'delete') return { delete: key, ...base }
      return {
        [operation]: { key, properties: written },
        ...base,
        ...(paths && paths.length > 0 && { propertyMask: { paths } }),
        ...(transform && { propertyTransforms: transform }),
      }
    }
  }
  return {
    commits: random.times(4 + random.nat(5), () => {
      const transactional = random.chance(60)
      const count = transactional ? 1 + random.nat(3) : 1
      // The older emulator has other codes for mutations of one entity that exclude each other.
      const on = modern ? random.times(count, () => random.pick(three)) : random.shuffled(three).slice(0, count)
      return { transactional, mutations: on.map(mutation) }
    }),
  }
}

function randomTransform(random: Random): object[] {
  return random.times(1 + random.nat(2), () => {
    const property = random.pick(['x', 'y', 'w'])
    const number = random.pick(numbers.filter((value) => value.integerValue ?? value.doubleValue))
    const several = { values: random.times(1 + random.nat(2), () => random.pick(numbers)) }
    return {
      property,
      ...random.pick([
        { increment: number },
        { maximum: number },
        { minimum: number },
        { appendMissingElements: several },
        { removeAllFromArray: several },
      ]),
    }
  })
}

/** Runs the commits; gives the outcome of each, and the entities in the end. */
export async function runSequence(api: Api, { commits }: Sequence): Promise<string[]> {
  const versions = new Map<string, string>()
  const seen: string[] = []
  for (const { transactional, mutations } of commits) {
    const made = mutations.map((make) => make(api, versions))
    const mode = transactional ? { mode: 'TRANSACTIONAL', singleUseTransaction: {} } : { mode: 'NON_TRANSACTIONAL' }
    const answer = await api.call('commit', { ...mode, mutations: made })
    seen.push(
      answer.code
        ? String(answer.code)
        : answer.mutationResults
            .map(({ transformResults }: { transformResults: Value[] }) =>
              show(Object.fromEntries((transformResults ?? []).entries())),
            )
            .join(' '),
    )
    const keys = keyNames.slice(0, 3).map((one) => api.key('K', one))
    const { found } = await api.call('lookup', { keys })
    versions.clear()
    for (const { entity, version } of found) versions.set(entity.key.path[0].name, String(version))
    seen.push(
      found
        .map(
          ({ entity }: { entity: { key: Key; properties: Record<string, Value> } }) =>
            `${entity.key.path![0]!.name}${show(entity.properties)}`,
        )
        .sort()
        .join(' '),
    )
  }
  return seen
}
