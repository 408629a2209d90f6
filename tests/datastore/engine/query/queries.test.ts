// Random entities and random queries: the engine gives what the plain model gives, page by page and in the past too, and
// whichever way through the index it takes.
import { afterEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Engine } from '../../../../lib/datastore/engine/engine.ts'
import type { Filter, Query, RunQueryRequest, Value } from '../../../../lib/datastore/engine/protocol/messages.ts'
import { sizes } from '../../../../lib/datastore/engine/query/postings.ts'
import { byPath, byValue, type ModelEntity, type ModelResult, modelQuery, type Path } from './model.ts'

const projectId = 'p'
const usual = { ...sizes }
afterEach(() => {
  Object.assign(sizes, usual)
})

const keyOf = (path: Path) => ({
  path: path.map(([kind, id]) => (typeof id === 'number' ? { kind, id: String(id) } : { kind, name: id })),
})

const ids = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constantFrom('a', 'b', 'a\0', 'ab', 'é'))
const kinds = fc.constantFrom('K', 'K', 'L')
const paths: fc.Arbitrary<Path> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.tuple(kinds, ids)) },
  fc.tuple(fc.tuple(kinds, ids), fc.tuple(kinds, ids)),
  fc.tuple(fc.tuple(kinds, ids), fc.tuple(kinds, ids), fc.tuple(kinds, ids)),
)
const scalars: fc.Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -2, max: 4 }).map((int) => ({ integerValue: String(int) })) },
  fc.constantFrom<Value>(
    { nullValue: 0 },
    { booleanValue: false },
    { booleanValue: true },
    { stringValue: '' },
    { stringValue: 'a' },
    { stringValue: 'a\0' },
    { stringValue: 'b' },
    { stringValue: '\u{10000}' },
    { stringValue: '\uffff' },
    { blobValue: Buffer.from('a') },
    { blobValue: Buffer.from([255, 0]) },
    { doubleValue: -1.5 },
    { doubleValue: 0 },
    { doubleValue: -0 },
    { doubleValue: 2 },
    { doubleValue: Number.NaN },
    { doubleValue: Number.POSITIVE_INFINITY },
    { integerValue: '9223372036854775807' },
    { integerValue: '-9223372036854775808' },
    { timestampValue: { seconds: '0', nanos: 2000 } },
    { timestampValue: { seconds: '-1', nanos: 999_999_000 } },
    { geoPointValue: { latitude: 1, longitude: -2 } },
    { geoPointValue: { latitude: 1, longitude: 3 } },
  ),
  paths.map((path) => ({ keyValue: keyOf(path) })),
)
const items = fc.oneof(
  { weight: 4, arbitrary: scalars },
  scalars.map((value) => ({ ...value, excludeFromIndexes: true })),
)
const values: fc.Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: items },
  { weight: 2, arbitrary: fc.array(items, { maxLength: 3 }).map((list) => ({ arrayValue: { values: list } })) },
  fc
    .dictionary(fc.constantFrom('i', 'j'), items, { maxKeys: 2 })
    .map((properties) => ({ entityValue: { properties } })),
)
const names = fc.constantFrom('x', 'y', 'z')
const queried = fc.constantFrom('x', 'y', 'z', 'x.i')
const entities: fc.Arbitrary<ModelEntity[]> = fc
  .array(fc.record({ path: paths, properties: fc.dictionary(names, values, { maxKeys: 3 }) }), {
    minLength: 3,
    maxLength: 25,
    size: 'medium',
  })
  .map((list) => list.filter((one, i) => list.findIndex((other) => byPath(one.path, other.path) === 0) === i))

const comparisons = ['LESS_THAN', 'LESS_THAN_OR_EQUAL', 'GREATER_THAN', 'GREATER_THAN_OR_EQUAL', 'EQUAL', 'EQUAL']
const filterOf = (name: string, op: string, value: Value): Filter => ({
  propertyFilter: { property: { name }, op, value },
})
const lists = (from: fc.Arbitrary<Value>) =>
  fc.array(from, { minLength: 1, maxLength: 3 }).map((list): Value => ({ arrayValue: { values: list } }))
const keys = paths.map((path): Value => ({ keyValue: keyOf(path) }))
const conditions: fc.Arbitrary<Filter> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(queried, fc.constantFrom(...comparisons), scalars).map((args) => filterOf(...args)),
  },
  fc.tuple(queried, scalars).map(([name, value]) => filterOf(name, 'NOT_EQUAL', value)),
  fc.tuple(queried, fc.constantFrom('IN', 'NOT_IN'), lists(scalars)).map((args) => filterOf(...args)),
  fc.tuple(fc.constantFrom(...comparisons), keys).map(([op, value]) => filterOf('__key__', op, value)),
  keys.map((value) => filterOf('__key__', 'HAS_ANCESTOR', value)),
  lists(keys).map((value) => filterOf('__key__', 'IN', value)),
)
const { filters } = fc.letrec<{ filters: Filter }>((tie) => ({
  filters: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    conditions,
    fc
      .tuple(fc.constantFrom('AND', 'AND', 'OR'), fc.array(tie('filters'), { minLength: 1, maxLength: 3 }))
      .map(([op, inner]) => ({ compositeFilter: { op, filters: inner } })),
  ),
}))
const orders = fc.array(
  fc
    .tuple(fc.constantFrom('x', 'y', 'z', '__key__'), fc.constantFrom('ASCENDING', 'DESCENDING'))
    .map(([name, direction]) => ({ property: { name }, direction })),
  { maxLength: 3 },
)
const references = fc.uniqueArray(fc.constantFrom('x', 'y', '__key__'), { maxLength: 2 })
const none = fc.constant<never[]>([])
const free: fc.Arbitrary<Query> = fc.record({
  kind: fc.constantFrom('K', 'K', 'K', 'L', '').map((name) => (name ? [{ name }] : [])),
  filter: fc.option(filters, { nil: undefined, freq: 3 }),
  order: fc.oneof(none, orders),
  projection: fc.oneof<fc.MaybeWeightedArbitrary<Query['projection']>[]>(
    { weight: 2, arbitrary: none },
    references.map((list) => list.map((name) => ({ property: { name } }))),
  ),
  distinctOn: fc.oneof<fc.MaybeWeightedArbitrary<Query['distinctOn']>[]>(
    { weight: 4, arbitrary: none },
    fc.uniqueArray(fc.constantFrom('x', 'y'), { maxLength: 2 }).map((list) => list.map((name) => ({ name }))),
  ),
})
/** Queries that are seldom rejected: an inequality, with and without an order of its property first. */
const focused: fc.Arbitrary<Query> = fc
  .record({
    unequal: fc.oneof(
      fc.tuple(fc.constantFrom('NOT_EQUAL', ...comparisons), scalars),
      fc.tuple(fc.constantFrom('IN', 'NOT_IN'), lists(scalars)),
    ),
    equal: fc.option(fc.tuple(fc.constantFrom('y', 'z'), scalars), { nil: undefined, freq: 1 }),
    down: fc.boolean(),
    first: fc.boolean(),
    more: orders,
  })
  .map(({ unequal: [op, value], equal, down, first, more }) => ({
    kind: [{ name: 'K' }],
    filter: {
      compositeFilter: {
        op: 'AND',
        filters: [filterOf('x', op, value), ...(equal ? [filterOf(equal[0], 'EQUAL', equal[1])] : [])],
      },
    },
    order: first ? [{ property: { name: 'x' }, direction: down ? 'DESCENDING' : 'ASCENDING' }, ...more] : more,
    projection: [],
    distinctOn: [],
  }))
const queries = fc.oneof(free, focused)
const tuning = fc.record({
  firstChunk: fc.constantFrom(1, 2, 32),
  group: fc.constantFrom(1, 2, 512),
  few: fc.constantFrom(0, 64),
  many: fc.constantFrom(0, 50_000),
  kept: fc.constantFrom(0, 1000),
})

async function filled(list: ModelEntity[]): Promise<Engine> {
  const engine = new Engine({ memory: true })
  await save(engine, list)
  return engine
}

async function save(engine: Engine, list: ModelEntity[]): Promise<void> {
  const mutations = list.map(({ path, properties }) => ({ upsert: { key: keyOf(path), properties } }))
  await engine.commit({ projectId, mode: 'NON_TRANSACTIONAL', mutations })
}

/** The results of a query, to be compared; undefined where the engine rejects it as wrong. */
function run(engine: Engine, request: Omit<RunQueryRequest, 'projectId'>) {
  try {
    const { batch } = engine.runQuery({ projectId, ...request })
    const results = batch!.entityResults.map(({ entity, cursor }) => ({
      path: entity.key!.path!.map(({ kind, id, name }): Path[number] => [kind!, name ?? Number(id)]),
      values: entity.properties!,
      cursor: cursor!,
    }))
    return { results, batch: batch! }
  } catch (error) {
    if ((error as { code?: number }).code === 3) return undefined
    throw error
  }
}

/** The first value of each array: an entity with several has a place of its own in each direction. */
function withoutArrays({ path, properties }: ModelEntity): ModelEntity {
  const single = Object.entries(properties).map(([name, value]): [string, Value] => [
    name,
    value.arrayValue ? (value.arrayValue.values?.[0] ?? { nullValue: 0 }) : value,
  ])
  return { path, properties: Object.fromEntries(single) }
}

/** The orders of a query in the other direction; undefined where that is another query, or where groups have other firsts. */
function turnedAround({ order, distinctOn, filter, projection, kind }: Query): Query['order'] {
  if (distinctOn!.length > 0 || kind!.length === 0) return undefined
  if (order!.length === 0) {
    const implied = /"(LESS|GREATER|NOT)/.test(JSON.stringify(filter) ?? '') || projection!.length > 0
    return implied ? undefined : [{ property: { name: '__key__' }, direction: 'DESCENDING' }]
  }
  return order!.map(({ property, direction }) => ({
    property,
    direction: direction === 'DESCENDING' ? 'ASCENDING' : 'DESCENDING',
  }))
}

/** The number of results of a query, counted up to a limit. */
function count(engine: Engine, query: Query, value = 1000): number {
  const aggregationQuery = { nestedQuery: query, aggregations: [{ count: { upTo: { value } }, alias: 'n' }] }
  const { batch } = engine.runAggregationQuery({ projectId, aggregationQuery })
  return Number(batch!.aggregationResults[0]!.aggregateProperties['n']!.integerValue)
}

function expectSame(actual: { path: Path; values: Record<string, Value> }[], wanted: ModelResult[]): void {
  expect(actual.map(({ path }) => path)).toEqual(wanted.map(({ path }) => path))
  for (const [i, { values: read }] of wanted.entries()) {
    if (!read) continue
    for (const name in read) expect([name, byValue(actual[i]!.values[name]!, read[name]!)]).toEqual([name, 0])
  }
}

describe('a random query over random entities', () => {
  test('has the results of the plain model, in its order', async () => {
    let refused = 0
    let full = 0
    let asked = 0
    await fc.assert(
      fc.asyncProperty(
        entities,
        fc.array(queries, { minLength: 5, maxLength: 5 }),
        tuning,
        async (list, several, tuned) => {
          Object.assign(sizes, tuned)
          const engine = await filled(list)
          for (const query of several) {
            asked++
            const answer = run(engine, { query })
            if (!answer) {
              refused++
              continue
            }
            if (answer.results.length > 0) full++
            const wanted = modelQuery(list, query)
            expectSame(answer.results, wanted)
            const counts = [count(engine, query), count(engine, query, 2)]
            expect(counts).toEqual([wanted.length, Math.min(wanted.length, 2)])
          }
          engine.close()
        },
      ),
      { numRuns: Number(process.env.RUNS ?? 400) },
    )
    // Refusals are only a share of all that was asked, and many answers say something.
    expect(refused).toBeLessThan(asked / 2)
    expect(full).toBeGreaterThan(asked / 4)
  })

  test('has the same results page by page, up to an end cursor, and after an offset', async () => {
    await fc.assert(
      fc.asyncProperty(entities, queries, tuning, fc.integer({ min: 1, max: 4 }), async (list, query, tuned, limit) => {
        Object.assign(sizes, tuned)
        const engine = await filled(list)
        const all = run(engine, { query })
        if (
          all &&
          (query.distinctOn?.length === 0 || query.projection?.some(({ property }) => property?.name !== '__key__'))
        ) {
          const wanted = modelQuery(list, query)
          const paged = []
          let startCursor: Uint8Array | undefined
          for (;;) {
            const { results, batch } = run(engine, { query: { ...query, limit: { value: limit }, startCursor } })!
            paged.push(...results)
            startCursor = batch.endCursor
            if (batch.moreResults === 'NO_MORE_RESULTS') break
          }
          expectSame(paged, wanted)
          const at = Math.floor(all.results.length / 2)
          if (at < all.results.length) {
            const endCursor = all.results[at]!.cursor
            expectSame(run(engine, { query: { ...query, endCursor } })!.results, wanted.slice(0, at + 1))
            const rest = run(engine, { query: { ...query, offset: at, limit: { value: limit } } })!
            expect(rest.batch.skippedResults).toBe(at)
            expectSame(rest.results, wanted.slice(at, at + limit))
          }
        }
        engine.close()
      }),
      { numRuns: Number(process.env.RUNS ?? 300) },
    )
  })

  test('has the results before any of its cursors when all its directions are turned around', async () => {
    let turned = 0
    await fc.assert(
      fc.asyncProperty(entities, queries, tuning, fc.nat(), async (several, query, tuned, choice) => {
        Object.assign(sizes, tuned)
        const list = several.map(withoutArrays)
        const engine = await filled(list)
        const all = run(engine, { query })
        const order = turnedAround(query)
        if (order && all && all.results.length > 0) {
          turned++
          const wanted = modelQuery(list, query)
          const at = choice % wanted.length
          const { cursor } = all.results[at]!
          const back = { ...query, order }
          expectSame(
            run(engine, { query: { ...back, startCursor: cursor } })!.results,
            wanted.slice(0, at + 1).reverse(),
          )
          expectSame(run(engine, { query: { ...back, endCursor: cursor } })!.results, wanted.slice(at + 1).reverse())
          // A page of the way back ends in a cursor that leads on to the way there.
          const page = run(engine, { query: { ...back, startCursor: cursor, limit: { value: 1 } } })!
          const there = run(engine, { query: { ...query, startCursor: page.batch.endCursor } })!
          expectSame(there.results, wanted.slice(at))
        }
        engine.close()
      }),
      { numRuns: Number(process.env.RUNS ?? 300) },
    )
    expect(turned).toBeGreaterThan(10)
  })

  test('has the results of the past where nothing is left', async () => {
    const engine = await filled([{ path: [['K', 'a']], properties: { x: { integerValue: '1' } } }])
    const readOptions = { newTransaction: { readOnly: {} } }
    const { readTime } = engine.lookup({ projectId, keys: [], readOptions })
    await engine.commit({ projectId, mode: 'NON_TRANSACTIONAL', mutations: [{ delete: keyOf([['K', 'a']]) }] })
    const query = { kind: [{ name: 'K' }], filter: filterOf('x', 'GREATER_THAN', { integerValue: '0' }) }
    expect(run(engine, { query, readOptions: { readTime } })!.results).toHaveLength(1)
    engine.close()
  })

  test('has the results of the past at an earlier read time', async () => {
    const changes = fc.array(entities, { minLength: 2, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(
        changes,
        queries,
        tuning,
        fc.array(paths, { maxLength: 5 }),
        async (steps, query, tuned, gone) => {
          Object.assign(sizes, tuned)
          const engine = new Engine({ memory: true })
          let now: ModelEntity[] = []
          const past: { readTime: { seconds: string; nanos: number }; state: ModelEntity[] }[] = []
          for (const step of steps) {
            const replaced = (one: ModelEntity) => step.some((other) => byPath(one.path, other.path) === 0)
            now = [...now.filter((one) => !replaced(one)), ...step]
            await save(engine, step)
            const mutations = gone.map((path) => ({ delete: keyOf(path) }))
            const unique = mutations.filter((_, i) => gone.findIndex((path) => byPath(path, gone[i]!) === 0) === i)
            await engine.commit({ projectId, mode: 'NON_TRANSACTIONAL', mutations: unique })
            now = now.filter((one) => !gone.some((path) => byPath(path, one.path) === 0))
            const { readTime } = engine.lookup({
              projectId,
              keys: [],
              readOptions: { newTransaction: { readOnly: {} } },
            })
            past.push({ readTime: readTime as { seconds: string; nanos: number }, state: now })
          }
          for (const { readTime, state } of past) {
            const answer = run(engine, { query, readOptions: { readTime } })
            if (answer) expectSame(answer.results, modelQuery(state, query))
          }
          engine.close()
        },
      ),
      { numRuns: Number(process.env.RUNS ?? 150) },
    )
  })
})
