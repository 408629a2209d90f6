// Cases of what Datastore has learned since Google's emulator was made: aggregations, transforms, masks and times.

import type {
  Aggregation,
  Mutation,
  PropertyTransform,
  Query,
  Value,
} from '../../../lib/datastore/engine/protocol/messages.ts'
import { type Api, type Case, inner, int, list, names, select, show, text, where } from './api.ts'

const PROTO = 'google/datastore/v1/datastore.proto'
const QUERY = 'google/datastore/v1/query.proto'

async function fill(api: Api): Promise<void> {
  await api.commit(
    api.upsert(api.key('K', 'a'), { n: int(1), d: { doubleValue: 0.5 }, s: text('p') }),
    api.upsert(api.key('K', 'b'), { n: int(2), d: int(3), s: text('p') }),
    api.upsert(api.key('K', 'c'), { n: int(9), s: text('q'), t: { timestampValue: { seconds: '1' } } }),
    api.upsert(api.key('K', 'd'), { s: text('q'), u: { ...int(1), excludeFromIndexes: true } }),
  )
}

const aggregating = (name: string, aggregations: Aggregation[], query: Query, want: unknown): Case => ({
  name: `aggregating ${name}`,
  async run(api) {
    await fill(api)
    const answer = await api.call('runAggregationQuery', {
      partitionId: { namespaceId: api.namespaceId },
      aggregationQuery: { nestedQuery: { kind: names('K'), ...query }, aggregations },
    })
    return answer.code ?? show(answer.batch.aggregationResults[0].aggregateProperties)
  },
  want,
  emulator: { answers: 12, because: `${PROTO}: Datastore.RunAggregationQuery` },
})

const sum = (name: string, alias?: string): Aggregation => ({ sum: { property: { name } }, alias })
const avg = (name: string, alias?: string): Aggregation => ({ avg: { property: { name } }, alias })

/** Returns a property `a` after transforms; `undefined`: there is none before. */
const transforming = (
  name: string,
  before: Value | undefined,
  transforms: Omit<PropertyTransform, 'property'>[],
  want: unknown,
): Case => ({
  name: `transforming ${name}`,
  async run(api) {
    await api.commit(api.upsert(api.key('K', 1), before ? { a: before } : {}))
    const propertyTransforms = transforms.map((transform) => ({ property: 'a', ...transform }))
    const answer = await api.call('commit', {
      mode: 'NON_TRANSACTIONAL',
      mutations: [{ update: { key: api.key('K', 1) }, propertyMask: { paths: [] }, propertyTransforms }],
    })
    if (answer.code) return answer.code
    const results = answer.mutationResults[0].transformResults.map((value: Value) => show({ r: value }))
    return [await api.get(api.key('K', 1)), ...results]
  },
  want,
  emulator: { answers: ['{}'], because: `${PROTO}: PropertyTransform` },
})

const masking = (
  name: string,
  before: Record<string, Value> | undefined,
  mutation: (api: Api) => Mutation,
  want: unknown,
  emulator?: unknown,
): Case => ({
  name: `a mask ${name}`,
  async run(api) {
    if (before) await api.commit(api.upsert(api.key('K', 1), before))
    const code = await api.commit(mutation(api))
    return code === 'ok' ? api.get(api.key('K', 1)) : code
  },
  want,
  ...(emulator !== undefined && { emulator: { answers: emulator, because: `${PROTO}: Mutation.property_mask` } }),
})

const max = { integerValue: '9223372036854775807' }

export const newer: Case[] = [
  aggregating('a count', [{ count: {} }], {}, '{property_1=4}'),
  aggregating(
    'a count up to',
    [
      { count: { upTo: { value: 3 } }, alias: 'n' },
      { count: { upTo: { value: 9 } }, alias: 'm' },
    ],
    {},
    '{m=4, n=3}',
  ),
  aggregating('a count up to 0', [{ count: { upTo: { value: 0 } }, alias: 'n' }], {}, '{n=0}'),
  aggregating('with a filter', [{ count: {}, alias: 'n' }], { filter: where('s', 'EQUAL', text('p')) }, '{n=2}'),
  aggregating('with limit and offset', [{ count: {}, alias: 'n' }], { offset: 1, limit: { value: 2 } }, '{n=2}'),
  aggregating('a sum of integers', [sum('n', 's')], {}, '{s=12}'),
  aggregating('a sum with doubles', [sum('d', 's')], {}, '{s=3.5d}'),
  aggregating('a sum of nothing', [sum('nope', 's')], {}, '{s=0}'),
  aggregating('a sum of texts', [sum('s', 's')], {}, '{s=0}'),
  aggregating('a sum of times', [sum('t', 's')], {}, '{s=0}'),
  aggregating('a sum of what is not indexed', [sum('u', 's')], {}, '{s=0}'),
  aggregating('an average', [avg('n', 'a')], {}, '{a=4d}'),
  aggregating('an average of nothing', [avg('nope', 'a')], {}, '{a=null}'),
  aggregating(
    'a sum takes the lowest where a limit leaves some out',
    [sum('n', 's')],
    { limit: { value: 2 } },
    '{s=3}',
  ),
  aggregating(
    'several counts what has all the properties',
    [{ count: {} }, sum('n'), avg('d')],
    {},
    '{property_1=2, property_2=3, property_3=1.75d}',
  ),
  aggregating(
    'distinct rows',
    [{ count: {}, alias: 'n' }],
    { projection: select('s'), distinctOn: names('s') },
    '{n=2}',
  ),
  aggregating('keys', [sum('__key__')], {}, 3),
  aggregating('six times', Array(6).fill({ count: {} }), {}, 3),
  aggregating('nothing', [], {}, 3),
  aggregating('two under one alias', [{ count: {}, alias: 'n' }, sum('n', 'n')], {}, 3),
  aggregating('up to less than nothing', [{ count: { upTo: { value: -1 } } }], {}, 3),

  transforming('by an increment', int(4), [{ increment: int(3) }], ['{a=7}', '{r=7}']),
  transforming('by an increment of a double', { doubleValue: 3.5 }, [{ increment: int(1) }], ['{a=4.5d}', '{r=4.5d}']),
  transforming('by an increment of what is no number', text('x'), [{ increment: int(3) }], ['{a=3}', '{r=3}']),
  transforming('by an increment of nothing', undefined, [{ increment: int(3) }], ['{a=3}', '{r=3}']),
  transforming(
    'by an increment beyond 64 bits',
    max,
    [{ increment: int(3) }],
    ['{a=9223372036854775807}', '{r=9223372036854775807}'],
  ),
  transforming('by an increment that is no number', int(1), [{ increment: text('x') }], 3),
  transforming('to the maximum', int(5), [{ maximum: { doubleValue: 5.5 } }], ['{a=5.5d}', '{r=5.5d}']),
  transforming('to the maximum of equals', int(5), [{ maximum: { doubleValue: 5 } }], ['{a=5}', '{r=5}']),
  transforming('to the maximum of NaN', int(5), [{ maximum: { doubleValue: Number.NaN } }], ['{a=NaNd}', '{r=NaNd}']),
  transforming('to the minimum', int(5), [{ minimum: int(-5) }], ['{a=-5}', '{r=-5}']),
  transforming('in order', int(5), [{ increment: int(5) }, { maximum: int(8) }], ['{a=10}', '{r=10}', '{r=10}']),
  transforming(
    'by appending what is missing',
    list(int(3), text('a')),
    [{ appendMissingElements: { values: [int(4), { doubleValue: 3 }, text('a'), int(4)] } }],
    ['{a=[3, "a", 4]}', '{r=null}'],
  ),
  transforming(
    'by appending a text too long for the index',
    list(int(3)),
    [{ appendMissingElements: { values: [text('x'.repeat(1501))] } }],
    3,
  ),
  transforming(
    'by appending entities',
    list(inner({ b: int(1) })),
    [{ appendMissingElements: { values: [inner({ b: int(1) }), inner({ c: int(3) })] } }],
    ['{a=[{b=1}, {c=3}]}', '{r=null}'],
  ),
  transforming(
    'by appending to what is no array',
    int(1),
    [{ appendMissingElements: { values: [int(1)] } }],
    ['{a=[1]}', '{r=null}'],
  ),
  transforming(
    'by removing',
    list(int(3), int(4), { doubleValue: 3 }),
    [{ removeAllFromArray: { values: [int(3)] } }],
    ['{a=[4]}', '{r=null}'],
  ),
  transforming('501 times', int(1), Array(501).fill({ increment: int(1) }), 3),
  {
    name: 'transforming to the time of the request',
    async run(api) {
      const { mutationResults } = await api.call('commit', {
        mode: 'NON_TRANSACTIONAL',
        mutations: [
          {
            ...api.upsert(api.key('K', 1)),
            propertyTransforms: [
              { property: 'a.b', setToServerValue: 'REQUEST_TIME' },
              { property: 'c', setToServerValue: 1 },
            ],
          },
        ],
      })
      const [one, other] = mutationResults[0].transformResults
      return [
        show({ one }) === show({ one: other }),
        Math.abs(Number(one.timestampValue.seconds) - Date.now() / 1000) < 60,
        (await api.get(api.key('K', 1))) ===
          `{a={b=${one.timestampValue.seconds}s${one.timestampValue.nanos}}, c=${other.timestampValue.seconds}s${other.timestampValue.nanos}}`,
      ]
    },
    want: [true, true, true],
    emulator: { answers: 'TypeError', because: `${PROTO}: PropertyTransform` },
  },
  {
    name: 'transforming with a delete',
    run: (api) => api.commit({ delete: api.key('K', 1), propertyTransforms: [{ property: 'a', increment: int(1) }] }),
    want: 3,
    emulator: { answers: 'ok', because: `${PROTO}: Mutation.property_transforms` },
  },

  masking(
    'leaves out of it what it does not name',
    { a: int(1), b: int(2) },
    (api) => ({
      update: { key: api.key('K', 1), properties: { a: int(3), b: int(4) } },
      propertyMask: { paths: ['a'] },
    }),
    '{a=3, b=2}',
    '{a=3}',
  ),
  masking(
    'removes what it names and the entity does not have',
    { a: int(1), b: int(2) },
    (api) => ({ upsert: { key: api.key('K', 1) }, propertyMask: { paths: ['a'] } }),
    '{b=2}',
    '{}',
  ),
  masking(
    'reaches into entities',
    { e: inner({ a: int(1), b: int(2) }) },
    (api) => ({
      upsert: { key: api.key('K', 1), properties: { e: inner({ a: int(3) }) } },
      propertyMask: { paths: ['e.a'] },
    }),
    '{e={a=3, b=2}}',
    '{e={a=3}}',
  ),
  masking(
    'names a property with a dot',
    { 'x.y': int(1), b: int(2) },
    (api) => ({ upsert: { key: api.key('K', 1), properties: { 'x.y': int(5) } }, propertyMask: { paths: ['x\\.y'] } }),
    '{b=2, x.y=5}',
    '{x.y=5}',
  ),
  masking(
    'holds for a new entity too',
    undefined,
    (api) => ({
      insert: { key: api.key('K', 1), properties: { a: int(1), b: int(2) } },
      propertyMask: { paths: ['a'] },
    }),
    '{a=1}',
    '{a=1}',
  ),
  {
    name: 'a mask with an empty path',
    run: (api) => api.commit({ ...api.upsert(api.key('K', 1)), propertyMask: { paths: [''] } }),
    want: 3,
  },
  {
    name: 'a mask of a lookup and of a query',
    async run(api) {
      await api.commit(api.upsert(api.key('K', 1), { a: int(1), b: int(2), e: inner({ c: int(3), d: int(4) }) }))
      const request = { propertyMask: { paths: ['a', 'e.c', 'nope'] } }
      const { found } = await api.call('lookup', { keys: [api.key('K', 1)], ...request })
      const { batch } = await api.call('runQuery', {
        partitionId: { namespaceId: api.namespaceId },
        query: { kind: names('K') },
        ...request,
      })
      return [show(found[0].entity.properties), show(batch.entityResults[0].entity.properties)]
    },
    want: ['{a=1, e={c=3}}', '{a=1, e={c=3}}'],
    emulator: {
      answers: ['{a=1, b=2, e={c=3, d=4}}', '{a=1, b=2, e={c=3, d=4}}'],
      because: `${PROTO}: LookupRequest.property_mask`,
    },
  },
  {
    name: 'entities tell when they were made and changed',
    async run(api) {
      const times = []
      for (const n of [1, 2]) {
        await api.commit(api.upsert(api.key('K', 1), { n: int(n) }))
        const { found, readTime } = await api.call('lookup', { keys: [api.key('K', 1)] })
        times.push([found[0].createTime, found[0].updateTime, readTime])
      }
      const [[made, , read], [still, changed]] = times as [Record<string, string>[], Record<string, string>[]]
      const micros = (time?: Record<string, string> | null) =>
        time ? Number(time['seconds']) * 1e6 + Number(time['nanos']) / 1000 : undefined
      return [micros(made) === micros(still), micros(changed)! > micros(made)!, micros(read)! >= micros(made)!]
    },
    want: [true, true, true],
    emulator: { answers: [true, false, false], because: `${QUERY}: EntityResult.create_time, update_time` },
  },
  {
    name: 'an update time that does not match',
    async run(api) {
      await api.put({ a: { n: 1 } })
      const { found } = await api.call('lookup', { keys: [api.key('K', 'a')] })
      const write = async (updateTime: object) => {
        const { mutationResults, code } = await api.call('commit', {
          mode: 'NON_TRANSACTIONAL',
          mutations: [{ ...api.upsert(api.key('K', 'a'), { n: int(2) }), updateTime }],
        })
        return code ?? mutationResults[0].conflictDetected
      }
      return [await write({ seconds: '1' }), await write(found[0].updateTime ?? { seconds: '1' })]
    },
    want: [true, false],
    emulator: { answers: [3, 3], because: `${PROTO}: Mutation.update_time` },
  },
  {
    name: 'explaining a query without running it',
    async run(api) {
      await api.put({ a: { n: 1 } })
      const { batch, explainMetrics } = await api.call('runQuery', {
        partitionId: { namespaceId: api.namespaceId },
        query: { kind: names('K') },
        explainOptions: {},
      })
      return [batch === null, explainMetrics?.planSummary.indexesUsed[0].fields.properties.stringValue]
    },
    want: [true, '(__name__ ASC)'],
    emulator: { answers: [false, undefined], because: `${PROTO}: RunQueryRequest.explain_options` },
  },
]
