// Asks every case of conformance/ through the official client over gRPC: this engine, and each of Google's two emulators that this
// machine has. The answers are equal, or the difference is recorded with the document that decides.
import { Datastore } from '@google-cloud/datastore'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { closeTransports } from '../../../lib/datastore/google/client-internals.ts'
import { startDatastoreServer } from '../../../lib/datastore/server/server.ts'
import { type EmulatorName, emulatorJar, startEmulator } from '../../support/emulator.ts'
import { Api, type Case } from './api.ts'
import { cases } from './cases.ts'
import { firestore } from './firestore.ts'

// There is nobody to authenticate to; searching for a metadata server would cost a second.
process.env['METADATA_SERVER_DETECTION'] = 'none'

/** Runs all cases on a server; each has a namespace of its own. */
function runOn(
  start: () => Promise<{ port: number; close(): Promise<void> }>,
  wanted: (one: Case) => unknown,
  only = cases,
): void {
  let server: { port: number; close(): Promise<void> }
  let datastore: Datastore
  const projectId = `conformance-${process.pid}`

  beforeAll(async () => {
    server = await start()
    datastore = new Datastore({ projectId, apiEndpoint: `http://127.0.0.1:${server.port}` })
  })

  afterAll(async () => {
    await closeTransports(datastore)
    await server.close()
  })

  test.each(only.map((one, i) => ({ ...one, i })))('$name', async (one) => {
    const seen = await one.run(new Api(datastore, projectId, `case-${one.i}`)).catch((error: Error) => error.name)
    expect(seen).toEqual(wanted(one))
  })
}

describe('the engine', () => {
  runOn(
    () => startDatastoreServer({ port: 0, memory: true, concurrency: 'optimistic' }),
    (one) => one.want,
  )

  test('has no two cases of one name', () => {
    expect(cases.filter(({ name }, i) => cases.findIndex((other) => other.name === name) !== i)).toEqual([])
  })
})

/** Describes the same of an emulator, or says that it is not there. */
function describeEmulator(name: EmulatorName, title: string, wanted: (one: Case) => unknown, only: Case[]): void {
  if (emulatorJar(name)) describe(title, () => runOn(() => startEmulator(name), wanted, only))
  else console.warn(`${title} is not on this machine: what it answers is not checked, but recorded in conformance/.`)
}

describeEmulator(
  'datastore',
  "Google's Datastore emulator",
  (one) => (one.emulator ? one.emulator.answers : one.want),
  cases,
)

// It locks pessimistically: cases in which it would wait are not asked.
const asked = cases.filter(({ name }) => !Object.hasOwn(firestore, name) || firestore[name]!.answers !== undefined)

describeEmulator(
  'firestore',
  "Google's Firestore emulator in Datastore mode",
  ({ name, want }) => (Object.hasOwn(firestore, name) ? firestore[name]!.answers : want),
  asked,
)

test('every difference from an emulator is that of a case', () => {
  const names = new Set(cases.map(({ name }) => name))
  expect(Object.keys(firestore).filter((name) => !names.has(name))).toEqual([])
})
