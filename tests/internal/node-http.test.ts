// The undocumented members of Node that lib/internal/node-http.ts uses: these tests fail when a version of Node moves them.
import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { allowHalfOpen, createServer, isResponding } from '../../lib/internal/node-http.ts'

let server: Server
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

async function open(): Promise<Socket> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return connect((server.address() as AddressInfo).port, '127.0.0.1')
}

test('a socket tells when the headers of a response have been sent', async () => {
  const seen: boolean[] = []
  server = createServer((incoming, outgoing) => {
    const { socket } = incoming
    seen.push(isResponding(socket))
    outgoing.write('begun')
    seen.push(isResponding(socket))
    outgoing.end(() => socket.end())
  })
  const client = await open()
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  client.resume()
  await once(client, 'close')
  expect(seen).toEqual([false, true])
})

test('a client that has closed its side gets a response only where half-open connections are allowed', async () => {
  for (const isAllowed of [false, true]) {
    server = createServer((_, outgoing) => {
      setImmediate(() => setImmediate(() => outgoing.end('response')))
    })
    expect('httpAllowHalfOpen' in server).toBe(true)
    if (isAllowed) allowHalfOpen(server)
    const client = await open()
    client.end('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    let text = ''
    client.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    await once(client, 'close')
    expect(text.includes('response')).toBe(isAllowed)
    server.close()
  }
})
