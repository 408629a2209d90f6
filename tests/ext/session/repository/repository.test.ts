import { describe, expect, test } from '@jest/globals'
import { PortError } from '../../../../lib/ext/session/repository/ports.ts'
import {
  type RepositorySettings,
  type SessionRecord,
  SessionRepository,
} from '../../../../lib/ext/session/repository/repository.ts'
import { FakeClock, fakeRandomness } from '../../../support/fake-world.ts'
import { MemoryDatastore } from '../../../support/memory-datastore.ts'

function makeWorld(settings: Partial<RepositorySettings> = {}) {
  const datastore = new MemoryDatastore()
  const clock = new FakeClock()
  const randomness = fakeRandomness()
  const open = () => new SessionRepository({ datastore, clock, randomness, settings })
  return { datastore, clock, open, store: open() }
}

function live(loaded: { state: string; record?: SessionRecord }): SessionRecord {
  expect(loaded.state).toMatch(/^(live|saved)$/)
  return loaded.record!
}

const text = (data: object) => JSON.stringify(data)

describe('a record', () => {
  test('is read back as it was created, under the hash of its id', async () => {
    const { store, datastore, clock } = makeWorld()
    const record = await store.create('sid', { data: text({ a: 1 }) })
    expect(record).toMatchObject({
      version: 1,
      created: clock.time,
      updated: clock.time,
      expires: clock.time + 86_400_000,
      data: text({ a: 1 }),
      username: null,
    })
    expect(live(await store.load('sid'))).toEqual(record)
    expect([...datastore.sessions.keys()]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)])
    expect(datastore.calls).toMatchObject({ commit: 1, read: 1, begin: 0 })
  })

  test('that nobody made is none, and reading it makes none', async () => {
    const { store, datastore } = makeWorld()
    expect(await store.load('sid')).toEqual({ state: 'none' })
    expect(datastore.sessions.size).toBe(0)
  })

  test('is dead after its idle time, and no save brings it back', async () => {
    const { store, clock } = makeWorld({ expiration: 1000 })
    const record = await store.create('sid', { data: '{}' })
    clock.time += 1000
    expect(await store.load('sid')).toEqual({ state: 'none' })
    expect(await store.save('sid', record, { data: text({ a: 1 }) })).toEqual({ state: 'gone' })
    expect(store.stats.dropped).toBe(1)
  })

  // Seeds 10159577 (a read), 10332115 and 20395197 (a push), 20804313 (a move) of an earlier generator of the simulation: a look-up
  // begins before the idle end, Datastore reads before another request's save is committed, and it is judged after the end.
  test.each([
    ['a read', async (store: SessionRepository) => void live(await store.load('sid'))],
    ['a push', async (store: SessionRepository) => void (await store.update('sid', (data) => ({ ...data, mine: 1 })))],
    ['a move', async (store: SessionRepository) => void (await store.regenerate('sid', 'new', null, { data: '{}' }))],
  ])('that another request prolonged while %s was under way is alive', async (what, use) => {
    const { store, open, clock, datastore } = makeWorld({ expiration: 1000 })
    const record = await store.create('sid', { data: text({ n: 0 }) })
    await store.update('two', () => ({})) // the proof is out of the way
    clock.time = record.expires - 1
    const other = open()
    await clock.until(other.update('two', () => ({})))
    const { dropped } = store.stats
    const { read } = datastore
    let reads = 0
    datastore.read = async (...args) => {
      const found = await read.call(datastore, ...args)
      if (args[0].includes(store.idOf('sid')) && ++reads === 1) {
        live(await other.save('sid', record, { data: text({ n: 1 }) }))
        clock.time = record.expires + 1
      }
      return found
    }
    await clock.until(use(store))
    if (what === 'a move') expect(JSON.parse(live(await store.load('new')).data)).toEqual({ n: 1 })
    else expect(JSON.parse(live(await store.load('sid')).data)).toMatchObject({ n: 1 })
    expect(store.stats.dropped).toBe(dropped)
  })

  test('whose save may still arrive is not said to be gone', async () => {
    const { store, clock, datastore } = makeWorld({ expiration: 1000 })
    const record = await store.create('sid', { data: '{}' })
    await store.update('two', () => ({}))
    clock.time = record.expires - 1
    const { commit } = datastore
    let arrive = () => {}
    datastore.commit = async (...args) => {
      arrive = () => void commit.apply(datastore, args)
      clock.time = record.expires + 1
      throw new PortError('unknown', 'DEADLINE_EXCEEDED')
    }
    const saved = clock.until(store.save('sid', record, { data: text({ a: 1 }) }))
    await expect(saved).rejects.toMatchObject({ code: 'TIPFY_E_SESSION_STORE_UNAVAILABLE' })
    arrive()
    expect(live(await store.load('sid')).data).toBe(text({ a: 1 }))
  })

  test('lives on by saves and touches, but no longer than its absolute time', async () => {
    const { store, clock } = makeWorld({ expiration: 1000, absoluteExpiration: 2500 })
    let record = await store.create('sid', { data: '{}' })
    clock.time += 50
    expect(store.touchDue(record)).toBe(false)
    clock.time += 850
    expect(store.touchDue(record)).toBe(true)
    record = live(await store.touch('sid', record))
    expect(record.expires).toBe(clock.time + 1000)
    clock.time += 900
    record = live(await store.save('sid', record, { data: text({ a: 1 }) }))
    expect(record.expires).toBe(record.created + 2500)
    clock.time += 600
    expect(store.touchDue(record)).toBe(false)
    clock.time += 100
    expect(await store.load('sid')).toEqual({ state: 'none' })
  })

  test('over 256 kB is warned of once, with its largest keys', async () => {
    const warnings: string[] = []
    const { store } = makeWorld({ onTrouble: (message) => warnings.push(message) })
    const data = (length: number) => text({ a: 'secret', large: 'x'.repeat(length) })
    let record = await store.create('sid', { data: data(200_000) })
    expect(warnings).toEqual([])
    for (const length of [270_000, 280_000]) record = live(await store.save('sid', record, { data: data(length) }))
    await store.create('other', { data: data(300_000) })
    expect(warnings).toEqual([expect.stringMatching(/of 2700\d\d bytes was saved.*by key: large: 2700\d\d, a: 14\)$/)])
    expect(warnings[0]).not.toContain('secret')
  })

  test('over what Datastore takes is refused, and the old one stays', async () => {
    const { store } = makeWorld()
    const record = await store.create('sid', { data: '{}' })
    const saved = store.save('sid', record, { data: text({ a: 'x'.repeat(1_050_000) }) })
    await expect(saved).rejects.toMatchObject({ code: 'TIPFY_E_SESSION_RECORD_TOO_LARGE' })
    expect(live(await store.load('sid'))).toEqual(record)
  })
})

describe('many at once', () => {
  test('saves of other keys by several processes all stay', async () => {
    const { store, open, clock } = makeWorld()
    const base = await store.create('sid', { data: '{}' })
    const processes = [store, open(), open()]
    const saves = Array.from({ length: 30 }, (_, n) =>
      processes[n % 3]!.save('sid', base, { data: text({ [`k${n}`]: n }) }),
    )
    await clock.until(Promise.all(saves))
    const { data } = live(await store.load('sid'))
    expect(Object.keys(JSON.parse(data))).toHaveLength(30)
  })

  test('updates by several processes count exactly', async () => {
    const { store, open, clock } = makeWorld()
    await store.create('sid', { data: text({ n: 0 }) })
    const processes = [store, open(), open()]
    const updates = Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        processes[n % 3]!.update('sid', (data) => {
          data.n = (data.n as number) + 1
        }),
      ),
    )
    await clock.until(updates)
    expect(JSON.parse(live(await store.load('sid')).data)).toEqual({ n: 60 })
  })
})

describe('an update that changes nothing', () => {
  test('sees what others have committed, and writes nothing', async () => {
    const { store, open } = makeWorld()
    const base = await store.create('sid', { data: text({ n: 0 }) })
    const saved = live(await open().save('sid', base, { data: text({ n: 1 }) }))
    const seen: unknown[] = []
    const record = live(await store.update('sid', (data) => void seen.push(data.n), base))
    expect(seen.at(-1)).toBe(1)
    expect(record).toMatchObject({ version: saved.version, data: text({ n: 1 }) })
    expect(store.stats.commits).toBe(1) // of create()
  })

  test('renews the expiry where that is due', async () => {
    const { store, clock } = makeWorld({ expiration: 1000, touchAfter: 0.1 })
    const base = await store.create('sid', { data: text({ n: 0 }) })
    clock.time += 200
    const record = live(await store.update('sid', () => {}, base))
    expect([record.version, record.expires]).toEqual([2, clock.time + 1000])
  })
})

describe('no revival', () => {
  test('after destroy() the id is a tombstone for a minute, then unknown, and nothing in flight brings it back', async () => {
    const { store, open, clock, datastore } = makeWorld()
    const record = await store.create('sid', { data: text({ secret: 1 }), username: 'ann' })
    await store.destroy('sid')
    expect(await store.load('sid')).toEqual({ state: 'tombstone' })
    expect(await open().save('sid', record, { data: text({ a: 1 }) })).toEqual({ state: 'gone' })
    expect(await store.update('sid', () => {})).toEqual({ state: 'gone' })
    expect(await store.touch('sid', record)).toEqual({ state: 'gone' })
    expect(JSON.stringify([...datastore.sessions.values()])).not.toMatch(/secret|ann/)
    clock.time += 60_000
    expect(await store.load('sid')).toEqual({ state: 'none' })
    expect(await store.save('sid', record, { data: text({ a: 1 }) })).toEqual({ state: 'gone' })
  })

  test('regenerate() moves the data and what was changed, and the old id is dead', async () => {
    const { store } = makeWorld()
    const base = await store.create('old', { data: text({ cart: ['a'] }) })
    await store.save('old', base, { data: text({ cart: ['a'], other: 1 }) })
    const moved = live(
      await store.regenerate('old', 'new', base, { data: text({ cart: ['a'], user: 5 }), username: 'ann' }),
    )
    expect(JSON.parse(moved.data)).toEqual({ cart: ['a'], other: 1, user: 5 })
    expect(await store.load('old')).toEqual({ state: 'tombstone' })
    expect(live(await store.load('new'))).toEqual(moved)
    expect(await store.listFor('ann')).toHaveLength(1)
  })

  test('two logins at once both end logged in, each with the data it had', async () => {
    const { store, open, clock } = makeWorld()
    const base = await store.create('old', { data: text({ cart: ['a'] }) })
    const changes = { data: text({ cart: ['a'], user: 5 }), username: 'ann' }
    const logins = [store.regenerate('old', 'new1', base, changes), open().regenerate('old', 'new2', base, changes)]
    await clock.until(Promise.all(logins))
    for (const sid of ['new1', 'new2'])
      expect(JSON.parse(live(await store.load(sid)).data)).toEqual({ cart: ['a'], user: 5 })
    expect(await store.listFor('ann')).toHaveLength(2)
  })

  test('a regenerate() that comes after destroy() keeps only what its own request brought', async () => {
    const { store } = makeWorld()
    const base = await store.create('old', { data: text({ secret: 1 }), username: 'ann' })
    await store.destroy('old')
    const moved = live(await store.regenerate('old', 'new', base, { data: text({ secret: 1, mine: 2 }) }))
    expect(moved).toMatchObject({ data: text({ mine: 2 }), username: null })
  })
})

describe('a session that has moved', () => {
  const ann = { data: text({ n: 1 }), username: 'ann' }

  test('ends under all its new ids', async () => {
    const { store } = makeWorld()
    const base = await store.create('a', ann)
    await store.regenerate('a', 'b', base, { data: ann.data })
    await store.regenerate('a', 'c', base, { data: ann.data })
    await store.regenerate('b', 'd', live(await store.load('b')), { data: ann.data })
    await store.destroy('a')
    for (const sid of ['a', 'b', 'c', 'd']) expect(await store.load(sid)).toEqual({ state: 'tombstone' })
  })

  test('does not end what a login began after it', async () => {
    const { store } = makeWorld()
    const base = await store.create('a', ann)
    await store.regenerate('a', 'login', base, { data: ann.data, username: 'ann' })
    await store.regenerate('a', 'other login', base, { data: ann.data, username: 'bob' })
    await store.destroy('a')
    for (const sid of ['login', 'other login']) live(await store.load(sid))
  })

  test('does not come back by a regenerate() under way once it was ended under its new id', async () => {
    const { store } = makeWorld()
    const base = await store.create('a', ann)
    await store.regenerate('a', 'b', base, { data: ann.data })
    await store.destroy('b')
    const moved = live(await store.regenerate('a', 'c', base, { data: text({ n: 1, mine: 2 }) }))
    expect(moved).toMatchObject({ data: text({ mine: 2 }), username: null })
  })

  test('is ended by revoke() as well, which may come by its former id', async () => {
    const { store } = makeWorld()
    const base = await store.create('a', ann)
    await store.regenerate('a', 'b', base, { data: ann.data })
    await store.revoke(store.idOf('a'))
    expect(await store.load('b')).toEqual({ state: 'tombstone' })
  })

  test('stays as it is where the request may not follow it', async () => {
    const { store } = makeWorld()
    const base = await store.create('a', ann)
    await store.regenerate('a', 'b', base, { data: ann.data })
    await store.destroy('a', { mayFollow: () => false })
    live(await store.load('b'))
  })
})

describe('the sessions of a user', () => {
  test('are listed, and all ended but the one excepted; who logs in again lives', async () => {
    const { store } = makeWorld()
    for (const sid of ['a', 'b', 'c']) await store.create(sid, { data: '{}', username: 'ann' })
    await store.create('d', { data: '{}', username: 'bob' })
    expect(await store.listFor('ann')).toHaveLength(3)
    expect(await store.destroyAllFor('ann', { exceptSid: 'b' })).toBe(2)
    expect(await store.load('a')).toEqual({ state: 'none' })
    expect((await store.load('b')).state).toBe('live')
    expect((await store.load('d')).state).toBe('live')
    const base = live(await store.load('b'))
    expect(live(await store.regenerate('b', 'b2', base, { data: '{}' })).username).toBe('ann')
    await store.create('e', { data: '{}', username: 'ann' })
    expect(await store.listFor('ann')).toHaveLength(2)
  })

  test('are ended whatever the index lags', async () => {
    const { store, datastore } = makeWorld()
    datastore.find = async () => []
    await store.create('a', { data: '{}', username: 'ann' })
    const base = await store.create('b', { data: '{}' })
    await store.save('b', base, { data: '{}', username: 'ann' })
    expect(await store.destroyAllFor('ann')).toBe(2)
    expect(await store.load('a')).toEqual({ state: 'none' })
    expect(await store.load('b')).toEqual({ state: 'none' })
  })

  test('a regenerate() under way when all are ended does not carry the user over', async () => {
    const { store } = makeWorld()
    const base = await store.create('a', { data: text({ secret: 1 }), username: 'ann' })
    await store.destroyAllFor('ann')
    const moved = live(await store.regenerate('a', 'b', base, { data: text({ secret: 1, x: 1 }) }))
    expect(moved).toMatchObject({ data: text({ x: 1 }), username: null })
  })

  test('a session that ended for a login of another user stays ended, whoever logs in after it', async () => {
    const { store } = makeWorld()
    const base = await store.create('a', { data: text({ cart: 1 }), username: 'ann' })
    await store.destroy('a', { isForLogin: true })
    const later = live(await store.regenerate('a', 'b', base, { data: base.data, username: 'ann' }))
    expect(later).toMatchObject({ data: '{}', username: 'ann' })
    const moved = live(await store.regenerate('a', 'c', base, { data: text({ cart: 1, x: 1 }) }))
    expect(moved).toMatchObject({ data: text({ x: 1 }), username: null })
  })

  test('a tombstone keeps its device when a login of another user ends it', async () => {
    const { store } = makeWorld()
    const device = { id: 'd', key: {}, alg: 'ES256', since: 1, proven: 1, moved: 1 }
    const base = await store.create('a', { data: text({ $device: device }), username: 'ann' })
    await store.regenerate('a', 'b', base, { data: base.data })
    await store.destroy('a', { isForLogin: true })
    expect(await store.deviceOfMoved('a')).toMatchObject({ id: 'd' })
  })
})
