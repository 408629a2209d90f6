import { createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { cacheOn } from '../../../../lib/ext/session/cache/cache.ts'
import { memcachedLink } from '../../../../lib/ext/session/cache/memcached.ts'
import type { CacheConnection } from '../../../../lib/ext/session/cache/ports.ts'
import { systemRandomness } from '../../../../lib/ext/session/repository/randomness.ts'
import { SessionRepository } from '../../../../lib/ext/session/repository/repository.ts'
import { systemClock } from '../../../../lib/internal/clock.ts'
import { Memcached, memcachedFound, saslFound } from '../../../support/memcached.ts'
import { MemoryDatastore } from '../../../support/memory-datastore.ts'

const host = '127.0.0.1'
const maybe = memcachedFound ? describe : describe.skip

maybe('a connection to memcached', () => {
  let server: Memcached
  let connection: CacheConnection
  beforeAll(async () => {
    server = await Memcached.start()
    connection = await memcachedLink({ host, port: server.port }).connect(5000)
  })
  afterAll(async () => {
    connection.close()
    await server.kill()
  })

  test('adds, gets, replaces and deletes by check-and-set', async () => {
    expect(await connection.get('k')).toBeNull()
    const first = await connection.add('k', 'ä', 10)
    expect(first).not.toBeNull()
    expect(await connection.add('k', 'b', 10)).toBeNull()
    expect(await connection.get('k')).toEqual({ value: 'ä', cas: first })
    const second = await connection.replace('k', 'c', 10, first)
    expect(second).not.toBeNull()
    expect(await connection.replace('k', 'd', 10, first)).toBeNull()
    expect(await connection.delete('k', first)).toBe(false)
    expect(await connection.delete('k', second)).toBe(true)
    expect(await connection.replace('k', 'e', 10, second)).toBeNull()
    expect(await connection.delete('k')).toBe(false)
  })

  test('counts exactly by check-and-set with many writers', async () => {
    await connection.add('n', '0', 60)
    const increment = async () => {
      for (;;) {
        const { value, cas } = (await connection.get('n'))!
        if (await connection.replace('n', String(Number(value) + 1), 60, cas)) return
      }
    }
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        for (let n = 0; n < 10; n++) await increment()
      }),
    )
    expect((await connection.get('n'))!.value).toBe('200')
  })

  test('refuses what is too large, and goes on', async () => {
    await expect(connection.add('large', 'x'.repeat(2_000_000), 10)).rejects.toMatchObject({ name: 'CacheRefused' })
    expect(await connection.get('large')).toBeNull()
  })

  test('rejects what is under way when the server goes, and never sends to the next one', async () => {
    const other = await Memcached.start()
    const lost = await memcachedLink({ host, port: other.port }).connect(5000)
    const cas = await lost.add('k', 'a', 10)
    other.hang()
    const open = lost.get('k')
    await Promise.all([other.kill(), expect(open).rejects.toThrow()])
    expect(lost.alive).toBe(false)
    await other.run()
    const next = await memcachedLink({ host, port: other.port }).connect(5000)
    await next.add('k', 'b', 10)
    await expect(lost.replace('k', 'c', 10, cas)).rejects.toThrow('connection was lost')
    expect((await next.get('k'))!.value).toBe('b')
    next.close()
    await other.kill()
  })
})

const withPasswords = saslFound ? describe : describe.skip

withPasswords('a memcached that asks for a name and a password', () => {
  let server: Memcached
  beforeAll(async () => {
    server = await Memcached.startWithPassword('ann', 'right')
  })
  afterAll(() => server.kill())

  test('is given them, and serves', async () => {
    const link = memcachedLink({ host, port: server.port, username: 'ann', password: 'right' })
    const connection = await link.connect(5000)
    const cas = await connection.add('k', 'a', 10)
    expect(await connection.get('k')).toEqual({ value: 'a', cas })
    connection.close()
  })

  test('is given a new password for each connection where a function makes them', async () => {
    let made = 0
    const password = async () => {
      made++
      return 'right'
    }
    const link = memcachedLink({ host, port: server.port, username: 'ann', password })
    expect(made).toBe(0)
    for (const times of [1, 2]) {
      const connection = await link.connect(5000)
      expect(await connection.get('nothing')).toBeNull()
      connection.close()
      expect(made).toBe(times)
    }
  })

  test.each([
    ['the wrong password', { username: 'ann', password: 'wrong' }],
    ['another name', { username: 'bob', password: 'right' }],
    ['none', {}],
  ])('refuses %s, and says so', async (_, options) => {
    const link = memcachedLink({ host, port: server.port, ...options })
    await expect(link.connect(5000)).rejects.toThrow('authentication failed')
  })

  test('leaves sessions right where the password is wrong, and is tried seldom', async () => {
    const told: string[] = []
    const store = new SessionRepository({
      datastore: new MemoryDatastore(),
      cache: cacheOn([memcachedLink({ host, port: server.port, username: 'ann', password: 'wrong' })]),
      clock: systemClock,
      randomness: systemRandomness,
      settings: { cacheTimeout: 5000, onTrouble: (message) => told.push(message) },
    })
    const record = await store.create('sid', { data: '{}' })
    for (let n = 0; n < 10; n++) expect(await store.load('sid')).toEqual({ state: 'live', record })
    expect(store.stats).toMatchObject({ breakerOpened: 1, cacheBypassed: 9 })
    expect(told).toEqual([expect.stringMatching(/left alone.*authentication failed/)])
    store.close()
  })
})

describe('a server that is not memcached', () => {
  let server: Server
  let answer: (socket: Socket) => void
  beforeAll(async () => {
    server = createServer((socket) => answer(socket.on('error', () => {})))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => {
    server.close()
  })

  test.each<[string, (socket: Socket) => void]>([
    ['closes at once', (socket) => socket.end()],
    ['resets', (socket) => socket.resetAndDestroy()],
    ['closes in the middle of an answer', (socket) => socket.end(Buffer.alloc(10, 0x81))],
    ['answers something else', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'.padEnd(100))],
  ])('and %s is an error, not a wait', async (_, behaviour) => {
    answer = behaviour
    const { port } = server.address() as { port: number }
    await expect(memcachedLink({ host, port }).connect(5000)).rejects.toThrow()
  })

  test('and never answers leaves no connection open', async () => {
    const closed = new Promise<void>((resolve) => {
      answer = (socket) => socket.resume().once('close', () => resolve())
    })
    const { port } = server.address() as { port: number }
    await expect(memcachedLink({ host, port }).connect(20)).rejects.toThrow('no response within 20 ms')
    await closed
  })
})

test('a link is named by its server, an IPv6 address in brackets', () => {
  expect(memcachedLink({ host: 'a', port: 1 }).name).toBe('a:1')
  expect(memcachedLink({ host: '::1', port: 11212 }).name).toBe('[::1]:11212')
})

test('a password that cannot be made leaves sessions right', async () => {
  const told: string[] = []
  const password = () => Promise.reject(new Error('no metadata server'))
  const store = new SessionRepository({
    datastore: new MemoryDatastore(),
    cache: cacheOn([memcachedLink({ host, port: 1, username: 'ann', password })]),
    clock: systemClock,
    randomness: systemRandomness,
    settings: { onTrouble: (message) => told.push(message) },
  })
  const record = await store.create('sid', { data: '{}' })
  expect(await store.load('sid')).toEqual({ state: 'live', record })
  expect(told).toEqual([expect.stringMatching(/left alone.*cachePassword failed: no metadata server/)])
  store.close()
})
