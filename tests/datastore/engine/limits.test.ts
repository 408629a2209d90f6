// Things that a stranger may make large: each takes time linear in its size, or is over a limit that is looked at before the work.
import { afterEach, expect, test } from '@jest/globals'
import { Engine } from '../../../lib/datastore/engine/engine.ts'
import type { Entity, Filter, Query, Value } from '../../../lib/datastore/engine/protocol/messages.ts'
import { expectLinear } from '../../support/linear.ts'

const projectId = 'p'
const kind = [{ name: 'K' }]
const property = (name: string) => ({ property: { name } })
const integer = (int: number): Value => ({ integerValue: String(int) })
const many = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))
const array = (count: number, more: Value = {}): Value => ({
  arrayValue: { values: many(count, (n) => ({ ...integer(n), ...more })) },
})
const filter = (name: string, op: string, value: Value): Filter => ({
  propertyFilter: { property: { name }, op, value },
})
const joined = (op: 'AND' | 'OR', filters: Filter[]): Filter => ({ compositeFilter: { op, filters } })

let engine = new Engine({ memory: true })
afterEach(() => {
  engine.close()
  engine = new Engine({ memory: true })
})

const keyOf = (id: number) => ({ path: [{ kind: 'K', id: String(id) }] })
const write = (id: number, properties: Entity['properties']) =>
  engine.commit({ projectId, mode: 'NON_TRANSACTIONAL', mutations: [{ upsert: { key: keyOf(id), properties } }] })
const run = (query: Query) => engine.runQuery({ projectId, query: { kind, ...query } }).batch!.entityResults!

test.each([7, 100, 1000])('%i groups of eight boxes are over the limit before they are multiplied out', (groups) => {
  const boxes = (group: number) =>
    joined(
      'OR',
      many(8, (n) => filter(`p${group}`, 'EQUAL', integer(n))),
    )
  const choices = (group: number) => filter(`p${group}`, 'IN', array(8))
  for (const one of [boxes, choices]) {
    expect(() => run({ filter: joined('AND', many(groups, one)) })).toThrow(
      /disjunctions, more than the maximum of 30|more than 100 filters/,
    )
  }
})

test.each(['NOT_IN', 'NOT_EQUAL'])('many conditions with %s are invalid before they are multiplied out', (op) => {
  const value = op === 'NOT_IN' ? array(10) : integer(1)
  const filters = many(60, (n) => filter(`p${n}`, op, value))
  expect(() => run({ filter: joined('AND', filters) })).toThrow('Only a single')
})

test('filters in one another are over a limit before the stack is', () => {
  let inner = filter('a', 'EQUAL', integer(1))
  for (let depth = 0; depth < 100_000; depth++) inner = joined('AND', [inner])
  expect(() => run({ filter: inner })).toThrow('At most 100 nested filters')
  const queryString = `SELECT * FROM K WHERE ${'('.repeat(100_000)}`
  expect(() => engine.runQuery({ projectId, gqlQuery: { queryString } })).toThrow('At most 100 nested parentheses')
})

test('combinations of the values of arrays are counted before they are made', async () => {
  await write(1, { a: array(300), b: array(300), c: array(300) })
  const projection = ['a', 'b', 'c'].map(property)
  expect(() => run({ projection })).toThrow('27000000 combinations of values, more than the maximum of 20000')
  expect(run({ projection: projection.slice(0, 1) })).toHaveLength(300)
})

test('what an entity is indexed by is counted before it is made', async () => {
  let properties = Object.fromEntries(many(20_000, (n): [string, Value] => [`p${n}`, { booleanValue: true }]))
  for (let depth = 0; depth < 19; depth++) properties = { ['x'.repeat(1400)]: { entityValue: { properties } } }
  await expect(write(1, properties)).rejects.toThrow('longer than 1500 bytes')
  await expect(write(1, { a: array(20_001) })).rejects.toThrow('the limit is 20000 values')
  await write(1, { a: array(20_000) })
})

test('a path leads no deeper than values may be in one another', async () => {
  const path = Array(100_000).fill('a').join('.')
  const upsert = { key: keyOf(1), properties: {} }
  const transform = { upsert, propertyTransforms: [{ property: path, increment: integer(1) }] }
  for (const mutation of [transform, { upsert, propertyMask: { paths: [path] } }]) {
    const written = engine.commit({ projectId, mode: 'NON_TRANSACTIONAL', mutations: [mutation] })
    await expect(written).rejects.toThrow('At most 20 nested entity values')
  }
})

test('an integer of many digits is out of range before it is made', () => {
  const queryString = `SELECT * FROM K WHERE a = ${'1'.repeat(1_000_000)}`
  expect(() => engine.runQuery({ projectId, gqlQuery: { queryString, allowLiterals: true } })).toThrow(
    'is not a 64-bit integer',
  )
})

const queries: Record<string, (size: number) => Query> = {
  'conditions on one property': (size) => ({
    filter: joined(
      'AND',
      many(size, (n) => filter('a', 'EQUAL', integer(n))),
    ),
  }),
  'conditions on many properties': (size) => ({
    filter: joined(
      'AND',
      many(size, (n) => filter(`p${n}`, 'EQUAL', integer(n))),
    ),
  }),
  inequalities: (size) => ({
    filter: joined(
      'AND',
      many(size, (n) => filter(`p${n}`, 'LESS_THAN', integer(n))),
    ),
  }),
  alternatives: (size) => ({
    filter: joined(
      'OR',
      many(size, (n) => filter(`p${n}`, 'EQUAL', integer(n))),
    ),
  }),
  'values of IN': (size) => ({ filter: filter('a', 'IN', array(size)) }),
  orders: (size) => ({ order: many(size, (n) => property(`p${n}`)) }),
  'projected properties': (size) => ({ projection: many(size, (n) => property(`p${n}`)) }),
  'properties to be distinct': (size) => ({
    distinctOn: many(size, (n) => ({ name: `p${n}` })),
    order: many(size, (n) => property(`p${n}`)),
  }),
}

test.each(Object.entries(queries))('a query takes time linear in its %s', async (_, input) => {
  await expectLinear({
    input,
    to: 2 ** 13,
    run: (query) => {
      try {
        run(query)
      } catch (error) {
        expect(error).toMatchObject({ code: 3 })
      }
    },
  })
})

const gql: Record<string, (size: number) => string> = {
  conditions: (size) => `SELECT * FROM K WHERE ${many(size / 8, (n) => `a = ${n}`).join(' AND ')}`,
  backticks: (size) => `SELECT * FROM ${'`'.repeat(size + 1)}`,
  quotes: (size) => `SELECT * FROM K WHERE a = ${"'".repeat(size + 1)}`,
  'digits and dots': (size) => `SELECT * FROM K WHERE a = ${'1.'.repeat(size / 2)}`,
  'names and dots': (size) => `SELECT * FROM ${'a.'.repeat(size / 2)}`,
  spaces: (size) => `SELECT${' '.repeat(size)}!`,
}

test.each(Object.entries(gql))('GQL takes time linear in its %s', async (_, input) => {
  await expectLinear({
    input,
    to: 2 ** 17,
    run: (queryString) => {
      try {
        engine.runQuery({ projectId, gqlQuery: { queryString, allowLiterals: true } })
      } catch (error) {
        expect(error).toMatchObject({ code: 3 })
      }
    },
  })
})

const reads: Record<string, () => unknown> = {
  'ordered by them': () => run({ order: [property('a')] }),
  'filtered by them': () => run({ filter: filter('a', 'GREATER_THAN', integer(-1)) }),
  'projected to them': () => run({ projection: [property('a')] }),
  'added up': () =>
    engine.runAggregationQuery({
      projectId,
      aggregationQuery: { nestedQuery: { kind, projection: [property('a')] }, aggregations: [{ sum: property('a') }] },
    }),
}

test.each(Object.entries(reads))('a query takes time linear in the values of an array, %s', async (_, read) => {
  await expectLinear({ input: (size) => write(1, { a: array(size) }), to: 2 ** 13, run: read })
})
