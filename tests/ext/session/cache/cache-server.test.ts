// What the guard of one memcached server does when things end, or go wrong, while it is busy with something else.
import { describe, expect, test } from '@jest/globals'
import { CacheServer } from '../../../../lib/ext/session/cache/cache-server.ts'
import type { CacheConnection } from '../../../../lib/ext/session/cache/ports.ts'
import { newCounters } from '../../../../lib/ext/session/repository/counters.ts'
import { FakeClock } from '../../../support/fake-world.ts'

class FakeConnection {
  alive = true
  close(): void {
    this.alive = false
  }
}

function makeServer() {
  const clock = new FakeClock()
  const attempts: ((connection: FakeConnection | null) => void)[] = []
  const link = {
    name: 'fake',
    connect: () =>
      new Promise<CacheConnection>((resolve, reject) => {
        attempts.push((connection) =>
          connection === null ? reject(new Error('refused')) : resolve(connection as unknown as CacheConnection),
        )
      }),
  }
  const settings = { timeout: 50, entryLife: 60_000, onTrouble: () => {} }
  return { clock, attempts, server: new CacheServer(link, clock, newCounters(), settings) }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('a memcached server', () => {
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
    for (let n = 0; n <= 20_000; n++) server.owe(`k${n}`)
    attempts[1]!(new FakeConnection())
    await settled()
    expect(server.state).toBe('open')
    clock.time += 59_000
    expect(await server.use(() => Promise.resolve('used'))).toBeUndefined()
    expect(server.state).toBe('open')
    clock.time += 1000
    await server.use(() => Promise.resolve())
    attempts[2]!(new FakeConnection())
    await settled()
    expect(server.state).toBe('closed')
  })
})
