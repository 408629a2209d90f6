// The gRPC front of the local Datastore, spoken to in HTTP/2: what clients of other languages may send, and what they are told.
import { once } from 'node:events'
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2'
import { deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { messageTypes, read, write } from '../../../lib/datastore/google/message-types.ts'
import { type DatastoreServer, startDatastoreServer } from '../../../lib/datastore/index.ts'

const types = messageTypes()
let server: DatastoreServer
let session: ClientHttp2Session

beforeAll(async () => {
  server = await startDatastoreServer({ port: 0, memory: true })
  session = connect(`http://127.0.0.1:${server.port}`, { maxSessionMemory: 1000 })
})

afterAll(async () => {
  session.destroy()
  await server.close()
})

interface Answer {
  status: number | undefined
  code: string | undefined
  message: string | undefined
  body: Buffer
}

function ask(method: string, body: Uint8Array, headers: object = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': `/google.datastore.v1.Datastore/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    })
    const chunks: Buffer[] = []
    let told: IncomingHttpHeaders = {}
    let status: number | undefined
    stream.on('response', (head) => {
      status = head[':status']
      told = head
    })
    stream.on('trailers', (trailers) => {
      told = trailers
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', reject)
    stream.on('end', () => {
      const message = told['grpc-message'] as string | undefined
      resolve({ status, code: told['grpc-status'] as string | undefined, message, body: Buffer.concat(chunks) })
    })
    stream.end(body)
  })
}

function framed(message: Uint8Array, compressed = 0): Buffer {
  const head = Buffer.alloc(5, compressed)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

const key = { path: [{ kind: 'K', name: 'a' }] }
const lookup = write(types['LookupRequest']!, { projectId: 'p', keys: [key] })

test('a message is answered by one, compressed or not', async () => {
  for (const [body, encoding] of [
    [framed(lookup), 'identity'],
    [framed(gzipSync(lookup), 1), 'gzip'],
    [framed(deflateSync(lookup), 1), 'deflate'],
  ] as const) {
    const { status, code, body: answer } = await ask('Lookup', body, { 'grpc-encoding': encoding })
    expect([status, code, answer[0], answer.readUInt32BE(1)]).toEqual([200, '0', 0, answer.length - 5])
    expect(read(types['LookupResponse']!, answer.subarray(5))).toMatchObject({ missing: [{ entity: { key } }] })
  }
})

test('a refusal tells its code, and its reason in what a header may have', async () => {
  const wrong = write(types['LookupRequest']!, { projectId: 'p', keys: [{ path: [{ kind: '50 % Käse\n' }] }] })
  expect(await ask('Lookup', framed(wrong))).toMatchObject({
    status: 200,
    code: '3',
    message: 'Key path element must not be incomplete: [50 %25 K%C3%A4se%0A: ]',
  })
})

test('what is no call is refused, and the connection goes on', async () => {
  expect(await ask('Other', framed(lookup))).toMatchObject({ status: 200, code: '12' })
  expect(await ask('Lookup', framed(lookup), { 'content-type': 'text/plain' })).toMatchObject({ status: 415 })
  expect(await ask('Lookup', framed(lookup, 1), { 'grpc-encoding': 'snappy' })).toMatchObject({ code: '12' })
  expect(await ask('Lookup', framed(Buffer.from('no gzip'), 1), { 'grpc-encoding': 'gzip' })).toMatchObject({
    code: '3',
  })
  for (const body of [Buffer.alloc(0), Buffer.alloc(3), framed(lookup).subarray(0, 9), framed(Buffer.of(255, 255))])
    expect(await ask('Lookup', body)).toMatchObject({ code: '3' })
  expect(await ask('Lookup', framed(lookup))).toMatchObject({ code: '0' })
})

test('more than any message may have is refused, packed or not', async () => {
  const large = Buffer.alloc(13 * 1024 * 1024)
  expect(await ask('Lookup', framed(large))).toMatchObject({ code: '8' })
  expect(await ask('Lookup', framed(gzipSync(large), 1), { 'grpc-encoding': 'gzip' })).toMatchObject({ code: '3' })
})

test('a call that was given up is forgotten, and the connection goes on', async () => {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/google.datastore.v1.Datastore/Lookup',
    'content-type': 'application/grpc',
  })
  stream.on('error', () => {})
  stream.write(framed(lookup).subarray(0, 9))
  await new Promise((resolve) => session.ping((_error, duration) => resolve(duration)))
  stream.close(8)
  expect(await ask('Lookup', framed(lookup))).toMatchObject({ code: '0' })
})

test('large messages go each way, and those that nobody reads yet do not stop the calls after them', async () => {
  const properties = { big: { stringValue: 'x'.repeat(1_000_000), excludeFromIndexes: true } }
  const keys = Array.from({ length: 30 }, (_, i) => ({ path: [{ kind: 'Big', id: String(i + 1) }] }))
  const saved = keys.map((key) => {
    const request = { projectId: 'p', mode: 'NON_TRANSACTIONAL', mutations: [{ upsert: { key, properties } }] }
    return ask('Commit', framed(write(types['CommitRequest']!, request)))
  })
  expect(new Set((await Promise.all(saved)).map(({ code }) => code))).toEqual(new Set(['0']))
  const lookups = keys.map((key) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/google.datastore.v1.Datastore/Lookup',
      'content-type': 'application/grpc',
    })
    stream.end(framed(write(types['LookupRequest']!, { projectId: 'p', keys: [key] })))
    return stream
  })
  await Promise.all(lookups.map((stream) => once(stream, 'response')))
  expect(await ask('Lookup', framed(lookup))).toMatchObject({ code: '0' })
  const sizes = lookups.map(async (stream) => {
    let size = 0
    for await (const chunk of stream) size += (chunk as Buffer).length
    return size
  })
  expect(Math.min(...(await Promise.all(sizes)))).toBeGreaterThan(1_000_000)
})
