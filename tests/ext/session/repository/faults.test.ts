// A memcached and a Datastore that are down, silent, slow or at odds: answers stay right, waits are bounded, errors named.

import { createServer, type Socket } from 'node:net'
import type { Datastore } from '@google-cloud/datastore'
import { describe, expect, test } from '@jest/globals'
import { closeDatastore, openDatastore } from '../../../../lib/datastore/client.ts'
import { cacheOn } from '../../../../lib/ext/session/cache/cache.ts'
import { memcachedLink } from '../../../../lib/ext/session/cache/memcached.ts'
import { SessionDatastore } from '../../../../lib/ext/session/repository/datastore-adapter.ts'
import { clientCalls } from '../../../../lib/ext/session/repository/datastore-calls.ts'
import { type DatastorePort, PortError } from '../../../../lib/ext/session/repository/ports.ts'
import { systemRandomness } from '../../../../lib/ext/session/repository/randomness.ts'
import { type RepositorySettings, SessionRepository } from '../../../../lib/ext/session/repository/repository.ts'
import { systemClock } from '../../../../lib/internal/clock.ts'
import { FakeClock, fakeRandomness } from '../../../support/fake-world.ts'
import { freePort, Memcached, memcachedFound } from '../../../support/memcached.ts'
import { MemoryDatastore } from '../../../support/memory-datastore.ts'

type Server = Pick<Memcached, 'port'>

const linkTo = ({ port }: Server) => memcachedLink({ host: '127.0.0.1', port })

function openRepository(
  datastore: DatastorePort,
  memcached: Server | Server[] | null,
  settings: Partial<RepositorySettings> = {},
) {
  return new SessionRepository({
    datastore,
    cache: memcached === null ? undefined : cacheOn([memcached].flat().map(linkTo)),
    clock: systemClock,
    randomness: systemRandomness,
    settings,
  })
}

const withMemcached = memcachedFound ? describe : describe.skip

withMemcached('a memcached', () => {
  test('that hangs is waited for once, then left alone until it answers again and has dropped what it missed', async () => {
    const memcached = await Memcached.start()
    const told: string[] = []
    const clock = { ...systemClock, ticks: () => performance.now() + shift }
    let shift = 0
    const store = new SessionRepository({
      datastore: new MemoryDatastore(),
      cache: cacheOn([linkTo(memcached)]),
      clock,
      randomness: systemRandomness,
      settings: { cacheTimeout: 50, onTrouble: (message) => told.push(message) },
    })
    let record = await store.create('sid', { data: '{}' })
    await store.load('sid')
    memcached.hang()
    for (let n = 0; n < 20; n++) {
      expect(await store.load('sid')).toEqual({ state: 'live', record })
      const saved = await store.save('sid', record, { data: `{"n":${n}}` })
      if (saved.state !== 'saved') throw new Error(saved.state)
      record = saved.record
    }
    // One use waited; those after it did not so much as try. (A fill may have been under way beside it.)
    expect(store.stats.breakerOpened).toBe(1)
    expect(store.stats.cacheBypassed).toBeGreaterThanOrEqual(38)
    expect(told).toEqual([expect.stringContaining('is left alone')])

    memcached.wake()
    shift = 60_000
    while (told.length < 2) {
      expect(await store.load('sid')).toEqual({ state: 'live', record })
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(told[1]).toContain('works again')
    const { cacheHits } = store.stats
    while (store.stats.cacheHits === cacheHits) {
      expect(await store.load('sid')).toEqual({ state: 'live', record })
      await new Promise((resolve) => setImmediate(resolve))
    }
    store.close()
    await memcached.kill()
  })

  test('that has responded while the process was held is not taken for a hung one', async () => {
    const memcached = await Memcached.start()
    const store = openRepository(new MemoryDatastore(), memcached, { cacheTimeout: 200 })
    const record = await store.create('sid', { data: '{}' })
    for (let n = 0; n < 5; n++) {
      const loading = store.load('sid')
      const end = performance.now() + 300
      while (performance.now() < end);
      expect(await loading).toEqual({ state: 'live', record })
    }
    expect(store.stats).toMatchObject({ breakerOpened: 0, cacheBypassed: 0 })
    store.close()
    await memcached.kill()
  })

  test('that nobody listens on costs a refusal, and sessions are right', async () => {
    const store = openRepository(new MemoryDatastore(), { port: await freePort() })
    const record = await store.create('sid', { data: '{}' })
    for (let n = 0; n < 10; n++) expect(await store.load('sid')).toEqual({ state: 'live', record })
    expect(store.stats).toMatchObject({ breakerOpened: 1, cacheBypassed: 9 })
    store.close()
  })

  test.each<[string, (socket: Socket) => void]>([
    ['closes in the midst of an answer', (socket) => socket.end(Buffer.from([0x81, 0x0a, 0, 0]))],
    ['answers garbage', (socket) => socket.write(Buffer.alloc(4096, 'garbage '))],
    ['resets', (socket) => socket.resetAndDestroy()],
  ])('that %s leaves sessions right', async (_, answer) => {
    const server = createServer((socket) => socket.on('error', () => {}).on('data', () => answer(socket)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const store = openRepository(new MemoryDatastore(), { port })
    const record = await store.create('sid', { data: '{}' })
    for (let n = 0; n < 5; n++) expect(await store.load('sid')).toEqual({ state: 'live', record })
    expect(store.stats.breakerOpened).toBe(1)
    store.close()
    server.close()
  })

  test('that is full, or takes only small values, leaves sessions right', async () => {
    const memcached = await Memcached.start('-I', '512k', '-m', '2', '-M')
    const datastore = new MemoryDatastore()
    const patient = { cacheTimeout: 5000 }
    const [one, two] = [openRepository(datastore, memcached, patient), openRepository(datastore, memcached, patient)]
    let record = await one.create('sid', { data: '{"n":0}' })
    for (let n = 1; n < 20; n++) {
      await two.load('sid')
      const data = JSON.stringify({ n, x: 'x'.repeat([10, 700_000, 400_000][n % 3]!) })
      const saved = await one.save('sid', record, { data })
      if (saved.state !== 'saved') throw new Error(saved.state)
      record = saved.record
      expect(await two.load('sid')).toEqual({ state: 'live', record })
    }
    expect(one.stats.breakerOpened + two.stats.breakerOpened).toBe(0)
    one.close()
    two.close()
    await memcached.kill()
  })

  test('is told once of changes that were committed together', async () => {
    const memcached = await Memcached.start()
    const store = openRepository(new MemoryDatastore(), memcached, { cacheTimeout: 5000 })
    await store.create('sid', { data: '{}' })
    await store.load('sid')
    while (store.stats.fills === 0) await new Promise((resolve) => setImmediate(resolve))
    const loaded = await store.load('sid')
    if (loaded.state !== 'live') throw new Error(loaded.state)
    const { count } = store.stats.cache
    await Promise.all(Array.from({ length: 30 }, (_, n) => store.save('sid', loaded.record, { data: `{"k${n}":1}` })))
    // The first goes by itself, the others wait for it and go together.
    expect(store.stats.commits).toBe(1 + 2)
    expect(store.stats.cache.count).toBe(count + 2)
    store.close()
    await memcached.kill()
  })

  test('among several keeps its own sessions: one that dies does not touch those of the others', async () => {
    const servers = await Promise.all([Memcached.start(), Memcached.start(), Memcached.start()])
    const datastore = new MemoryDatastore()
    const store = openRepository(datastore, servers, { cacheTimeout: 5000 })
    const sids = Array.from({ length: 60 }, (_, n) => `s${n}`)
    for (const sid of sids) await store.create(sid, { data: '{}' })
    for (const sid of [...sids, ...sids]) await store.load(sid)
    expect(store.stats.cacheHits).toBe(60)
    await servers[1]!.kill()
    for (const sid of sids) expect(await store.load(sid)).toMatchObject({ state: 'live' })
    expect(store.stats.breakerOpened).toBe(1)
    expect(store.stats.cacheHits).toBeGreaterThan(60 + 20)
    store.close()
    await Promise.all(servers.map((server) => server.kill()))
  })
})

describe('a Datastore', () => {
  async function overGrpc(port: number): Promise<{ port: SessionDatastore; close(): Promise<void> }> {
    process.env.DATASTORE_EMULATOR_HOST = `127.0.0.1:${port}`
    process.env.METADATA_SERVER_DETECTION = 'none'
    const datastore = await openDatastore({ mode: 'cloud', projectId: 'tipfy' })
    delete process.env.DATASTORE_EMULATOR_HOST
    return {
      port: new SessionDatastore(clientCalls(datastore), { kind: 'Session' }),
      close: () => closeDatastore(datastore),
    }
  }

  const record = {
    version: 1,
    created: 0,
    updated: 0,
    expires: 1e15,
    data: '{}',
    username: null,
    commits: [],
    stamp: null,
  }
  const operations: [string, (store: SessionRepository) => Promise<unknown>][] = [
    ['load', (store) => store.load('sid')],
    ['create', (store) => store.create('sid', { data: '{}' })],
    ['create for a user', (store) => store.create('sid', { data: '{}', username: 'ann' })],
    ['save', (store) => store.save('sid', { ...record, stamp: '1' }, { data: '{"a":1}' })],
    ['save of what is not known', (store) => store.save('sid', record, { data: '{"a":1}' })],
    ['update', (store) => store.update('sid', () => {})],
    ['regenerate', (store) => store.regenerate('sid', 'new', record, { data: '{}' })],
    ['destroy', (store) => store.destroy('sid')],
    ['listFor', (store) => store.listFor('ann')],
    ['destroyAllFor', (store) => store.destroyAllFor('ann')],
  ]

  test('that nobody listens on is an error of every operation, with a time to try again', async () => {
    const { port, close } = await overGrpc(await freePort())
    const store = openRepository(port, null, { storeTimeout: 3000 })
    for (const [, operation] of operations) {
      await expect(operation(store)).rejects.toMatchObject({
        code: 'TIPFY_E_SESSION_STORE_UNAVAILABLE',
        retryAfter: expect.any(Number),
      })
    }
    await close()
  })

  test.each([
    [3, 'INVALID_ARGUMENT: The value of property "x" is too long.'],
    [5, 'NOT_FOUND: The project nope does not exist.'],
    [7, 'PERMISSION_DENIED: Missing or insufficient permissions.'],
    [16, 'UNAUTHENTICATED: Request had invalid authentication credentials.'],
    [undefined, 'invalid_grant'],
  ])('that refuses for good (%s) is told as that at once: nothing is tried again', async (code, message) => {
    let calls = 0
    const error = Object.assign(new Error(message), { code })
    const request_ = (_: object, callback: (error: Error) => void) => {
      calls++
      setImmediate(callback, error)
    }
    const client = { request_, transaction: () => ({ request_ }) } as unknown as Datastore
    const store = openRepository(new SessionDatastore(clientCalls(client), { kind: 'Session' }), null)
    for (const [, operation] of operations) {
      calls = 0
      await expect(operation(store)).rejects.toMatchObject({
        code: 'TIPFY_E_SESSION_STORE_REFUSED',
        retryAfter: null,
        message: expect.stringContaining(`Datastore: ${message.replace(/\.$/, '')}`),
      })
      // An update that misses its record, and one in a project that is not there, are told apart by a lookup.
      expect(calls).toBeLessThanOrEqual(code === 5 ? 2 : 1)
    }
    expect(store.stats.retries).toBe(0)
  })

  test('that is embedded and fails is told of by its folder, not by projects and credentials', async () => {
    const datastore = await openDatastore({ mode: 'embedded', memory: true })
    const store = openRepository(
      new SessionDatastore(clientCalls(datastore), { kind: 'Session', isEmbedded: true }),
      null,
    )
    await closeDatastore(datastore)
    const error = await store.create('sid', { data: '{}' }).catch((error: Error) => error)
    expect((error as Error).message).toMatch(/check the data folder: that it is there/i)
    expect((error as Error).message).not.toMatch(/project|credential/)
  })

  test('that fails is told of in the log once a minute, not with each request', async () => {
    const clock = new FakeClock()
    const datastore = new MemoryDatastore()
    const told: string[] = []
    const settings = { onTrouble: (message: string) => told.push(message) }
    const store = new SessionRepository({ datastore, clock, randomness: fakeRandomness(), settings })
    datastore.read = () => Promise.reject(new PortError('refused', 'Datastore: it is over there'))
    for (let n = 0; n < 120; n++) {
      await expect(store.load('sid')).rejects.toThrow('it is over there')
      clock.time += 1000
    }
    expect(told).toEqual([expect.stringContaining('it is over there'), expect.stringContaining('it is over there')])
    expect(store.stats.unavailable).toBe(120)
  })

  test('that accepts and never answers is one too, within the budget; a touch only counts it', async () => {
    const sockets: Socket[] = []
    const server = createServer((socket) => sockets.push(socket.on('error', () => {})))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port, close } = await overGrpc((server.address() as { port: number }).port)
    const store = openRepository(port, null, { storeTimeout: 300 })
    const all = await Promise.allSettled(operations.map(([, operation]) => operation(store)))
    for (const outcome of all) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'TIPFY_E_SESSION_STORE_UNAVAILABLE' } })
    }
    expect(await store.touch('sid', record)).toEqual({ state: 'saved', record })
    expect(store.stats.touchesFailed).toBe(1)
    for (const socket of sockets) socket.destroy()
    server.close()
    await close()
  })

  /** Has a repository that has saved before, so that the server's word is proven; the next commits go through `commit`. */
  async function afterProof(
    commit: (apply: () => Promise<string[]>) => Promise<string[]>,
    settings: Partial<RepositorySettings> = {},
  ) {
    const clock = new FakeClock()
    const datastore = new MemoryDatastore()
    const store = new SessionRepository({ datastore, clock, randomness: fakeRandomness(), settings })
    await store.create('sid', { data: '{"n":0}' })
    const base = await store.update('sid', () => ({ n: 0, list: [] }))
    if (base.state !== 'saved') throw new Error(base.state)
    const real = datastore.commit.bind(datastore)
    datastore.commit = (writes, onto) => commit(() => real(writes, onto))
    return { clock, datastore, store, base: base.record }
  }

  test('that commits but whose response is lost is not written twice', async () => {
    let lost = 0
    const { clock, store } = await afterProof(async (apply) => {
      const stamps = await apply()
      if (lost++ < 2) throw new PortError('unknown', 'the connection was lost')
      return stamps
    })
    const saved = await clock.until(
      store.update('sid', (data) => {
        data.n = (data.n as number) + 1
      }),
    )
    expect(saved).toMatchObject({ state: 'saved', record: { version: 3, data: '{"n":1,"list":[]}' } })
    expect(store.stats).toMatchObject({ recognised: 1, retries: 1 })
  })

  test('that saves in one call but whose response is lost is not written twice', async () => {
    const { clock, datastore, store, base } = await afterProof(async (apply) => {
      await apply()
      throw new PortError('unknown', 'the connection was lost')
    })
    const calls = { ...datastore.calls }
    const saved = await clock.until(store.save('sid', base, { data: '{"n":0,"list":[1]}' }))
    expect(saved).toMatchObject({ state: 'saved', record: { version: 3, data: '{"n":0,"list":[1]}' } })
    expect(datastore.calls).toEqual({ ...calls, commit: calls.commit + 1, read: calls.read + 1 })
  })

  test('whose insert was applied but got no response has one session, not an error', async () => {
    let lost = 0
    const { clock, store } = await afterProof(async (apply) => {
      const stamps = await apply()
      if (lost++ === 0) throw new PortError('unknown', 'the connection was lost')
      return stamps
    })
    const record = await clock.until(store.create('new', { data: '{}' }))
    expect(await store.load('new')).toEqual({ state: 'live', record })
  })

  test('whose login was applied but got no response has one session and one login', async () => {
    let lost = 0
    const { clock, store } = await afterProof(async (apply) => {
      const stamps = await apply()
      if (lost++ === 0) throw new PortError('unknown', 'the connection was lost')
      return stamps
    })
    await clock.until(store.create('new', { data: '{}', username: 'ann' }))
    expect(await store.listFor('ann')).toHaveLength(1)
    expect(store.stats.recognised).toBe(1)
  })

  test('that refuses a commit although nothing has changed is not tried for ever', async () => {
    const { clock, store, base } = await afterProof(() =>
      Promise.reject(new PortError('outdated', 'the file was removed')),
    )
    await expect(clock.until(store.save('sid', base, { data: '{"n":1}' }))).rejects.toMatchObject({
      code: 'TIPFY_E_SESSION_STORE_REFUSED',
      message: expect.stringContaining('the file was removed'),
    })
  })

  test('that aborts again and again is tried again, up to the budget', async () => {
    let aborts = 5
    const { clock, store } = await afterProof(
      async (apply) => {
        if (aborts-- > 0) throw new PortError('conflict', 'ABORTED')
        return await apply()
      },
      { storeTimeout: 2000 },
    )
    expect(await clock.until(store.update('sid', () => ({ n: 1 })))).toMatchObject({ state: 'saved' })
    expect(store.stats.aborted).toBe(5)
    aborts = Number.POSITIVE_INFINITY
    const refused = clock.until(store.update('sid', () => ({ n: 2 })))
    await expect(refused).rejects.toMatchObject({ code: 'TIPFY_E_SESSION_STORE_UNAVAILABLE', retryAfter: 2 })
  })

  test('with a record that another program broke has no session there, and tells', async () => {
    const datastore = await openDatastore({ mode: 'embedded', memory: true })
    const broken: string[] = []
    const port = new SessionDatastore(clientCalls(datastore), {
      kind: 'Session',
      onBroken: (_, __, why) => broken.push(why),
    })
    const store = openRepository(port, null)
    const good = { created: new Date(), updated: new Date(), expires: new Date(4e12), data: '{}', username: null }
    const { keyName } = await import('../../../../lib/ext/session/repository/record.ts')
    const cases: [object, RegExp][] = [
      [{ ...good, version: 'x', commits: 'x' }, /version/],
      [{ ...good, version: datastore.int('9223372036854775807'), commits: 'x' }, /version/],
      [{ ...good, version: 1, commits: 5 }, /commits/],
      [{ ...good, version: 1, commits: [5] }, /commits/],
      [{ ...good, version: 1 }, /commits/],
      [{ ...good, version: 1, commits: 'x', data: 5 }, /data/],
      [{ ...good, version: 1, commits: 'x', expires: 'soon' }, /expires/],
      [{ ...good, version: 1, commits: 'x', username: 7 }, /username/],
    ]
    for (const [n, [data, why]] of cases.entries()) {
      await datastore.save({ key: datastore.key(['Session', keyName(`s${n}`)]), data })
      expect(await store.load(`s${n}`)).toEqual({ state: 'none' })
      expect(broken.pop()).toMatch(why)
      expect(await store.save(`s${n}`, record, { data: '{"a":1}' })).toEqual({ state: 'gone' })
    }
    await closeDatastore(datastore)
  })
})
