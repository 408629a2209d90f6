// The private members of Google's client that we use: where a new version moves one, a test here names it.
import { Datastore } from '@google-cloud/datastore'
import { expect, test } from '@jest/globals'
import {
  closeTransports,
  describedProtos,
  generatedProtos,
  hasTransport,
  internalsOf,
  noCredentials,
  setTransports,
  strictReader,
  stubOf,
  transportName,
} from '../../../lib/datastore/google/client-internals.ts'

process.env.METADATA_SERVER_DETECTION = 'none'

const lookup = (gaxOpts = {}) => ({
  client: transportName,
  method: 'lookup',
  reqOpts: { keys: [] },
  gaxOpts,
})

/** A client whose transport keeps what it is called with. */
function clientWithTransport(): { datastore: Datastore; calls: unknown[][] } {
  const datastore = new Datastore({ projectId: 'p', namespace: 'n' })
  const calls: unknown[][] = []
  const transport = {
    lookup(request: object, options: object, callback: (error: null, response: object) => void) {
      calls.push([request, options])
      callback(null, { found: [], transaction: Buffer.from('t') })
    },
  }
  setTransports(datastore, new Map([[transportName, transport]]))
  return { datastore, calls }
}

test('clients_ holds the transports, and a transport that is set there is called', async () => {
  const { datastore, calls } = clientWithTransport()
  expect(internalsOf(new Datastore({ projectId: 'p' })).clients_).toBeInstanceOf(Map)
  await datastore.get(datastore.key(['K', 'a']))
  expect(calls).toHaveLength(1)
})

test('request_ of a client adds the project and passes on the options', async () => {
  const { datastore, calls } = clientWithTransport()
  const response = await new Promise((resolve, reject) => {
    internalsOf(datastore).request_(lookup({ timeout: 5 }), (error, found) => (error ? reject(error) : resolve(found)))
  })
  expect(response).toMatchObject({ found: [] })
  expect(calls).toEqual([
    [expect.objectContaining({ projectId: 'p', keys: [] }), expect.objectContaining({ timeout: 5 })],
  ])
})

test('request_ of a transaction adds the id that is set on it', async () => {
  const { datastore, calls } = clientWithTransport()
  const transaction = internalsOf(datastore.transaction())
  transaction.id = Buffer.from('t')
  await new Promise((resolve, reject) => {
    transaction.request_(lookup(), (error, found) => (error ? reject(error) : resolve(found)))
  })
  expect(calls).toEqual([
    [expect.objectContaining({ readOptions: { transaction: Buffer.from('t') } }), expect.anything()],
  ])
})

test('a client tells its namespace, its options and where it looks for credentials', () => {
  const { namespace, options, auth } = internalsOf(clientWithTransport().datastore)
  expect([namespace, typeof options, typeof auth.getClient, typeof auth.getProjectId]).toEqual([
    'n',
    'object',
    'function',
    'function',
  ])
})

test('a text of a message that is no UTF-8, or longer than the message, is not read as another', () => {
  for (const bytes of [
    [0x03, 0xed, 0xa0, 0x80],
    [0x02, 0xff, 0x41],
    [0x05, 0x41],
  ])
    expect(() => strictReader(Uint8Array.from(bytes)).string()).toThrow()
  expect(strictReader(Uint8Array.from([0x02, 0xc3, 0xa9])).string()).toBe('é')
})

test('the packages below the client are where we look for them', () => {
  expect(describedProtos()).toHaveProperty('nested.google.nested.datastore.nested.v1.nested.LookupRequest.fields')
  const { LookupRequest } = generatedProtos().google.datastore.v1 as Record<string, object>
  expect(LookupRequest).toHaveProperty('decode')
  expect(LookupRequest).toHaveProperty('encode')
  expect(noCredentials()).toMatchObject({ getRequestHeaders: expect.any(Function) })
})

test('a transport that has made a call tells its stub, and builds the metadata of its calls', async () => {
  const datastore = new Datastore({ projectId: 'p', apiEndpoint: '127.0.0.1:1' })
  expect(hasTransport(datastore)).toBe(false)
  const failed = new Promise((resolve) =>
    internalsOf(datastore).request_(lookup({ timeout: 1000, retry: null }), resolve),
  )
  expect(await failed).toMatchObject({ code: expect.any(Number) })
  expect(hasTransport(datastore)).toBe(true)
  const { stub, metadata } = (await stubOf(datastore, { 'x-goog-request-params': 'project_id=p' }))!
  expect(stub.makeUnaryRequest).toBeInstanceOf(Function)
  expect((metadata as { getMap(): object }).getMap()).toEqual({
    'x-goog-api-client': expect.stringContaining('gapic/'),
    'x-goog-request-params': 'project_id=p',
  })
  await closeTransports(datastore)
})
