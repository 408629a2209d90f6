// Entries of the cache that no process of ours can have put there: each is a miss, and what Datastore holds is served and kept.
import { expect, test } from '@jest/globals'
import { cacheOn } from '../../../../lib/ext/session/cache/cache.ts'
import type { CacheConnection } from '../../../../lib/ext/session/cache/ports.ts'
import { SessionRepository } from '../../../../lib/ext/session/repository/repository.ts'
import { FakeClock, fakeRandomness } from '../../../support/fake-world.ts'
import { MemoryDatastore } from '../../../support/memory-datastore.ts'

/** A repository, and the entries of its cache. */
async function makeRepository() {
  const clock = new FakeClock()
  const entries = new Map<string, string>()
  const connection: CacheConnection = {
    alive: true,
    get: async (key) => (entries.has(key) ? { value: entries.get(key)!, cas: 1 } : null),
    add: async (key, value) => (entries.has(key) ? null : entries.set(key, value)),
    replace: async (key, value) => entries.set(key, value),
    delete: async (key) => entries.delete(key),
    close() {},
  }
  const repository = new SessionRepository({
    datastore: new MemoryDatastore(),
    cache: cacheOn([{ name: 'fake', connect: async () => connection }]),
    clock,
    randomness: fakeRandomness(),
    settings: {},
  })
  await clock.until(repository.create('sid', { data: '{"n":1}' }))
  await clock.until(repository.load('sid'))
  await new Promise(setImmediate)
  const [[key, entry]] = [...entries] as [[string, string]]
  return { clock, repository, entries, key, entry }
}

test.each<[string, Record<string, unknown>, string?]>([
  ['a version beyond all integers', { version: 1e308 }],
  ['a version that is no integer', { version: 1.5 }],
  ['a version before the first', { version: 0 }],
  ['a time beyond all dates', { expires: 1e300 }],
  ['a time before 1970', { created: -1 }],
  ['no time at all', { updated: null }],
  ['commits that are no texts', { commits: [1, {}] }],
  ["a stamp that is no version of Datastore's", { stamp: 'one' }],
  ['a stamp beyond 64 bits', { stamp: '9'.repeat(40) }],
  ['a user who is no text', { username: {} }],
  ['no data', {}, ''],
  ['data that was cut', {}, '{"n":'],
  ['data that is no object', {}, '[1]'],
])('an entry with %s is a miss, and a change is saved onto what Datastore holds', async (_, header, data = '{"n":1}') => {
  const { clock, repository, entries, key, entry } = await makeRepository()
  const first = entry.slice(6, entry.indexOf('\n'))
  const put = () => entries.set(key, `value ${JSON.stringify({ ...JSON.parse(first), ...header })}\n${data}`)
  put()
  const loaded = await clock.until(repository.load('sid'))
  if (loaded.state !== 'live') throw new Error(loaded.state)
  expect(loaded.record).toMatchObject({ version: 1, data: '{"n":1}' })
  expect(repository.stats.cacheBroken).toBe(1)
  put()
  await clock.until(repository.save('sid', loaded.record, { data: '{"n":2}' }))
  expect(await clock.until(repository.load('sid'))).toMatchObject({ record: { version: 2, data: '{"n":2}' } })
})
