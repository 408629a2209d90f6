// Cases of vector search. The newer emulator checks a search as the service does, and then gives all results of the query; the
// older one knows no vectors.
import type { FindNearest, Query, Value } from '../../../lib/datastore/engine/protocol/messages.ts'
import { type Api, type Case, inner, int, list, names, order, select, show, text, where } from './api.ts'

const doubles = (...numbers: number[]): Value => list(...numbers.map((doubleValue) => ({ doubleValue })))
const vector = (...numbers: number[]): Value => ({
  ...doubles(...numbers),
  meaning: 31,
  excludeFromIndexes: true,
})

const because = 'google/datastore/v1/query.proto: FindNearest'
const unknown = (answers: unknown) => ({ emulator: { answers, because } })

const vectors: Record<string, Record<string, Value>> = {
  a: { v: vector(2, 0), c: text('red'), n: int(4) },
  b: { v: vector(0, 3), c: text('blue'), n: int(3) },
  c: { v: vector(-1, 0), c: text('red'), n: int(2) },
  d: { v: vector(1, 1), c: text('blue'), n: int(1) },
  longer: { v: vector(1, 0, 0), c: text('red') },
  none: { c: text('red') },
  plain: { v: doubles(1, 0), c: text('red') },
  within: { e: inner({ v: vector(5, 0) }), c: text('red') },
  zero: { v: vector(0, 0), c: text('blue') },
}

const search = (more: FindNearest = {}): FindNearest => ({
  vectorProperty: { name: 'v' },
  queryVector: vector(1, 0),
  distanceMeasure: 'EUCLIDEAN',
  limit: { value: 100 },
  ...more,
})

interface Found {
  entity: { key: { path: { name: string }[] }; properties: Record<string, Value> }
}

/** Gives the names of the results, with their distances where these are asked for. */
const near = (
  name: string,
  more: FindNearest,
  want: unknown,
  query: Query = {},
  older: unknown = 'none, plain',
): Case => ({
  name: `searching ${name}`,
  async run(api) {
    for (const [one, properties] of Object.entries(vectors)) await api.commit(api.upsert(api.key('K', one), properties))
    const answer = await api.call('runQuery', {
      partitionId: { namespaceId: api.namespaceId },
      query: { kind: names('K'), findNearest: search(more), ...query },
    })
    if (answer.code) return answer.code
    return answer.batch.entityResults
      .map(({ entity: { key, properties } }: Found) => {
        const { r } = properties
        return key.path[0]!.name + (r ? ` ${Math.round(Number(r.doubleValue) * 1000) / 1000}` : '')
      })
      .join(', ')
  },
  want,
  ...unknown(older),
})

const storing = (name: string, value: Value, want: unknown, older: unknown = 3): Case => ({
  name: `storing ${name}`,
  async run(api: Api) {
    const saved = await api.commit(api.upsert(api.key('K', 'a'), { v: value }))
    return saved === 'ok' ? api.get(api.key('K', 'a')) : saved
  },
  want,
  ...(older === want ? {} : unknown(older)),
})

const withDistance = { distanceResultProperty: 'r' }
const wrong = (name: string, more: FindNearest, query?: Query, older?: unknown) => near(name, more, 3, query, older)

export const nearest: Case[] = [
  near('by Euclidean distance', withDistance, 'a 1, d 1, zero 1, c 2, b 3.162'),
  near('by cosine distance', { ...withDistance, distanceMeasure: 'COSINE' }, 'a 0, d 0.293, b 1, c 2'),
  near('by dot product', { ...withDistance, distanceMeasure: 'DOT_PRODUCT' }, 'a 2, d 1, b 0, zero 0, c -1'),
  near('for the nearest two', { limit: { value: 2 } }, 'a, d'),
  near('up to a distance', { ...withDistance, distanceThreshold: { value: 2 } }, 'a 1, d 1, zero 1, c 2'),
  near('down to a dot product', { distanceMeasure: 'DOT_PRODUCT', distanceThreshold: { value: 0 } }, 'a, d, b, zero'),
  near('below any distance', { distanceThreshold: { value: -1 } }, ''),
  near('among what a filter leaves', withDistance, 'a 1, c 2', { filter: where('c', 'EQUAL', text('red')) }),
  near('in the order of another property where it is as near', {}, 'd, a, c, b', { order: order('c', '-n') }, ''),
  near('for the keys alone', withDistance, 'a 1, d 1, zero 1, c 2, b 3.162', { projection: select('__key__') }),
  near(
    'for a projection',
    withDistance,
    'b 3.162',
    { projection: select('c'), filter: where('n', 'EQUAL', int(3)) },
    '',
  ),
  near('inside an entity value', { ...withDistance, vectorProperty: { name: 'e.v' } }, 'within 4'),
  near('for three dimensions', { ...withDistance, queryVector: vector(0, 0, 0) }, 'longer 1'),
  near('for a property that there is not', { vectorProperty: { name: 'none' } }, ''),
  wrong('for none', { limit: { value: 0 } }),
  wrong('for 101', { limit: { value: 101 } }),
  wrong('without a limit', { limit: null }),
  wrong('without a measure', { distanceMeasure: 0 }),
  wrong('without a vector', { queryVector: null }),
  wrong('for an array that is no vector', { queryVector: doubles(1, 0) }),
  wrong('for integers', { queryVector: { ...list(int(1), int(0)), meaning: 31 } }),
  wrong('for 2049 dimensions', { queryVector: vector(...Array(2049).fill(1)) }),
  wrong('up to a distance that is no number', { distanceThreshold: { value: Number.NaN } }),
  wrong('with a reserved name for the distance', { distanceResultProperty: '__r__' }),
  wrong('with a limit of the query', {}, { limit: { value: 1 } }, 'none'),
  wrong('with an offset', {}, { offset: 1 }, 'plain'),
  near('entities of all kinds', { limit: { value: 2 } }, 'a, d', { kind: [] }),
  {
    name: 'counting the results of a search',
    async run(api) {
      for (const one of ['a', 'b', 'c']) await api.commit(api.upsert(api.key('K', one), vectors[one]))
      const answer = await api.call('runAggregationQuery', {
        partitionId: { namespaceId: api.namespaceId },
        aggregationQuery: {
          nestedQuery: { kind: names('K'), findNearest: search({ limit: { value: 2 } }) },
          aggregations: [
            { count: {}, alias: 'c' },
            { sum: { property: { name: 'n' } }, alias: 's' },
          ],
        },
      })
      return answer.code ?? show(answer.batch.aggregationResults[0].aggregateProperties)
    },
    want: '{c=2, s=6}',
    ...unknown(12),
  },
  storing('a vector', vector(1, 2), '{v=[1d, 2d]}'),
  storing('a vector that is indexed', { ...vector(1, 2), excludeFromIndexes: false }, 3),
  storing('a vector of integers', { ...list(int(1)), meaning: 31, excludeFromIndexes: true }, 3),
  storing('a vector of nothing', vector(), 3),
  storing('a vector of 2048', vector(...Array(2048).fill(0)), `{v=[${Array(2048).fill('0d').join(', ')}]}`),
  storing('a vector of 2049', vector(...Array(2049).fill(0)), 3),
  storing('a vector with NaN', vector(1, Number.NaN), 3),
  storing('the meaning of a vector on a double', { doubleValue: 1, meaning: 31, excludeFromIndexes: true }, 3),
]
