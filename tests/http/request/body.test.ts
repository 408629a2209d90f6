import { deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Request } from '../../../lib/http/request/request.ts'
import { type Live, live, raw } from '../live.ts'

let server: Live
const handlers: Record<string, (request: Request) => unknown> = {
  '/text': (request) => request.text(),
  '/json': async (request) => ({ got: await request.json() }),
  '/twice': async (request) => [
    (await request.text()).length,
    (await request.bytes()).length,
    await request.json({ force: true }),
  ],
  '/stream': async (request) => {
    let size = 0
    for await (const chunk of request.stream()) size += (chunk as Buffer).length
    return String(size)
  },
  '/stream-then-text': async (request) => {
    request.stream().resume()
    return request.text()
  },
  '/text-then-stream': async (request) => {
    const text = await request.text()
    const chunks: Buffer[] = []
    for await (const chunk of request.stream()) chunks.push(chunk as Buffer)
    return text + Buffer.concat(chunks).toString()
  },
  '/more': (request) => {
    request.maxBodySize = 50_000
    return request.text()
  },
  '/unread': () => 'not read',
  '/drained': async (request) => {
    for await (const chunk of request.incoming) void chunk
    return request.text()
  },
}

beforeAll(async () => {
  server = await live((request) => handlers[request.rawPath]!(request), { maxBodySize: 1000, maxJsonDepth: 5 })
})
afterAll(() => server.close())

const post = (path: string, body: string | Uint8Array | undefined, headers: Record<string, string> = {}) =>
  fetch(server.url + path, { method: 'POST', body: body as string, headers })
const json = { 'content-type': 'application/json' }

test('text, bytes and JSON can be read one after the other', async () => {
  expect(await (await post('/twice', '[1,"é"]')).json()).toEqual([7, 8, [1, 'é']])
})

test('text is decoded in the charset of its type', async () => {
  const latin = Buffer.from('grün', 'latin1')
  expect(await (await post('/text', latin, { 'content-type': 'text/plain; charset=iso-8859-1' })).text()).toBe('grün')
  expect((await post('/text', 'x', { 'content-type': 'text/plain; charset=klingon' })).status).toBe(415)
})

test('JSON must be called JSON', async () => {
  expect(await (await post('/json', '{"a":1}', json)).json()).toEqual({ got: { a: 1 } })
  expect(await (await post('/json', '{}', { 'content-type': 'application/problem+json' })).json()).toEqual({ got: {} })
  expect((await post('/json', '{"a":1}', { 'content-type': 'text/plain' })).status).toBe(415)
})

test.each([
  ['broken', '{"a":'],
  ['empty', ''],
  ['too deep', '[[[[[[1]]]]]]'],
  ['with __proto__', '{"__proto__":{"admin":true}}'],
  ['with an escaped __proto__', '{"x":{"\\u005f_proto__":1}}'],
  ['with constructor.prototype', '{"constructor":{"prototype":{}}}'],
])('JSON that is %s is a 400', async (_, body) => {
  expect((await post('/json', body, json)).status).toBe(400)
})

test('the client is told what is wrong with its JSON', async () => {
  const reply = await post('/json', '{"a": 1,}', { ...json, accept: 'text/plain' })
  expect(await reply.text()).toMatch(/The JSON is broken: .*JSON/)
  const empty = await post('/json', '\n', { ...json, accept: 'text/plain' })
  expect(await empty.text()).toContain('The body is empty, and should be JSON.')
})

test('JSON that is not UTF-8 is a 400', async () => {
  expect((await post('/json', Buffer.from('"\xff"', 'latin1'), json)).status).toBe(400)
})

test('brackets inside JSON strings do not count as depth', async () => {
  expect(await (await post('/json', '{"a":"[[[[[[[["}', json)).json()).toEqual({ got: { a: '[[[[[[[[' } })
})

test('a JSON key may be named constructor', async () => {
  expect(await (await post('/json', '{"constructor":"me"}', json)).json()).toEqual({ got: { constructor: 'me' } })
})

test('a body over the limit is a 413, with and without its length', async () => {
  expect((await post('/text', 'x'.repeat(1001))).status).toBe(413)
  const chunk = `${'1f4'}\r\n${'x'.repeat(500)}\r\n`
  const reply = await raw(
    server.port,
    `POST /text HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunk}${chunk}${chunk}0\r\n\r\n`,
  )
  expect(reply).toMatch(/^HTTP\/1\.1 413 /)
})

test('a handler can take more than the application does', async () => {
  expect(await (await post('/more', 'x'.repeat(40_000))).text()).toHaveLength(40_000)
})

test('the limits of memory and of JSON hold whatever was read before, unless the handler has its own', async () => {
  const small = await live(
    async (request) => {
      if (request.rawPath === '/own') request.maxBodySize = 900
      if (request.rawPath === '/bytes') await request.bytes()
      return { length: JSON.stringify(await request.json()).length }
    },
    { maxBodySize: 1000, maxMemorySize: 500, maxJsonSize: 100 },
  )
  const ask = async (path: string, size: number) =>
    (await fetch(small.url + path, { method: 'POST', body: JSON.stringify('x'.repeat(size)), headers: json })).status
  expect([await ask('/', 90), await ask('/', 200), await ask('/bytes', 200), await ask('/bytes', 600)]).toEqual([
    200, 413, 413, 413,
  ])
  expect([await ask('/own', 800), await ask('/own', 950)]).toEqual([200, 413])
  await small.close()
})

test('compressed bodies are expanded', async () => {
  expect(await (await post('/text', gzipSync('hello'), { 'content-encoding': 'gzip' })).text()).toBe('hello')
  expect(await (await post('/text', deflateSync('hello'), { 'content-encoding': 'deflate' })).text()).toBe('hello')
})

test('a small body that expands beyond the limit is a 413', async () => {
  const bomb = gzipSync('\0'.repeat(100_000))
  expect(bomb.length).toBeLessThan(1000)
  for (const path of ['/text', '/stream']) {
    expect((await post(path, bomb, { 'content-encoding': 'gzip' })).status).toBe(413)
  }
})

test('a compressed body that is broken or cut short is a 400', async () => {
  const whole = gzipSync('hello world')
  for (const body of [Buffer.from('not gzip'), whole.subarray(0, whole.length - 9)]) {
    expect((await post('/text', body, { 'content-encoding': 'gzip' })).status).toBe(400)
  }
})

test('an unknown coding is a 415 that tells the known ones', async () => {
  const reply = await post('/text', 'x', { 'content-encoding': 'rot13' })
  expect([reply.status, reply.headers.get('accept-encoding')]).toEqual([415, 'gzip, deflate'])
})

test('a body can be streamed, once', async () => {
  expect(await (await post('/stream', 'x'.repeat(999))).text()).toBe('999')
  expect((await post('/stream', 'x'.repeat(1001))).status).toBe(413)
  expect((await post('/stream-then-text', 'hello')).status).toBe(500)
  expect(await server.failure()).toMatchObject({ code: 'TIPFY_E_BODY_TAKEN' })
})

test('a body that was read can still be streamed', async () => {
  expect(await (await post('/text-then-stream', 'ab')).text()).toBe('abab')
})

test('a request without a body reads as an empty one', async () => {
  expect(await (await fetch(`${server.url}/text`)).text()).toBe('')
  expect(await (await fetch(`${server.url}/stream`)).text()).toBe('0')
})

test('an empty body is empty, whatever encoding the client names for all that it sends', async () => {
  const reply = await post('/text', '', { 'content-encoding': 'gzip' })
  expect([reply.status, await reply.text()]).toEqual([200, ''])
})

test('content that is announced without a length is a 411', async () => {
  const reply = await raw(server.port, 'POST /json HTTP/1.0\r\nContent-Type: application/json\r\n\r\n')
  expect(reply).toMatch(/^HTTP\/1\.1 411 /)
})

test('a body that was not read does not disturb the next request of the connection', async () => {
  const one = `POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n${'x'.repeat(500)}`
  const last = 'GET /unread HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
  const reply = await raw(server.port, one, one, last)
  expect(reply.match(/not read/g)).toHaveLength(3)
})

test('the rest of a body that was too large is read only up to the limit', async () => {
  const reply = await raw(
    server.port,
    'POST /text HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n',
    Buffer.alloc(1_000_000),
  )
  expect(reply).toMatch(/^HTTP\/1\.1 413 /)
})

test('a body that was read from under the request is an error, not a wait without end', async () => {
  expect((await post('/drained', 'hello')).status).toBe(500)
  expect(await server.failure()).toMatchObject({ code: 'TIPFY_E_BODY_TAKEN' })
})
