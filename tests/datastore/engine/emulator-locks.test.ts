import type { Datastore } from '@google-cloud/datastore'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { closeDatastore, openDatastore } from '../../../lib/datastore/client.ts'
import { Engine } from '../../../lib/datastore/engine/engine.ts'
import { internalsOf, transportName } from '../../../lib/datastore/google/client-internals.ts'

let datastore: Datastore
beforeAll(async () => {
  datastore = await openDatastore({ mode: 'embedded', memory: true, lockWait: 20 })
})
afterAll(() => closeDatastore(datastore))

/** A call below the methods of the client; rejects with the status. */
function call<T>(method: string, reqOpts: object, client: object = datastore): Promise<T> {
  return new Promise((resolve, reject) => {
    internalsOf(client).request_({ client: transportName, method, reqOpts, gaxOpts: {} }, (error, response) =>
      error ? reject(error) : resolve(response as T),
    )
  })
}

interface Committed {
  mutationResults: { version: string; conflictDetected: boolean }[]
}

const key = (name: string) => ({ path: [{ kind: 'Thing', name }] })
const entity = (name: string, n: number) => ({ key: key(name), properties: { n: { integerValue: n } } })
const upsert = (name: string, n: number) => ({ mutations: [{ upsert: entity(name, n) }] })

/** Begins a transaction that reads `name`, by a call of its own or with the read. */
async function reading(name: string, byRead = false): Promise<object> {
  const transaction = datastore.transaction()
  if (byRead) {
    const readOptions = { newTransaction: {} }
    const response = await call<{ transaction: Uint8Array }>('lookup', { keys: [key(name)], readOptions })
    internalsOf(transaction).id = response.transaction
  } else {
    const begun = await call<{ transaction: Uint8Array }>('beginTransaction', { transactionOptions: { readWrite: {} } })
    internalsOf(transaction).id = begun.transaction
    await call('lookup', { keys: [key(name)] }, transaction)
  }
  return transaction
}

const lockTimeout = { code: 10, message: expect.stringContaining('lock timeout') }

test('a base version counts only with the strategy FAIL', async () => {
  const { mutationResults } = await call<Committed>('commit', upsert('a', 1))
  const baseVersion = mutationResults[0]!.version
  await call('commit', upsert('a', 2))
  const update = { update: entity('a', 3), baseVersion }
  const strict = call('commit', { mutations: [{ ...update, conflictResolutionStrategy: 'FAIL' }] })
  await expect(strict).rejects.toMatchObject({ code: 9 })
  const ignored = await call<Committed>('commit', { mutations: [update] })
  expect(ignored.mutationResults[0]!.conflictDetected).toBe(false)
})

test('a commit that waits for one gives up when its caller has no more time', async () => {
  const engine = new Engine({ memory: true, lockWait: 60_000 })
  const target = { projectId: 'p' }
  const { transaction } = engine.beginTransaction({ ...target, transactionOptions: { readWrite: {} } })
  engine.lookup({ ...target, keys: [key('a')], readOptions: { transaction } })
  await expect(engine.commit({ ...target, mode: 2, ...upsert('a', 1) }, 20)).rejects.toMatchObject({ code: 10 })
  engine.close()
})

test('a commit waits for a transaction that has read what it writes', async () => {
  const transaction = await reading('b')
  await expect(call('commit', upsert('b', 1))).rejects.toMatchObject(lockTimeout)
  await call('commit', upsert('b', 2), transaction)
  await call('commit', upsert('b', 3))
})

test('of two transactions that read the same entity neither can write it until the other is rolled back', async () => {
  const [one, two] = [await reading('c'), await reading('c')]
  const both = await Promise.allSettled([call('commit', upsert('c', 1), one), call('commit', upsert('c', 2), two)])
  expect(both).toMatchObject([{ reason: lockTimeout }, { reason: lockTimeout }])
  const waiting = call('commit', upsert('c', 3), one)
  await call('rollback', {}, two)
  await waiting
})

test('a transaction that was begun by a read cannot write what it read', async () => {
  const transaction = await reading('d', true)
  await expect(call('commit', upsert('d', 1), transaction)).rejects.toMatchObject(lockTimeout)
  await call('rollback', {}, transaction)
  await call('commit', upsert('d', 2))
})
