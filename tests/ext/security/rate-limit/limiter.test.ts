import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { type CountStore, Limiter, type Quota, type Verdict } from '../../../../lib/ext/security/rate-limit/limiter.ts'
import { MemoryCounts } from '../../../../lib/server/shared-counts.ts'
import { FakeClock } from '../../../support/fake-world.ts'

/** A store of several limiters; its calls can be counted, held back and failed. */
class FakeStore implements CountStore {
  readonly name = 'the store'
  readonly counts = new MemoryCounts()
  readonly calls: number[] = []
  readonly ids = new Set<string>()
  isBroken = false
  held: Promise<void> | null = null
  readonly #clock: FakeClock

  constructor(clock: FakeClock) {
    this.#clock = clock
  }

  async add(id: string, hits: number, window: number) {
    this.calls.push(hits)
    this.ids.add(id)
    await this.held
    if (this.isBroken) throw new Error('connection lost.')
    return this.counts.add(id, hits, window, this.#clock.now())
  }

  async delete(id: string) {
    this.counts.delete(id)
  }
}

let clock: FakeClock
let store: FakeStore
let said: string[]
beforeEach(() => {
  clock = new FakeClock()
  store = new FakeStore(clock)
  said = []
})
afterEach(() => {
  jest.restoreAllMocks()
})

const limiter = (with_: CountStore | null = store, maxKeys = 1000) =>
  new Limiter({
    store: with_,
    clock,
    maxKeys,
    timeout: 500,
    secret: 'secret',
    onTrouble: (message) => said.push(message),
  })
const quota = (limit: number, storeDown: Quota['storeDown'] = 'open'): Quota => ({ limit, window: 60, storeDown })

async function hits(one: Limiter, times: number, of: Quota, key = 'key'): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  for (let n = 0; n < times; n++) verdicts.push(await one.hit('policy', key, of))
  return verdicts
}
const states = (verdicts: Verdict[]) => verdicts.map(({ state }) => state)
const passed = (verdicts: Verdict[]) => verdicts.filter(({ state }) => state === 'passed').length

test('in memory a key passes up to its limit, and again once its window has ended', async () => {
  const one = limiter(null)
  expect(await hits(one, 3, quota(2))).toEqual([
    { state: 'passed', remaining: 1, reset: 60 },
    { state: 'passed', remaining: 0, reset: 60 },
    { state: 'limited', remaining: 0, reset: 60 },
  ])
  await clock.pass(59_999)
  expect(await hits(one, 1, quota(2))).toEqual([{ state: 'limited', remaining: 0, reset: 1 }])
  await clock.pass(1)
  expect(states(await hits(one, 1, quota(2)))).toEqual(['passed'])
})

test('keys and policies are counted apart, and a reset forgets one of them', async () => {
  const one = limiter(null)
  expect(passed(await hits(one, 3, quota(2), 'a'))).toBe(2)
  expect(passed(await hits(one, 3, quota(2), 'b'))).toBe(2)
  expect(one.hit('other', 'a', quota(2))).toMatchObject({ state: 'passed' })
  await one.reset('policy', 'a')
  expect(passed(await hits(one, 3, quota(2), 'a'))).toBe(2)
  expect(passed(await hits(one, 1, quota(2), 'b'))).toBe(0)
})

test('in memory the keys used longest ago are forgotten first', async () => {
  const one = limiter(null, 3)
  for (const key of ['a', 'b', 'c', 'a', 'd']) await hits(one, 1, quota(2), key)
  expect(states(await hits(one, 1, quota(2), 'a'))).toEqual(['limited'])
  expect(states(await hits(one, 2, quota(2), 'b'))).toEqual(['passed', 'passed'])
})

test('in memory a long key, as a client may send it, is not kept', async () => {
  const add = jest.spyOn(MemoryCounts.prototype, 'add')
  const one = limiter(null)
  const [long, other] = ['a'.repeat(1_000_000), `${'a'.repeat(1_000_000)}b`]
  expect(passed(await hits(one, 3, quota(2), long))).toBe(2)
  expect(passed(await hits(one, 3, quota(2), other))).toBe(2)
  expect(Math.max(...add.mock.calls.map(([key]) => key.length))).toBeLessThan(200)
  await one.reset('policy', long)
  expect(passed(await hits(one, 1, quota(2), long))).toBe(1)
})

test('processes that share a store share a small limit exactly, in turn and all at once', async () => {
  const processes = [limiter(), limiter(), limiter()]
  const verdicts: Verdict[] = []
  for (let n = 0; n < 5; n++) for (const one of processes) verdicts.push(...(await hits(one, 1, quota(8))))
  expect(passed(verdicts)).toBe(8)
  const together = await Promise.all(
    processes.flatMap((one) => Array.from({ length: 20 }, () => hits(one, 1, quota(8), 'b'))),
  )
  expect(passed(together.flat())).toBe(8)
})

test('hits that come while the store is asked go to it together', async () => {
  const one = limiter()
  await Promise.all(Array.from({ length: 50 }, () => hits(one, 1, quota(100))))
  expect(store.calls).toEqual([50])
})

test('a hot key is counted here, told to the store at the tenth of what is left, and waits for it near its limit', async () => {
  const one = limiter()
  expect(passed(await hits(one, 1500, quota(1000)))).toBe(1000)
  expect(store.calls.length).toBeLessThan(100)
  expect(store.calls.reduce((sum, n) => sum + n, 0)).toBe(1000)
  expect(store.calls.slice(-3)).toEqual([1, 1, 1])
})

test('two processes with a hot key pass the limit by a tenth of what was left at most', async () => {
  const [one, other] = [limiter(), limiter()]
  let count = 0
  for (let n = 0; n < 1500; n++)
    count += passed([...(await hits(one, 1, quota(1000))), ...(await hits(other, 1, quota(1000)))])
  expect(count).toBeGreaterThanOrEqual(1000)
  expect(count).toBeLessThanOrEqual(1010)
})

test('what was counted here is told to the store within a second', async () => {
  const one = limiter()
  await hits(one, 10, quota(100))
  expect(store.calls).toEqual([1])
  await clock.pass(1000)
  expect(store.calls).toEqual([1, 9])
})

test('keys are hashed with the secret in the store', async () => {
  await hits(limiter(), 1, quota(5), '192.0.2.1')
  expect([...store.ids]).toEqual([expect.stringMatching(/^[\w-]{43}$/)])
  const { createHash } = await import('node:crypto')
  expect([...store.ids]).not.toContain(createHash('sha256').update('policy\u0000192.0.2.1').digest('base64url'))
})

test('without the store a closed policy passes nothing, an open one counts here, and it is said once each way', async () => {
  const one = limiter()
  store.isBroken = true
  expect(states(await hits(one, 2, quota(5, 'closed'), 'a'))).toEqual(['unknown', 'unknown'])
  expect(passed(await hits(one, 8, quota(5), 'b'))).toBe(5)
  expect(store.calls).toHaveLength(1)
  expect(said).toEqual([
    expect.stringMatching(/^the counts of rate limits in the store cannot be used: connection lost\. /),
  ])
  store.isBroken = false
  await clock.pass(2000)
  expect(states(await hits(one, 1, quota(5, 'closed'), 'c'))).toEqual(['passed'])
  expect(said).toEqual([expect.anything(), 'the counts of rate limits are kept in the store again'])
})

test('what a closed policy turned away without the store is not counted afterwards', async () => {
  const one = limiter()
  store.isBroken = true
  expect(passed(await hits(one, 20, quota(5, 'closed')))).toBe(0)
  store.isBroken = false
  await clock.pass(2000)
  expect(passed(await hits(one, 4, quota(5, 'closed')))).toBe(4)
})

test('a store that does not respond counts as one that is down', async () => {
  const one = limiter()
  store.held = new Promise(() => {})
  const verdict = hits(one, 1, quota(5, 'closed'))
  expect(states(await clock.until(verdict))).toEqual(['unknown'])
  expect(said[0]).toMatch(/no response within 500 ms/)
})

test('a key that has reached its limit costs the store nothing more within a second, however full this process is with others', async () => {
  const one = limiter()
  await hits(one, 3, quota(3))
  const { length } = store.calls
  expect(passed(await hits(one, 100, quota(3)))).toBe(0)
  expect(store.calls).toHaveLength(length)
})

test('the time that is left is at most the window, though the store begins it later or by a clock that is ahead', async () => {
  const add = store.add.bind(store)
  jest.spyOn(store, 'add').mockImplementation(async (...args) => {
    const { count, expires } = await add(...args)
    return { count, expires: expires + 5 }
  })
  expect(await hits(limiter(), 3, quota(2))).toMatchObject([{ reset: 60 }, { reset: 60 }, { reset: 60 }])
})

test('a reset is one for all processes', async () => {
  const [one, other] = [limiter(), limiter()]
  await hits(one, 4, quota(5))
  await other.reset('policy', 'key')
  expect(passed(await hits(one, 9, quota(5)))).toBe(5)
})

test('a reset reaches within a second a process that has seen the key at its limit, and costs it one call a second', async () => {
  const [one, other] = [limiter(), limiter()]
  await hits(one, 9, quota(3))
  expect(passed(await hits(other, 9, quota(3)))).toBe(0)
  await clock.pass(1000)
  store.calls.length = 0
  const all = await Promise.all(Array.from({ length: 20 }, () => other.hit('policy', 'key', quota(3))))
  expect([passed(all), store.calls]).toEqual([0, [1]])
  await one.reset('policy', 'key')
  await clock.pass(1000)
  expect(states(await hits(other, 4, quota(3)))).toEqual(['passed', 'passed', 'passed', 'limited'])
})

test('a key that has reached its limit stays limited without the store, also by a closed policy', async () => {
  const one = limiter()
  await hits(one, 4, quota(3, 'closed'))
  await hits(one, 1, quota(3, 'closed'))
  store.isBroken = true
  await clock.pass(1000)
  expect(states(await hits(one, 1, quota(3, 'closed'), 'other'))).toEqual(['unknown'])
  expect(states(await hits(one, 2, quota(3, 'closed')))).toEqual(['limited', 'limited'])
})
