// Asks every case of locking.ts of this engine in the pessimistic mode, and of Google's newer emulator where this machine has it.
import { isDeepStrictEqual } from 'node:util'
import { Datastore } from '@google-cloud/datastore'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { closeTransports } from '../../../lib/datastore/google/client-internals.ts'
import { startDatastoreServer } from '../../../lib/datastore/server/server.ts'
import { emulatorJar, startEmulator } from '../../support/emulator.ts'
import { Api } from './api.ts'
import { locking } from './locking.ts'

process.env['METADATA_SERVER_DETECTION'] = 'none'

/**
 * The emulator locks all of a kind for a query, where the documentation speaks of the results alone; and of two transactions in each
 * other's way it may abort both, after two seconds.
 */
const coarser = new Set([
  'of two transactions that read the same and write it, one is committed',
  'of two transactions that write what the other has read, one is committed',
  'a writer outside of what a query has read does not wait',
  'a writer behind the limit of a query does not wait',
])

describe.each(['the engine', "Google's Firestore emulator in Datastore mode"])('%s', (title) => {
  const isOurs = title === 'the engine'
  if (!isOurs && !emulatorJar('firestore')) {
    console.warn(`${title} is not on this machine: its locks are not checked.`)
    test.todo(`${title} is not on this machine`)
    return
  }
  let server: { port: number; close(): Promise<void> }
  let datastore: Datastore

  beforeAll(async () => {
    server = isOurs
      ? await startDatastoreServer({ port: 0, memory: true, concurrency: 'pessimistic' })
      : await startEmulator('firestore')
    datastore = new Datastore({ projectId: 'locking', apiEndpoint: `http://127.0.0.1:${server.port}` })
  })

  afterAll(async () => {
    await closeTransports(datastore)
    await server.close()
  })

  test.each(
    locking.filter(({ name }) => isOurs || !coarser.has(name)).map((one, i) => ({ ...one, i })),
  )('$name', async (one) => {
    const given = (round: number) => one.run(new Api(datastore, 'locking', `case-${one.i}-${round}`))
    let seen = await given(0)
    // On a busy machine, the emulator aborts commits that wait and have nothing against them.
    for (let round = 1; !isOurs && round < 3 && !isDeepStrictEqual(seen, one.want); round++) seen = await given(round)
    expect(seen).toEqual(one.want)
  })
})
