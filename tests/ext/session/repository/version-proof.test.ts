// The proof of a process, before it saves anything, that its Datastore checks versions.
import { describe, expect, test } from '@jest/globals'
import {
  type DatastoreTransaction,
  PortError,
  type Snapshot,
  type Write,
} from '../../../../lib/ext/session/repository/ports.ts'
import { SessionRepository } from '../../../../lib/ext/session/repository/repository.ts'
import { FakeClock, fakeRandomness } from '../../../support/fake-world.ts'
import { MemoryDatastore } from '../../../support/memory-datastore.ts'

/** Applies what was made from an older version, as some servers do. */
class Careless extends MemoryDatastore {
  override async commit(writes: readonly Write[]): Promise<string[]> {
    this.calls.commit++
    return this.apply(writes)
  }
}

/** Its transactions lose updates as well. */
class Reckless extends Careless {
  override async begin(): Promise<DatastoreTransaction> {
    this.calls.begin++
    return { read: (ids, user) => this.read(ids, user), commit: (writes) => this.commit(writes), abandon: () => {} }
  }
}

/** Refuses what was made from an older version, but applies the writes beside it. */
class Halfhearted extends MemoryDatastore {
  override async commit(writes: readonly Write[], onto: Snapshot): Promise<string[]> {
    try {
      return await super.commit(writes, onto)
    } catch (error) {
      if (writes.length > 1) this.apply(writes.filter(({ op }) => op === 'insert'))
      throw error
    }
  }
}

function makeWorld(datastore: MemoryDatastore) {
  const clock = new FakeClock()
  const randomness = fakeRandomness()
  const told: string[] = []
  const settings = { onTrouble: (message: string) => told.push(message) }
  const open = () => new SessionRepository({ datastore, clock, randomness, settings })
  return { clock, told, open }
}

const increment = (data: Record<string, unknown>) => {
  data.n = ((data.n as number | undefined) ?? 0) + 1
}

describe('a process that saves for the first time', () => {
  test('proves that its Datastore checks versions, once, and leaves nothing behind', async () => {
    const datastore = new MemoryDatastore()
    const { clock, told, open } = makeWorld(datastore)
    const repository = open()
    await repository.create('sid', { data: '{}' })
    expect(datastore.calls.commit).toBe(1) // an insert needs no proof
    await clock.until(
      Promise.all([repository.update('sid', increment), repository.create('two', { data: '{}', username: 'ann' })]),
    )
    const { commit, begin } = datastore.calls
    await repository.update('sid', increment)
    expect(datastore.calls.commit).toBe(commit + 1)
    expect(begin).toBe(0)
    expect(datastore.sessions.size).toBe(2)
    expect(told).toEqual([])
  })

  test.each([
    ['ignores versions', Careless],
    ['applies a part of what it refuses', Halfhearted],
  ])('on a Datastore that %s uses transactions, and loses nothing', async (_, Kind) => {
    const datastore = new Kind()
    const { clock, told, open } = makeWorld(datastore)
    const processes = [open(), open(), open()]
    await processes[0]!.create('sid', { data: '{}' })
    const updates = Array.from({ length: 60 }, (_, n) => processes[n % 3]!.update('sid', increment))
    await clock.until(Promise.all(updates))
    expect(await processes[0]!.load('sid')).toMatchObject({ record: { data: '{"n":60}' } })
    expect(datastore.calls.begin).toBeGreaterThan(0)
    expect(told).toContainEqual(expect.stringContaining('Datastore ignores the versions of records'))
  })

  test('on a Datastore whose transactions lose updates too saves nothing, and says why', async () => {
    const { clock, open } = makeWorld(new Reckless())
    const repository = open()
    await repository.create('sid', { data: '{}' })
    await expect(clock.until(repository.update('sid', increment))).rejects.toMatchObject({
      code: 'TIPFY_E_SESSION_STORE_REFUSED',
      message: expect.stringContaining('its transactions lose updates'),
    })
  })

  test('tries again where it could not find out', async () => {
    const datastore = new MemoryDatastore()
    const { clock, open } = makeWorld(datastore)
    const repository = open()
    await repository.create('sid', { data: '{}' })
    const { read } = datastore
    datastore.read = () => Promise.reject(new PortError('busy', 'RESOURCE_EXHAUSTED'))
    await expect(clock.until(repository.update('sid', increment))).rejects.toMatchObject({ retryAfter: 1 })
    datastore.read = read
    expect(await clock.until(repository.update('sid', increment))).toMatchObject({ record: { data: '{"n":1}' } })
  })
})
