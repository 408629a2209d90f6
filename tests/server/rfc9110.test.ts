import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { abort, RequestHandler, Rule, request, response } from 'tipfy'
import { raw } from '../http/live.ts'
import { type Answer, type Running, start } from '../support/application.ts'

class Text extends RequestHandler {
  get() {
    response.setCookie('a', '1')
    response.setCookie('b', '2')
    return 'grün '.repeat(1000)
  }
}

class Json extends RequestHandler {
  get() {
    return { grün: true }
  }

  async post() {
    return request.json()
  }
}

class File extends RequestHandler {
  get() {
    response.sendFile(import.meta.filename)
  }
}

class Stream extends RequestHandler {
  get() {
    return ['a', 'b'].values()
  }
}

class Pages extends RequestHandler {
  get() {
    const type = request.accepts('html', 'json')
    if (type === null) abort(406)
    response.vary('Accept')
    return type === 'json' ? { page: 1 } : 'page'
  }
}

class Nothing extends RequestHandler {
  delete() {
    response.status = 204
  }
}

let site: Running
beforeAll(async () => {
  site = await start(
    [
      new Rule('/text', { endpoint: 'text', handler: Text }),
      new Rule('/json', { endpoint: 'json', handler: Json }),
      new Rule('/file', { endpoint: 'file', handler: File }),
      new Rule('/stream', { endpoint: 'stream', handler: Stream }),
      new Rule('/pages', { endpoint: 'pages', handler: Pages }),
      new Rule('/nothing', { endpoint: 'nothing', handler: Nothing }),
    ],
    { tipfy: { maxBodySize: 1000 } },
  )
})
afterAll(() => site.close())

function comparable({ status, headers }: Answer) {
  const { date, ...rest } = headers
  expect(date).toMatch(/ GMT$/)
  return { status, headers: rest }
}

test.each([
  '/text',
  '/json',
  '/file',
  '/pages',
  '/none',
  '/nothing',
])('HEAD %s equals GET, less the body', async (path) => {
  const asked: Record<string, string>[] = [
    {},
    { 'accept-encoding': 'gzip' },
    { 'if-none-match': '*' },
    { accept: 'application/json' },
  ]
  for (const headers of asked) {
    const head = await site.ask(path, { method: 'HEAD', headers })
    const get = await site.ask(path, { headers })
    expect(head.text).toBe('')
    const [one, other] = [comparable(head), comparable(get)]
    // A body that is compressed while it is sent has no length that a HEAD could tell.
    if (get.headers['content-encoding'] === undefined) expect(one).toEqual(other)
  }
})

test('HEAD of a stream has the headers of its GET', async () => {
  const head = await site.ask('/stream', { method: 'HEAD' })
  expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', undefined])
})

test('Content-Length counts bytes, Set-Cookie is never folded', async () => {
  const answer = await raw(site.port, 'GET /text HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  expect(answer).toMatch(/\r\ncontent-length: 6000\r\n/)
  expect(answer.match(/\r\nset-cookie: [^\r]+/g)).toEqual([
    '\r\nset-cookie: a=1; Path=/',
    '\r\nset-cookie: b=2; Path=/',
  ])
})

test('405 and OPTIONS tell the methods', async () => {
  const refused = await site.ask('/json', { method: 'PUT' })
  expect([refused.status, refused.headers.allow]).toEqual([405, 'GET, HEAD, POST, OPTIONS'])
  const options = await site.ask('/json', { method: 'OPTIONS' })
  expect([options.status, options.headers.allow]).toEqual([204, 'GET, HEAD, POST, OPTIONS'])
})

test('406 where there is nothing that the client accepts', async () => {
  expect((await site.ask('/pages', { headers: { accept: 'image/png' } })).status).toBe(406)
  expect((await site.ask('/pages', { headers: { accept: 'application/json' } })).text).toBe('{"page":1}')
})

const json = { 'content-type': 'application/json' }

test('413 for too large a body, 414 for too long a URL, 415 for what is not read, 400 for what is broken', async () => {
  const post = async (body: string, headers: Record<string, string>) =>
    (await site.ask('/json', { method: 'POST', body, headers })).status
  expect(await post('[1]', json)).toBe(200)
  expect(await post(`"${'x'.repeat(1000)}"`, json)).toBe(413)
  expect(await post('[1]', { 'content-type': 'text/plain' })).toBe(415)
  expect(await post('[1]', { ...json, 'content-encoding': 'br' })).toBe(415)
  expect(await post('[1', json)).toBe(400)
  expect((await site.ask(`/${'x'.repeat(10_000)}`)).status).toBe(414)
})

test('400 for chunks of HTTP/1.0, and the connection is closed: for a proxy the next request begins elsewhere', async () => {
  const request =
    'POST /json HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'
  const answer = await raw(site.port, request + request)
  expect(answer.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 400'])
  expect(answer).toMatch(/\r\nconnection: close\r\n/i)
})

test('411 for content that is announced without a length', async () => {
  const answer = await raw(site.port, 'POST /json HTTP/1.0\r\nHost: a\r\nContent-Type: application/json\r\n\r\n')
  expect(answer).toMatch(/^HTTP\/1\.1 411 /)
})

test('416 tells the size, a condition comes before it', async () => {
  const beyond = { range: 'bytes=999999-' }
  const refused = await site.ask('/file', { headers: beyond })
  expect([refused.status, refused.headers['content-range']]).toEqual([416, expect.stringMatching(/^bytes \*\/\d+$/)])
  expect((await site.ask('/file', { headers: { ...beyond, 'if-none-match': '*' } })).status).toBe(304)
  expect((await site.ask('/file', { headers: { ...beyond, 'if-match': '"other"' } })).status).toBe(412)
})

test('204 has no length and no type', async () => {
  const { status, headers, text } = await site.ask('/nothing', { method: 'DELETE' })
  expect([status, headers['content-length'], headers['content-type'], text]).toEqual([204, undefined, undefined, ''])
})
