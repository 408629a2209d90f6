// Writers of one session that change its entry in the cache at the same moment.
import { expect, test } from '@jest/globals'
import { SessionCache } from '../../../../lib/ext/session/cache/cache.ts'
import type { CacheConnection, CachedRecord } from '../../../../lib/ext/session/cache/ports.ts'
import { Counters } from '../../../../lib/ext/session/repository/counters.ts'
import { FakeClock, fakeRandomness } from '../../../support/fake-world.ts'

const recordOf = (clock: FakeClock, version: number): CachedRecord => ({
  version,
  created: clock.now(),
  updated: clock.now(),
  expires: clock.now() + 60_000,
  data: '{}',
  username: null,
  commits: [],
  stamp: null,
})

test('a writer whose entry others keep changing deletes it, well within the time that a slow round trip leaves', async () => {
  const clock = new FakeClock()
  const commands: string[] = []
  // Every look finds a record of another writer, and every check-and-set comes too late.
  const connection = {
    alive: true,
    async get() {
      commands.push('get')
      const { data, ...rest } = recordOf(clock, 1)
      return { value: `value ${JSON.stringify({ id: 'a'.repeat(64), ...rest })}\n${data}`, cas: commands.length }
    },
    async replace() {
      commands.push('replace')
      return null
    },
    async delete(_key: string, cas?: unknown) {
      commands.push(cas === undefined ? 'delete' : 'delete if unchanged')
      return cas === undefined
    },
    close() {},
  }
  const link = { name: 'fake', connect: async () => connection as unknown as CacheConnection }
  const counters = new Counters()
  const settings = { cacheTtl: 60_000, cacheTimeout: 50, cacheConnectTimeout: 1000, onTrouble: () => {} }
  const cache = new SessionCache([link], [], { clock, randomness: fakeRandomness(), counters, settings })
  await cache.write('a'.repeat(64), recordOf(clock, 2), null)
  expect(commands.at(-1)).toBe('delete')
  // Of 6 ms each, as to another zone, they fit in the default `cacheTimeout` of 50 ms.
  expect(commands.length).toBeLessThanOrEqual(8)
  expect(counters.breakerOpened).toBe(0)
  cache.close()
})
