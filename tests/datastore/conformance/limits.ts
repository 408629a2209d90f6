// Cases of what the service rejects: limits, names, and fields that make no sense.
import type { Mutation, Query, Value } from '../../../lib/datastore/engine/protocol/messages.ts'
import { type Api, and, type Case, inner, int, list, names, or, order, outcome, select, text, where } from './api.ts'

const LIMITS = 'https://cloud.google.com/datastore/docs/concepts/limits'
const RANGES = 'https://cloud.google.com/datastore/docs/multiple-range-fields'
const DATASTORE = 'google/datastore/v1/datastore.proto'
const QUERY = 'google/datastore/v1/query.proto'

const asking = (name: string, query: (api: Api) => Query, want: unknown, emulator?: Case['emulator']): Case => ({
  name: `a query ${name}`,
  async run(api) {
    await api.put({ a: { x: 1, y: 1 } })
    return api.ask(query(api))
  },
  want,
  emulator,
})

const writing = (name: string, mutation: (api: Api) => Mutation, want: unknown, emulator?: Case['emulator']): Case => ({
  name: `writing ${name}`,
  run: (api) => api.commit(mutation(api)),
  want,
  emulator,
})

const calling = (
  name: string,
  method: string,
  request: (api: Api) => object | Promise<object>,
  want: unknown,
  emulator?: Case['emulator'],
): Case => ({
  name,
  run: async (api) => outcome(await api.call(method, await request(api))),
  want,
  emulator,
})

const many = (length: number, of: (i: number) => string): string[] => Array.from({ length }, (_, i) => of(i))
const long = 'a'.repeat(1501)
const half = '\ud800'
const older = (answers: unknown, because: string) => ({ answers, because })
const meant = (meaning: number, value: Value) => ({ ...value, meaning })
const now = () => Math.floor(Date.now() / 1000)
const lookup = (api: Api, readOptions: object) => ({ keys: [api.key('K', 'a')], readOptions })

/** A commit of several mutations of one entity, each with so many transforms. */
const transforms = (...counts: number[]) => ({
  mode: 'TRANSACTIONAL',
  singleUseTransaction: {},
  mutations: counts.map((count) => ({
    upsert: { key: { path: [{ kind: 'Transformed', name: 'a' }] } },
    propertyTransforms: Array(count).fill({ property: 'p', increment: int(1) }),
  })),
})

/** A commit of two mutations of one entity. */
const based = (api: Api, first: object, second: object) => ({
  mode: 'TRANSACTIONAL',
  singleUseTransaction: {},
  mutations: [first, second].map((base) => ({ ...api.upsert(api.key('K', 1)), ...base })),
})

export const limits: Case[] = [
  asking(
    'with inequalities of 10 properties',
    () => ({ filter: and(...many(10, (i) => `p${i}`).map((name) => where(name, 'GREATER_THAN', int(0)))) }),
    '',
    older(3, RANGES),
  ),
  asking(
    'with inequalities of 11 properties',
    () => ({ filter: and(...many(11, (i) => `p${i}`).map((name) => where(name, 'GREATER_THAN', int(0)))) }),
    3,
  ),
  asking(
    'with 60 filters and 40 orders',
    () => ({
      filter: and(...many(60, (i) => `p${i}`).map((name) => where(name, 'EQUAL', int(0)))),
      order: order(...many(40, (i) => `q${i}`)),
    }),
    '',
  ),
  asking(
    'with 60 filters and 41 orders',
    () => ({
      filter: and(...many(60, (i) => `p${i}`).map((name) => where(name, 'EQUAL', int(0)))),
      order: order(...many(41, (i) => `q${i}`)),
    }),
    3,
    older('', LIMITS),
  ),
  asking('with a filter on a name of 1501 bytes', () => ({ filter: where(long, 'EQUAL', int(1)) }), 3),
  asking('ordered by a name of 1501 bytes', () => ({ order: order(long) }), 3),
  asking('for a property with a name of 1501 bytes', () => ({ projection: select(long) }), 3),
  asking('for distinct values of a name of 1501 bytes', () => ({ distinctOn: names(long) }), 3),
  asking('of a kind of 1501 bytes', () => ({ kind: names(long) }), 3),
  asking(
    'with a value that is not indexed',
    () => ({ filter: where('x', 'EQUAL', { ...int(1), excludeFromIndexes: true }) }),
    3,
  ),
  asking('with an unknown meaning', () => ({ filter: where('x', 'EQUAL', meant(9, int(1))) }), 3),
  asking('with a value as a projection gives it', () => ({ filter: where('x', 'EQUAL', meant(18, int(1))) }), 'a'),
  asking('with IN of one value 31 times', () => ({ filter: where('x', 'IN', list(...Array(31).fill(int(1)))) }), 3),
  asking(
    'with one alternative 31 times',
    () => ({ filter: or(...Array(31).fill(where('x', 'EQUAL', int(1)))) }),
    'a',
    older(3, `${QUERY}: CompositeFilter.Operator`),
  ),
  asking(
    'with alternatives that are 30 without their doubles',
    () => ({
      filter: and(
        where('x', 'IN', list(...[1, 1, 2, 3, 4, 5].map(int))),
        where('y', 'IN', list(...[1, 2, 3, 4, 5, 6].map(int))),
      ),
    }),
    'a',
    older(3, `${QUERY}: PropertyFilter.Operator`),
  ),

  writing(
    'a path of 1500 bytes',
    (api) => api.upsert(api.key('K', 1), { [`${'a'.repeat(749)}`]: inner({ ['b'.repeat(750)]: int(1) }) }),
    'ok',
  ),
  writing(
    'a path of 1501 bytes',
    (api) => api.upsert(api.key('K', 1), { [`${'a'.repeat(750)}`]: inner({ ['b'.repeat(750)]: int(1) }) }),
    3,
  ),
  writing(
    'a path of 1501 bytes in an array of entities in entities',
    (api) =>
      api.upsert(api.key('K', 1), { a: list(inner({ ['b'.repeat(998)]: inner({ ['c'.repeat(500)]: int(1) }) })) }),
    3,
  ),
  writing(
    'half a surrogate pair in a text',
    (api) => api.upsert(api.key('K', 1), { a: text(half) }),
    3,
    older(2, 'google/datastore/v1/entity.proto: Value.string_value, "a UTF-8 encoded string value"'),
  ),
  writing(
    'half a surrogate pair in a name',
    (api) => api.upsert(api.key('K', half)),
    3,
    older(2, 'google/datastore/v1/entity.proto: Key.PathElement.name, "must be valid UTF-8 bytes"'),
  ),
  ...(
    [
      ['a text as a user', meant(8, text('a')), 'ok'],
      ['a number as a text', meant(1, int(1)), 3],
      ['bytes as an image', meant(16, { blobValue: Buffer.from('a') }), 'ok'],
      ['a number as a rating', meant(13, int(1)), 'ok'],
      ['a time as a number', meant(7, int(1)), 3],
      ['a time too far for a timestamp as a number', meant(7, { integerValue: '9000000000000000000' }), 'ok'],
      ['a meaning that there is not', meant(99, text('a')), 3],
    ] as [string, Value, unknown][]
  ).map(([name, value, want]) =>
    writing(name, (api) => api.upsert(api.key('K', 1), { a: { ...value, excludeFromIndexes: true } }), want),
  ),
  ...['a\\', 'a\\b', 'a..b', '.a', 'a.'].map((path) =>
    writing(
      `by the mask ${path}`,
      (api) => ({ ...api.upsert(api.key('K', 1), { a: int(1) }), propertyMask: { paths: [path] } }),
      3,
    ),
  ),
  writing(
    'at an update time of less than a microsecond',
    (api) => ({ ...api.upsert(api.key('K', 1)), updateTime: { seconds: String(now()), nanos: 5 } }),
    3,
  ),
  writing('over nothing that is to be updated', (api) => ({ update: { key: api.key('K', 1) }, baseVersion: '0' }), 3),
  calling(
    'mutations of one entity with one base version',
    'commit',
    (api) => based(api, { baseVersion: '0' }, { baseVersion: '0' }),
    'ok',
  ),
  calling('mutations of one entity with two base versions', 'commit', (api) => based(api, {}, { baseVersion: '0' }), 3),
  calling(
    'mutations of one entity with two strategies',
    'commit',
    (api) => based(api, { baseVersion: '0', conflictResolutionStrategy: 'FAIL' }, {}),
    3,
  ),
  calling('transforming one entity 500 times in two mutations', 'commit', () => transforms(300, 200), 'ok'),
  calling(
    'transforming one entity 501 times in two mutations',
    'commit',
    () => transforms(300, 201),
    3,
    older('ok', LIMITS),
  ),

  calling(
    'reading at a time with nanoseconds',
    'lookup',
    (api) => lookup(api, { readTime: { seconds: String(now() - 1), nanos: 5 } }),
    3,
  ),
  calling(
    'reading two hours ago',
    'lookup',
    (api) => lookup(api, { readTime: { seconds: String(now() - 7200) } }),
    9,
    older('ok', `${DATASTORE}: ReadOptions.read_time, "within the past one hour"`),
  ),
  calling(
    'a transaction that reads two hours ago',
    'beginTransaction',
    () => ({ transactionOptions: { readOnly: { readTime: { seconds: String(now() - 7200) } } } }),
    9,
    older('ok', `${DATASTORE}: TransactionOptions.ReadOnly.read_time, "within the past one hour"`),
  ),
  calling(
    'reading with an unspecified consistency',
    'lookup',
    (api) => lookup(api, { readConsistency: 0, consistencyType: 'readConsistency' }),
    3,
  ),
  calling(
    'a transaction after one that never was',
    'beginTransaction',
    () => ({ transactionOptions: { readWrite: { previousTransaction: Buffer.from('garbage') } } }),
    3,
    older(13, `${DATASTORE}: TransactionOptions.ReadWrite.previous_transaction`),
  ),
  calling(
    'a transaction after another',
    'beginTransaction',
    async (api) => ({ transactionOptions: { readWrite: { previousTransaction: await api.begin() } } }),
    'ok',
  ),
  ...['P', 'a b', 'p_q', '-p', 's~p', 'a'.repeat(101)].map((projectId) =>
    calling(`the project ${projectId.slice(0, 5)}`, 'lookup', (api) => ({ ...lookup(api, {}), projectId }), 3),
  ),
  ...['p', '1p', 'example.com:p'].map((projectId) =>
    calling(
      `the project ${projectId}`,
      'lookup',
      () => ({ keys: [{ path: [{ kind: 'K', name: 'a' }] }], projectId }),
      'ok',
    ),
  ),
  ...['a b', 'd/q', '(default)'].map((databaseId) =>
    calling(`the database ${databaseId}`, 'lookup', (api) => ({ ...lookup(api, {}), databaseId }), 3),
  ),
  ...['D', 'd_q', 'd.q', '-d'].map((databaseId) =>
    calling(`the database ${databaseId}`, 'lookup', (api) => ({ ...lookup(api, {}), databaseId }), 'ok'),
  ),
  ...(['lookup', 'commit', 'rollback'] as const).map((method) =>
    calling(
      `${method} in another project's transaction`,
      method,
      async (api) => {
        const transaction = await api.begin()
        return {
          projectId: 'other',
          ...(method === 'lookup'
            ? { keys: [{ path: [{ kind: 'K', name: 'a' }] }], readOptions: { transaction } }
            : { transaction, mode: 'TRANSACTIONAL' }),
        }
      },
      3,
    ),
  ),
  calling(
    "commit in another database's transaction",
    'commit',
    async (api) => ({ databaseId: 'other', mode: 'TRANSACTIONAL', transaction: await api.begin() }),
    3,
    older('ok', `${DATASTORE}: CommitRequest.database_id`),
  ),
  {
    name: 'aggregating under an alias of 1501 bytes',
    run: async (api) =>
      outcome(
        await api.call('runAggregationQuery', {
          partitionId: { namespaceId: api.namespaceId },
          aggregationQuery: { nestedQuery: { kind: names('K') }, aggregations: [{ count: {}, alias: long }] },
        }),
      ),
    want: 3,
    emulator: { answers: 12, because: `${DATASTORE}: Datastore.RunAggregationQuery` },
  },
]
