import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import memjs from 'memjs'
import { memcachedLink } from '../../../../lib/ext/session/cache/memcached.ts'

/** The operations that clients sent to a server which responds to everything with success. */
const operations: number[] = []
const sockets: Socket[] = []
let server: Server
let port: number

beforeAll(async () => {
  server = createServer((socket) => {
    sockets.push(socket)
    socket.on('data', (request) => {
      operations.push(request[1]!)
      const reply = Buffer.alloc(24)
      reply[0] = 0x81
      reply[1] = request[1]!
      request.copy(reply, 12, 12, 16)
      socket.write(reply)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  server.close()
})

test('the private members of this version of memjs are where memcached.ts looks for them', async () => {
  const client = new memjs.Server('127.0.0.1', port, '', '', {})
  expect(client).toMatchObject({
    connected: false,
    responseBuffer: expect.any(Buffer),
    responseHandler: expect.any(Function),
  })
  expect(Object.keys(client)).toEqual(expect.arrayContaining(['username', 'password']))
  await new Promise<void>((resolve) => {
    const shared = new memjs.Client([client], { retries: 1 })
    shared.perform('', memjs.Utils.makeRequestBuffer(0x0a, '', '', '', 1), 1, () => resolve(), 1)
  })
  expect(client).toMatchObject({ connected: true, _socket: expect.any(Socket) })
  client.close()
})

test('a connection logs in only as configured, knows that it is alive, and closes its socket', async () => {
  process.env.MEMCACHIER_USERNAME = process.env.MEMCACHIER_PASSWORD = 'of the environment'
  try {
    operations.length = 0
    const connection = await memcachedLink({ host: '127.0.0.1', port }).connect(5000)
    expect(operations).toEqual([0x0a])
    expect(connection.alive).toBe(true)
    const closed = once(sockets.at(-1)!, 'close')
    connection.close()
    expect(connection.alive).toBe(false)
    await closed
  } finally {
    delete process.env.MEMCACHIER_USERNAME
    delete process.env.MEMCACHIER_PASSWORD
  }
})

test.each<[string, (request: Buffer) => Buffer]>([
  ['sends what is no reply', () => Buffer.alloc(65_536, 0x2b)],
  [
    'begins a reply of 4 GB',
    (request) => {
      const reply = Buffer.alloc(65_536)
      reply[0] = 0x81
      reply.writeUInt32BE(0xfffffff0, 8)
      request.copy(reply, 12, 12, 16)
      return reply
    },
  ],
])('a server that %s loses its connection at once, and keeps nothing in memory', async (_, reply) => {
  const ended = Promise.withResolvers<void>()
  const hostile = createServer((socket) => {
    socket.on('error', () => {}).on('close', () => ended.resolve())
    socket.on('data', (request) => socket.write(reply(request)))
  }).listen(0, '127.0.0.1')
  await once(hostile, 'listening')
  const { port } = hostile.address() as AddressInfo
  await expect(memcachedLink({ host: '127.0.0.1', port }).connect(60_000)).rejects.toThrow(
    'it does not speak the memcached binary protocol (start memcached without -B ascii): Valkey and Redis are valkey://host:port',
  )
  await ended.promise
  hostile.close()
})
