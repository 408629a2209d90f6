// Cases of GQL, Datastore's language for queries.

import type { Value } from '../../../lib/datastore/engine/protocol/messages.ts'
import { type Api, type Case, inner, int, list, text } from './api.ts'

const GQL = 'https://cloud.google.com/datastore/docs/reference/gql_reference'
const QUERY = 'google/datastore/v1/query.proto: GqlQuery'

async function fill(api: Api): Promise<void> {
  const more: Record<string, Value> = {
    d: { doubleValue: 1.5 },
    t: { timestampValue: { seconds: '1000', nanos: 500_000_000 } },
    b: { blobValue: Buffer.from('hi') },
    n: { nullValue: 0 },
    e: inner({ f: int(7) }),
    yes: { booleanValue: true },
  }
  await api.commit(
    api.upsert(api.key('K', 'a'), { x: int(1), y: list(int(1), int(5)), s: text('p'), ...more }),
    api.upsert(api.key('K', 'b'), { x: int(2), y: list(int(2), int(4)), s: text('q') }),
    api.upsert(api.key('K', 'c'), { x: int(2), y: int(3), s: text("it's") }),
    api.upsert(api.key('K', 'a', 'K', 'z'), { x: int(-9), k: { keyValue: api.key('K', 5) } }),
  )
}

const saying = (queryString: string, want: unknown, emulator?: Case['emulator'], more: object = {}): Case => ({
  name: `GQL: ${queryString}${Object.keys(more).length > 0 ? ` (${JSON.stringify(more)})` : ''}`,
  async run(api) {
    await fill(api)
    return api.gql(queryString.replaceAll('KEY(', `KEY(NAMESPACE('${api.namespaceId}'), `), more)
  },
  want,
  emulator,
})

const older = (answers: unknown = 3) => ({ answers, because: GQL })

const aggregating = (queryString: string, want: unknown): Case => ({
  name: `GQL: ${queryString}`,
  async run(api) {
    await fill(api)
    const answer = await api.call('runAggregationQuery', {
      partitionId: { namespaceId: api.namespaceId },
      gqlQuery: { queryString, allowLiterals: true },
    })
    if (answer.code) return answer.code
    const found = Object.entries(answer.batch.aggregationResults[0].aggregateProperties as Record<string, Value>)
    return found
      .map(([name, value]) => `${name}=${value.integerValue ?? value.doubleValue}`)
      .sort()
      .join(' ')
  },
  want,
  emulator: older(12),
})

export const gql: Case[] = [
  saying('SELECT * FROM K', 'a a/z b c'),
  saying('select * from K where x = 1', 'a'),
  saying('SELECT *', 'a a/z b c'),
  saying('SELECT x FROM K', 'a/z{x=-9} a{x=1} b{x=2} c{x=2}'),
  saying('SELECT __key__ FROM K', 'a{} a/z{} b{} c{}'),
  saying('SELECT DISTINCT x FROM K', 'a/z{x=-9} a{x=1} b{x=2}'),
  saying('SELECT DISTINCT ON (x) * FROM K', 'a/z a b'),
  saying('SELECT DISTINCT ON (x) x, s FROM K', `a{s="p", x=1} c{s="it's", x=2}`, {
    answers: `c{s="it's", x=2} a{s="p", x=1} b{s="q", x=2}`,
    because: 'google/datastore/v1/query.proto: Query.distinct_on, "the first result for each distinct combination"',
  }),
  saying('SELECT * FROM K WHERE x >= 1 ORDER BY x DESC, __key__ DESC', 'c b a'),
  saying('SELECT x FROM K ORDER BY __key__', 'a{x=1} a/z{x=-9} b{x=2} c{x=2}'),
  saying('SELECT * FROM K WHERE x > -9 AND x < 2', 'a'),
  saying('SELECT * FROM K WHERE 1 < x', 'b c'),
  saying('SELECT * FROM K WHERE -9 = x', 'a/z'),
  saying('SELECT * FROM K WHERE y CONTAINS 5', 'a'),
  saying('SELECT * FROM K WHERE 5 IN y', 'a'),
  saying("SELECT * FROM K WHERE s = 'it''s'", 'c'),
  saying("SELECT * FROM K WHERE s = 'it\\'s'", 'c'),
  saying('SELECT * FROM K WHERE s = "it\'s"', 'c'),
  saying('SELECT * FROM K WHERE d = 1.5', 'a'),
  saying('SELECT * FROM K WHERE d = 15e-1', 'a'),
  saying("SELECT * FROM K WHERE t = DATETIME('1970-01-01T00:16:40.5Z')", 'a'),
  saying("SELECT * FROM K WHERE b = BLOB('aGk')", 'a'),
  saying('SELECT * FROM K WHERE n IS NULL', 'a'),
  saying('SELECT * FROM K WHERE n = NULL', 'a'),
  saying('SELECT * FROM K WHERE yes = TRUE', 'a'),
  saying('SELECT * FROM K WHERE e.f = 7', 'a'),
  saying("SELECT * FROM K WHERE __key__ = KEY(K, 'a')", 'a'),
  saying("SELECT * FROM K WHERE __key__ HAS ANCESTOR KEY(K, 'a')", 'a a/z'),
  saying("SELECT * FROM K WHERE KEY(K, 'a') HAS DESCENDANT __key__", 'a a/z'),
  saying('SELECT * FROM K WHERE k = KEY(K, 5)', 'a/z'),
  saying("SELECT * WHERE __key__ > KEY(K, 'b')", 'c'),
  saying('SELECT * FROM K LIMIT 2 OFFSET 1', 'a/z b'),
  saying('SELECT * FROM K ORDER BY x, s DESC', 'a b c'),
  saying('SELECT * FROM `K` WHERE `x` = 1', 'a'),
  saying('SELECT x FROM K WHERE x = 2', 3),
  saying('SELECT FROM K', 3),
  saying('SELECT * FROM', 3),
  saying('SELECT * FROM K WHERE', 3),
  saying('SELECT * FROM K WHERE x', 3),
  saying('SELECT * FROM K WHERE x = #', 3),
  saying('SELECT * FROM K extra', 3),
  saying('', 3),
  saying('SELECT * FROM K LIMIT FIRST(1, 2)', 3),
  saying('SELECT * FROM K WHERE x = 1', 3, undefined, { allowLiterals: false }),
  saying('SELECT * FROM K WHERE x = @a AND s = @1', 'a', undefined, {
    allowLiterals: false,
    namedBindings: { a: { value: int(1) } },
    positionalBindings: [{ value: text('p') }],
  }),
  saying('SELECT * FROM K LIMIT @l OFFSET @o', 'a/z', undefined, {
    allowLiterals: false,
    namedBindings: { l: { value: int(1) }, o: { value: int(1) } },
  }),
  saying('SELECT * FROM K WHERE x = @nope', 3),
  saying('SELECT * FROM K WHERE x IN ARRAY(1, -9)', 'a a/z', older()),
  saying('SELECT * FROM K WHERE x IN (1, -9)', 3),
  saying('SELECT * FROM K WHERE x IN 1', 'a'),
  saying('SELECT * FROM K WHERE ARRAY(1) IN x', 'a'),
  saying('SELECT * FROM K WHERE x NOT IN (1, -9)', 3),
  saying('SELECT * FROM K WHERE x CONTAINS ARRAY(1, -9)', 'a a/z', older()),
  saying("SELECT * FROM K WHERE s = '\\q'", 3),
  saying("SELECT * FROM K WHERE s = '\\p'", 3),
  saying("SELECT * FROM K WHERE s = '\\%\\_\\Z\\0'", ''),
  saying("SELECT * FROM K WHERE s = 'a\nb'", 3),
  saying("SELECT * FROM K WHERE b = BLOB('aGk=')", 3),
  saying("SELECT * FROM K WHERE b = BLOB('a')", 3),
  saying("SELECT * FROM K WHERE b = BLOB('a+/k')", 3),
  saying("SELECT * FROM K WHERE b = BLOB('a-_k')", ''),
  saying("SELECT * FROM K WHERE t = DATETIME('1970-01-01T01:16:40.5+01:00')", 'a'),
  saying("SELECT * FROM K WHERE t = DATETIME('1970-01-01t00:16:40.5z')", 'a'),
  saying("SELECT * FROM K WHERE t = DATETIME('1970-01-01T00:16:40.5+00:00')", 3),
  saying("SELECT * FROM K WHERE t = DATETIME('1970-01-01 00:16:40.5Z')", 3),
  saying("SELECT * FROM K WHERE t = DATETIME('1970-01-01')", 3),
  saying("SELECT * FROM K WHERE t = DATETIME('1970-02-30T00:00:00Z')", 3),
  saying("SELECT * FROM K WHERE t = DATETIME('1970-01-01T00:16:40.5000001Z')", 3),
  saying('SELECT * FROM K WHERE `e`.`f` = 7', 'a'),
  saying('SELECT * FROM K WHERE e . `f` = 7', 'a'),
  saying('SELECT * FROM K WHERE `e.f` = 7', 'a'),
  saying('SELECT `e`.`f` FROM K', 'a{e.f=7}'),
  saying('SELECT * FROM K.L', 3),
  saying('SELECT * FROM select', 3),
  saying('SELECT * FROM K WHERE limit = 1', 3),
  saying('SELECT * FROM K WHERE `limit` = 1', ''),
  saying('SELECT * FROM K LIMIT 99999999999', 3),
  saying('SELECT * FROM K WHERE n IS NULL', 3, undefined, { allowLiterals: false }),
  saying('SELECT * FROM K WHERE x = @1', 3, undefined, { positionalBindings: [{ value: int(1) }, { value: int(2) }] }),
  saying('SELECT * FROM K WHERE x = @a', 'a', undefined, {
    namedBindings: { a: { value: int(1) }, unused: { value: int(2) } },
  }),
  saying('SELECT * FROM K WHERE x = @__a__', 3, undefined, { namedBindings: { __a__: { value: int(1) } } }),
  saying('SELECT * FROM K WHERE x = 1', 3, undefined, { namedBindings: { '1a': { value: int(1) } } }),
  saying('SELECT * FROM K WHERE x = 2', 3, undefined, { namedBindings: { a: {} } }),
  {
    name: 'GQL: a key without a namespace is in that of the query',
    async run(api) {
      await fill(api)
      return [
        await api.gql("SELECT * FROM K WHERE __key__ = KEY(K, 'a')"),
        await api.gql("SELECT * FROM K WHERE __key__ = KEY(NAMESPACE(''), K, 'a')"),
        await api.gql("SELECT * FROM K WHERE __key__ = KEY('K', 'a')"),
      ]
    },
    want: ['a', 3, 3],
  },
  saying('SELECT * FROM K WHERE x NOT IN ARRAY(1, -9)', 'b c', older()),
  saying('SELECT * FROM K WHERE x != 2', 'a/z a', older(2)),
  saying('SELECT * FROM K WHERE x = 1 OR x = -9', 'a a/z', older()),
  saying("SELECT * FROM K WHERE (x = 1 OR x = -9) AND s = 'p'", 'a', older()),
  {
    name: 'GQL with cursors, and what it was read as',
    async run(api) {
      await fill(api)
      const { batch, query } = await api.call('runQuery', {
        partitionId: { namespaceId: api.namespaceId },
        gqlQuery: { queryString: 'SELECT * FROM K LIMIT 2', allowLiterals: true },
      })
      const more = { namedBindings: { c: { cursor: batch.endCursor } } }
      return [
        query?.kind[0].name,
        query?.limit.value,
        await api.gql('SELECT * FROM K OFFSET @c', more),
        await api.gql('SELECT * FROM K OFFSET @c + 1', more),
        await api.gql('SELECT * FROM K LIMIT @c', more),
        await api.gql('SELECT * FROM K LIMIT FIRST(1, @c)', more),
      ]
    },
    want: ['K', 2, 'b c', 'c', 'a a/z', 'a'],
  },
  {
    ...saying('SELECT COUNT(*) FROM K', 3, { answers: 2, because: QUERY }),
    name: 'GQL that aggregates, run as a plain query',
  },
  aggregating('SELECT COUNT(*) FROM K', 'property_1=4'),
  aggregating('SELECT COUNT(*) AS n, SUM(x) AS s, AVG(x) FROM K WHERE x > 0', 'n=3 property_1=1.6666666666666667 s=5'),
  aggregating('AGGREGATE COUNT_UP_TO(2) AS n OVER (SELECT * FROM K)', 'n=2'),
  { ...aggregating('SELECT * FROM K', 3), name: 'GQL that aggregates nothing, run as an aggregation' },
]
