import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer, get, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, describe, expect, test } from '@jest/globals'
import { RequestHandler, Rule, request } from 'tipfy'
import { addLogFields } from '../../lib/http/request/log-fields.ts'
import { compileTrust } from '../../lib/http/request/origin.ts'
import { type Access, fieldsFor, humanLine, logged } from '../../lib/server/access-log.ts'
import { googleProject, traceFields } from '../../lib/server/google-cloud.ts'
import { ask, start } from '../support/application.ts'

const incoming = (headers: Record<string, string> = {}) =>
  ({
    method: 'GET',
    url: '/cart?a=1',
    httpVersion: '1.1',
    headers,
    socket: { remoteAddress: '10.0.0.1' },
  }) as unknown as IncomingMessage

const access = (more: Partial<Access> = {}): Access => ({
  incoming: incoming({ 'user-agent': 'tester' }),
  status: 200,
  bytes: 340,
  milliseconds: 1.23456,
  aborted: false,
  ...more,
})

test('a person reads a line', () => {
  expect(stripVTControlCharacters(humanLine(access()))).toBe('GET /cart?a=1 200 1.2 ms 340 B')
  expect(stripVTControlCharacters(humanLine(access({ aborted: true })))).toMatch(/\(client went away\)$/)
})

test('an escape sequence in a URL does not reach the terminal', () => {
  const line = humanLine(access({ incoming: { ...incoming(), method: 'GET', url: '/\x9b31m' } as IncomingMessage }))
  expect(line).toContain('GET /\\x9b31m ')
})

test('a program reads fields', () => {
  expect(fieldsFor(null, null)(access())).toEqual({
    method: 'GET',
    url: '/cart?a=1',
    status: 200,
    bytes: 340,
    ms: 1.235,
    remoteAddr: '10.0.0.1',
    userAgent: 'tester',
  })
})

test('on Google Cloud they have the names that Cloud Logging knows, and the trace', () => {
  const headers = {
    'user-agent': 'tester',
    referer: 'http://a/',
    'x-forwarded-for': '1.2.3.4',
    'x-cloud-trace-context': `${'a'.repeat(32)}/255;o=1`,
  }
  expect(fieldsFor(compileTrust(1), 'shop')(access({ incoming: incoming(headers), aborted: true }))).toEqual({
    httpRequest: {
      requestMethod: 'GET',
      requestUrl: '/cart?a=1',
      status: 200,
      responseSize: '340',
      latency: '0.001235s',
      remoteIp: '1.2.3.4',
      userAgent: 'tester',
      referer: 'http://a/',
      protocol: 'HTTP/1.1',
    },
    'logging.googleapis.com/trace': `projects/shop/traces/${'a'.repeat(32)}`,
    'logging.googleapis.com/spanId': '00000000000000ff',
    'logging.googleapis.com/trace_sampled': true,
    aborted: true,
  })
})

describe('fields of the application', () => {
  const told = () => {
    const one = incoming()
    addLogFields(one, { user: 'ann', n: 1 })
    addLogFields(one, { n: 2, escape: '\x9b31m', big: 1n })
    return access({ incoming: one })
  }

  test('are on the line, for programs, on Google Cloud, and for a person', () => {
    const own = { user: 'ann', n: 2, escape: '\x9b31m', big: 1n }
    for (const project of [null, 'shop']) expect(fieldsFor(null, project)(told())).toMatchObject(own)
    expect(stripVTControlCharacters(humanLine(told()))).toBe(
      'GET /cart?a=1 200 1.2 ms 340 B user="ann" n=2 escape="\\x9b31m" big="1n"',
    )
  })

  test('come from a handler, one for each request', async () => {
    class Home extends RequestHandler {
      get({ name }: { name: string }) {
        request.addLogFields({ user: name })
        return name
      }
    }
    const running = await start([new Rule('/<name>', { endpoint: 'home', handler: Home })])
    const seen: object[] = []
    const listener = logged(running.app.requestListener, (one) => seen.push(fieldsFor(null, null)(one)))
    server = createServer(listener).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await Promise.all(['ann', 'ben'].map((name) => ask(port, `/${name}`)))
    while (seen.length < 2) await new Promise((resolve) => setImmediate(resolve))
    expect(seen.map((fields) => (fields as { user?: string }).user).sort()).toEqual(['ann', 'ben'])
    await running.close()
  })

  test.each([
    ['status', { status: 1 }, 'TIPFY_E_LOG_FIELD_TAKEN'],
    ['logging.googleapis.com/trace', { 'logging.googleapis.com/trace': 'x' }, 'TIPFY_E_LOG_FIELD_TAKEN'],
    ['a text', 'user', 'TIPFY_E_LOG_FIELDS'],
    ['a list', ['user'], 'TIPFY_E_LOG_FIELDS'],
  ])('cannot be %s', (_, fields, code) => {
    expect(() => addLogFields(incoming(), fields as object as Record<string, unknown>)).toThrow(
      expect.objectContaining({ code }),
    )
  })
})

test('no cookie and no authorization is logged', () => {
  const secret = incoming({ cookie: 'tipfy.session=secret', authorization: 'Basic secret' })
  for (const project of [null, 'shop']) {
    expect(JSON.stringify(fieldsFor(null, project)(access({ incoming: secret })))).not.toContain('secret')
  }
})

test('a trace of the W3C comes before one of Google, and a broken one is none', () => {
  const w3c = `00-${'b'.repeat(32)}-${'c'.repeat(16)}-00`
  expect(traceFields({ traceparent: w3c, 'x-cloud-trace-context': 'a'.repeat(32) }, 'shop')).toEqual({
    'logging.googleapis.com/trace': `projects/shop/traces/${'b'.repeat(32)}`,
    'logging.googleapis.com/spanId': 'c'.repeat(16),
    'logging.googleapis.com/trace_sampled': false,
  })
  expect(traceFields({ 'x-cloud-trace-context': 'a'.repeat(32) }, 'shop')).toEqual({
    'logging.googleapis.com/trace': `projects/shop/traces/${'a'.repeat(32)}`,
    'logging.googleapis.com/trace_sampled': false,
  })
  for (const broken of ['', 'x', `${'a'.repeat(31)}"/1;o=1`]) {
    expect(traceFields({ 'x-cloud-trace-context': broken }, 'shop')).toEqual({})
  }
})

test('the project is the one that is known, told by the environment or by the metadata server', async () => {
  const ask = (async () => new Response('from-metadata')) as typeof fetch
  const down = (async () => {
    throw new Error('no route')
  }) as typeof fetch
  expect(await googleProject('known', {}, ask)).toBeNull()
  expect(await googleProject('known', { K_SERVICE: 'x' }, ask)).toBe('known')
  expect(await googleProject(null, { GAE_ENV: 'x', GOOGLE_CLOUD_PROJECT: 'env' }, ask)).toBe('env')
  expect(await googleProject(null, { K_SERVICE: 'x' }, ask)).toBe('from-metadata')
  expect(await googleProject(null, { K_SERVICE: 'x' }, down)).toBe('')
})

let server: Server
afterEach(() => void server?.close())

test('each answer is told once: its status, its bytes, and whether the client had it all', async () => {
  const told: Access[] = []
  const wake: (() => void)[] = []
  server = createServer(
    logged(
      (request, response) => {
        if (request.url === '/gone') response.write('x'.repeat(100))
        else response.writeHead(404, { 'content-length': 4 }).end('none')
      },
      (one) => {
        told.push(one)
        wake.shift()?.()
      },
    ),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const next = () => new Promise<void>((resolve) => wake.push(resolve))

  const first = next()
  const [answer] = (await once(get({ port, host: '127.0.0.1' }), 'response')) as [IncomingMessage]
  answer.resume()
  await first
  expect(told[0]).toMatchObject({ status: 404, aborted: false })
  expect(told[0]!.bytes).toBeGreaterThan(100)

  const second = next()
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /gone HTTP/1.1\r\nHost: a\r\n\r\n')
  await once(socket, 'data')
  socket.destroy()
  await second
  expect(told[1]).toMatchObject({ status: 200, aborted: true })
  expect(told).toHaveLength(2)
})
