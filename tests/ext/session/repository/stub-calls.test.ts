// The calls of the official client, by its own way and below it, and those of a connection without it: Datastore must see no
// difference, and neither must the repository.
import type { Datastore } from '@google-cloud/datastore'
import { afterEach, describe, expect, test } from '@jest/globals'
import { closeDatastore, type DatastoreOptions, openDatastore } from '../../../../lib/datastore/client.ts'
import { internalsOf, transportName } from '../../../../lib/datastore/google/client-internals.ts'
import { connectToEmulator } from '../../../../lib/datastore/google/connection.ts'
import { StubCalls } from '../../../../lib/datastore/google/stub-calls.ts'
import { SessionDatastore } from '../../../../lib/ext/session/repository/datastore-adapter.ts'
import {
  clientCalls,
  connectionCalls,
  type DatastoreCalls,
  requestCalls,
} from '../../../../lib/ext/session/repository/datastore-calls.ts'
import type { DatastorePort, SessionRow, Snapshot } from '../../../../lib/ext/session/repository/ports.ts'
import { nothing } from '../../../../lib/ext/session/repository/transactions.ts'
import { type Step, steps } from '../../../../lib/internal/tracing.ts'
import { type GrpcCall, type GrpcResponse, startFakeGrpc } from '../../../support/fake-grpc.ts'

process.env.METADATA_SERVER_DETECTION = 'none'

const row: SessionRow = {
  version: 3,
  created: 1_700_000_000_123,
  updated: 1_700_000_000_124,
  expires: 4e12,
  data: '{"text":"ä€😀"}',
  username: 'ann',
  commits: ['one', 'two'],
  stamp: '1764484800000001',
}
const snapshot: Snapshot = { sessions: new Map([['a', row]]), user: null }
const closings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close()
})

interface Opened {
  calls: GrpcCall[]
  datastore: Datastore
  host: string
}

async function open(respond: (calls: GrpcCall[]) => GrpcResponse, place: DatastoreOptions = {}): Promise<Opened> {
  const server = await startFakeGrpc(respond)
  process.env.DATASTORE_EMULATOR_HOST = server.host
  const datastore = await openDatastore({ mode: 'cloud', projectId: 'p', ...place })
  delete process.env.DATASTORE_EMULATOR_HOST
  closings.push(server.close, () => closeDatastore(datastore))
  return { calls: server.calls, datastore, host: server.host }
}

/** Has the client make its transport, and its calls find it. */
async function warm(calls: DatastoreCalls): Promise<void> {
  for (let n = 0; n < 2; n++) await calls.call('rollback', {}, 5000).catch(() => {})
  await new Promise((resolve) => setImmediate(resolve))
}

interface Way {
  way: DatastoreCalls
  close(): Promise<void>
}

const byClient =
  (callsOf: (datastore: Datastore) => DatastoreCalls) =>
  ({ datastore }: Opened): Way => ({ way: callsOf(datastore), close: () => closeDatastore(datastore) })

function byConnection({ host }: Pick<Opened, 'host'>, projectId = 'p'): Way {
  const connection = connectToEmulator(host, projectId)
  const close = async () => connection.close()
  closings.push(close)
  return { way: connectionCalls(connection), close }
}

const clientWays: [string, (opened: Opened) => Way][] = [
  ["by the client's own way", byClient(requestCalls)],
  ['below it', byClient(clientCalls)],
]
const ways: typeof clientWays = [...clientWays, ['by a connection without it', byConnection]]

const empty = new Uint8Array(0)

/** Makes each kind of call that the repository makes. */
async function makeAll(port: DatastorePort): Promise<void> {
  await port.read(['a', 'b'], 'ann', 5000)
  await port.commit([{ op: 'insert', id: 'a', row }], nothing, 5000)
  await port.commit([{ op: 'update', id: 'a', row: { ...row, data: null, username: null } }], snapshot, 5000)
  await port.commit([{ op: 'delete', id: 'a' }], snapshot, 5000)
  const transaction = await port.begin(5000)
  await transaction.read(['a'], null, 5000)
  await transaction.commit([{ op: 'update', id: 'a', row }], snapshot, 5000)
  await port.find('ann', 5000).catch(() => {}) // the empty response has no batch
}

/** What a server saw of all kinds of calls, but for what the clock and the port differ in. */
async function seenOf(opened: Opened, { way }: Way): Promise<object[]> {
  await warm(way)
  opened.calls.length = 0
  await makeAll(new SessionDatastore(way, { kind: 'Session' }))
  for (const { headers } of opened.calls) expect(headers['grpc-timeout']).toMatch(/^[1-5]\d{3}m$|^[1-5]S$/)
  const unlike = { 'grpc-timeout': undefined, ':authority': undefined }
  return opened.calls.map(({ headers, message }) => ({ ...headers, ...unlike, message: message.toString('hex') }))
}

test.each<DatastoreOptions>([
  {},
  { databaseId: 'other', namespace: 'ns' },
  { projectId: 'p q/ä' },
])('Datastore sees the same requests and headers each way: %j', async (place) => {
  const seen: object[][] = []
  for (const [, wayOf] of clientWays) {
    const opened = await open(() => empty, place)
    seen.push(await seenOf(opened, wayOf(opened)))
  }
  if (place.databaseId === undefined) {
    const opened = await open(() => empty)
    seen.push(await seenOf(opened, byConnection(opened, place.projectId)))
  }
  expect(seen[0]).toHaveLength(8)
  for (const other of seen.slice(1)) expect(other).toEqual(seen[0])
  expect(seen[0]![0]).toHaveProperty('x-goog-request-params', expect.stringMatching(/^project_id=p/))
  expect(seen[0]![0]).toHaveProperty('x-goog-api-client', expect.stringContaining('gapic/'))
})

test('a call makes no stack for grpc-js, and leaves the limit of stacks as it was, also where it cannot be made', async () => {
  const { host } = await open(() => ({ code: 14 }))
  const { way, close } = byConnection({ host })
  const { stackTraceLimit } = Error
  const failed = way.call('commit', { mutations: [] }, 5000)
  expect(Error.stackTraceLimit).toBe(stackTraceLimit)
  await expect(failed).rejects.toMatchObject({
    code: 14,
    stack: expect.stringContaining('for call at\nno stack trace'),
  })
  await close()
  const closed = way.call('commit', { mutations: [] }, 5000)
  expect(Error.stackTraceLimit).toBe(stackTraceLimit)
  await expect(closed).rejects.toThrow()
})

test('from the second call on the layers above the connections are left out', async () => {
  const { datastore } = await open(() => empty)
  const calls = clientCalls(datastore)
  await warm(calls)
  const transport = internalsOf(datastore).clients_.get(transportName) as { lookup: unknown }
  transport.lookup = () => {
    throw new Error('called')
  }
  expect(await calls.call('lookup', { keys: [] }, 5000)).toMatchObject({ found: [] })
})

describe.each(ways)('%s', (_, wayOf) => {
  test.each([
    [10, 'conflict'],
    [14, 'unknown'],
    [4, 'unknown'],
    [8, 'busy'],
    [9, 'outdated'],
    [7, 'refused'],
    [16, 'refused'],
  ])('a commit that ends with status %i is made once, and rejects as %s', async (code, reason) => {
    const opened = await open(() => ({ code, details: 'as the server says' }))
    const { calls } = opened
    const { way } = wayOf(opened)
    await warm(way)
    calls.length = 0
    const commit = new SessionDatastore(way, { kind: 'Session' }).commit(
      [{ op: 'update', id: 'a', row }],
      snapshot,
      5000,
    )
    await expect(commit).rejects.toMatchObject({
      name: 'PortError',
      reason,
      message: expect.stringContaining('as the server says'),
      cause: { code, details: 'as the server says' },
    })
    expect(calls).toHaveLength(1)
  })

  test('a call without a response ends at its deadline', async () => {
    let isSilent = false
    const { way } = wayOf(await open(() => (isSilent ? 'silence' : empty)))
    await warm(way)
    isSilent = true
    await expect(way.call('lookup', { keys: [] }, 50)).rejects.toMatchObject({ code: 4 })
  })

  test('a response that is no message is an unknown outcome', async () => {
    let isBroken = false
    const { way } = wayOf(await open(() => (isBroken ? Uint8Array.of(0x0a, 0xff) : empty)))
    await warm(way)
    isBroken = true
    const commit = new SessionDatastore(way, { kind: 'Session' }).commit(
      [{ op: 'update', id: 'a', row }],
      snapshot,
      5000,
    )
    await expect(commit).rejects.toMatchObject({ reason: 'unknown', cause: { code: 13 } })
  })

  test('a client that was closed is not called', async () => {
    const opened = await open(() => empty)
    const { calls } = opened
    const { way, close } = wayOf(opened)
    await warm(way)
    await close()
    calls.length = 0
    const read = new SessionDatastore(way, { kind: 'Session' }).read(['a'], null, 5000)
    await expect(read).rejects.toMatchObject({ name: 'PortError', reason: 'refused' })
    expect(calls).toHaveLength(0)
  })

  test('each call is one step', async () => {
    const { way } = wayOf(await open(() => empty))
    await warm(way)
    const seen: string[] = []
    const note = (step: unknown) => seen.push((step as Step).name)
    steps.subscribe(note)
    await way.call('lookup', { keys: [{ path: [{ kind: 'Session', name: 'a' }] }] }, 5000)
    steps.unsubscribe(note)
    expect(seen).toEqual(['lookup Session'])
  })
})

test.each<[string, () => Promise<Opened>]>([
  [
    'in this process',
    async () => ({ calls: [], datastore: await openDatastore({ mode: 'embedded', memory: true }), host: '' }),
  ],
  [
    'with Google’s own log of calls',
    async () => {
      const opened = await open(() => empty)
      process.env.GOOGLE_SDK_NODE_LOGGING = 'nothing'
      closings.push(async () => delete process.env.GOOGLE_SDK_NODE_LOGGING)
      return opened
    },
  ],
  [
    'with Google’s own tracing',
    async () => {
      const opened = await open(() => empty)
      Object.assign(internalsOf(opened.datastore).options, { enableTelemetryTracing: true })
      return opened
    },
  ],
])('a client %s keeps its own way', async (_, opened) => {
  const { datastore } = await opened()
  await clientCalls(datastore)
    .call('lookup', { keys: [] }, 5000)
    .catch(() => {})
  expect(await StubCalls.of(datastore)).toBeUndefined()
})
