// The guard of one server of the cache, when things end or go wrong while it is busy with something else.
import { describe, expect, test } from '@jest/globals'
import { cacheOn } from '../../../../lib/ext/session/cache/cache.ts'
import { CacheServer } from '../../../../lib/ext/session/cache/cache-server.ts'
import { Passwords } from '../../../../lib/ext/session/cache/passwords.ts'
import { type CacheConnection, type CacheLink, CacheUnusable } from '../../../../lib/ext/session/cache/ports.ts'
import { Counters } from '../../../../lib/ext/session/repository/counters.ts'
import { SessionRepository } from '../../../../lib/ext/session/repository/repository.ts'
import { FakeClock, fakeRandomness } from '../../../support/fake-world.ts'
import { MemoryDatastore } from '../../../support/memory-datastore.ts'

class FakeConnection {
  alive = true
  readonly deleted: string[] = []
  async get(): Promise<null> {
    return null
  }
  async delete(key: string): Promise<boolean> {
    this.deleted.push(key)
    return true
  }
  close(): void {
    this.alive = false
  }
}

function makeServer() {
  const clock = new FakeClock()
  const attempts: ((connection: FakeConnection | null) => void)[] = []
  const link: CacheLink = {
    name: 'fake',
    connect: () =>
      new Promise<CacheConnection>((resolve, reject) => {
        attempts.push((connection) =>
          connection === null ? reject(new Error('refused')) : resolve(connection as unknown as CacheConnection),
        )
      }),
  }
  const told: string[] = []
  const settings = {
    timeout: 50,
    connectTimeout: 1000,
    entryLife: 60_000,
    onTrouble: (message: string) => told.push(message),
  }
  return { clock, attempts, told, link, server: new CacheServer(link, clock, new Counters(), settings) }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('a server of the cache', () => {
  test('that is closed while it connects closes what comes of it', async () => {
    const { attempts, server } = makeServer()
    server.start()
    server.close()
    const connection = new FakeConnection()
    attempts[0]!(connection)
    await settled()
    expect(connection.alive).toBe(false)
  })

  test('that is closed while it is mended stays closed', async () => {
    const { clock, attempts, server } = makeServer()
    server.start()
    attempts[0]!(null)
    await settled()
    expect(server.state).toBe('open')
    clock.time += 2000
    await server.use(() => Promise.resolve())
    expect(server.state).toBe('mending')
    server.close()
    const connection = new FakeConnection()
    attempts[1]!(connection)
    await settled()
    expect(connection.alive).toBe(false)
    expect(server.state).toBe('open')
  })

  test('that misses more changes than are remembered while it is mended is not used before all has expired', async () => {
    const { clock, attempts, server } = makeServer()
    server.start()
    attempts[0]!(null)
    await settled()
    clock.time += 2000
    await server.use(() => Promise.resolve())
    for (let n = 0; n <= 20_000; n++) server.miss(`k${n}`)
    attempts[1]!(new FakeConnection())
    await settled()
    expect(server.state).toBe('open')
    clock.time += 59_000
    expect(await server.use(() => Promise.resolve('used'))).toBeUndefined()
    expect(server.state).toBe('open')
    clock.time += 1000
    await server.use(() => Promise.resolve())
    await settled()
    expect(server.state).toBe('closed')
    expect(attempts).toHaveLength(2)
  })

  test('that is well again is told what it missed, though nobody asks for it', async () => {
    const { clock, attempts, server } = makeServer()
    server.start()
    attempts[0]!(null)
    await settled()
    server.miss('k')
    await clock.pass(20)
    attempts[1]!(null)
    await clock.pass(40)
    const connection = new FakeConnection()
    attempts[2]!(connection)
    expect(await clock.until(server.confirmed('k', 5000))).toBe(true)
    expect(connection.deleted).toEqual(['k'])
  })

  test('that stays away is told nothing once the entries must have expired', async () => {
    const { clock, attempts, server } = makeServer()
    server.start()
    attempts[0]!(null)
    await settled()
    server.miss('k')
    const confirmed = server.confirmed('k', 100_000)
    for (let n = 1; n < 100; n++) {
      await clock.pass(1000)
      attempts[n]?.(null)
    }
    expect(await confirmed).toBe(true)
    const { length } = attempts
    await clock.pass(60_000)
    expect(attempts.length).toBe(length)
  })

  test('that fails for the first time in a while is in doubt, and open only when it fails again', async () => {
    const { clock, attempts, server } = makeServer()
    server.start()
    attempts[0]!(null)
    await settled()
    expect(server.isInDoubt).toBe(true)
    clock.time += 20
    await server.use(() => Promise.resolve())
    attempts[1]!(null)
    await settled()
    expect(server.isInDoubt).toBe(false)
    clock.time += 999
    await server.use(() => Promise.resolve())
    expect(attempts).toHaveLength(2)
  })
})

describe('a connection that takes long', () => {
  test('is waited for by a request as long as for the cache, and then beside the requests', async () => {
    const { clock, attempts, told, server } = makeServer()
    let late = 0
    const first = server.use(async () => late++)
    await clock.pass(60)
    expect(await first).toBeUndefined()
    const start = clock.time
    expect(await server.use(async () => late++)).toBeUndefined()
    expect(clock.time).toBe(start)
    await clock.pass(500)
    attempts[0]!(new FakeConnection())
    await settled()
    expect(server.state).toBe('closed')
    expect(attempts).toHaveLength(1)
    expect(late).toBe(0)
    expect(await server.use(async () => 'used')).toBe('used')
    expect(told).toEqual([])
  })

  test('is given up in the end, and the log is told once', async () => {
    const { clock, attempts, told, server } = makeServer()
    void server.use(async () => {})
    await clock.pass(1100)
    expect(server.state).toBe('open')
    expect(told).toEqual([expect.stringMatching(/the cache at fake is left alone.*no response within 1000 ms/)])
    await clock.pass(20)
    void server.use(async () => {})
    attempts[1]!(null)
    await clock.pass(60)
    expect(told).toHaveLength(1)
  })

  test('is used only when the changes that were made meanwhile are deleted there', async () => {
    const { clock, attempts, server } = makeServer()
    server.start()
    void server.use(async () => {})
    await clock.pass(60)
    server.miss('k')
    const connection = new FakeConnection()
    attempts[0]!(connection)
    await settled()
    expect(connection.deleted).toEqual(['k'])
    expect(server.state).toBe('closed')
  })

  test('has its time from when what it needs is there', async () => {
    const { clock, attempts, link, server, told } = makeServer()
    link.prepare = () => new Promise((resolve) => void clock.timer(5000, () => resolve('a token')))
    server.start()
    await clock.pass(4900)
    expect(attempts).toHaveLength(0)
    await clock.pass(900)
    attempts[0]!(new FakeConnection())
    await settled()
    expect(await server.use(async () => 'used')).toBe('used')
    expect(told).toEqual([])
  })
})

/** A cache whose server can be reached or not, and the repository on it. */
function makeRepository(more: Partial<CacheLink> = {}) {
  const clock = new FakeClock()
  let outages = 0
  const world = {
    get isUp() {
      return outages % 2 === 0
    },
    /** What was connected when it went down stays dead. */
    set isUp(isUp: boolean) {
      if (isUp !== world.isUp) outages++
    },
    hangs: false,
    /** The host has vanished: no connection comes about. */
    isMute: false,
    /** Ms that a get takes. */
    slow: 0,
    error: new Error('refused'),
    attempts: 0,
    deleted: [] as string[],
    told: [] as string[],
  }
  const connection = (since = outages): CacheConnection => ({
    get alive() {
      return outages === since
    },
    get: () => {
      if (world.hangs || world.isMute) return new Promise(() => {})
      return world.slow === 0
        ? Promise.resolve(null)
        : new Promise((resolve) => clock.timer(world.slow, () => resolve(null)))
    },
    add: async () => 1,
    replace: async () => 2,
    delete: async (key) => {
      if (world.hangs) return new Promise(() => {})
      if (outages !== since) throw new Error('the connection was lost')
      world.deleted.push(key)
      return true
    },
    close: () => {},
  })
  const connect = async () => {
    world.attempts++
    if (world.isMute) return new Promise<never>(() => {})
    if (!world.isUp) throw world.error
    return connection()
  }
  const repository = new SessionRepository({
    datastore: new MemoryDatastore(),
    cache: cacheOn([{ name: 'fake', connect, ...more }]),
    clock,
    randomness: fakeRandomness(),
    settings: { storeTimeout: 5000, onTrouble: (message) => world.told.push(message) },
  })
  return { clock, world, repository }
}

describe('ending a session', () => {
  test.each([
    ['destroy', (repository: SessionRepository) => repository.destroy('sid')],
    ['regenerate', (repository: SessionRepository) => repository.regenerate('sid', 'new', null, { data: '{}' })],
    ['destroyAllFor', (repository: SessionRepository) => repository.destroyAllFor('ann')],
  ])('by %s waits for a cache that was in use until now', async (_, end) => {
    const { clock, world, repository } = makeRepository()
    await repository.create('sid', { data: '{}', username: 'ann' })
    await repository.load('sid')
    world.isUp = false
    const ending: Promise<unknown> = end(repository)
    await clock.pass(700)
    expect(world.deleted).toEqual([])
    world.isUp = true
    await clock.until(ending)
    expect(world.deleted).toContain(`tipfy:${repository.idOf('sid')}`)
    expect(repository.stats.cacheUnconfirmed).toBe(0)
    expect(world.told[0]).toContain('may be served by other processes for 67 s at most')
  })

  test('waits for no longer than storeTimeout, and not at all for a cache that is left alone', async () => {
    const { clock, world, repository } = makeRepository()
    for (const sid of ['one', 'two']) await repository.create(sid, { data: '{}' })
    await repository.load('one')
    world.isUp = false
    const start = clock.time
    await clock.until(repository.destroy('one'))
    expect(clock.time - start).toBe(5000)
    await clock.until(repository.destroy('two'))
    expect(clock.time - start).toBe(5000)
    expect(repository.stats.cacheUnconfirmed).toBe(2)
  })
})

describe('a change', () => {
  test('is shown before the response where the server failed for the first time in a while, and is back at once', async () => {
    const { clock, world, repository } = makeRepository()
    const record = await repository.create('sid', { data: '{}' })
    await repository.load('sid')
    world.isUp = false
    const start = clock.time
    const saving = repository.save('sid', record, { data: '{"a":1}' })
    await clock.pass(10)
    world.isUp = true
    await clock.until(saving)
    expect(world.deleted).toEqual([`tipfy:${repository.idOf('sid')}`])
    expect(clock.time - start).toBe(20)
    expect(repository.stats.cacheUnconfirmed).toBe(0)
  })

  test('waits for a server that stays away twice at most, and then no more', async () => {
    const { clock, world, repository } = makeRepository()
    const records = await Promise.all(['one', 'two'].map((sid) => repository.create(sid, { data: '{}' })))
    await repository.load('one')
    world.isUp = false
    const start = clock.time
    await clock.until(repository.save('one', records[0]!, { data: '{"a":1}' }))
    expect(clock.time - start).toBe(50)
    await clock.until(repository.save('two', records[1]!, { data: '{"a":1}' }))
    expect(clock.time - start).toBe(50)
    expect(repository.stats.cacheUnconfirmed).toBe(2)
  })

  test('looks for a server that fails at once, however often it has failed, and is told to one that is there', async () => {
    const { clock, world, repository } = makeRepository()
    const record = await repository.create('sid', { data: '{}' })
    await repository.load('sid')
    for (let n = 0; n < 5; n++) {
      world.isUp = false
      await clock.until(repository.load('sid'))
      await clock.pass(500)
      world.isUp = true
      world.deleted = []
      const start = clock.time
      await clock.until(repository.save('sid', record, { data: `{"a":${n}}` }))
      expect(world.deleted).toEqual([`tipfy:${repository.idOf('sid')}`])
      expect(clock.time).toBe(start)
    }
    expect(repository.stats.cacheUnconfirmed).toBe(0)
  })

  test('does not look for a server that lets nobody in before its time', async () => {
    const { clock, world, repository } = makeRepository()
    const record = await repository.create('sid', { data: '{}' })
    Object.assign(world, { isUp: false, error: new CacheUnusable('WRONGPASS') })
    await clock.until(repository.load('sid'))
    await clock.until(repository.save('sid', record, { data: '{"a":1}' }))
    const { attempts } = world
    for (let n = 0; n < 20; n++) await clock.until(repository.save('sid', record, { data: `{"b":${n}}` }))
    expect(world.attempts).toBe(attempts)
  })

  test('does not ask a function for a password that has just failed', async () => {
    let asked = 0
    const ask = () => {
      asked++
      throw new Error('no metadata server')
    }
    const passwords = new Passwords(ask, new FakeClock())
    const { clock, world, repository } = makeRepository({ prepare: () => passwords.prepare() })
    const record = await repository.create('sid', { data: '{}' })
    await clock.until(repository.load('sid'))
    await clock.until(repository.save('sid', record, { data: '{"a":1}' }))
    const before = asked
    for (let n = 0; n < 20; n++) await clock.until(repository.save('sid', record, { data: `{"b":${n}}` }))
    expect(asked).toBe(before)
    expect(world.told).toEqual([expect.stringMatching(/is left alone.*cachePassword failed: no metadata server/)])
  })

  test('is told to a server that hung, is back and is left alone for reads a little longer', async () => {
    const { clock, world, repository } = makeRepository()
    const record = await repository.create('sid', { data: '{}' })
    for (let n = 0; n < 3; n++) {
      world.hangs = true
      await clock.until(repository.load('sid'))
      world.hangs = false
      await clock.until(repository.save('sid', record, { data: `{"a":${n}}` }))
      await clock.pass(100)
    }
    const { cacheBypassed } = repository.stats
    await clock.until(repository.load('sid'))
    expect(repository.stats.cacheBypassed).toBe(cacheBypassed + 1)
    world.deleted = []
    const { cacheUnconfirmed } = repository.stats
    const start = clock.time
    await clock.until(repository.destroy('sid'))
    expect(clock.time).toBe(start)
    expect(world.deleted).toEqual([`tipfy:${repository.idOf('sid')}`])
    expect(repository.stats.cacheUnconfirmed).toBe(cacheUnconfirmed)
  })

  test('waits for a server that hangs once, and then no more', async () => {
    const { clock, world, repository } = makeRepository()
    const record = await repository.create('sid', { data: '{}' })
    await repository.load('sid')
    Object.assign(world, { hangs: true })
    const start = clock.time
    await clock.until(repository.load('sid'))
    expect(clock.time - start).toBeLessThanOrEqual(51)
    await clock.pass(60)
    world.isUp = false
    const later = clock.time
    for (let n = 0; n < 20; n++) {
      await clock.until(repository.load('sid'))
      await clock.until(repository.save('sid', record, { data: `{"b":${n}}` }))
    }
    expect(clock.time - later).toBeLessThanOrEqual(1)
  })
})

describe('a server that is reached again', () => {
  async function reachAgain() {
    const parts = makeRepository()
    const { clock, world, repository } = parts
    const record = await repository.create('sid', { data: '{}' })
    await repository.load('sid')
    world.isUp = false
    await clock.until(repository.save('sid', record, { data: '{"a":1}' }))
    world.isUp = true
    return parts
  }

  test('is read only when the other processes have had the time to tell it what it missed', async () => {
    const { clock, repository } = await reachAgain()
    await clock.pass(20)
    const { cacheMisses } = repository.stats
    for (let ms = 0; ms < 1900; ms += 100) {
      await repository.load('sid')
      await clock.pass(100)
    }
    expect(repository.stats.cacheMisses).toBe(cacheMisses)
    await clock.pass(200)
    await repository.load('sid') // sees that it is time
    await clock.pass(10)
    await repository.load('sid')
    expect(repository.stats.cacheMisses).toBe(cacheMisses + 1)
  })

  test('is told of each change before the response meanwhile, also while it is looked at', async () => {
    const { clock, world, repository } = await reachAgain()
    await clock.pass(20)
    const { cacheUnconfirmed } = repository.stats
    const { attempts } = world
    let looks = 0
    world.slow = 10
    for (let n = 0; n < 20; n++) {
      const start = clock.time
      void repository.load('sid') // looks at it where it is time
      if (repository.cacheServers[0]!.state === 'mending') looks++
      await clock.until(repository.destroy('sid'))
      expect(clock.time).toBe(start)
      await clock.pass(120)
    }
    expect(looks).toBe(1)
    expect(repository.cacheServers[0]!.state).toBe('closed')
    expect(repository.stats.cacheUnconfirmed).toBe(cacheUnconfirmed)
    expect(world.attempts).toBe(attempts)
  })

  test('is looked for beside the requests though it missed no change, so that it is told of the next', async () => {
    const { clock, world, repository } = makeRepository()
    await repository.create('sid', { data: '{}' })
    await repository.load('sid')
    world.isMute = true
    for (let n = 0; n < 60; n++) {
      await clock.until(repository.load('sid'))
      await clock.pass(500)
    }
    world.isMute = false
    await clock.pass(2000)
    const start = clock.time
    await clock.until(repository.destroy('sid'))
    expect(clock.time).toBe(start)
    expect(repository.stats.cacheUnconfirmed).toBe(0)
  })
})

describe('a connection that was lost beside the requests', () => {
  test('is replaced without a word, and a change is told at once', async () => {
    const { clock, world, repository } = makeRepository()
    const record = await repository.create('sid', { data: '{}' })
    await repository.load('sid')
    const { cacheMisses } = repository.stats
    world.isUp = false
    world.isUp = true
    const start = clock.time
    await clock.until(repository.save('sid', record, { data: '{"a":1}' }))
    expect(clock.time).toBe(start)
    expect(world.deleted).toEqual([`tipfy:${repository.idOf('sid')}`])
    await repository.load('sid')
    expect(repository.stats.cacheMisses).toBe(cacheMisses) // another process may not have found the server yet
    expect(repository.stats.cacheUnconfirmed).toBe(0)
    expect(world.told).toEqual([])
  })

  test('is replaced for a change, also where the server had hung before', async () => {
    const { clock, world, repository } = makeRepository()
    const record = await repository.create('sid', { data: '{}' })
    await repository.load('sid')
    world.hangs = true
    await clock.until(repository.save('sid', record, { data: '{"a":1}' }))
    world.hangs = false
    await clock.pass(1100)
    world.isUp = false
    world.isUp = true
    world.deleted = []
    const { cacheUnconfirmed } = repository.stats
    await clock.until(repository.destroy('sid'))
    expect(world.deleted).toEqual([`tipfy:${repository.idOf('sid')}`])
    expect(repository.stats.cacheUnconfirmed).toBe(cacheUnconfirmed)
  })
})
