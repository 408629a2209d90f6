// Web pages neither write into the local Datastore nor read it; pages and programs of this machine do.
import { type IncomingHttpHeaders, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type DatastoreServer, startDatastoreServer } from '../../../lib/datastore/index.ts'

let server: DatastoreServer

beforeAll(async () => {
  server = await startDatastoreServer({ port: 0, memory: true, allowHost: ['datastore'] })
})

afterAll(() => server.close())

interface Received {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** Sends a request as it is: `fetch` sets headers of its own, and forbids others. */
function send(method: string, path: string, headers: Record<string, string>, body = '{}'): Promise<Received> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: server.port, method, path, headers: { connection: 'close', ...headers } }
    request(options, (response) => {
      let received = ''
      response.on('data', (chunk) => {
        received += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: received }))
    })
      .on('error', reject)
      .end(method === 'POST' ? body : undefined)
  })
}

const lookup = '/v1/projects/p:lookup'
const json = { 'content-type': 'application/json' }

describe('a request is served', () => {
  test.each([
    ['of a program, whatever its content type', { 'content-type': 'text/plain' }],
    ['of a program without any', {}],
    ['under localhost', { host: 'localhost:8081' }],
    ['under a name below localhost', { host: 'data.localhost' }],
    ['under an address', { host: '172.17.0.2:8081' }],
    ['under an allowed name', { host: 'Datastore:8081' }],
    ['of a page of this machine', { ...json, origin: 'http://localhost:3000', 'sec-fetch-site': 'cross-site' }],
    ['of a page of an allowed name', { ...json, origin: 'https://datastore' }],
    ['of a page of its own', { ...json, 'sec-fetch-site': 'same-origin' }],
  ])('%s', async (_, headers) => {
    expect((await send('POST', lookup, headers)).status).toBe(200)
  })
})

describe('a request is rejected', () => {
  test.each([
    ['under a name that was pointed here', 403, { host: 'evil.example:8081' }],
    ['under a name that begins like localhost', 403, { host: 'localhost.evil.example' }],
    ['of a foreign page', 403, { ...json, origin: 'https://evil.example' }],
    ['of a page of a foreign address', 403, { ...json, origin: 'http://203.0.113.5' }],
    ['of a page without an origin', 403, { ...json, origin: 'null' }],
    ['of a foreign page that tells no origin', 403, { ...json, 'sec-fetch-site': 'cross-site' }],
    ['of a form of this machine', 415, { origin: 'http://localhost:3000', 'content-type': 'text/plain' }],
    ['of a browser without a content type', 415, { 'sec-fetch-site': 'same-origin' }],
  ])('%s', async (_, status, headers) => {
    for (const path of [lookup, '/reset', '/']) {
      const received = await send('POST', path, headers)
      expect([received.status, JSON.parse(received.body).error.code]).toEqual([status, status])
    }
  })

  test('and its data stays', async () => {
    const entity = { key: { path: [{ kind: 'K', name: 'a' }] } }
    const commit = JSON.stringify({ mode: 'NON_TRANSACTIONAL', mutations: [{ upsert: entity }] })
    await send('POST', '/v1/projects/p:commit', json, commit)
    await send('POST', '/reset', { origin: 'https://evil.example' })
    expect((await send('POST', lookup, json, JSON.stringify({ keys: [entity.key] }))).body).toContain('"found"')
  })
})

test('a page of this machine may ask ahead, and read what it gets', async () => {
  const origin = 'http://localhost:3000'
  const asked = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type,x-goog-api-client',
  }
  const preflight = await send('OPTIONS', lookup, asked)
  expect([preflight.status, preflight.headers]).toMatchObject([
    200,
    {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET,HEAD,POST',
      'access-control-allow-headers': 'content-type,x-goog-api-client',
    },
  ])
  expect((await send('OPTIONS', lookup, { ...asked, origin: 'https://evil.example' })).status).toBe(403)
  const { headers } = await send('POST', lookup, { ...json, origin })
  expect(headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'origin' })
})

test('POST /reset deletes everything, in every project, and the past with it', async () => {
  const key = { path: [{ kind: 'K', name: 'a' }] }
  const commit = (project: string) =>
    send(
      'POST',
      `/v1/projects/${project}:commit`,
      json,
      JSON.stringify({ mode: 'NON_TRANSACTIONAL', mutations: [{ upsert: { key } }] }),
    )
  await commit('p')
  await commit('q')
  expect(await send('POST', '/reset', {})).toMatchObject({ status: 200, body: 'Reset\n' })
  for (const project of ['p', 'q']) {
    const { body } = await send('POST', `/v1/projects/${project}:runQuery`, json, JSON.stringify({ query: {} }))
    expect(JSON.parse(body).batch.entityResults).toBeUndefined()
  }
  await commit('p')
  const { body } = await send('POST', lookup, json, JSON.stringify({ keys: [key] }))
  const { readTime } = JSON.parse(body)
  expect(Date.parse(readTime)).toBeGreaterThan(0)
})

test('an unknown path and an unknown call are errors in JSON', async () => {
  for (const [method, path] of [
    ['GET', '/v1/nothing'],
    ['POST', '/v1/projects/p:nothing'],
    ['GET', lookup],
    ['GET', '/reset'],
  ] as const) {
    const { status, headers, body } = await send(method, path, {})
    expect([status, headers['content-type']]).toEqual([404, 'application/json; charset=UTF-8'])
    expect(JSON.parse(body)).toEqual({ error: { code: 404, message: expect.any(String), status: 'NOT_FOUND' } })
  }
})
