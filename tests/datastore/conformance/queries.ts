// Cases of queries: filters, orders, projections, cursors, and the kinds that Datastore makes up.

import type { Query, Value } from '../../../lib/datastore/engine/protocol/messages.ts'
import { type Api, and, type Case, inner, int, list, names, or, order, select, text, where } from './api.ts'

const QUERY = 'google/datastore/v1/query.proto'
const OLD = { OPERATORS: `${QUERY}: PropertyFilter.Operator`, OR: `${QUERY}: CompositeFilter.Operator` }
const SEVERAL = 'https://cloud.google.com/datastore/docs/multiple-range-fields'
const TURNED = `${QUERY}: Query.order, "if empty, order is unspecified"; here a query with all its directions turned runs backwards`
const UNSAID = `${QUERY}: Query.order, "if empty, order is unspecified"; Google's own system tests want this one`

async function fill(api: Api): Promise<void> {
  await api.put({
    a: { x: 1, y: [1, 5], s: 'p' },
    b: { x: 2, y: [2, 4], s: 'q' },
    c: { x: 2, y: 3, s: 'p' },
    d: { x: 3, y: [9, 0], s: 'q' },
    e: { x: 4, s: 'p' },
    'a/z': { x: 5, y: 7 },
  })
}

const asking = (name: string, query: (api: Api) => Query, want: unknown, emulator?: Case['emulator']): Case => ({
  name: `a query ${name}`,
  async run(api) {
    await fill(api)
    return api.ask(query(api))
  },
  want,
  emulator,
})

const keyValue = (api: Api, ...path: (string | number)[]): Value => ({ keyValue: api.key(...path) })
const many = (length: number): Value => list(...Array.from({ length }, (_, i) => int(i)))
const old = (because: string) => ({ answers: 3, because })
const unknown = { answers: 2, because: OLD.OPERATORS }

export const queries: Case[] = [
  asking('of a kind gives its entities by key', () => ({}), 'a a/z b c d e'),
  asking('with >=', () => ({ filter: where('x', 'GREATER_THAN_OR_EQUAL', int(2)) }), 'b c d e a/z'),
  asking(
    'with < and >',
    () => ({ filter: and(where('x', 'GREATER_THAN', int(1)), where('x', 'LESS_THAN', int(4))) }),
    'b c d',
  ),
  asking(
    'ordered by another property than the inequality',
    () => ({ filter: where('x', 'GREATER_THAN', int(1)), order: order('y') }),
    'd b c a/z',
    old(SEVERAL),
  ),
  asking(
    'with != ordered by another property',
    () => ({ filter: where('x', 'NOT_EQUAL', int(2)), order: order('y') }),
    'd a a/z',
    unknown,
  ),
  asking(
    'with NOT_IN ordered by another property',
    () => ({ filter: where('x', 'NOT_IN', list(int(2), int(5))), order: order('-y') }),
    'd a',
    old(SEVERAL),
  ),
  asking(
    'with inequalities of two properties, ordered by a third',
    () => ({
      filter: and(where('x', 'GREATER_THAN', int(1)), where('y', 'GREATER_THAN', int(1))),
      order: order('-s'),
    }),
    'd b c',
    old(SEVERAL),
  ),
  asking(
    'with an inequality ordered by key',
    () => ({ filter: where('x', 'GREATER_THAN', int(1)), order: order('-__key__') }),
    'e d c b a/z',
    old(SEVERAL),
  ),
  asking(
    'ordered by more than the inequality',
    () => ({ filter: where('x', 'GREATER_THAN', int(1)), order: order('x', 'y') }),
    'b c d a/z',
  ),
  asking(
    'ordered down and up',
    () => ({ filter: where('x', 'GREATER_THAN', int(1)), order: order('-x', 'y') }),
    'a/z d b c',
  ),
  asking(
    'with inequalities of two properties',
    () => ({ filter: and(where('x', 'GREATER_THAN', int(1)), where('y', 'GREATER_THAN', int(1))) }),
    'b c d a/z',
    old(SEVERAL),
  ),
  asking(
    'with a range that one of several values must meet',
    () => ({ filter: and(where('y', 'GREATER_THAN', int(1)), where('y', 'LESS_THAN', int(4))) }),
    'b c',
  ),
  asking(
    'with two equalities that several values meet',
    () => ({ filter: and(where('y', 'EQUAL', int(1)), where('y', 'EQUAL', int(5))) }),
    'a',
  ),
  asking(
    'with an equality and an inequality of one property',
    () => ({ filter: and(where('y', 'EQUAL', int(1)), where('y', 'GREATER_THAN', int(2))) }),
    'a',
  ),
  asking(
    'with equalities of two properties',
    () => ({ filter: and(where('x', 'EQUAL', int(2)), where('s', 'EQUAL', text('p'))) }),
    'c',
  ),
  asking(
    'with an equality and an inequality',
    () => ({ filter: and(where('s', 'EQUAL', text('p')), where('x', 'GREATER_THAN', int(1))) }),
    'c e',
  ),
  asking('in the order of the smallest of several values', () => ({ order: order('y') }), 'd a b c a/z'),
  asking('in the order of the largest of several values', () => ({ order: order('-y') }), 'd a/z a b c'),
  asking(
    'in the order of the smallest value that the filter lets',
    () => ({ filter: where('y', 'GREATER_THAN_OR_EQUAL', int(2)), order: order('y') }),
    'b c a a/z d',
  ),
  asking(
    'in an order that an equality leaves nothing to',
    () => ({ filter: where('s', 'EQUAL', text('p')), order: order('-s', 'x') }),
    'a c e',
  ),
  asking('with equal values goes by key', () => ({ order: order('s') }), 'a c e b d'),
  asking('with equal values, downwards, goes by key downwards', () => ({ order: order('-s') }), 'd b e c a', {
    answers: 'b d a c e',
    because: TURNED,
  }),
  asking(
    'with equal values goes by key upwards where that is said',
    () => ({ order: order('-s', '__key__') }),
    'b d a c e',
  ),
  asking('by key downwards where that is said', () => ({ order: order('-s', '-__key__') }), 'd b e c a'),
  asking('with orders after that of the key', () => ({ order: order('x', '-__key__', 'y') }), 'a c b d a/z', {
    answers: 'a c b d e a/z',
    because:
      'https://cloud.google.com/datastore/docs/concepts/queries: entities without the property of a sort order are left out',
  }),
  asking('with one order twice', () => ({ order: order('x', '-x') }), 'a b c d e a/z'),
  asking('of nothing', () => ({ filter: where('x', 'EQUAL', int(99)) }), ''),
  asking('with the other type of an equal number', () => ({ filter: where('x', 'EQUAL', { doubleValue: 2 }) }), ''),

  asking('for keys', () => ({ projection: select('__key__') }), 'a{} a/z{} b{} c{} d{} e{}'),
  asking(
    'for a property has a row for each value',
    () => ({ projection: select('y') }),
    'd{y=0} a{y=1} b{y=2} c{y=3} b{y=4} a{y=5} a/z{y=7} d{y=9}',
  ),
  asking(
    'for two properties',
    () => ({ projection: select('x', 'y') }),
    'a{x=1, y=1} a{x=1, y=5} b{x=2, y=2} c{x=2, y=3} b{x=2, y=4} d{x=3, y=0} d{x=3, y=9} a/z{x=5, y=7}',
  ),
  asking(
    'for two properties, the later one first',
    () => ({ projection: select('y', 'x') }),
    'd{x=3, y=0} a{x=1, y=1} b{x=2, y=2} c{x=2, y=3} b{x=2, y=4} a{x=1, y=5} a/z{x=5, y=7} d{x=3, y=9}',
    {
      answers: 'a{x=1, y=1} a{x=1, y=5} b{x=2, y=2} c{x=2, y=3} b{x=2, y=4} d{x=3, y=0} d{x=3, y=9} a/z{x=5, y=7}',
      because: UNSAID,
    },
  ),
  asking(
    'for a property, in the order of another',
    () => ({ projection: select('x'), order: order('y') }),
    'd{x=3} a{x=1} b{x=2} c{x=2} b{x=2} a{x=1} a/z{x=5} d{x=3}',
  ),
  asking(
    'for the values that an inequality lets',
    () => ({ projection: select('y'), filter: where('y', 'GREATER_THAN', int(2)) }),
    'c{y=3} b{y=4} a{y=5} a/z{y=7} d{y=9}',
  ),
  asking(
    'for a property that has an equality',
    () => ({ projection: select('y'), filter: where('y', 'EQUAL', int(5)) }),
    3,
  ),
  asking(
    'for a property beside an equality',
    () => ({ projection: select('x'), filter: where('y', 'EQUAL', int(5)) }),
    'a{x=1}',
  ),
  asking('for a property twice', () => ({ projection: select('x', 'x') }), 3),
  asking('for a property that nothing has', () => ({ projection: select('nope') }), ''),
  asking('for distinct values', () => ({ projection: select('s'), distinctOn: names('s') }), 'a{s="p"} b{s="q"}'),
  asking('for entities with distinct values', () => ({ distinctOn: names('s') }), 'a b'),
  asking('for entities with distinct ones of several values', () => ({ distinctOn: names('y') }), 'd a b c a/z'),
  asking(
    'for the last of each group',
    () => ({ projection: select('s', 'x'), distinctOn: names('s'), order: order('-s', '-x') }),
    'd{s="q", x=3} e{s="p", x=4}',
  ),
  asking(
    'whose order is not of the groups first',
    () => ({ projection: select('s', 'x'), distinctOn: names('s'), order: order('x') }),
    3,
  ),
  asking(
    'with an inequality outside of the groups',
    () => ({ distinctOn: names('s'), filter: where('x', 'GREATER_THAN', int(1)) }),
    'c b',
    old(`${QUERY}: Query.distinct_on, which requires something of orders alone`),
  ),
  asking(
    'ordered by key before the groups',
    () => ({ projection: select('s'), distinctOn: names('s'), order: order('__key__') }),
    3,
  ),
  asking('for distinct keys', () => ({ distinctOn: names('__key__') }), 3),
  asking(
    'for distinct values of an equality',
    () => ({ distinctOn: names('s'), filter: where('s', 'EQUAL', text('p')) }),
    3,
  ),

  asking('with an ancestor', (api) => ({ filter: where('__key__', 'HAS_ANCESTOR', keyValue(api, 'K', 'a')) }), 'a a/z'),
  asking(
    'with an ancestor and an inequality',
    (api) => ({
      filter: and(where('__key__', 'HAS_ANCESTOR', keyValue(api, 'K', 'a')), where('x', 'GREATER_THAN', int(1))),
    }),
    'a/z',
  ),
  asking(
    'with an ancestor of a property',
    (api) => ({ filter: where('x', 'HAS_ANCESTOR', keyValue(api, 'K', 'a')) }),
    3,
  ),
  asking('with an ancestor that is no key', () => ({ filter: where('__key__', 'HAS_ANCESTOR', int(1)) }), 3),
  asking(
    'with two ancestors',
    (api) => ({
      filter: and(
        where('__key__', 'HAS_ANCESTOR', keyValue(api, 'K', 'a')),
        where('__key__', 'HAS_ANCESTOR', keyValue(api, 'K', 'b')),
      ),
    }),
    3,
  ),
  asking(
    'with one of two ancestors',
    (api) => ({
      filter: or(
        where('__key__', 'HAS_ANCESTOR', keyValue(api, 'K', 'a')),
        where('__key__', 'HAS_ANCESTOR', keyValue(api, 'K', 'b')),
      ),
    }),
    3,
  ),
  asking('with a key', (api) => ({ filter: where('__key__', 'EQUAL', keyValue(api, 'K', 'b')) }), 'b'),
  asking('after a key', (api) => ({ filter: where('__key__', 'GREATER_THAN', keyValue(api, 'K', 'b')) }), 'c d e'),
  asking(
    'after a key, downwards',
    (api) => ({ filter: where('__key__', 'GREATER_THAN', keyValue(api, 'K', 'b')), order: order('-__key__') }),
    'e d c',
  ),
  asking(
    'after a key, in another order',
    (api) => ({ filter: where('__key__', 'GREATER_THAN', keyValue(api, 'K', 'b')), order: order('-x') }),
    'e d c',
    old(SEVERAL),
  ),
  asking(
    'for a property, ordered by key',
    () => ({ projection: select('y'), order: order('__key__') }),
    'a{y=1} a{y=5} a/z{y=7} b{y=2} b{y=4} c{y=3} d{y=0} d{y=9}',
  ),
  asking(
    'for a property, ordered by key downwards',
    () => ({ projection: select('y'), order: order('-__key__') }),
    'd{y=9} d{y=0} c{y=3} b{y=4} b{y=2} a/z{y=7} a{y=5} a{y=1}',
    {
      answers: 'd{y=0} d{y=9} c{y=3} b{y=2} b{y=4} a/z{y=7} a{y=1} a{y=5}',
      because: TURNED,
    },
  ),
  asking(
    'for two properties, ordered by one, then by key',
    () => ({ projection: select('x', 'y'), order: order('-x', '__key__', 'y') }),
    'a/z{x=5, y=7} d{x=3, y=0} d{x=3, y=9} b{x=2, y=2} b{x=2, y=4} c{x=2, y=3} a{x=1, y=1} a{x=1, y=5}',
    { answers: 13, because: 'an error of the emulator itself' },
  ),
  asking(
    'for a property that a filter bounds, ordered by key',
    () => ({ projection: select('y'), filter: where('y', 'LESS_THAN', int(5)), order: order('__key__') }),
    'a{y=1} b{y=2} b{y=4} c{y=3} d{y=0}',
    old(SEVERAL),
  ),
  asking('with a key that is none', () => ({ filter: where('__key__', 'EQUAL', int(1)) }), 3),
  asking('with an incomplete key', (api) => ({ filter: where('__key__', 'EQUAL', { keyValue: api.key('K') }) }), 3),
  asking(
    'with a key of another namespace',
    () => ({
      filter: where('__key__', 'GREATER_THAN', {
        keyValue: { partitionId: { namespaceId: 'other' }, path: [{ kind: 'K', name: 'a' }] },
      }),
    }),
    3,
  ),

  asking('of all kinds', () => ({ kind: [] }), 'a a/z b c d e'),
  asking(
    'of all kinds after a key',
    (api) => ({ kind: [], filter: where('__key__', 'GREATER_THAN', keyValue(api, 'K', 'b')) }),
    'c d e',
  ),
  asking('of all kinds with a property', () => ({ kind: [], filter: where('x', 'EQUAL', int(1)) }), 3),
  asking('of all kinds in an order', () => ({ kind: [], order: order('x') }), 3),
  asking('of all kinds by key downwards', () => ({ kind: [], order: order('-__key__') }), 3),
  asking('of two kinds', () => ({ kind: names('K', 'L') }), 3),
  asking('of an empty kind', () => ({ kind: names('') }), 3),

  asking(
    'with OR',
    () => ({ filter: or(where('x', 'EQUAL', int(1)), where('s', 'EQUAL', text('q'))) }),
    'a b d',
    old(OLD.OR),
  ),
  asking(
    'with OR, ordered',
    () => ({ filter: or(where('x', 'EQUAL', int(1)), where('s', 'EQUAL', text('q'))), order: order('-x') }),
    'd b a',
    old(OLD.OR),
  ),
  asking(
    'with OR inside AND',
    () => ({
      filter: and(where('s', 'EQUAL', text('p')), or(where('x', 'EQUAL', int(1)), where('x', 'GREATER_THAN', int(3)))),
    }),
    'a e',
    old(OLD.OR),
  ),
  asking('with IN', () => ({ filter: where('x', 'IN', list(int(4), int(1), int(2))) }), 'a b c e', old(OLD.OPERATORS)),
  asking(
    'with IN, where several values are in',
    () => ({ filter: where('y', 'IN', list(int(4), int(2), int(9))), order: order('y') }),
    'b d',
    old(OLD.OPERATORS),
  ),
  asking(
    'with IN of keys',
    (api) => ({ filter: where('__key__', 'IN', list(keyValue(api, 'K', 'b'), keyValue(api, 'K', 'a'))) }),
    'a b',
    old(OLD.OPERATORS),
  ),
  asking('with IN of nothing', () => ({ filter: where('x', 'IN', list()) }), 3),
  asking('with IN of no array', () => ({ filter: where('x', 'IN', int(1)) }), 3),
  asking('with IN of 30', () => ({ filter: where('x', 'IN', many(30)) }), 'a a/z b c d e', old(OLD.OPERATORS)),
  asking('with IN of 31', () => ({ filter: where('x', 'IN', many(31)) }), 3),
  asking('with 36 alternatives', () => ({ filter: and(where('x', 'IN', many(6)), where('y', 'IN', many(6))) }), 3),
  asking('with !=', () => ({ filter: where('x', 'NOT_EQUAL', int(2)) }), 'a d e a/z', unknown),
  asking(
    'with !=, downwards',
    () => ({ filter: where('x', 'NOT_EQUAL', int(2)), order: order('-x') }),
    'a/z e d a',
    unknown,
  ),
  asking(
    'with != of one of several values',
    () => ({ filter: where('y', 'NOT_EQUAL', int(5)) }),
    'd a b c a/z',
    unknown,
  ),
  asking('with two !=', () => ({ filter: and(where('x', 'NOT_EQUAL', int(2)), where('y', 'NOT_EQUAL', int(3))) }), 3),
  asking('with NOT_IN', () => ({ filter: where('x', 'NOT_IN', list(int(2), int(4))) }), 'a d a/z', old(OLD.OPERATORS)),
  asking('with NOT_IN of 11', () => ({ filter: where('x', 'NOT_IN', many(11)) }), 3),
  asking(
    'with NOT_IN and IN',
    () => ({ filter: and(where('x', 'NOT_IN', many(2)), where('s', 'IN', list(text('p')))) }),
    3,
  ),
  asking('with an entity to compare with', () => ({ filter: where('x', 'EQUAL', inner({ a: int(1) })) }), 3),
  asking('with an array to compare with', () => ({ filter: where('x', 'EQUAL', list(int(1))) }), 3),
  asking('with nothing to compare with', () => ({ filter: where('x', 'EQUAL', {}) }), 3),
  asking('with a long text to compare with', () => ({ filter: where('x', 'EQUAL', text('a'.repeat(1501))) }), 3),
  asking('with a filter of no property', () => ({ filter: where('', 'EQUAL', int(1)) }), 3),
  asking('with a filter of no operator', () => ({ filter: where('x', 'OPERATOR_UNSPECIFIED', int(1)) }), 3),
  asking('with a composite filter of nothing', () => ({ filter: and() }), 3),
  asking(
    'with a composite filter of no operator',
    () => ({ filter: { compositeFilter: { filters: [where('x', 'EQUAL', int(1))] } } }),
    3,
  ),
  asking('with an empty filter', () => ({ filter: {} }), 3),
  asking('with a negative offset', () => ({ offset: -1 }), 3),
  asking('with a negative limit', () => ({ limit: { value: -1 } }), 3),
  asking('with a limit of 0', () => ({ limit: { value: 0 } }), ''),
  asking('with an offset and a limit', () => ({ offset: 2, limit: { value: 2 } }), 'b c'),
  asking('with an offset beyond the end', () => ({ offset: 100 }), ''),
  asking('with a broken cursor', () => ({ startCursor: Buffer.from('abc') }), 3),

  {
    name: 'values of all types in one order',
    async run(api) {
      const values: Record<string, Value> = {
        key: { keyValue: { path: [{ kind: 'A', id: '1' }] } },
        point: { geoPointValue: { latitude: -1, longitude: 2 } },
        nan: { doubleValue: Number.NaN },
        double: { doubleValue: 0.5 },
        minus: { doubleValue: -1.5 },
        infinity: { doubleValue: Number.NEGATIVE_INFINITY },
        blob: { blobValue: Buffer.from('n') },
        text: text('m'),
        truth: { booleanValue: true },
        time: { timestampValue: { seconds: '0', nanos: 6000 } },
        integer: int(5),
        negative: int(-5),
        nothing: { nullValue: 0 },
        empty: list(),
        several: list(text('zz'), int(7)),
        unindexed: { ...int(1), excludeFromIndexes: true },
      }
      await api.commit(...Object.entries(values).map(([name, v]) => api.upsert(api.key('K', name), { v })))
      return [await api.ask({ order: order('v') }), await api.ask({ order: order('-v', '__key__') })]
    },
    want: [
      'empty nothing negative integer time several truth text blob infinity minus double nan point key',
      'key point nan double minus infinity several blob text truth time integer negative empty nothing',
    ],
  },
  {
    name: '-0 comes before 0, and is another value',
    async run(api) {
      const values = { a: 0, b: -0, c: -1, d: 1e-300, e: -1e-300 }
      const entities = Object.entries(values).map(([name, v]) =>
        api.upsert(api.key('K', name), { v: { doubleValue: v } }),
      )
      await api.commit(...entities)
      return [
        await api.ask({ order: order('v') }),
        await api.ask({ filter: where('v', 'EQUAL', { doubleValue: 0 }) }),
        await api.ask({ filter: where('v', 'EQUAL', { doubleValue: -0 }) }),
        await api.ask({ filter: where('v', 'LESS_THAN', { doubleValue: 0 }) }),
      ]
    },
    want: ['c e b a d', 'a', 'b', 'c e b'],
  },
  {
    name: 'ids sort as numbers, and before names',
    async run(api) {
      await api.commit(...[10, 'b', -7, 9, 'a', 7].map((id) => api.upsert(api.key('K', id))))
      return api.ask({})
    },
    want: '-7 7 9 10 a b',
  },
  {
    name: 'projections give what the index has: times as micros, bytes as texts where they are',
    async run(api) {
      await api.commit(
        api.upsert(api.key('K', 1), { v: { timestampValue: { seconds: '1', nanos: 5000 } } }),
        api.upsert(api.key('K', 2), { v: { blobValue: Buffer.from('é') } }),
        api.upsert(api.key('K', 3), { v: { blobValue: Buffer.from([0xff]) } }),
        api.upsert(api.key('K', 4), { v: { doubleValue: -2.5 } }),
        api.upsert(api.key('K', 5), { v: { geoPointValue: { latitude: -3, longitude: 4 } } }),
      )
      return api.ask({ projection: select('v') })
    },
    want: '1{v=1000005} 2{v="é"} 3{v=0xff} 4{v=-2.5d} 5{v=(-3, 4)}',
  },
  {
    name: 'entities inside are found by their path, as far as they are indexed',
    async run(api) {
      await api.commit(
        api.upsert(api.key('K', 'a'), { e: inner({ b: int(1), c: list(int(4), int(5)) }) }),
        api.upsert(api.key('K', 'b'), { e: { ...inner({ b: int(1) }), excludeFromIndexes: true } }),
        api.upsert(api.key('K', 'c'), { e: inner({ d: inner({ f: int(8) }) }, { path: [{ kind: 'Q', id: '3' }] }) }),
        api.upsert(api.key('K', 'd'), { e: list(inner({ b: int(1) }), inner({ b: int(2) })) }),
        api.upsert(api.key('K', 'e'), { 'e.b': int(1) }),
        api.upsert(api.key('K', 'f'), { e: list({ ...int(1), excludeFromIndexes: true }, int(2)) }),
      )
      return [
        await api.ask({ filter: where('e.b', 'EQUAL', int(1)) }),
        await api.ask({ filter: where('e.c', 'EQUAL', int(5)) }),
        await api.ask({ filter: where('e.d.f', 'EQUAL', int(8)) }),
        await api.ask({ filter: where('e.__key__', 'EQUAL', { keyValue: { path: [{ kind: 'Q', id: '3' }] } }) }),
        await api.ask({ projection: select('e.b') }),
        await api.ask({ filter: where('e', 'EQUAL', int(1)) }),
        await api.ask({ filter: where('e', 'EQUAL', int(2)) }),
      ]
    },
    want: ['a d e', 'a', 'c', 'c', 'a{e.b=1} d{e.b=1} e{e.b=1} d{e.b=2}', '', 'f'],
  },
  {
    name: 'a cursor goes on where the results stopped, and ends another query there',
    async run(api) {
      await fill(api)
      const start = { partitionId: { namespaceId: api.namespaceId } }
      const query = { kind: names('K'), order: order('y') }
      const { batch } = await api.call('runQuery', { ...start, query: { ...query, limit: { value: 2 } } })
      const { batch: skipped } = await api.call('runQuery', {
        ...start,
        query: { ...query, offset: 3, limit: { value: 1 } },
      })
      return [
        await api.ask({ ...query, startCursor: batch.endCursor }),
        await api.ask({ ...query, endCursor: batch.endCursor }),
        await api.ask({ ...query, startCursor: batch.entityResults[0].cursor, limit: { value: 1 } }),
        await api.ask({ ...query, startCursor: skipped.skippedCursor }),
        await api.ask({ kind: names('K'), order: order('x'), startCursor: batch.endCursor }),
        skipped.skippedResults,
      ]
    },
    want: ['b c a/z', 'd a', 'a', 'c a/z', 3, 3],
    emulator: {
      answers: ['b c a/z', 'd a', '', 'c a/z', 3, 3],
      because: `${QUERY}: EntityResult.cursor, "the position after the result entity"`,
    },
  },
  {
    name: 'a cursor serves the query that runs backwards, and the one that says the order of the key',
    async run(api) {
      await fill(api)
      const asked = { partitionId: { namespaceId: api.namespaceId } }
      const from = async (query: Query) => {
        const { batch } = await api.call('runQuery', { ...asked, query: { kind: names('K'), ...query } })
        return batch.endCursor
      }
      const [byX, byKey] = [await from({ order: order('x'), limit: { value: 2 } }), await from({ limit: { value: 2 } })]
      const page = await from({ order: order('-x'), startCursor: byX, limit: { value: 1 } })
      return Promise.all([
        api.ask({ order: order('-x', '-__key__'), startCursor: byX }),
        api.ask({ order: order('-x', '-__key__'), endCursor: byX }),
        api.ask({ order: order('x', '__key__'), startCursor: byX }),
        api.ask({ order: order('x', '-__key__'), startCursor: byX }),
        api.ask({ order: order('x'), startCursor: page }),
        api.ask({ order: order('__key__'), startCursor: byKey }),
        api.ask({ order: order('-__key__'), startCursor: byKey }),
        api.ask({ order: order('-__key__'), endCursor: byKey }),
        api.ask({ filter: where('s', 'EQUAL', text('p')), startCursor: byKey }),
      ])
    },
    want: ['b a', 'a/z e d c', 'c d e a/z', 'd e a/z', 'b c d e a/z', 'b c d e', 'a/z a', 'e d c b', 'c e'],
  },
  {
    name: 'a query tells what kind of results it has, and whether there may be more',
    async run(api) {
      await fill(api)
      const told = []
      for (const query of [
        {},
        { projection: select('x') },
        { projection: select('__key__') },
        { limit: { value: 2 } },
      ]) {
        const { batch } = await api.call('runQuery', {
          partitionId: { namespaceId: api.namespaceId },
          query: { kind: names('K'), ...query },
        })
        told.push(`${batch.entityResultType} ${batch.moreResults}`)
      }
      return told
    },
    want: [
      'FULL NO_MORE_RESULTS',
      'PROJECTION NO_MORE_RESULTS',
      'KEY_ONLY NO_MORE_RESULTS',
      'FULL MORE_RESULTS_AFTER_LIMIT',
    ],
    emulator: {
      answers: [
        'FULL MORE_RESULTS_AFTER_LIMIT',
        'PROJECTION MORE_RESULTS_AFTER_LIMIT',
        'KEY_ONLY MORE_RESULTS_AFTER_LIMIT',
        'FULL MORE_RESULTS_AFTER_LIMIT',
      ],
      because: `${QUERY}: QueryResultBatch.MoreResultsType`,
    },
  },
  {
    name: 'the kinds and properties there are can be asked for',
    async run(api) {
      await api.put({ a: { x: 1, s: 'p', big: { inside: true } } })
      await api.commit(api.upsert(api.key('L', 1), { t: { ...int(1), excludeFromIndexes: true } }))
      const list = (kind: string) => api.ask({ kind: names(kind), projection: select('__key__') })
      return [
        await list('__kind__'),
        await list('__property__'),
        await api.ask({
          kind: names('__kind__'),
          filter: where('__key__', 'GREATER_THAN', { keyValue: api.key('__kind__', 'K') }),
        }),
      ]
    },
    want: ['K{} L{}', 'K/big.inside{} K/s{} K/x{}', 'L'],
  },
  {
    name: 'namespaces keep their entities to themselves',
    async run(api) {
      await api.put({ a: { x: 1 } })
      const other = { partitionId: { namespaceId: `${api.namespaceId}-other` } }
      const { batch } = await api.call('runQuery', { ...other, query: { kind: names('K') } })
      return batch.entityResults.length
    },
    want: 0,
  },
]
