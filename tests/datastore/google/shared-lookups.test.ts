// Lookups that share a call: each must have the result that it would have alone.
import { expect, test } from '@jest/globals'
import { type Key, SharedLookups } from '../../../lib/datastore/google/shared-lookups.ts'

type Response = Awaited<ReturnType<SharedLookups['add']>>

const key = (name: string): Key => ({ path: [{ kind: 'Session', name }] })
const record = (name: string) => ({ entity: { key: key(name) }, version: `of ${name}` })
const namesOf = (keys: readonly Key[]) => keys.map(({ path }) => path[0]!.name)

/** Lookups by a server that has the records `stored`; `calls` has the names of each call, and its timeout. */
function on(stored: readonly string[], respond?: (names: string[]) => Promise<Response>) {
  const calls: { names: string[]; timeout: number }[] = []
  const lookups = new SharedLookups(async ({ keys }, timeout) => {
    const names = namesOf(keys)
    calls.push({ names, timeout })
    if (respond) return respond(names)
    return { found: names.filter((name) => stored.includes(name)).map(record) }
  })
  return { calls, lookups }
}

test('lookups of one turn are one call, and each has its own record or none', async () => {
  const { calls, lookups } = on(['a', 'b'])
  const names = ['a', 'none', 'b', 'a']
  const found = await Promise.all(names.map((name) => lookups.add(key(name), 1000)))
  expect(found).toEqual([{ found: [record('a')] }, {}, { found: [record('b')] }, { found: [record('a')] }])
  expect(calls).toEqual([{ names: ['a', 'none', 'b'], timeout: 1000 }])
})

test('a lookup of a later turn is a call of its own', async () => {
  const { calls, lookups } = on(['a'])
  await lookups.add(key('a'), 1000)
  await lookups.add(key('a'), 1000)
  expect(calls).toHaveLength(2)
})

test('a call has at most ten lookups', async () => {
  const { calls, lookups } = on([])
  await Promise.all(Array.from({ length: 25 }, (_, at) => lookups.add(key(`k${at}`), 1000)))
  expect(calls.map(({ names }) => names.length)).toEqual([10, 10, 5])
})

test('a call ends at the first deadline of its lookups, and one that has much less or more time is made alone', async () => {
  const { calls, lookups } = on([])
  const add = (name: string, timeout: number) => lookups.add(key(name), timeout)
  await Promise.all([add('a', 1000), add('b', 980), add('short', 300), add('long', 5000)])
  expect(calls).toEqual([
    { names: ['short'], timeout: 300 },
    { names: ['long'], timeout: 5000 },
    { names: ['a', 'b'], timeout: 980 },
  ])
})

test('a call that fails is made once, and fails for each of its lookups', async () => {
  const unavailable = Object.assign(new Error('no connection'), { code: 14 })
  const { calls, lookups } = on([], () => Promise.reject(unavailable))
  const all = await Promise.allSettled(['a', 'b'].map((name) => lookups.add(key(name), 1000)))
  expect(all).toEqual([
    { status: 'rejected', reason: unavailable },
    { status: 'rejected', reason: unavailable },
  ])
  expect(calls).toHaveLength(1)
})

test('a key that the server rejects fails alone', async () => {
  const { lookups } = on([], async (names) => {
    if (names.includes('bad')) throw Object.assign(new Error('bad key'), { code: 3 })
    return { found: names.map(record) }
  })
  const all = await Promise.allSettled(['a', 'bad', 'b'].map((name) => lookups.add(key(name), 1000)))
  expect(all).toMatchObject([
    { value: { found: [record('a')] } },
    { reason: { code: 3 } },
    { value: { found: [record('b')] } },
  ])
})

test('what a server defers is deferred for its own lookup', async () => {
  const { lookups } = on([], async () => ({ found: [record('a')], deferred: [key('large')] }))
  const found = await Promise.all(['a', 'large', 'none'].map((name) => lookups.add(key(name), 1000)))
  expect(found).toEqual([{ found: [record('a')] }, { deferred: [key('large')] }, {}])
})

test('a response that is no lookup’s rejects all', async () => {
  const { lookups } = on([], async () => ({ found: [{}] }) as unknown as Response)
  const all = await Promise.allSettled(['a', 'b'].map((name) => lookups.add(key(name), 1000)))
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})
