// Cases of the pessimistic mode: who waits for whom, and who sees what. Asked of this engine in that mode, and of Google's newer
// emulator, which has no other.
import type { Filter, Mutation } from '../../../lib/datastore/engine/protocol/messages.ts'
import { type Api, type Case, int, names, outcome, where } from './api.ts'

/** The events, in order. */
class Events {
  readonly list: string[] = []

  /** Notes the end of a call. */
  note(name: string, call: Promise<unknown>): Promise<void> {
    return call.then((result) => {
      this.list.push(`${name}: ${result}`)
    })
  }
}

const set = (api: Api, name: string, n: number): Mutation => api.upsert(api.key('K', name), { n: int(n) })

async function commit(api: Api, transaction: Uint8Array | undefined, ...mutations: Mutation[]): Promise<unknown> {
  const mode = transaction ? { mode: 'TRANSACTIONAL', transaction } : { mode: 'NON_TRANSACTIONAL' }
  return outcome(await api.call('commit', { ...mode, mutations }))
}

const read = (api: Api, transaction: Uint8Array, name: string) => api.get(api.key('K', name), { transaction })

async function query(api: Api, transaction: Uint8Array, filter?: Filter, more: object = {}): Promise<unknown> {
  return api.ask({ kind: names('K'), filter, ...more }, { readOptions: { transaction } })
}

/** Long enough for a call that does not wait. */
async function others(api: Api): Promise<void> {
  for (let i = 0; i < 20; i++) await api.get(api.key('K', 'other'))
}

const over = (n: number) => where('n', 'GREATER_THAN', int(n))

/** A transaction reads, another writer comes, the transaction ends. */
const meeting = (
  name: string,
  reads: (api: Api, transaction: Uint8Array) => Promise<unknown>,
  written: (api: Api) => Mutation,
  want: unknown,
  end: (api: Api, transaction: Uint8Array) => Promise<unknown> = (api, transaction) => commit(api, transaction),
): Case => ({
  name,
  async run(api) {
    await api.commit(set(api, 'a', 1), set(api, 'b', 5))
    const events = new Events()
    const transaction = await api.begin()
    await reads(api, transaction)
    const writing = events.note('writer', commit(api, undefined, written(api)))
    await others(api)
    await events.note('reader', end(api, transaction))
    await writing
    return events.list
  },
  want,
})

const waits = ['reader: ok', 'writer: ok']
const goesOn = ['writer: ok', 'reader: ok']

export const locking: Case[] = [
  meeting(
    'a writer waits for the transaction that has read the entity',
    (api, t) => read(api, t, 'a'),
    (api) => set(api, 'a', 2),
    waits,
  ),
  meeting(
    'a writer of another entity does not wait',
    (api, t) => read(api, t, 'a'),
    (api) => set(api, 'c', 2),
    goesOn,
  ),
  meeting(
    'an insert waits for the transaction that has found nothing',
    (api, t) => read(api, t, 'c'),
    (api) => ({ insert: { key: api.key('K', 'c') } }),
    waits,
  ),
  meeting(
    'a delete waits',
    (api, t) => read(api, t, 'a'),
    (api) => ({ delete: api.key('K', 'a') }),
    waits,
  ),
  meeting(
    'a rollback lets the writer go on',
    (api, t) => read(api, t, 'a'),
    (api) => set(api, 'a', 2),
    waits,
    async (api, transaction) => outcome(await api.call('rollback', { transaction })),
  ),
  meeting(
    'a writer waits for the transaction whose query has the entity',
    (api, t) => query(api, t, over(3)),
    (api) => set(api, 'b', 6),
    waits,
  ),
  meeting(
    'a writer waits for the transaction whose query would have the entity',
    (api, t) => query(api, t, over(3)),
    (api) => set(api, 'c', 6),
    waits,
  ),
  meeting(
    'a writer waits for the transaction whose query would no longer have the entity',
    (api, t) => query(api, t, over(3)),
    (api) => set(api, 'b', 1),
    waits,
  ),
  meeting(
    'a writer outside of what a query has read does not wait',
    (api, t) => query(api, t, over(3)),
    (api) => set(api, 'c', 2),
    goesOn,
  ),
  meeting(
    'a writer behind the limit of a query does not wait',
    (api, t) => query(api, t, over(0), { limit: { value: 1 } }),
    (api) => set(api, 'c', 6),
    goesOn,
  ),
  meeting(
    'a writer before the limit of a query waits',
    (api, t) => query(api, t, over(0), { limit: { value: 2 } }),
    (api) => set(api, 'c', 3),
    waits,
  ),
  meeting(
    'a writer of another kind does not wait',
    (api, t) => query(api, t),
    (api) => api.upsert(api.key('L', 'a')),
    goesOn,
  ),
  meeting(
    'a writer waits for the transaction that has counted',
    async (api, transaction) =>
      api.call('runAggregationQuery', {
        partitionId: { namespaceId: api.namespaceId },
        aggregationQuery: { nestedQuery: { kind: names('K'), filter: over(3) }, aggregations: [{ count: {} }] },
        readOptions: { transaction },
      }),
    (api) => set(api, 'c', 6),
    waits,
  ),
  {
    name: 'a transaction that only reads keeps nobody waiting, and sees one state',
    async run(api) {
      await api.commit(set(api, 'a', 1))
      const transaction = await api.begin({ readOnly: {} })
      const before = await read(api, transaction, 'a')
      return [await api.commit(set(api, 'a', 2)), before, await read(api, transaction, 'a')]
    },
    want: ['ok', '{n=1}', '{n=1}'],
  },
  {
    name: 'a transaction sees what was committed before it reads it, and is committed itself',
    async run(api) {
      await api.commit(set(api, 'a', 1), set(api, 'b', 1))
      const transaction = await api.begin()
      const seen = [await read(api, transaction, 'a')]
      await api.commit(set(api, 'b', 2))
      seen.push(await read(api, transaction, 'b'))
      return [...seen, await commit(api, transaction, set(api, 'a', 3))]
    },
    want: ['{n=1}', '{n=2}', 'ok'],
  },
  {
    name: 'of two transactions that read the same and write it, one is committed',
    async run(api) {
      await api.commit(set(api, 'a', 1))
      const [one, other] = [await api.begin(), await api.begin()]
      for (const transaction of [one, other]) await read(api, transaction, 'a')
      return (await Promise.all([commit(api, one, set(api, 'a', 2)), commit(api, other, set(api, 'a', 3))]))
        .map(String)
        .sort()
    },
    want: ['10', 'ok'],
  },
  {
    name: 'of two transactions that write what the other has read, one is committed',
    async run(api) {
      await api.commit(set(api, 'a', 1), set(api, 'b', 1))
      const [one, other] = [await api.begin(), await api.begin()]
      await read(api, one, 'a')
      await read(api, other, 'b')
      return (await Promise.all([commit(api, one, set(api, 'b', 2)), commit(api, other, set(api, 'a', 3))]))
        .map(String)
        .sort()
    },
    want: ['10', 'ok'],
  },
  {
    name: 'writers that wait are written in the order in which they came',
    async run(api) {
      await api.commit(set(api, 'a', 1))
      const transaction = await api.begin()
      await read(api, transaction, 'a')
      const writing = []
      for (const n of [2, 3, 4]) {
        writing.push(commit(api, undefined, set(api, 'a', n)))
        await api.get(api.key('K', 'other'))
      }
      await commit(api, transaction)
      return [...(await Promise.all(writing)), await api.get(api.key('K', 'a'))]
    },
    want: ['ok', 'ok', 'ok', '{n=4}'],
  },
  {
    name: 'a transaction writes what only it has read',
    async run(api) {
      await api.commit(set(api, 'a', 1))
      const transaction = await api.begin()
      await read(api, transaction, 'a')
      await query(api, transaction, over(0))
      return commit(api, transaction, set(api, 'a', 2), set(api, 'c', 3))
    },
    want: 'ok',
  },
]
