import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { RunningServer } from 'tipfy'
import { raw, received } from '../http/live.ts'
import { closeGate, gate, site } from './site.ts'

let server: RunningServer
let impatient: RunningServer
beforeAll(async () => {
  server = await site({ maxBodySize: 10_000 })
  impatient = await site({ headersTimeout: 0.3, requestTimeout: 0.6 })
})
afterAll(() => Promise.all([server.close(), impatient.close()]))

const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`
const last = get('/', 'Connection: close\r\n')

/** The status lines of all answers on one connection. */
async function statuses(...pieces: (string | Buffer)[]): Promise<string[]> {
  return (await raw(server.port, ...pieces)).match(/HTTP\/1\.1 \d{3}/g)?.map((line) => line.slice(-3)) ?? []
}

test.each([
  ['Content-Length with Transfer-Encoding', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'],
  ['Transfer-Encoding with Content-Length', 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n'],
  ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n', 'hello!'],
  ['the same length twice', 'Content-Length: 5\r\nContent-Length: 5\r\n', 'hello'],
  ['a list of lengths', 'Content-Length: 5, 5\r\n', 'hello'],
  ['a length with a sign', 'Content-Length: +5\r\n', 'hello'],
  ['a length in hexadecimal', 'Content-Length: 0x5\r\n', 'hello'],
  ['a negative length', 'Content-Length: -5\r\n', 'hello'],
  ['a length beyond counting', 'Content-Length: 99999999999999999999999\r\n', 'hello'],
  ['an unknown transfer coding', 'Transfer-Encoding: chunky\r\n', 'hello'],
  ['chunked that is not last', 'Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'],
  ['chunked in disguise', 'Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'],
  ['a space before the colon', 'Content-Length : 5\r\n', 'hello'],
  ['a folded header', 'X-A: 1\r\n 2\r\nContent-Length: 5\r\n', 'hello'],
  ['a bare line feed', 'X-A: 1\nContent-Length: 5\r\n', 'hello'],
  ['a bare carriage return', 'X-A: 1\rContent-Length: 5\r\n', 'hello'],
  ['a NUL', 'X-A: \0\r\nContent-Length: 5\r\n', 'hello'],
  ['a header without a name', ': x\r\nContent-Length: 5\r\n', 'hello'],
  ['a broken chunk size', 'Transfer-Encoding: chunked\r\n', 'zz\r\nhello\r\n0\r\n\r\n'],
  ['a chunk longer than it says', 'Transfer-Encoding: chunked\r\n', '3\r\nhello\r\n0\r\n\r\n'],
  ['a chunk with a bare line feed', 'Transfer-Encoding: chunked\r\n', '5\nhello\n0\n\n'],
])('a request with %s is refused, and what follows it never served', async (_, headers, body) => {
  const answers = await statuses(`POST /echo HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n${body}`, last)
  expect(answers).toEqual(['400'])
})

test.each([
  'gzip, chunked',
  'deflate\r\nTransfer-Encoding: chunked',
])('a body in the transfer coding %j is a 501, not taken as it came', async (coding) => {
  const headers = `Transfer-Encoding: ${coding}\r\nConnection: close\r\n`
  const answers = await statuses(`POST /echo HTTP/1.1\r\nHost: a\r\n${headers}\r\n5\r\nhello\r\n0\r\n\r\n`)
  expect(answers).toEqual(['501'])
})

test.each([
  ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
  ['an unknown version', 'GET / HTTP/9.9\r\nHost: a\r\n\r\n'],
  ['an unknown method', 'GRAB / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a space in the path', 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['TLS on a plain port', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00])],
])('%s is a 400', async (_, bytes) => {
  expect(await statuses(bytes)).toEqual(['400'])
})

test('two Host headers are a 400, and a request without a version is a 505', async () => {
  expect(await statuses('GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\nConnection: close\r\n\r\n')).toEqual(['400'])
  expect(await statuses('GET /\r\nHost: a\r\n\r\n')).toEqual(['505'])
  expect(await statuses('GET / HTTP/2.0\r\nHost: a\r\nConnection: close\r\n\r\n')).toEqual(['505'])
})

test.each([
  'a b',
  'user@a',
  'a/b',
  'a:port',
  '[::1',
  'a,b',
  '-a',
  '\xe9',
])('a Host header that names no host, %j, is a 400 also where nobody asks for it', async (host) => {
  expect(await statuses(Buffer.from(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`, 'latin1'))).toEqual(
    ['400'],
  )
})

test.each([
  '',
  'A.Example',
  '127.0.0.1:80',
  '[2001:db8::1]:8080',
  'a_b.c-d:1',
])('a Host header %j is one', async (host) => {
  expect(await statuses(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).toEqual(['200'])
})

test('a broken percent sign, and NUL in a path, are no server errors', async () => {
  expect(await statuses(get('/show/%zz'), last)).toEqual(['400', '200'])
  expect((await statuses(get('/show/a%00b'), last))[0]).toMatch(/^(200|400|404)$/)
})

test('a path that begins with two slashes never becomes a redirect to another host', async () => {
  const answer = await raw(server.port, get('//evil.example/..', 'Connection: close\r\n'))
  expect(answer).not.toMatch(/location: (https?:)?\/\/evil/i)
})

test('dots in a path are taken as they came', async () => {
  const answer = await raw(server.port, get('/show/../../etc/passwd', 'Connection: close\r\n'))
  expect(answer).toContain('"rawPath":"/show/../../etc/passwd"')
})

test('a whole URL in the request line is split, and its host counts', async () => {
  const answer = await raw(server.port, get('http://other.example/show?a=1', 'Connection: close\r\n'))
  expect(answer).toContain('{"path":"/show","rawPath":"/show","host":"other.example","query":"a=1"}')
})

test('OPTIONS * tells what the server as a whole can do; nothing else may ask for it', async () => {
  const answer = await raw(server.port, 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  expect(answer).toMatch(
    /^HTTP\/1\.1 204 No Content\r\n.*allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE, QUERY\r\n/s,
  )
  expect(await statuses('GET * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toEqual(['400'])
})

test('CONNECT gets no tunnel', async () => {
  expect(await statuses('CONNECT evil.example:443 HTTP/1.1\r\nHost: a\r\n\r\n')).toEqual(['501'])
})

test.each([
  ['400', 'GRAB / HTTP/1.1\r\n\r\n'],
  ['400', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  [
    '413',
    `POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;${'a'.repeat(20_000)}\r\nhi\r\n0\r\n\r\n`,
  ],
  ['417', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n'],
  ['431', `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${'x'.repeat(20_000)}\r\n\r\n`],
  ['501', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
])('what Node refuses by itself, %s, says why and ends the connection', async (status, bytes) => {
  const [head = '', body = ''] = (await raw(server.port, bytes)).split('\r\n\r\n')
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*\r\nConnection: close`, 's'))
  expect(head).toContain(`content-length: ${body.length}\r\n`)
  expect(body).toMatch(new RegExp(`^${status} [^\n]+\n\n[^\n]+\n$`))
})

test('what is refused does not come before the answers of earlier requests', async () => {
  const refused = 'POST /echo HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\nContent-Length: 0\r\n\r\n'
  const late = closeGate()
  const pending = raw(server.port, get('/slow'), refused)
  await late.waiting(1)
  late.open()
  expect((await pending).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 417'])
})

test('headers beyond the limit are a 431, too long a URL is a 414', async () => {
  expect(await statuses(get('/', `X-A: ${'x'.repeat(20_000)}\r\n`))).toEqual(['431'])
  expect(await statuses(get('/', 'X-A: x\r\n'.repeat(5_000)))).toEqual(['431'])
  expect(await statuses(get(`/${'x'.repeat(9_000)}`), last)).toEqual(['414', '200'])
})

test('pipelined requests are answered in their order, slow ones first', async () => {
  const pending = raw(
    server.port,
    get('/slow'),
    get('/'),
    'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi',
    last,
  )
  await gate.waiting(1)
  gate.open()
  const answer = await pending
  const bodies = answer
    .split('\r\n\r\n')
    .slice(1)
    .map((part) => part.split('HTTP/1.1')[0])
  expect(bodies).toEqual(['slow', 'hello', '[hi]', 'hello'])
})

test('a client that closed its side still gets its answer, late or long as it may be', async () => {
  const late = closeGate()
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
  socket.end(get('/slow'))
  const answer = received(socket)
  await late.waiting(1)
  // A second connection, begun and ended later, tells that the first one's end has been seen.
  await statuses(last)
  late.open()
  expect((await answer).toString()).toMatch(/slow$/)

  const long = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
  long.end(get('/long?mb=3'))
  expect((await received(long)).length).toBeGreaterThan(3 * 1024 * 1024)
})

function open(bytes: string, { port } = server): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, () => resolve(socket)))
  })
}

test.each([
  ['nothing at all', ''],
  ['half a request line', 'GET / HT'],
  ['headers that never end', 'GET / HTTP/1.1\r\nHost: a\r\nX-A: '],
  ['a body that never comes', 'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe'],
  ['chunks that never end', 'POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'],
])('%s is a 408 or a closed connection in time, and others are served meanwhile', async (_, bytes) => {
  const socket = await open(bytes, impatient)
  const ended = received(socket)
  expect(await raw(impatient.port, last)).toMatch(/^HTTP\/1\.1 200 /)
  const answer = (await ended).toString()
  expect(answer === '' || answer.startsWith('HTTP/1.1 408 ')).toBe(true)
})

test('a client that drips its headers is not waited for', async () => {
  const socket = await open('GET / HTTP/1.1\r\n', impatient)
  const drip = setInterval(() => socket.write('X'), 20)
  const answer = (await received(socket)).toString()
  clearInterval(drip)
  expect(answer === '' || answer.startsWith('HTTP/1.1 408 ')).toBe(true)
})

const post = (path: string, headers: string) => `POST ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`

test('a client that waits to be asked for its body is asked when the body is read', async () => {
  const socket = await open(post('/echo', 'Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n'))
  socket.once('data', (chunk: Buffer) => {
    expect(chunk.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    socket.write('hi')
  })
  expect((await received(socket)).toString()).toContain('[hi]')
})

test('a client that waits is not asked for a body that nobody reads, or that is too large', async () => {
  const ignored = await raw(server.port, post('/ignore', 'Expect: 100-continue\r\nContent-Length: 2\r\n'))
  expect(ignored).toMatch(/^HTTP\/1\.1 200 /)
  expect(ignored).toMatch(/Connection: close/i)
  const large = await raw(server.port, post('/echo', 'Expect: 100-continue\r\nContent-Length: 20000\r\n'))
  expect(large).toMatch(/^HTTP\/1\.1 413 /)
})

test('another expectation is a 417', async () => {
  expect(await statuses(post('/echo', 'Expect: miracles\r\nContent-Length: 0\r\nConnection: close\r\n'))).toEqual([
    '417',
  ])
})

test('each answer has its date, and a length in bytes', async () => {
  const answer = await raw(server.port, last)
  expect(answer).toMatch(/\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/)
  expect(answer).toMatch(/\r\ncontent-length: 5\r\n/)
})
