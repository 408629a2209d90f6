import { type AddressInfo, connect, createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { RunningServer } from 'tipfy'
import { linger } from '../../../lib/http/connection/lingering-close.ts'
import { site } from '../../server/site.ts'
import { received } from '../live.ts'

let server: RunningServer
beforeAll(async () => {
  server = await site({ maxBodySize: 10_000 })
})
afterAll(() => server.close())

const size = 20_000_000
const post = (path: string, headers: string) => `POST ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`

// More than the system keeps on its own, and the response long there before the last of it is sent.
test.each([
  ['413', 'a body that is too large', post('/echo', `Content-Length: ${size}\r\n`)],
  ['413', 'one on a last request', post('/echo', `Content-Length: ${size}\r\nConnection: close\r\n`)],
  [
    '413',
    'one announced, and sent without waiting',
    post('/echo', `Content-Length: ${size}\r\nExpect: 100-continue\r\n`),
  ],
  ['200', 'a body that is not read', post('/ignore', `Content-Length: ${size}\r\nConnection: close\r\n`)],
  ['417', 'an expectation', post('/echo', `Content-Length: ${size}\r\nExpect: miracles\r\n`)],
  ['431', 'headers without end', 'GET / HTTP/1.1\r\nHost: a\r\nX-A: '],
  ['400', 'what is no request', 'GRAB / HTTP/1.1\r\n'],
  ['501', 'a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
])('the %s to %s arrives, also where the client sends all before it reads', async (status, _, head) => {
  const socket = connect(server.port, '127.0.0.1').pause()
  socket.write(head)
  // Errors are for received(): what was reset has lost its response.
  socket.on('error', () => {})
  await new Promise((resolve) => socket.write(Buffer.alloc(size, 'x'), resolve))
  expect((await received(socket.resume())).toString()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
})

test.each([
  ['says nothing more', { silent: 20, whole: 60_000 }],
  ['never stops', { silent: 20, whole: 60 }],
])('a client that %s is released', async (kind, patience) => {
  const ended = new Promise((resolve) => {
    const listener = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {}).resume()
      socket.once('close', resolve)
      linger(socket, patience)
      listener.close()
    }).listen(0, '127.0.0.1', () => {
      const client = connect({ port: (listener.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true })
      client.on('error', () => {}).resume()
      const drip = kind === 'never stops' ? setInterval(() => client.write('x'), 1) : undefined
      client.once('close', () => clearInterval(drip))
    })
  })
  await ended
})
