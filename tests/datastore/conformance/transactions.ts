// Cases of transactions: what they read, what they refuse, and when they fail.

import type { Mutation } from '../../../lib/datastore/engine/protocol/messages.ts'
import { type Api, type Case, int, names, outcome, where } from './api.ts'

const TRANSACTIONS = 'https://cloud.google.com/datastore/docs/concepts/transactions'
const SEQUENCE = 'the newer emulator: no commit can apply both'
const PROTO = 'google/datastore/v1/datastore.proto'

async function commit(api: Api, transaction: Uint8Array, ...mutations: Mutation[]): Promise<unknown> {
  return outcome(await api.call('commit', { mode: 'TRANSACTIONAL', transaction, mutations }))
}

const inOne = (
  name: string,
  mutations: (api: Api) => Mutation[],
  want: unknown,
  emulator?: Case['emulator'],
): Case => ({
  name: `in one transaction, ${name}`,
  run: async (api) => commit(api, await api.begin(), ...mutations(api)),
  want,
  emulator,
})

const insert = (api: Api): Mutation => ({ insert: { key: api.key('K', 1) } })
const update = (api: Api): Mutation => ({ update: { key: api.key('K', 1) } })
const remove = (api: Api): Mutation => ({ delete: api.key('K', 1) })
const set = (api: Api, n: number, id = 1): Mutation => api.upsert(api.key('K', id), { n: int(n) })

export const transactions: Case[] = [
  inOne('insert and update', (api) => [insert(api), update(api)], 'ok'),
  inOne('upsert twice', (api) => [set(api, 1), set(api, 2)], 'ok'),
  inOne('insert and delete', (api) => [insert(api), remove(api)], 'ok'),
  inOne('delete and insert', (api) => [remove(api), insert(api)], 'ok'),
  inOne('insert, delete and insert', (api) => [insert(api), remove(api), insert(api)], 'ok'),
  inOne('insert twice', (api) => [insert(api), insert(api)], 3, { answers: 6, because: SEQUENCE }),
  inOne('upsert and insert', (api) => [set(api, 1), insert(api)], 3, { answers: 6, because: SEQUENCE }),
  inOne('update and insert', (api) => [update(api), insert(api)], 3, { answers: 5, because: SEQUENCE }),
  inOne('delete and update', (api) => [remove(api), update(api)], 3, { answers: 5, because: SEQUENCE }),
  {
    name: 'of mutations of one entity the last one stands',
    async run(api) {
      await commit(api, await api.begin(), set(api, 1), set(api, 2))
      return api.get(api.key('K', 1))
    },
    want: '{n=2}',
  },
  {
    name: 'of two transactions that read and write an entity, the second to commit fails',
    async run(api) {
      await api.commit(set(api, 0))
      const [one, two] = [await api.begin(), await api.begin()]
      for (const transaction of [one, two]) await api.get(api.key('K', 1), { transaction })
      return [await commit(api, one, set(api, 1)), await commit(api, two, set(api, 1))]
    },
    want: ['ok', 10],
  },
  {
    name: 'a transaction fails where what it read has changed, whatever it writes',
    async run(api) {
      const transaction = await api.begin()
      await api.get(api.key('K', 1), { transaction })
      await api.commit(set(api, 1))
      return commit(api, transaction, set(api, 1, 2))
    },
    want: 10,
  },
  {
    name: 'a transaction that only reads never fails',
    async run(api) {
      const transaction = await api.begin()
      await api.get(api.key('K', 1), { transaction })
      await api.commit(set(api, 1))
      return commit(api, transaction)
    },
    want: 'ok',
  },
  {
    name: 'transactions that write without reading do not fail',
    async run(api) {
      const [one, two] = [await api.begin(), await api.begin()]
      return [await commit(api, one, set(api, 1)), await commit(api, two, set(api, 2)), await api.get(api.key('K', 1))]
    },
    want: ['ok', 'ok', '{n=2}'],
  },
  {
    name: 'a transaction reads the state of its first read',
    async run(api) {
      const transaction = await api.begin()
      await api.commit(set(api, 1))
      const seen = [await api.get(api.key('K', 1), { transaction })]
      await api.commit(set(api, 2), set(api, 2, 2))
      for (const id of [1, 2]) seen.push(await api.get(api.key('K', id), { transaction }))
      return seen
    },
    want: ['{n=1}', '{n=1}', 'missing'],
    emulator: { answers: ['{n=1}', '{n=1}', 10], because: `${TRANSACTIONS}#isolation_and_consistency` },
  },
  {
    name: 'a transaction does not see what it is about to write',
    async run(api) {
      const transaction = await api.begin()
      const before = await api.get(api.key('K', 1), { transaction })
      await commit(api, transaction, set(api, 1))
      return [before, await api.get(api.key('K', 1))]
    },
    want: ['missing', '{n=1}'],
  },
  {
    name: 'a transaction fails where an ancestor query would now find more',
    async run(api) {
      const transaction = await api.begin()
      const filter = where('__key__', 'HAS_ANCESTOR', { keyValue: api.key('P', 'p') })
      const before = await api.ask({ filter }, { readOptions: { transaction } })
      await api.commit(api.upsert(api.key('P', 'p', 'K', 'new')))
      return [before, await commit(api, transaction, set(api, 1))]
    },
    want: ['', 10],
  },
  {
    name: 'a transaction fails where any query would now find more',
    async run(api) {
      const transaction = await api.begin()
      const filter = where('n', 'GREATER_THAN', int(5))
      const before = await api.ask({ filter }, { readOptions: { transaction } })
      await api.commit(set(api, 6))
      return [before, await commit(api, transaction, set(api, 1, 2))]
    },
    want: ['', 10],
    emulator: { answers: [3, 'ok'], because: TRANSACTIONS },
  },
  {
    name: 'a finished transaction is of no more use',
    async run(api) {
      const transaction = await api.begin()
      await commit(api, transaction)
      return [
        await commit(api, transaction, set(api, 1)),
        await api.get(api.key('K', 1), { transaction }),
        outcome(await api.call('rollback', { transaction })),
        await api.ask({}, { readOptions: { transaction } }),
      ]
    },
    want: [3, 3, 3, 3],
  },
  {
    name: 'a transaction that is rolled back is of no more use',
    async run(api) {
      const transaction = await api.begin()
      return [
        outcome(await api.call('rollback', { transaction })),
        outcome(await api.call('rollback', { transaction })),
        await commit(api, transaction),
      ]
    },
    want: ['ok', 3, 3],
  },
  {
    name: 'a read-only transaction may commit, but not write',
    async run(api) {
      const [one, two] = [await api.begin({ readOnly: {} }), await api.begin({ readOnly: {} })]
      return [await commit(api, one), await commit(api, two, set(api, 1))]
    },
    want: ['ok', 3],
  },
  {
    name: 'a lookup may begin a transaction',
    async run(api) {
      const { transaction } = await api.call('lookup', { keys: [api.key('K', 1)], readOptions: { newTransaction: {} } })
      await api.commit(set(api, 1))
      return commit(api, transaction, set(api, 2))
    },
    want: 10,
  },
  {
    name: 'a commit may be a transaction of its own',
    run: async (api) =>
      outcome(await api.call('commit', { mode: 'TRANSACTIONAL', singleUseTransaction: {}, mutations: [set(api, 1)] })),
    want: 'ok',
  },
  {
    name: 'a read-only transaction of its own',
    run: async (api) =>
      outcome(
        await api.call('commit', {
          mode: 'TRANSACTIONAL',
          singleUseTransaction: { readOnly: {} },
          mutations: [set(api, 1)],
        }),
      ),
    want: 3,
  },
  {
    name: 'commits whose mode and transaction do not agree',
    async run(api) {
      const transaction = await api.begin()
      const ask = async (request: object) => outcome(await api.call('commit', { mutations: [set(api, 1)], ...request }))
      return [
        await ask({}),
        await ask({ mode: 'TRANSACTIONAL' }),
        await ask({ mode: 'NON_TRANSACTIONAL', transaction }),
        await ask({ mode: 'TRANSACTIONAL', transaction: Buffer.from('abc') }),
      ]
    },
    want: [3, 3, 3, 3],
  },
  {
    name: 'a commit tells when it happened, if it is a transaction',
    async run(api) {
      const transaction = await api.begin()
      const one = await api.call('commit', { mode: 'TRANSACTIONAL', transaction, mutations: [set(api, 1)] })
      const other = await api.call('commit', { mode: 'NON_TRANSACTIONAL', mutations: [set(api, 2)] })
      return [one.commitTime !== null, other.commitTime !== null]
    },
    want: [true, false],
    emulator: { answers: [false, false], because: `${PROTO}: CommitResponse.commit_time` },
  },
  {
    name: 'the past can be read, the future cannot',
    async run(api) {
      await api.commit(set(api, 1))
      const [{ readTime }] = [
        await api.call('lookup', { keys: [api.key('K', 1)], readOptions: { newTransaction: { readOnly: {} } } }),
      ]
      await api.commit(set(api, 2))
      const future = { seconds: String(Math.floor(Date.now() / 1000) + 1000) }
      return [
        await api.get(api.key('K', 1), { readTime: readTime ?? { seconds: '0' } }),
        await api.ask(
          { kind: names('K'), filter: where('n', 'EQUAL', int(1)) },
          { readOptions: { readTime: readTime ?? { seconds: '0' } } },
        ),
        await api.get(api.key('K', 1), { readTime: future }),
      ]
    },
    want: ['{n=1}', '1', 3],
    emulator: { answers: [3, 3, '{n=2}'], because: `${PROTO}: ReadOptions.read_time` },
  },
]
