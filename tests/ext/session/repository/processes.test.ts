// Real processes on one Datastore and one memcached, and what is done to them with signals.

import { mkdtempSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { keyName } from '../../../../lib/ext/session/repository/record.ts'
import type { Loaded, Saved } from '../../../../lib/ext/session/repository/repository.ts'
import { type EmulatorName, emulatorJar, startEmulator } from '../../../support/emulator.ts'
import { Memcached, memcachedFound } from '../../../support/memcached.ts'
import { startProgram } from '../../../support/process.ts'
import { StoreWorker } from '../../../support/store-workers.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)
const sorted = (list: number[]) => [...list].sort((a, b) => a - b)

function dataOf(loaded: Loaded | Saved): Record<string, unknown> & { list: number[]; log: number[]; n: number } {
  if (!('record' in loaded)) throw new Error(`the session is ${loaded.state}`)
  return JSON.parse(loaded.record.data)
}

/** Returns the reply to one line of memcached's text protocol. */
function askMemcached(server: Memcached, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(server.port, '127.0.0.1', () => socket.write(`${line}\r\n`))
    socket.once('error', reject)
    socket.once('data', (answer) => {
      resolve(answer.toString())
      socket.destroy()
    })
  })
}

const places: Record<
  string,
  {
    found: boolean
    start(): Promise<{
      options: { dataFolder?: string; lockWait?: number }
      env: Record<string, string>
      stop(): Promise<void>
    }>
  }
> = {
  'the embedded Datastore in one folder': {
    found: memcachedFound,
    async start() {
      const dataFolder = mkdtempSync(join(tmpdir(), 'tipfy-store-'))
      return {
        options: { dataFolder },
        env: {},
        stop: async () => rmSync(dataFolder, { recursive: true, force: true }),
      }
    },
  },
  'the embedded Datastore that behaves like the newer emulator': {
    found: memcachedFound,
    async start() {
      const place = await places['the embedded Datastore in one folder']!.start()
      return { ...place, options: { ...place.options, lockWait: 100 } }
    },
  },
  "Google's emulator": emulated('datastore'),
  "Google's newer emulator": emulated('firestore'),
}

function emulated(name: EmulatorName): (typeof places)[string] {
  return {
    found: memcachedFound && emulatorJar(name) !== undefined,
    async start() {
      const emulator = await startEmulator(name)
      return { options: {}, env: { DATASTORE_EMULATOR_HOST: emulator.host }, stop: () => emulator.close() }
    },
  }
}

describe.each(Object.entries(places).filter(([, { found }]) => found))('four processes on %s', (_, place) => {
  let running: Awaited<ReturnType<typeof place.start>>
  let memcached: Memcached
  let workers: StoreWorker[] = []
  beforeAll(async () => {
    running = await place.start()
    memcached = await Memcached.start()
    const options = { ...running.options, memcached: memcached.port }
    workers = await Promise.all(numbers(4).map(() => StoreWorker.start(options, running.env)))
  }, 60_000)
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.close()))
    await memcached.kill()
    await running.stop()
  }, 60_000)

  /** Does `work` while memcached is killed, restarted, flushed. */
  async function withTrouble<T>(work: Promise<T>): Promise<T> {
    let over = false
    const mark = () => {
      over = true
    }
    work.then(mark, mark)
    while (!over) {
      await memcached.kill()
      await memcached.run()
      await new Promise((resolve) => setImmediate(resolve))
      await askMemcached(memcached, 'flush_all').catch(() => {})
    }
    // A process that had not reached it may have left an old entry there: only time bounds how long readers see that.
    await askMemcached(memcached, 'flush_all')
    return work
  }

  test.each([
    [
      'keys',
      (data: Record<string, unknown>) =>
        Object.keys(data)
          .filter((key) => key.startsWith('k'))
          .map((key) => Number(key.slice(1))),
    ],
    ['nested', (data: { cart: { items: object } }) => Object.keys(data.cart.items).map(Number)],
    ['push', (data: { list: number[] }) => data.list],
  ] as [string, (data: object) => number[]][])(
    'lose none of 200 requests (%s) while memcached comes and goes',
    async (kind, marks) => {
      const sid = `${kind} ${Math.random()}`
      await workers[0]!.call('create', sid, '{}')
      const all = Promise.all(workers.map((worker, n) => worker.call<number[]>(kind, sid, 50 * n, 50)))
      const done = await withTrouble(all)
      expect(done.map((list) => list.length)).toEqual([50, 50, 50, 50])
      for (const worker of workers) {
        expect(sorted(marks(dataOf(await worker.call('load', sid))))).toEqual(numbers(200))
      }
    },
    60_000,
  )

  test('count to 200 while memcached comes and goes', async () => {
    const sid = `count ${Math.random()}`
    await workers[0]!.call('create', sid, '{}')
    await withTrouble(Promise.all(workers.map((worker, n) => worker.call('updates', sid, 50 * n, 50))))
    for (const worker of workers) {
      const { n, log } = dataOf(await worker.call('load', sid))
      expect(n).toBe(200)
      expect(sorted(log)).toEqual(numbers(200))
    }
  }, 60_000)

  test('keep what one had committed that was killed before it reached memcached, whose old entry soon ends', async () => {
    // New ones: after what the tests above did, the others may still be leaving memcached alone, and so leave old entries.
    const options = { ...running.options, memcached: memcached.port }
    const started = await Promise.all(numbers(3).map(() => StoreWorker.start(options, running.env)))
    const [one, two, victim] = started as [StoreWorker, StoreWorker, StoreWorker]
    const sid = `victim ${Math.random()}`
    await one.call('create', sid, '{"v":1}')
    for (const worker of [one, two, victim]) await worker.call('load', sid)
    await expect(victim.call('assignAndDie', sid, { mine: 1 })).rejects.toThrow('the process has ended')
    const key = `tipfy:${keyName(sid)}`
    const left = /^HD t(\d+)/.exec(await askMemcached(memcached, `mg ${key} t`))
    if (left !== null) expect(Number(left[1])).toBeLessThanOrEqual(60)
    // Whatever a reader still sees, the next save stands on what was committed, and all see that.
    await two.call('assign', sid, { yours: 1 })
    for (const worker of [one, two]) expect(dataOf(await worker.call('load', sid))).toMatchObject({ mine: 1, yours: 1 })
    await Promise.all([one.close(), two.close()])
  }, 60_000)

  test('lose nothing that was answered when one is killed in the midst of it', async () => {
    const victim = await StoreWorker.start({ ...running.options, memcached: memcached.port }, running.env)
    const sid = `midst ${Math.random()}`
    await workers[0]!.call('create', sid, '{}')
    const counting = victim.call('count', sid, 0, 10_000)
    const ended = expect(counting).rejects.toThrow('the process has ended')
    while (victim.counted.length < 40) await new Promise((resolve) => setImmediate(resolve))
    await victim.kill()
    await ended
    await workers[1]!.call('count', sid, 20_000, 1)
    const { n, log } = dataOf(await workers[0]!.call('load', sid))
    expect(log).toEqual(expect.arrayContaining([...victim.counted, 20_000]))
    expect(n).toBe(log.length)
    expect(new Set(log).size).toBe(log.length)
  }, 60_000)
})

test('a Datastore killed in the midst of commits and started again has all that was answered, and nothing twice', async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'tipfy-killed-'))
  const program = new URL('../../../support/datastore-server.ts', import.meta.url).pathname
  let running = startProgram(program, [dataFolder])
  const [, port] = await running.line(/^(\d+)$/)
  const worker = await StoreWorker.start({ storeTimeout: 5000 }, { DATASTORE_EMULATOR_HOST: `127.0.0.1:${port}` })
  await worker.call('create', 'sid', '{}')
  const counting = worker.call('count', 'sid', 0, 150)
  for (const seen of [30, 80]) {
    while (worker.counted.length < seen) await new Promise((resolve) => setImmediate(resolve))
    await running.end('SIGKILL')
    running = startProgram(program, [dataFolder, port!])
    await running.line(/^\d+$/)
  }
  await counting
  const { n, log } = dataOf(await worker.call('load', 'sid'))
  expect(log).toEqual(expect.arrayContaining(worker.counted))
  expect(n).toBe(log.length)
  expect(new Set(log).size).toBe(log.length)
  await worker.close()
  await running.end('SIGKILL')
  rmSync(dataFolder, { recursive: true, force: true })
}, 60_000)
