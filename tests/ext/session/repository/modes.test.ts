// Real processes on one folder of embedded data, in each of its modes of concurrency, without a cache; and what transactions of an
// application do to sessions where they lock.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Embedded, openEmbedded } from '../../../../lib/datastore/client.ts'
import { concurrencyModes } from '../../../../lib/datastore/engine/storage/schema.ts'
import { keyName } from '../../../../lib/ext/session/repository/record.ts'
import type { Loaded } from '../../../../lib/ext/session/repository/repository.ts'
import { StoreWorker } from '../../../support/store-workers.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

function dataOf(loaded: Loaded): Record<string, never> & { list: number[]; log: number[]; cart: { items: object } } {
  if (!('record' in loaded)) throw new Error(`the session is ${loaded.state}`)
  return JSON.parse(loaded.record.data)
}

const storeTimeout = 20_000

describe.each(concurrencyModes)('two processes on data with the mode %s', (concurrency) => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'tipfy-mode-'))
  let workers: StoreWorker[] = []

  beforeAll(async () => {
    workers = [await StoreWorker.start({ dataFolder, concurrency, storeTimeout })]
    workers.push(await StoreWorker.start({ dataFolder, storeTimeout }))
  })

  afterAll(async () => {
    for (const worker of workers) await worker.close()
    rmSync(dataFolder, { recursive: true })
  })

  test.each([
    ['keys', (data: object) => Object.keys(data).map((key) => key.slice(1))],
    ['nested', ({ cart }: { cart: { items: object } }) => Object.keys(cart.items)],
    ['push', ({ list }: { list: number[] }) => list],
    ['updates', ({ log }: { log: number[] }) => log],
  ] as [string, (data: object) => unknown[]][])('lose none of 200 changes at once (%s)', async (kind, marks) => {
    await workers[0]!.call('create', kind, '{}')
    const done = await Promise.all(workers.map((worker, n) => worker.call<number[]>(kind, kind, 100 * n, 100)))
    expect(done.map(({ length }) => length)).toEqual([100, 100])
    const marked = marks(dataOf(await workers[0]!.call('load', kind))).map(Number)
    expect(marked.sort((a, b) => a - b)).toEqual(numbers(200))
  })

  test('log one user in 16 times at once, and out everywhere', async () => {
    const done = await Promise.all(workers.map((worker, n) => worker.call<number[]>('logins', 'ann', 8 * n, 8)))
    expect(done.map(({ length }) => length)).toEqual([8, 8])
    for (const worker of workers) expect(await worker.call('countFor', 'ann')).toBe(16)
    expect(await workers[1]!.call('destroyAllFor', 'ann')).toBe(16)
    for (const worker of workers) expect(await worker.call('countFor', 'ann')).toBe(0)
  })
})

test('processes that open a new folder at the same time all open it', async () => {
  for (let round = 0; round < 3; round++) {
    const dataFolder = mkdtempSync(join(tmpdir(), 'tipfy-mode-'))
    const workers = await Promise.all([1, 2, 3, 4].map(() => StoreWorker.start({ dataFolder })))
    await Promise.all(workers.map((worker) => worker.close()))
    rmSync(dataFolder, { recursive: true })
  }
}, 60_000)

describe('where a transaction of the application has read a row of the sessions', () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'tipfy-mode-'))
  let data: Embedded
  let patient: StoreWorker
  let hasty: StoreWorker

  beforeAll(async () => {
    data = openEmbedded({ dataFolder })
    patient = await StoreWorker.start({ dataFolder, storeTimeout })
    hasty = await StoreWorker.start({ dataFolder, storeTimeout: 1000 })
    // Its first change proves, too, that versions are checked.
    await hasty.call('create', 'first', '{}')
    await hasty.call('assign', 'first', {})
  })

  afterAll(async () => {
    for (const worker of [patient, hasty]) await worker.close()
    data.engine.close()
    rmSync(dataFolder, { recursive: true })
  })

  const place = () => ({ projectId: data.place.projectId! })
  const rowOf = (kind: string, name: string) => ({ path: [{ kind, name: keyName(name) }] })

  /** Begins a transaction that reads rows. */
  function holding(...keys: object[]): Uint8Array {
    const { transaction } = data.engine.beginTransaction(place())
    data.engine.lookup({ ...place(), keys, readOptions: { transaction } })
    return transaction
  }

  const end = (transaction: Uint8Array, mutations: object[] = []) =>
    data.engine.commit({ ...place(), mode: 'TRANSACTIONAL', transaction, mutations })

  test('a change waits until it ends, and others do not', async () => {
    for (const sid of ['held', 'free']) await patient.call('create', sid, '{}')
    const transaction = holding(rowOf('Session', 'held'))
    let isSaved = false
    const saving = patient.call<{ state: string }>('assign', 'held', { a: 1 }).then((saved) => {
      isSaved = true
      return saved
    })
    expect(await patient.call('assign', 'free', { a: 1 })).toMatchObject({ state: 'saved' })
    expect(dataOf(await patient.call('load', 'held'))).toEqual({})
    expect(isSaved).toBe(false)
    await end(transaction)
    expect(await saving).toMatchObject({ state: 'saved' })
    expect(dataOf(await patient.call('load', 'held'))).toEqual({ a: 1 })
  })

  test('a change fails when storeTimeout is over, and is not made later', async () => {
    await patient.call('create', 'long', '{}')
    const transaction = holding(rowOf('Session', 'long'))
    const began = performance.now()
    // The second one waits behind the first, in the same process.
    const message = expect.stringMatching(/The session could not be saved: .*Transaction lock timeout/)
    for (const saved of await Promise.allSettled([1, 2].map((n) => hasty.call('assign', 'long', { late: n }))))
      expect(saved).toMatchObject({ status: 'rejected', reason: { message } })
    expect(performance.now() - began).toBeLessThan(5000)
    await end(transaction)
    await patient.call('assign', 'long', { b: 1 })
    expect(dataOf(await hasty.call('load', 'long'))).toEqual({ b: 1 })
  })

  test('logins wait for their user, and come after what it has written there', async () => {
    expect(await patient.call('logins', 'bob', 0, 1)).toEqual([0])
    const user = rowOf('SessionUser', 'bob')
    const transaction = holding(user, rowOf('Session', 'bob 0'))
    const logins = Promise.all([patient.call<number[]>('logins', 'bob', 1, 4), patient.call('countFor', 'bob')])
    const [{ entity }] = data.engine.lookup({ ...place(), keys: [user] }).found as [{ entity: object }]
    await end(transaction, [{ update: entity }])
    expect(await logins).toEqual([numbers(4), 1])
    expect(await patient.call('countFor', 'bob')).toBe(5)
  })
})
