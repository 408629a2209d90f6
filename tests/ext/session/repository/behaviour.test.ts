// The promises of the repository on each Datastore, with and without a real memcached in front. Several stores
// on one Datastore are as many processes: they share nothing but that.

import { setImmediate as turn } from 'node:timers/promises'
import type { Datastore } from '@google-cloud/datastore'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { closeDatastore, openDatastore, openEmbedded } from '../../../../lib/datastore/client.ts'
import { type Connection, connectToEmulator } from '../../../../lib/datastore/google/connection.ts'
import { startDatastoreServer } from '../../../../lib/datastore/server/server.ts'
import { cacheOn } from '../../../../lib/ext/session/cache/cache.ts'
import { memcachedLink } from '../../../../lib/ext/session/cache/memcached.ts'
import type { CacheLink } from '../../../../lib/ext/session/cache/ports.ts'
import { valkeyLink } from '../../../../lib/ext/session/cache/valkey.ts'
import { SessionDatastore } from '../../../../lib/ext/session/repository/datastore-adapter.ts'
import {
  clientCalls,
  connectionCalls,
  engineCalls,
  requestCalls,
} from '../../../../lib/ext/session/repository/datastore-calls.ts'
import { EmbeddedDatastore } from '../../../../lib/ext/session/repository/embedded-datastore.ts'
import type { DatastorePort } from '../../../../lib/ext/session/repository/ports.ts'
import { systemRandomness } from '../../../../lib/ext/session/repository/randomness.ts'
import {
  type RepositorySettings,
  type SessionRecord,
  SessionRepository,
} from '../../../../lib/ext/session/repository/repository.ts'
import { systemClock } from '../../../../lib/internal/clock.ts'
import { emulatorFound, emulatorJar, startEmulator } from '../../../support/emulator.ts'
import { Memcached, memcachedFound } from '../../../support/memcached.ts'
import { MemoryDatastore } from '../../../support/memory-datastore.ts'
import { Valkey, valkeyServers } from '../../../support/valkey.ts'

process.env.METADATA_SERVER_DETECTION = 'none'

interface Backend {
  found: boolean
  start(): Promise<{ open(): Promise<DatastorePort>; stop(): Promise<void> }>
}

async function overGrpc(host: string, stopServer: () => Promise<void>, callsOf = clientCalls) {
  const clients: Datastore[] = []
  return {
    async open() {
      process.env.DATASTORE_EMULATOR_HOST = host
      const datastore = await openDatastore({ mode: 'cloud', projectId: 'tipfy' })
      delete process.env.DATASTORE_EMULATOR_HOST
      clients.push(datastore)
      return new SessionDatastore(callsOf(datastore), { kind: 'Session' })
    },
    async stop() {
      await Promise.all(clients.map(closeDatastore))
      await stopServer()
    },
  }
}

/** As applications do whose sessions are on an emulator. */
function overConnections(host: string, stopServer: () => Promise<void>) {
  const connections: Connection[] = []
  return {
    async open() {
      const connection = connectToEmulator(host, 'tipfy')
      connections.push(connection)
      return new SessionDatastore(connectionCalls(connection), { kind: 'Session' })
    },
    async stop() {
      for (const connection of connections) connection.close()
      await stopServer()
    },
  }
}

const backends: Record<string, Backend> = {
  'a Datastore of Maps': {
    found: true,
    async start() {
      const datastore = new MemoryDatastore()
      return { open: async () => datastore, stop: async () => {} }
    },
  },
  'the embedded Datastore, called directly': {
    found: true,
    async start() {
      const data = openEmbedded({ memory: true })
      return {
        open: async () => new EmbeddedDatastore(data, { kind: 'Session' }),
        stop: async () => data.engine.close(),
      }
    },
  },
  'the embedded Datastore, by messages': {
    found: true,
    async start() {
      const data = openEmbedded({ memory: true })
      return {
        open: async () => new SessionDatastore(engineCalls(data), { kind: 'Session' }),
        stop: async () => data.engine.close(),
      }
    },
  },
  'the embedded Datastore, by the official client': {
    found: true,
    async start() {
      const datastore = await openDatastore({ mode: 'embedded', memory: true })
      return {
        open: async () => new SessionDatastore(clientCalls(datastore), { kind: 'Session' }),
        stop: () => closeDatastore(datastore),
      }
    },
  },
  'the embedded Datastore over gRPC': {
    found: true,
    async start() {
      const server = await startDatastoreServer({ port: 0, memory: true })
      return overConnections(`127.0.0.1:${server.port}`, () => server.close())
    },
  },
  'the embedded Datastore over gRPC, by the official client': {
    found: true,
    async start() {
      const server = await startDatastoreServer({ port: 0, memory: true })
      return overGrpc(`127.0.0.1:${server.port}`, () => server.close())
    },
  },
  "the embedded Datastore over gRPC, by the client's own way": {
    found: true,
    async start() {
      const server = await startDatastoreServer({ port: 0, memory: true })
      return overGrpc(`127.0.0.1:${server.port}`, () => server.close(), requestCalls)
    },
  },
  "Google's emulator": {
    found: emulatorFound,
    async start() {
      const emulator = await startEmulator()
      return overConnections(emulator.host, () => emulator.close())
    },
  },
  "Google's newer emulator": {
    found: emulatorJar('firestore') !== undefined,
    async start() {
      const emulator = await startEmulator('firestore')
      return overConnections(emulator.host, () => emulator.close())
    },
  },
}

const text = (data: object) => JSON.stringify(data)

function live(loaded: { state: string; record?: SessionRecord }): SessionRecord {
  expect(loaded.state).toMatch(/^(live|saved)$/)
  return loaded.record!
}

interface CacheKind {
  found: boolean
  start(): Promise<{ links: () => CacheLink[]; stop: () => Promise<void> }>
}

const caches: Record<string, CacheKind> = {
  memcached: {
    found: memcachedFound,
    async start() {
      const server = await Memcached.start()
      return { links: () => [memcachedLink({ host: '127.0.0.1', port: server.port })], stop: () => server.kill() }
    },
  },
}
for (const program of valkeyServers) {
  caches[program] = {
    found: true,
    async start() {
      const server = await Valkey.start(program)
      return { links: () => [valkeyLink({ host: '127.0.0.1', port: server.port })], stop: () => server.kill() }
    },
  }
}

for (const [name, backend] of Object.entries(backends)) {
  const plain = backend.found ? describe : describe.skip
  plain(`on ${name}`, () => behaves(backend, null))
  for (const [cacheName, cache] of Object.entries(caches)) {
    const suite = backend.found && cache.found ? describe : describe.skip
    suite(`on ${name}, behind ${cacheName}`, () => behaves(backend, cache))
  }
}

function behaves(backend: Backend, cached: CacheKind | null): void {
  let running: Awaited<ReturnType<Backend['start']>>
  let cache: Awaited<ReturnType<CacheKind['start']>> | undefined
  let shift = 0
  const stores: SessionRepository[] = []
  let count = 0
  const newId = () => `${systemRandomness.id()}-${++count}`

  async function open(settings: Partial<RepositorySettings> = {}): Promise<SessionRepository> {
    const store = new SessionRepository({
      datastore: await running.open(),
      cache: cache && cacheOn(cache.links()),
      clock: { ...systemClock, now: () => Date.now() + shift },
      randomness: systemRandomness,
      // A slow machine must not open the breaker: that has tests of its own.
      settings: { cacheTimeout: 5000, storeTimeout: 20_000, ...settings },
    })
    stores.push(store)
    return store
  }

  beforeAll(async () => {
    running = await backend.start()
    cache = await cached?.start()
  }, 60_000)
  afterAll(async () => {
    for (const store of stores) store.close()
    await running.stop()
    await cache?.stop()
  })

  test('a session is read back by every process as it was created', async () => {
    const [a, b] = [await open(), await open()]
    const sid = newId()
    const record = await a.create(sid, { data: text({ a: 'ä€😀' }) })
    expect(record.version).toBe(1)
    for (const store of [a, b, a, b]) expect(live(await store.load(sid))).toEqual(record)
  })

  test('an id that nobody made is none', async () => {
    expect(await (await open()).load(newId())).toEqual({ state: 'none' })
  })

  test('what one process has saved, all see at once', async () => {
    const [a, b] = [await open(), await open()]
    const sid = newId()
    let record = await a.create(sid, { data: '{}' })
    for (let n = 1; n <= 20; n++) {
      const [writer, reader] = n % 2 ? [a, b] : [b, a]
      record = live(await writer.save(sid, record, { data: text({ n }) }))
      const seen = live(await reader.load(sid))
      expect(seen).toEqual(record)
      record = seen
    }
  })

  test('two hundred requests of four processes that set other keys lose none', async () => {
    const processes = await Promise.all([open(), open(), open(), open()])
    const sid = newId()
    const base = await processes[0]!.create(sid, { data: '{}' })
    await Promise.all(
      Array.from({ length: 200 }, (_, n) => processes[n % 4]!.save(sid, base, { data: text({ [`k${n}`]: n }) })),
    )
    for (const store of processes) {
      expect(Object.keys(JSON.parse(live(await store.load(sid)).data))).toHaveLength(200)
    }
  })

  test('two hundred requests of four processes that push to one list lose none', async () => {
    const processes = await Promise.all([open(), open(), open(), open()])
    const sid = newId()
    await processes[0]!.create(sid, { data: '{}' })
    await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const store = processes[n % 4]!
        const base = live(await store.load(sid))
        const list = (JSON.parse(base.data).list ?? []) as number[]
        await store.save(sid, base, { data: text({ list: [...list, n] }) })
      }),
    )
    const { list } = JSON.parse(live(await processes[1]!.load(sid)).data) as { list: number[] }
    expect(list.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n))
  })

  test('two hundred updates of four processes count to two hundred', async () => {
    const processes = await Promise.all([open(), open(), open(), open()])
    const sid = newId()
    await processes[0]!.create(sid, { data: text({ n: 0 }) })
    await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        processes[n % 4]!.update(sid, (data) => {
          data.n = (data.n as number) + 1
        }),
      ),
    )
    for (const store of processes) expect(JSON.parse(live(await store.load(sid)).data)).toEqual({ n: 200 })
  })

  test('an update that throws writes nothing, and does not disturb those beside it', async () => {
    const store = await open()
    const sid = newId()
    await store.create(sid, { data: text({ n: 0 }) })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) =>
        store.update(sid, (data) => {
          data.n = (data.n as number) + 1
          if (n % 2) throw new RangeError('no')
        }),
      ),
    )
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(5)
    expect(JSON.parse(live(await store.load(sid)).data)).toEqual({ n: 5 })
  })

  test('a destroyed session is a tombstone for a minute for all, and no save brings it back', async () => {
    const [a, b] = [await open(), await open()]
    const sid = newId()
    const record = await a.create(sid, { data: text({ secret: 1 }) })
    live(await b.load(sid))
    await a.destroy(sid)
    for (const store of [a, b]) expect(await store.load(sid)).toEqual({ state: 'tombstone' })
    expect(await b.save(sid, record, { data: text({ a: 1 }) })).toEqual({ state: 'gone' })
    expect(await b.update(sid, () => {})).toEqual({ state: 'gone' })
    expect(await b.load(sid)).toEqual({ state: 'tombstone' })
    shift += 60_001
    expect(await a.load(sid)).toEqual({ state: 'none' })
    shift = 0
  })

  test('a regenerated session lives under the new id only', async () => {
    const [a, b] = [await open(), await open()]
    const [oldId, id] = [newId(), newId()]
    const base = await a.create(oldId, { data: text({ cart: [1] }) })
    await b.save(oldId, base, { data: text({ cart: [1, 2] }) })
    const moved = live(await a.regenerate(oldId, id, base, { data: text({ cart: [1, 3] }) }))
    expect(JSON.parse(moved.data)).toEqual({ cart: [1, 2, 3] })
    for (const store of [a, b]) {
      expect(await store.load(oldId)).toEqual({ state: 'tombstone' })
      expect(live(await store.load(id))).toEqual(moved)
    }
  })

  test('a session dies by idle time, also while it is cached, and by its age', async () => {
    const store = await open({ expiration: 100_000, absoluteExpiration: 150_000 })
    const [sid, other] = [newId(), newId()]
    await store.create(sid, { data: '{}' })
    let record = await store.create(other, { data: '{}' })
    live(await store.load(sid))
    shift = 90_000
    expect(store.touchDue(record)).toBe(true)
    record = live(await store.touch(other, record))
    shift = 100_001
    expect(await store.load(sid)).toEqual({ state: 'none' })
    record = live(await store.load(other))
    shift = 150_001
    expect(await store.load(other)).toEqual({ state: 'none' })
    expect(await store.save(other, record, { data: text({ a: 1 }) })).toEqual({ state: 'gone' })
    shift = 0
  })

  test('sixteen logins of one user at once, in two processes, are all there', async () => {
    const [a, b] = [await open(), await open()]
    const user = newId()
    const logins = Array.from({ length: 16 }, (_, n) =>
      (n % 2 === 0 ? a : b).create(newId(), { data: '{}', username: user }),
    )
    await Promise.all(logins)
    expect(await a.listFor(user)).toHaveLength(16)
    expect(a.stats.unavailable + b.stats.unavailable).toBe(0)
    // Within a process they queue: only the two processes meet.
    expect(a.stats.aborted + b.stats.aborted).toBeLessThanOrEqual(24)
    expect(await b.destroyAllFor(user)).toBe(16)
  })

  test("a user's sessions are listed, and ended everywhere but the one excepted", async () => {
    const [a, b] = [await open(), await open()]
    const user = newId()
    const [one, two, three] = [newId(), newId(), newId()]
    await a.create(one, { data: '{}', username: user })
    const base = await b.create(two, { data: '{}' })
    await b.save(two, base, { data: '{}', username: user })
    await a.create(three, { data: '{}', username: user })
    for (const sid of [one, two, three]) live(await b.load(sid))
    expect(await a.listFor(user)).toHaveLength(3)
    expect(await a.destroyAllFor(user, { exceptSid: three })).toBe(2)
    for (const sid of [one, two]) expect(await b.load(sid)).toEqual({ state: 'none' })
    live(await b.load(three))
    await b.create(newId(), { data: '{}', username: user })
    expect(await a.listFor(user)).toHaveLength(2)
  })

  test('what memcached and Datastore would refuse is an error or uncached, and the old data stays', async () => {
    const [a, b] = [await open(), await open()]
    const sid = newId()
    const record = await a.create(sid, { data: '{}' })
    await expect(a.save(sid, record, { data: text({ x: 'x'.repeat(1_050_000) }) })).rejects.toMatchObject({
      code: 'TIPFY_E_SESSION_RECORD_TOO_LARGE',
    })
    expect(live(await b.load(sid))).toEqual(record)
    const large = live(await a.save(sid, record, { data: text({ x: 'x'.repeat(1_030_000) }) }))
    for (const store of [a, b, a]) expect(live(await store.load(sid))).toEqual(large)
    const small = live(await b.save(sid, large, { data: text({ x: 1 }) }))
    for (const store of [a, b, a]) expect(live(await store.load(sid))).toEqual(small)
  })

  if (!cached) return

  test('a read is one get of memcached once it is there, whoever wrote', async () => {
    const [a, b] = [await open(), await open()]
    const sid = newId()
    let record = await a.create(sid, { data: '{}' })
    live(await a.load(sid))
    // A reader does not wait for memcached to have what it read.
    while (a.stats.fills === 0) await turn()
    live(await b.load(sid))
    record = live(await a.save(sid, record, { data: text({ n: 1 }) }))
    expect(live(await b.load(sid))).toEqual(record)
    expect(b.stats).toMatchObject({ cacheHits: 2, cacheMisses: 0 })
  })

  test('values for another id, garbage and what is over are misses', async () => {
    const [a] = [await open()]
    const [sid, other] = [newId(), newId()]
    const record = await a.create(sid, { data: text({ mine: 1 }) })
    await a.create(other, { data: text({ other: 1 }) })
    live(await a.load(sid))
    live(await a.load(other))
    // A reader does not wait for memcached to have what it read: until then the entry is a lease.
    while (a.stats.fills < 2) await turn()
    const connection = await cache!.links()[0]!.connect(5000)
    const { keyName } = await import('../../../../lib/ext/session/repository/record.ts')
    const key = `tipfy:${keyName(sid)}`
    const foreign = (await connection.get(`tipfy:${keyName(other)}`))!.value
    for (const value of [
      foreign,
      'value {}\n{}',
      'value garbage',
      '',
      '\0\xff',
      foreign.slice(0, 50),
      'x'.repeat(900_000),
    ]) {
      await connection.delete(key)
      expect(await connection.add(key, value, 60)).toBeTruthy()
      expect(live(await a.load(sid))).toEqual(record)
      expect(live(await a.load(sid))).toEqual(record)
    }
    expect(a.stats.cacheBroken).toBe(7)
    connection.close()
  })
}
