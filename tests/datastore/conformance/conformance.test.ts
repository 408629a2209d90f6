// Every case of conformance/, through the official client over gRPC, on this engine and on Google's emulator where there
// is one: the answers are equal, or the case lists what the emulator answers instead and the documentation that decides.
import { Datastore } from '@google-cloud/datastore'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { closeTransports } from '../../../lib/datastore/google/client-internals.ts'
import { startDatastoreServer } from '../../../lib/datastore/server/server.ts'
import { emulatorFound, startEmulator } from '../../support/emulator.ts'
import { Api, type Case } from './api.ts'
import { cases } from './cases.ts'

// There is nobody to authenticate to; searching for a metadata server would cost a second.
process.env['METADATA_SERVER_DETECTION'] = 'none'

/** Runs all cases on a server; each has a namespace of its own. */
function runOn(start: () => Promise<{ port: number; close(): Promise<void> }>, wanted: (one: Case) => unknown): void {
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

  test.each(cases.map((one, i) => ({ ...one, i })))('$name', async (one) => {
    const seen = await one.run(new Api(datastore, projectId, `case-${one.i}`)).catch((error: Error) => error.name)
    expect(seen).toEqual(wanted(one))
  })
}

describe('the engine', () => {
  runOn(
    () => startDatastoreServer({ port: 0, memory: true }),
    (one) => one.want,
  )

  test('has no two cases of one name', () => {
    expect(cases.filter(({ name }, i) => cases.findIndex((other) => other.name === name) !== i)).toEqual([])
  })
})

;(emulatorFound ? describe : describe.skip)("Google's emulator", () => {
  runOn(
    () => startEmulator(),
    (one) => (one.emulator ? one.emulator.answers : one.want),
  )
})
