// Real processes on one Datastore and a real Valkey or Redis, with what happens to such servers while sessions are used.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { cacheOn } from '../../../../lib/ext/session/cache/cache.ts'
import { valkeyLink } from '../../../../lib/ext/session/cache/valkey.ts'
import { systemRandomness } from '../../../../lib/ext/session/repository/randomness.ts'
import { type RepositorySettings, SessionRepository } from '../../../../lib/ext/session/repository/repository.ts'
import { systemClock } from '../../../../lib/internal/clock.ts'
import { type FailoverKind, FailoverPair } from '../../../support/failover.ts'
import { MemoryDatastore } from '../../../support/memory-datastore.ts'
import { StoreWorker } from '../../../support/store-workers.ts'
import { Valkey, valkeyServers } from '../../../support/valkey.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)
const sorted = (list: number[]) => [...list].sort((a, b) => a - b)
const servers = valkeyServers.length > 0 ? describe.each(valkeyServers) : describe.skip.each(['redis-server'])

const opened: SessionRepository[] = []
afterEach(() => {
  for (const one of opened.splice(0)) one.close()
})

interface Link {
  port: number
  password?: () => string
}

function open(datastore: MemoryDatastore, link: Link, settings: Partial<RepositorySettings> = {}): SessionRepository {
  const repository = new SessionRepository({
    datastore,
    cache: cacheOn([valkeyLink({ host: '127.0.0.1', ...link })]),
    clock: systemClock,
    randomness: systemRandomness,
    settings: { cacheTimeout: 5000, ...settings },
  })
  opened.push(repository)
  return repository
}

servers('%s that fails over', (program) => {
  let pair: FailoverPair
  let workers: StoreWorker[]
  const dataFolder = mkdtempSync(join(tmpdir(), 'tipfy-failover-'))
  beforeAll(async () => {
    pair = await FailoverPair.start(program)
    workers = await Promise.all([1, 2].map(() => StoreWorker.start({ dataFolder, valkey: pair.port })))
  }, 60_000)
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.close()))
    await pair.close()
    rmSync(dataFolder, { recursive: true, force: true })
  }, 60_000)

  type Data = Record<string, unknown> & { list: number[]; log: number[]; cart: { items: object } }
  const kinds: [string, (data: Data) => number[]][] = [
    ['keys', (data) => Object.keys(data).flatMap((key) => (/^k\d/.test(key) ? [Number(key.slice(1))] : []))],
    ['nested', ({ cart }) => Object.keys(cart.items).map(Number)],
    ['push', ({ list }) => list],
    ['updates', ({ log }) => log],
  ]

  test.each(kinds)(
    'loses none of 200 changes (%s), and both processes see all of them',
    async (kind, marks) => {
      const sid = `${kind} ${Math.random()}`
      await workers[0]!.call('create', sid, '{}')
      let isOver = false
      // In small parts, so that failovers come between them.
      const changing = (async () => {
        for (let part = 0; part < 4; part++) {
          await Promise.all(workers.map((worker, n) => worker.call(kind, sid, 50 * part + 25 * n, 25)))
        }
      })()
      const done = () => {
        isOver = true
      }
      changing.then(done, done)
      const ways: FailoverKind[] = ['crash', 'swap', 'restart', 'swap']
      for (let n = 0; n < 2 || !isOver; n++) await pair.failOver(ways[n % ways.length]!, { lag: 20 })
      await changing
      for (const worker of workers) {
        const loaded = await worker.call<{ record: { data: string } }>('load', sid)
        expect(sorted(marks(JSON.parse(loaded.record.data)))).toEqual(numbers(200))
      }
    },
    60_000,
  )

  test.each<[string, FailoverKind]>([
    ['the primary died, with its last changes not yet replicated', 'crash'],
    ['the roles were swapped, with the last changes not yet replicated', 'swap'],
    ['the primary was restarted from its snapshot', 'restart'],
  ])(
    'shows each process what the other has changed after %s',
    async (_, kind) => {
      const [one, two] = workers as [StoreWorker, StoreWorker]
      const sid = `${kind} ${Math.random()}`
      await one.call('create', sid, '{"n":0}')
      for (let n = 1; n <= 4; n++) {
        await two.call('load', sid) // the entry that a failover could bring back
        const failing = pair.failOver(kind, { lag: 50 })
        await one.call('assign', sid, { n })
        const read = async () => {
          const loaded = await two.call<{ record: { data: string } }>('load', sid)
          return JSON.parse(loaded.record.data).n
        }
        expect(await read()).toBe(n)
        await failing
        expect(await read()).toBe(n)
        await one.call('load', sid)
      }
    },
    60_000,
  )
})

servers('%s under load', (program) => {
  let server: Valkey
  beforeAll(async () => {
    server = await Valkey.start(program)
  })
  afterAll(() => server.kill())

  /** Changes a session in one repository and reads it in another, until `work` is done. Returns the old reads. */
  async function changeDuring(repositories: readonly SessionRepository[], work: () => Promise<unknown>) {
    const [one, two] = repositories as [SessionRepository, SessionRepository]
    let record = await one.create('sid', { data: '{"n":0}' })
    let isOver = false
    const working = work().finally(() => {
      isOver = true
    })
    const found = { reads: 0, stale: 0 }
    for (let n = 1; !isOver || n < 50; n++) {
      const saved = await one.save('sid', record, { data: `{"n":${n}}` })
      if (saved.state !== 'saved') throw new Error(saved.state)
      record = saved.record
      const loaded = await two.load('sid')
      found.reads++
      if (loaded.state !== 'live' || loaded.record.version < record.version) found.stale++
    }
    await working
    return found
  }

  test.each<[string, (server: Valkey) => Promise<unknown>]>([
    ['entries', (one) => one.command('FLUSHALL')],
    ['scripts', (one) => one.command('SCRIPT', 'FLUSH')],
    ['connections', (one) => one.command('CLIENT', 'KILL', 'TYPE', 'normal')],
  ])('loses its %s again and again, and nothing old is read', async (_, lose) => {
    const datastore = new MemoryDatastore()
    const found = await changeDuring([open(datastore, server), open(datastore, server)], async () => {
      for (let n = 0; n < 20; n++) {
        await lose(server)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })
    expect(found.stale).toBe(0)
    await server.command('FLUSHALL')
  })

  test('gets another password, and nothing old is read', async () => {
    const datastore = new MemoryDatastore()
    const secured = await Valkey.start(program)
    await secured.command('ACL', 'SETUSER', 'default', 'resetpass', '>first')
    const secret = { now: 'first' }
    const link = { port: secured.port, password: () => secret.now }
    const found = await changeDuring([open(datastore, link), open(datastore, link)], async () => {
      // The new one is let in, given out, and the old one taken back with the connections that it opened.
      await secured.commandAs('first', 'ACL', 'SETUSER', 'default', '>second')
      secret.now = 'second'
      await secured.commandAs('second', 'ACL', 'SETUSER', 'default', '<first')
      await secured.commandAs('second', 'CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    })
    expect(found.stale).toBe(0)
    // A busy machine may have had its connection time out: then it is used again a little later.
    const { cacheHits } = opened[1]!.stats
    while (opened[1]!.stats.cacheHits === cacheHits) {
      await opened[1]!.load('sid')
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await secured.kill()
  })
})

test('a host that accepts and says nothing costs one short wait, and sessions are right', async () => {
  const sockets = new Set<Socket>()
  const mute = createServer((socket) => void sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  const { port } = mute.address() as { port: number }
  const told: string[] = []
  const onTrouble = (message: string) => void told.push(message)
  const repository = open(new MemoryDatastore(), { port }, { cacheTimeout: 50, cacheConnectTimeout: 60, onTrouble })
  const record = await repository.create('sid', { data: '{}' })
  for (let n = 0; n < 30; n++) expect(await repository.load('sid')).toEqual({ state: 'live', record })
  // One load waited; the others did not so much as try.
  expect(repository.stats.cache.count).toBe(1)
  while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(told).toEqual([expect.stringMatching(/^the cache at 127\.0\.0\.1:\d+ is left alone.*no response within/)])
  repository.close()
  for (const socket of sockets) socket.destroy()
  mute.close()
})
