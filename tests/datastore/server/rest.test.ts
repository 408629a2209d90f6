// The HTTP front of the local Datastore: what clients say that speak no gRPC, in JSON and in protobuf.
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { messageTypes, read, write } from '../../../lib/datastore/google/message-types.ts'
import { type DatastoreServer, startDatastoreServer } from '../../../lib/datastore/index.ts'

let server: DatastoreServer

beforeAll(async () => {
  server = await startDatastoreServer({ port: 0, memory: true })
  const mutations = [{ upsert: { key: key('a'), properties: values } }]
  const [status, committed] = await say('p:commit', { mode: 'NON_TRANSACTIONAL', mutations })
  expect([status, committed]).toMatchObject([200, { mutationResults: [{ version: expect.any(String) }] }])
})

afterAll(() => server.close())

function post(path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) {
  return fetch(`http://127.0.0.1:${server.port}/v1/projects/${path}`, { method: 'POST', body, headers })
}

async function say(path: string, body: object | string): Promise<[status: number, answer: unknown]> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await post(path, text, { 'content-type': 'application/json' })
  return [answer.status, await answer.json()]
}

const key = (name: string) => ({ path: [{ kind: 'K', name }] })

/** The properties of the entity `a`, which is there from the start. */
const values = {
  text: { stringValue: 'x', excludeFromIndexes: true },
  int: { integerValue: '9223372036854775807' },
  double: { doubleValue: 'Infinity' },
  yes: { booleanValue: true },
  nothing: { nullValue: null },
  time: { timestampValue: '2020-01-02T03:04:05.678901Z' },
  bytes: { blobValue: 'AQL/' },
  place: { geoPointValue: { latitude: 1.5, longitude: -2 } },
  key: { keyValue: { partitionId: { projectId: 'p', namespaceId: 'n' }, ...key('b') } },
  inner: { entityValue: { properties: { n: { integerValue: '1' } } } },
  list: { arrayValue: { values: [{ integerValue: '1' }, { stringValue: 'a' }] } },
}

describe('in JSON', () => {
  test('values of all types come back as they were', async () => {
    const [, found] = await say('p:lookup', { keys: [key('a'), key('none')] })
    expect(found).toMatchObject({
      found: [{ entity: { properties: values } }],
      missing: [{ entity: { key: key('none') } }],
    })
  })

  test('a query is asked with numbers as they are, and with the names of the protocol itself', async () => {
    const filter = { propertyFilter: { property: { name: 'yes' }, op: 'EQUAL', value: { booleanValue: true } } }
    const query = { kind: [{ name: 'K' }], filter, limit: 1 }
    const [, answer] = await say('p:runQuery', { query })
    expect(answer).toMatchObject({
      batch: { entityResultType: 'FULL', entityResults: [{ entity: { key: key('a') } }] },
    })
    const snake = { property_filter: { ...filter.propertyFilter, value: { boolean_value: true } } }
    expect((await say('p:runQuery', { query: { ...query, filter: snake } }))[1]).toMatchObject({
      batch: { entityResults: [{ entity: { key: key('a') } }] },
    })
    const aggregations = [{ alias: 'n', count: { upTo: '5' } }]
    const [, counted] = await say('p:runAggregationQuery', { aggregationQuery: { nestedQuery: query, aggregations } })
    expect(counted).toMatchObject({
      batch: { aggregationResults: [{ aggregateProperties: { n: { integerValue: '1' } } }] },
    })
  })

  test('a transaction begins with an empty body', async () => {
    const [status, begun] = await say('p:beginTransaction', '')
    expect([status, begun]).toEqual([200, { transaction: expect.any(String) }])
    expect(await say('p:rollback', begun as object)).toEqual([200, {}])
    expect(await say('p:rollback', begun as object)).toMatchObject([400, { error: { status: 'INVALID_ARGUMENT' } }])
  })

  test('what is refused has the status of HTTP, the code and the reason', async () => {
    const commit = (operation: object) => say('p:commit', { mode: 'NON_TRANSACTIONAL', mutations: [operation] })
    expect(await commit({ insert: { key: key('a') } })).toEqual([
      409,
      { error: { code: 409, message: 'entity already exists: [K: "a"]', status: 'ALREADY_EXISTS' } },
    ])
    expect(await commit({ update: { key: key('none') } })).toMatchObject([404, { error: { status: 'NOT_FOUND' } }])
    for (const wrong of ['{bad', '[]', 'null', { keys: 'x' }, { kees: [] }, { keys: [{ path: [{ sort: 'K' }] }] }])
      expect(await say('p:lookup', wrong)).toMatchObject([400, { error: { status: 'INVALID_ARGUMENT' } }])
    expect((await post('p:nothing', '{}', {})).status).toBe(404)
    expect((await fetch(`http://127.0.0.1:${server.port}/v1/projects/p:lookup`)).status).toBe(404)
  })

  test('projects are apart', async () => {
    expect((await say('q:lookup', { keys: [key('a')] }))[1]).toMatchObject({ missing: [{ entity: { key: key('a') } }] })
  })
})

describe('in protobuf', () => {
  const types = messageTypes()
  const headers = { 'content-type': 'application/x-protobuf' }
  const lookup = (keys: object[]) => Uint8Array.from(write(types['LookupRequest']!, { keys }))

  test('a lookup is answered, also to a compressed request', async () => {
    for (const [body, more] of [
      [lookup([key('a')]), {}],
      [Uint8Array.from(gzipSync(lookup([key('a')]))), { 'content-encoding': 'gzip' }],
    ] as const) {
      const answer = await post('p:lookup', body, { ...headers, ...more })
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-protobuf'])
      expect(read(types['LookupResponse']!, new Uint8Array(await answer.arrayBuffer()))).toMatchObject({
        found: [{ entity: { key: key('a') } }],
      })
    }
  })

  test('a refusal is a google.rpc.Status', async () => {
    const answer = await post('p:lookup', lookup([{ path: [{ kind: 'K' }] }]), headers)
    const text = 'Key path element must not be incomplete: [K: ]'
    const bytes = Buffer.from(await answer.arrayBuffer()).toString('latin1')
    expect([answer.status, bytes]).toEqual([400, `\x08\x03\x12${String.fromCharCode(text.length)}${text}`])
    const long = await post('p:lookup', lookup([{ path: [{ kind: 'K'.repeat(300) }] }]), headers)
    const body = Buffer.from(await long.arrayBuffer())
    expect((body[3]! & 127) + (body[4]! << 7)).toBe(body.length - 5)
    expect((await post('p:lookup', Uint8Array.of(255, 255), headers)).status).toBe(400)
  })
})
