// Every case of conformance/, through the official client over gRPC, on this engine and on Google's emulator where there
// is one: the answers are equal, or the case lists what the emulator answers instead and the documentation that decides.
import { Datastore } from '@google-cloud/datastore'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startDatastoreServer } from '../../lib/datastore/server/server.ts'
import { Api, type Case } from './conformance/api.ts'
import { cases } from './conformance/cases.ts'
import { emulatorJar, startEmulator } from './emulator.ts'

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
    const { clients_: clients } = datastore as unknown as { clients_: Map<string, { close(): Promise<void> }> }
    for (const client of clients.values()) await client.close()
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

const jar = emulatorJar()

;(jar ? describe : describe.skip)("Google's emulator", () => {
  runOn(
    () => startEmulator(jar!),
    (one) => (one.emulator ? one.emulator.answers : one.want),
  )
})
