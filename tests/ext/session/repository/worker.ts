// A server process for tests: a session store of its own, told over IPC what to do. Started with fork().
import { closeDatastore, openDatastore, openEmbedded } from '../../../../lib/datastore/client.ts'
import type { Concurrency } from '../../../../lib/datastore/engine/storage/schema.ts'
import { cacheOn } from '../../../../lib/ext/session/cache/cache.ts'
import { memcachedLink } from '../../../../lib/ext/session/cache/memcached.ts'
import type { CacheLink } from '../../../../lib/ext/session/cache/ports.ts'
import { valkeyLink } from '../../../../lib/ext/session/cache/valkey.ts'
import { SessionDatastore } from '../../../../lib/ext/session/repository/datastore-adapter.ts'
import { clientCalls } from '../../../../lib/ext/session/repository/datastore-calls.ts'
import { EmbeddedDatastore } from '../../../../lib/ext/session/repository/embedded-datastore.ts'
import { systemRandomness } from '../../../../lib/ext/session/repository/randomness.ts'
import { SessionRepository } from '../../../../lib/ext/session/repository/repository.ts'
import { systemClock } from '../../../../lib/internal/clock.ts'

export interface WorkerOptions {
  dataFolder?: string
  memcached?: number
  /** The port of a Valkey or Redis, in place of memcached. */
  valkey?: number
  storeTimeout?: number
  lockWait?: number
  concurrency?: Concurrency
}

const options = JSON.parse(process.argv[2]!) as WorkerOptions
const cloud = process.env.DATASTORE_EMULATOR_HOST !== undefined
const { rows, close } = await (cloud ? openCloud() : openData())

async function openCloud() {
  const datastore = await openDatastore({ mode: 'cloud', projectId: 'tipfy' })
  return {
    rows: new SessionDatastore(clientCalls(datastore), { kind: 'Session' }),
    close: () => closeDatastore(datastore),
  }
}

async function openData() {
  const { dataFolder, lockWait, concurrency } = options
  const data = openEmbedded({ dataFolder, lockWait, concurrency })
  return { rows: new EmbeddedDatastore(data, { kind: 'Session' }), close: async () => data.engine.close() }
}

let dieAtCache = false

function deadly(link: CacheLink): CacheLink {
  return {
    name: link.name,
    async connect(timeout) {
      const connection = await link.connect(timeout)
      const fatal = <Arguments extends unknown[], T>(call: (...args: Arguments) => Promise<T>) => {
        return (...args: Arguments) => {
          if (dieAtCache) process.kill(process.pid, 'SIGKILL')
          return call.apply(connection, args)
        }
      }
      return {
        get alive() {
          return connection.alive
        },
        get: fatal(connection.get),
        add: fatal(connection.add),
        replace: fatal(connection.replace),
        delete: fatal(connection.delete),
        close: () => connection.close(),
      }
    },
  }
}

/** The process is to die when it speaks to memcached after its next commit. */
let dieAfterCommit = false

const commit = rows.commit.bind(rows)
rows.commit = async (...args) => {
  const stamps = await commit(...args)
  // Not one of the proof's own, which comes before the first save.
  dieAtCache = dieAfterCommit && args[0].some((write) => write.op === 'update' && write.row.data !== null)
  return stamps
}

function linksOf({ memcached, valkey }: WorkerOptions): CacheLink[] {
  if (valkey !== undefined) return [valkeyLink({ host: '127.0.0.1', port: valkey })]
  return memcached === undefined ? [] : [memcachedLink({ host: '127.0.0.1', port: memcached })]
}

const store = new SessionRepository({
  datastore: rows,
  cache: cacheOn(linksOf(options).map(deadly)),
  clock: systemClock,
  randomness: systemRandomness,
  // A busy machine must not open the breaker: a store that has not reached memcached leaves others what was there.
  settings: { storeTimeout: options.storeTimeout ?? 20_000, cacheTimeout: 5000 },
})

const many = async (count: number, work: (n: number) => Promise<{ state: string }>): Promise<number[]> => {
  const done: number[] = []
  await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      try {
        if ((await work(n)).state === 'saved') done.push(n)
      } catch (error) {
        if ((error as { code?: string }).code !== 'TIPFY_E_SESSION_STORE_UNAVAILABLE') throw error
      }
    }),
  )
  return done
}

const counting = (n: number) => (data: Record<string, unknown>) => {
  data.n = ((data.n as number | undefined) ?? 0) + 1
  data.log = [...((data.log as number[] | undefined) ?? []), n]
}

const commands = {
  create: (sid: string, data: string) => store.create(sid, { data }),
  load: (sid: string) => store.load(sid),
  async assign(sid: string, changes: object) {
    const loaded = await store.load(sid)
    if (loaded.state !== 'live') return loaded
    const data = JSON.stringify({ ...JSON.parse(loaded.record.data), ...changes })
    return store.save(sid, loaded.record, { data })
  },
  async assignAndDie(sid: string, changes: object) {
    dieAfterCommit = true
    await commands.assign(sid, changes)
    // It may have given memcached up on a busy machine, and committed without a word to it.
    process.kill(process.pid, 'SIGKILL')
  },
  /** Many requests at once, each with a key of its own. */
  keys: (sid: string, from: number, count: number) =>
    many(count, async (n) => {
      const loaded = await store.load(sid)
      if (loaded.state !== 'live') return loaded
      const data = { ...JSON.parse(loaded.record.data), [`k${from + n}`]: 1 }
      return store.save(sid, loaded.record, { data: JSON.stringify(data) })
    }),
  /** The same, nested. */
  nested: (sid: string, from: number, count: number) =>
    many(count, async (n) => {
      const loaded = await store.load(sid)
      if (loaded.state !== 'live') return loaded
      const data = JSON.parse(loaded.record.data)
      const cart = { ...data.cart, items: { ...data.cart?.items, [from + n]: { n } } }
      return store.save(sid, loaded.record, { data: JSON.stringify({ ...data, cart }) })
    }),
  push: (sid: string, from: number, count: number) =>
    many(count, async (n) => {
      const loaded = await store.load(sid)
      if (loaded.state !== 'live') return loaded
      const data = JSON.parse(loaded.record.data) as { list?: number[] }
      return store.save(sid, loaded.record, {
        data: JSON.stringify({ ...data, list: [...(data.list ?? []), from + n] }),
      })
    }),
  updates: (sid: string, from: number, count: number) => many(count, (n) => store.update(sid, counting(from + n))),
  /** Many logins of one user at once. */
  logins: (username: string, from: number, count: number) =>
    many(count, async (n) => {
      await store.create(`${username} ${from + n}`, { data: '{}', username })
      return { state: 'saved' }
    }),
  countFor: async (username: string) => (await store.listFor(username)).length,
  destroyAllFor: (username: string) => store.destroyAllFor(username),
  /** One after another, telling of each, until told otherwise or killed. */
  async count(sid: string, from: number, count: number) {
    for (let n = from; n < from + count; n++) {
      try {
        await store.update(sid, counting(n))
        process.send!({ counted: n })
      } catch (error) {
        if ((error as { code?: string }).code !== 'TIPFY_E_SESSION_STORE_UNAVAILABLE') throw error
      }
    }
  },
  stats: async () => store.stats,
  async close() {
    store.close()
    await close()
    setImmediate(() => process.disconnect())
  },
}

process.on('message', ({ call, method, args }: { call: number; method: keyof typeof commands; args: never[] }) => {
  const command = commands[method] as (...args: never[]) => Promise<unknown>
  command(...args).then(
    (result) => process.send!({ call, result }),
    (error) => process.send!({ call, error: String(error) }),
  )
})
process.send!({ ready: true })
