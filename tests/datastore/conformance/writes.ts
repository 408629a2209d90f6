// Cases of keys, values, commits and lookups.

import type { Key, Value } from '../../../lib/datastore/engine/protocol/messages.ts'
import { type Api, type Case, inner, int, list, text } from './api.ts'

const LIMITS = 'https://cloud.google.com/datastore/docs/concepts/limits'
const DATASTORE = 'google/datastore/v1/datastore.proto'

/** Saving an entity with one property. */
const saving = (name: string, value: Value, want: unknown, emulator?: Case['emulator']): Case => ({
  name: `saving ${name}`,
  run: (api) => api.commit(api.upsert(api.key('K', 1), { a: value })),
  want,
  emulator,
})

/** Saving an entity with a key. */
const keyed = (name: string, key: (api: Api) => Key, want: unknown, emulator?: Case['emulator']): Case => ({
  name: `a key with ${name}`,
  run: (api) => api.commit(api.upsert(key(api))),
  want,
  emulator,
})

/** Giving back what was saved. */
const kept = (name: string, value: Value, want: string): Case => ({
  name: `${name} comes back as it was`,
  async run(api) {
    await api.commit(api.upsert(api.key('K', 1), { a: value }))
    return api.get(api.key('K', 1))
  },
  want,
})

const nested = (depth: number): Value => (depth === 0 ? int(1) : inner({ a: nested(depth - 1) }))
const long = (length: number, excludeFromIndexes = false): Value => ({
  stringValue: 'x'.repeat(length),
  excludeFromIndexes,
})
const raw = (api: Api, path: object[]): Key => ({ partitionId: { namespaceId: api.namespaceId }, path })

export const writes: Case[] = [
  kept('a text', text('é€😀\0'), '{a="é€😀\\u0000"}'),
  kept('an integer of 64 bits', { integerValue: '-9223372036854775808' }, '{a=-9223372036854775808}'),
  kept('a double', { doubleValue: 0.1 }, '{a=0.1d}'),
  kept('a whole double', { doubleValue: 5 }, '{a=5d}'),
  kept('NaN', { doubleValue: Number.NaN }, '{a=NaNd}'),
  kept('a truth', { booleanValue: false }, '{a=false}'),
  kept('nothing', { nullValue: 0 }, '{a=null}'),
  kept('a timestamp, to the microsecond', { timestampValue: { seconds: '-5', nanos: 123456789 } }, '{a=-5s123456000}'),
  kept('bytes', { blobValue: Buffer.from([0, 255]) }, '{a=0x00ff}'),
  kept('a geo point', { geoPointValue: { latitude: 90, longitude: -180 } }, '{a=(90, -180)}'),
  kept(
    'a key',
    {
      keyValue: {
        path: [
          { kind: 'A', name: 'b' },
          { kind: 'C', id: '5' },
        ],
      },
    },
    '{a=<A b C 5>}',
  ),
  kept('an array of several types', list(int(1), text('a'), { nullValue: 0 }), '{a=[1, "a", null]}'),
  kept('an empty array', list(), '{a=[]}'),
  kept('an entity in an entity', inner({ b: inner({ c: list(int(1)) }) }), '{a={b={c=[1]}}}'),

  keyed('no path', (api) => raw(api, []), 3),
  keyed('an empty kind', (api) => raw(api, [{ kind: '', name: 'a' }]), 3),
  keyed('an empty name', (api) => raw(api, [{ kind: 'K', name: '' }]), 3),
  keyed('the id 0', (api) => raw(api, [{ kind: 'K', id: 0 }]), 3),
  keyed('a negative id', (api) => api.key('K', -5), 'ok'),
  keyed('an incomplete parent', (api) => raw(api, [{ kind: 'K' }, { kind: 'L', id: 1 }]), 3),
  keyed('a reserved kind', (api) => api.key('__K__', 1), 3),
  keyed('a reserved name', (api) => api.key('K', '__n__'), 3),
  keyed('a reserved kind among its parents', (api) => api.key('__P__', 1, 'K', 1), 3),
  keyed('a name of 1500 bytes', (api) => api.key('K', 'x'.repeat(1500)), 'ok'),
  keyed('a name of 1501 bytes', (api) => api.key('K', `${'é'.repeat(750)}x`), 3),
  keyed('a kind of 1501 bytes', (api) => api.key('x'.repeat(1501), 1), 3),
  keyed('100 elements', (api) => raw(api, Array(100).fill({ kind: 'K', id: 1 })), 'ok'),
  keyed('101 elements', (api) => raw(api, Array(101).fill({ kind: 'K', id: 1 })), 3),
  keyed('more than 6 KiB', (api) => raw(api, Array(5).fill({ kind: 'K', name: 'x'.repeat(1400) })), 3, {
    answers: 'ok',
    because: LIMITS,
  }),
  keyed('an illegal namespace', () => ({ partitionId: { namespaceId: 'a b' }, path: [{ kind: 'K', id: '1' }] }), 3),
  keyed('a reserved namespace', () => ({ partitionId: { namespaceId: '__a__' }, path: [{ kind: 'K', id: '1' }] }), 3),
  keyed(
    'a namespace of 101 bytes',
    () => ({ partitionId: { namespaceId: 'a'.repeat(101) }, path: [{ kind: 'K', id: '1' }] }),
    3,
  ),
  keyed('another project', () => ({ partitionId: { projectId: 'other' }, path: [{ kind: 'K', id: '1' }] }), 3),

  saving('a reserved property', inner({ __p__: int(1) }), 3),
  saving('an empty property name', inner({ '': int(1) }), 3),
  saving('an indexed text of 1500 bytes', long(1500), 'ok'),
  saving('an indexed text of 1501 bytes', long(1501), 3),
  saving('1501 bytes in 751 letters', text(`${'é'.repeat(750)}x`), 3),
  saving('1501 indexed bytes in an array', list(long(1501)), 3),
  saving('1501 indexed bytes in an entity', inner({ b: long(1501) }), 3),
  saving('1501 bytes that are not indexed', long(1501, true), 'ok'),
  saving('a blob of 1501 bytes', { blobValue: Buffer.alloc(1501) }, 3),
  saving('1,048,487 bytes', long(1_048_487, true), 'ok'),
  saving('1,048,488 bytes', long(1_048_488, true), 3, { answers: 'ok', because: LIMITS }),
  saving('an entity over 1 MiB', inner({ b: long(600_000, true), c: long(600_000, true) }), 3),
  saving('an array in an array', list(list(int(1))), 3),
  saving('an array that is itself not indexed', { ...list(int(1)), excludeFromIndexes: true }, 3),
  saving('an array with a meaning', { ...list(int(1)), meaning: 9 }, 3),
  saving('a value of no type', {}, 3),
  saving('the meaning of an index', { integerValue: '1', meaning: 18 }, 3),
  saving('a latitude of 91', { geoPointValue: { latitude: 91, longitude: 0 } }, 3),
  saving('a longitude of 181', { geoPointValue: { latitude: 0, longitude: 181 } }, 3),
  saving('a time before the year 1', { timestampValue: { seconds: '-62135596801' } }, 3),
  saving('a time after the year 9999', { timestampValue: { seconds: '253402300800' } }, 3),
  saving('negative nanos', { timestampValue: { seconds: '1', nanos: -1 } }, 3),
  saving('a second of nanos', { timestampValue: { seconds: '1', nanos: 1_000_000_000 } }, 3),
  saving('an incomplete key as value', { keyValue: { path: [{ kind: 'A' }] } }, 3),
  saving('a reserved key as value', { keyValue: { path: [{ kind: '__A__', id: '1' }] } }, 'ok'),
  saving(
    'a key of another project as value',
    { keyValue: { partitionId: { projectId: 'o' }, path: [{ kind: 'A', id: '1' }] } },
    'ok',
  ),
  saving('20,000 values to index', list(...Array(20_000).fill({ booleanValue: true })), 'ok'),
  saving('20,001 values to index', list(...Array(20_001).fill({ booleanValue: true })), 3, {
    answers: 'ok',
    because: LIMITS,
  }),
  saving('20 entities in each other', nested(20), 'ok'),
  saving('21 entities in each other', nested(21), 3),

  {
    name: 'inserting what is there',
    async run(api) {
      await api.put({ a: {} })
      return api.commit({ insert: { key: api.key('K', 'a') } })
    },
    want: 6,
  },
  { name: 'updating what is missing', run: (api) => api.commit({ update: { key: api.key('K', 'a') } }), want: 5 },
  { name: 'deleting what is missing', run: (api) => api.commit({ delete: api.key('K', 'a') }), want: 'ok' },
  { name: 'a mutation of nothing', run: (api) => api.commit({}), want: 3 },
  { name: 'an entity without a key', run: (api) => api.commit({ upsert: {} }), want: 3 },
  { name: 'updating an incomplete key', run: (api) => api.commit({ update: { key: api.key('K') } }), want: 3 },
  { name: 'deleting an incomplete key', run: (api) => api.commit({ delete: api.key('K') }), want: 3 },
  {
    name: 'one entity twice in a plain commit',
    run: (api) => api.commit(api.upsert(api.key('K', 1)), api.upsert(api.key('K', 1))),
    want: 3,
  },
  {
    name: '500 entities in one commit',
    run: (api) => api.commit(...Array.from({ length: 500 }, (_, i) => api.upsert(api.key('K', i + 1)))),
    want: 'ok',
  },
  {
    name: '2,000 entities in one commit',
    async run(api) {
      const keys = Array.from({ length: 2000 }, (_, i) => api.key('K', i + 1))
      return [await api.commit(...keys.map((key) => api.upsert(key))), await api.get(keys.at(-1)!)]
    },
    want: ['ok', '{}'],
  },
  {
    name: 'an incomplete key gets an id, which the answer tells',
    async run(api) {
      const { mutationResults } = await api.call('commit', {
        mode: 'NON_TRANSACTIONAL',
        mutations: [api.upsert(api.key('K')), api.upsert(api.key('K', 1))],
      })
      return mutationResults.map(({ key }: { key: Key | null }) => (key ? Number(key.path![0]!.id) > 0 : null))
    },
    want: [true, null],
  },
  {
    name: 'a refused commit changes nothing',
    async run(api) {
      await api.commit(api.upsert(api.key('K', 1)), { update: { key: api.key('K', 2) } })
      return api.get(api.key('K', 1))
    },
    want: 'missing',
    emulator: { answers: '{}', because: `${DATASTORE}: CommitRequest.Mode, which allows either` },
  },
  {
    name: 'the version of an entity grows with each change, and stays where nothing changed',
    async run(api) {
      const versions = []
      for (const n of [1, 2, 2]) {
        const { mutationResults } = await api.call('commit', {
          mode: 'NON_TRANSACTIONAL',
          mutations: [api.upsert(api.key('K', 1), { n: int(n) })],
        })
        versions.push(BigInt(mutationResults[0].version))
      }
      return [versions[1]! > versions[0]!, versions[2] === versions[1]]
    },
    want: [true, true],
  },
  {
    name: 'a base version that does not match: nothing is changed, and the answer says so',
    async run(api) {
      await api.commit(api.upsert(api.key('K', 1), { n: int(1) }))
      await api.commit(api.upsert(api.key('K', 1), { n: int(2) }))
      const answer = await api.call('commit', {
        mode: 'NON_TRANSACTIONAL',
        mutations: [{ ...api.upsert(api.key('K', 1), { n: int(3) }), baseVersion: 1 }],
      })
      return [answer.mutationResults[0].conflictDetected, await api.get(api.key('K', 1))]
    },
    want: [true, '{n=2}'],
  },
  {
    name: 'a base version that matches',
    async run(api) {
      const { mutationResults } = await api.call('commit', {
        mode: 'NON_TRANSACTIONAL',
        mutations: [api.upsert(api.key('K', 1), { n: int(1) })],
      })
      const baseVersion = mutationResults[0].version
      return api.commit({
        ...api.upsert(api.key('K', 1), { n: int(2) }),
        baseVersion,
        conflictResolutionStrategy: 'FAIL',
      })
    },
    want: 'ok',
  },
  {
    name: 'a base version that does not match, where the commit is to fail then',
    async run(api) {
      await api.put({ a: { n: 1 } })
      return api.commit({ ...api.upsert(api.key('K', 'a')), baseVersion: 1, conflictResolutionStrategy: 'FAIL' })
    },
    want: 9,
  },
  {
    name: 'a negative base version',
    run: (api) => api.commit({ ...api.upsert(api.key('K', 1)), baseVersion: -1 }),
    want: 3,
  },
  {
    name: 'a base version of an insert',
    run: (api) => api.commit({ insert: { key: api.key('K', 1) }, baseVersion: 1 }),
    want: 3,
  },
  {
    name: 'a strategy without anything to detect',
    run: (api) => api.commit({ ...api.upsert(api.key('K', 1)), conflictResolutionStrategy: 'FAIL' }),
    want: 3,
  },
  {
    name: 'base version 0 says that there is nothing yet',
    async run(api) {
      const once = () =>
        api.call('commit', {
          mode: 'NON_TRANSACTIONAL',
          mutations: [{ ...api.upsert(api.key('K', 1), { n: int(1) }), baseVersion: 0 }],
        })
      const conflicts = []
      for (let i = 0; i < 2; i++) conflicts.push((await once()).mutationResults[0].conflictDetected)
      return conflicts
    },
    want: [false, true],
  },

  { name: 'looking up nothing', run: async (api) => (await api.call('lookup', { keys: [] })).found, want: [] },
  { name: 'looking up an incomplete key', run: (api) => api.get(api.key('K')), want: 3 },
  { name: 'looking up a reserved key', run: (api) => api.get(api.key('__K__', 1)), want: 'missing' },
  {
    name: 'looking up one key twice gives it twice',
    async run(api) {
      await api.put({ a: {} })
      const { found, missing } = await api.call('lookup', {
        keys: [api.key('K', 'a'), api.key('K', 'a'), api.key('K', 'b'), api.key('K', 'b')],
      })
      return [found.length, missing.length]
    },
    want: [2, 2],
  },
  {
    name: 'looking up 1001 keys',
    async run(api) {
      const { code = 'ok' } = await api.call('lookup', {
        keys: Array.from({ length: 1001 }, (_, i) => api.key('K', i + 1)),
      })
      return code
    },
    want: 3,
    emulator: { answers: 'ok', because: LIMITS },
  },
  {
    name: 'allocating an id of a complete key',
    run: async (api) => (await api.call('allocateIds', { keys: [api.key('K', 1)] })).code,
    want: 3,
  },
  {
    name: 'allocated ids are all different',
    async run(api) {
      const { keys } = await api.call('allocateIds', { keys: Array(50).fill(api.key('K')) })
      return new Set(keys.map(({ path }: Key) => path![0]!.id)).size
    },
    want: 50,
  },
  {
    name: 'reserving the id of an incomplete key',
    run: async (api) => (await api.call('reserveIds', { keys: [api.key('K')] })).code,
    want: 3,
  },
  { name: 'reserving an id', run: async (api) => api.call('reserveIds', { keys: [api.key('K', 55)] }), want: {} },
]
