// The ways to Datastore's calls: the engine in this process, and over gRPC the official client and a connection without it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { closeDatastore, openDatastore, openEmbedded } from '../../../../lib/datastore/client.ts'
import { connectToEmulator } from '../../../../lib/datastore/google/connection.ts'
import { startDatastoreServer } from '../../../../lib/datastore/server/server.ts'
import { SessionDatastore } from '../../../../lib/ext/session/repository/datastore-adapter.ts'
import {
  clientCalls,
  connectionCalls,
  type DatastoreCalls,
  engineCalls,
} from '../../../../lib/ext/session/repository/datastore-calls.ts'
import { nothing } from '../../../../lib/ext/session/repository/transactions.ts'
import { type Step, steps } from '../../../../lib/internal/tracing.ts'
import { startFakeGrpc } from '../../../support/fake-grpc.ts'
import { startProgram } from '../../../support/process.ts'

process.env.METADATA_SERVER_DETECTION = 'none'

type Way = (namespace?: string) => Promise<{ calls: DatastoreCalls; close(): Promise<void> }>

const data = openEmbedded({ memory: true })
let server: Awaited<ReturnType<typeof startDatastoreServer>>
beforeAll(async () => {
  server = await startDatastoreServer({ port: 0, memory: true })
})
afterAll(async () => {
  data.engine.close()
  await server.close()
})

const ways: Record<string, Way> = {
  'by the engine': async (namespace) => ({
    calls: engineCalls({ ...data, place: { ...data.place, namespace } }),
    close: async () => {},
  }),
  'by the official client': async (namespace) => {
    process.env.DATASTORE_EMULATOR_HOST = `127.0.0.1:${server.port}`
    const datastore = await openDatastore({ mode: 'cloud', projectId: 'tipfy', namespace })
    delete process.env.DATASTORE_EMULATOR_HOST
    return { calls: clientCalls(datastore), close: () => closeDatastore(datastore) }
  },
}

const withoutNamespace: Record<string, Way> = {
  'by a connection without the client': async () => {
    const connection = connectToEmulator(`127.0.0.1:${server.port}`, 'another')
    return { calls: connectionCalls(connection), close: async () => connection.close() }
  },
}

const row = { version: 1, created: 1, updated: 2, expires: 4e12, data: '{}', commits: ['t'], stamp: null }

async function insert(rows: SessionDatastore, names: Record<string, string | null>): Promise<void> {
  const writes = Object.entries(names).map(([id, username]) => ({
    op: 'insert' as const,
    id,
    row: { ...row, username },
  }))
  await rows.commit(writes, nothing, 5000)
}

describe.each(Object.entries({ ...ways, ...withoutNamespace }))('%s', (_, open) => {
  test('records are listed in pages, all of them or those of one user, and found by the user', async () => {
    const { calls, close } = await open()
    const rows = new SessionDatastore(calls, { kind: 'Paged' })
    await insert(rows, { a: 'ann', b: null, c: 'ann', d: 'bob', e: 'ann' })
    const pages: string[][] = []
    for (let after: string | undefined; ; ) {
      const { rows: found, next } = await rows.page({ limit: 2, after }, 5000)
      pages.push([...found.keys()])
      if (next === null) break
      after = next
    }
    expect(pages).toEqual([['a', 'b'], ['c', 'd'], ['e']])
    const first = await rows.page({ limit: 2, user: 'ann' }, 5000)
    expect([...first.rows.keys()]).toEqual(['a', 'c'])
    const rest = await rows.page({ limit: 2, user: 'ann', after: first.next! }, 5000)
    expect({ ids: [...rest.rows.keys()], next: rest.next }).toEqual({ ids: ['e'], next: null })
    expect((await rows.find('ann', 5000)).sort()).toEqual(['a', 'c', 'e'])
    expect(await rows.find('nobody', 5000)).toEqual([])
    await close()
  })

  test('each call is a step of the request that makes it', async () => {
    const { calls, close } = await open()
    const seen: Step[] = []
    const note = (step: unknown) => seen.push(step as Step)
    steps.subscribe(note)
    const rows = new SessionDatastore(calls, { kind: 'Traced' })
    await insert(rows, { a: 'ann' })
    await rows.find('ann', 5000)
    await expect(insert(rows, { a: 'ann' })).rejects.toMatchObject({ name: 'PortError', reason: 'outdated' })
    steps.unsubscribe(note)
    expect(seen.map(({ name, error }) => [name, error === undefined])).toEqual([
      ['commit Traced', true],
      ['runQuery Traced', true],
      ['commit Traced', false],
    ])
    expect(seen.every(({ end }) => end !== null)).toBe(true)
    await close()
  })
})

test.each(Object.entries(ways))('the namespace of the client holds the records: %s', async (_, open) => {
  const [one, other] = [await open('one'), await open('other')]
  const rows = new SessionDatastore(one.calls, { kind: 'Spaced' })
  await insert(rows, { a: 'ann' })
  expect(await rows.find('ann', 5000)).toEqual(['a'])
  const elsewhere = new SessionDatastore(other.calls, { kind: 'Spaced' })
  expect(await elsewhere.find('ann', 5000)).toEqual([])
  expect((await elsewhere.read(['a'], null, 5000)).sessions.size).toBe(0)
  await Promise.all([one.close(), other.close()])
})

test('sessions that are read in one turn over a connection share a call, those of a transaction do not', async () => {
  const fake = await startFakeGrpc(() => new Uint8Array(0))
  const connection = connectToEmulator(fake.host, 'p')
  const rows = new SessionDatastore(connectionCalls(connection), { kind: 'Shared' })
  const transaction = await rows.begin(5000)
  fake.calls.length = 0
  await Promise.all(['a', 'b', 'c'].map((id) => rows.read([id], null, 5000)))
  await Promise.all([rows.read(['a', 'b'], null, 5000), transaction.read(['a'], null, 5000)])
  const namesIn = (message: Buffer) => message.toString('latin1').match(/(?<=Shared[^a-z]+)[abc]/g)
  expect(fake.calls.map(({ message }) => namesIn(message)!.join(''))).toEqual(['abc', 'ab', 'a'])
  connection.close()
  await fake.close()
})

test('sessions that are read in one turn over a connection are each as stored, and each read is a step', async () => {
  const connection = connectToEmulator(`127.0.0.1:${server.port}`, 'tipfy')
  const rows = new SessionDatastore(connectionCalls(connection), { kind: 'Together' })
  await insert(rows, { a: 'ann', b: 'bob' })
  const seen: string[] = []
  const note = (step: unknown) => seen.push((step as Step).name)
  steps.subscribe(note)
  const [a, b, none] = await Promise.all(['a', 'b', 'c'].map((id) => rows.read([id], null, 5000)))
  steps.unsubscribe(note)
  expect(a!.sessions).toMatchObject(new Map([['a', { username: 'ann' }]]))
  expect(b!.sessions).toMatchObject(new Map([['b', { username: 'bob' }]]))
  expect(none!.sessions.size).toBe(0)
  expect(seen).toEqual(Array.from({ length: 3 }, () => 'lookup Together'))
  connection.close()
})

/** Returns the packages that an application with stored sessions loads. */
async function packagesLoaded(env: Record<string, string> = {}): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tipfy-loads-'))
  const program = startProgram(join(import.meta.dirname, 'loads-child.ts'), [folder], env)
  expect((await program.line(/^response (.*)$/))[1]).toBe('2')
  const loaded = (await program.line(/^loaded (.*)$/))[1]!.split(' ')
  expect(await program.ended()).toBe(0)
  rmSync(folder, { recursive: true })
  expect(loaded).toContain('cookie-signature') // packages are seen
  return loaded
}

test('embedded sessions load no package of Google’s, and no cache client', async () => {
  expect((await packagesLoaded()).filter((name) => /google|grpc|proto|gax|memjs|cache/.test(name))).toEqual([])
})

test('sessions on an emulator load grpc-js and the messages, but neither the official client nor what it needs beside them', async () => {
  const cloud = { DATASTORE_EMULATOR_HOST: `127.0.0.1:${server.port}` }
  const loaded = await packagesLoaded(cloud)
  expect(loaded).toEqual(expect.arrayContaining(['@grpc/grpc-js', '@google-cloud/datastore-api']))
  expect(
    loaded.filter((name) => /^(@google-cloud.datastore|google-auth-library|@grpc.proto-loader)$/.test(name)),
  ).toEqual([])
  expect(await packagesLoaded({ ...cloud, GOOGLE_SDK_NODE_LOGGING: 'nothing' })).toContain('@google-cloud/datastore')
})
