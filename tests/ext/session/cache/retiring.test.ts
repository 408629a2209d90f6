// Two versions of a configuration at work, as during a deploy: what one of them changed, the other must not serve from a
// cache that the first does not read.
import { afterEach, describe, expect, test } from '@jest/globals'
import { makeApp, RequestHandler, Rule, request } from 'tipfy'
import { type SessionConfig, session, sessionCounters, sessionStore } from 'tipfy/ext/session'
import { createClient, memoryDatastore } from 'tipfy/testing'
import { Memcached, memcachedFound } from '../../../support/memcached.ts'
import { Valkey, valkeyServers } from '../../../support/valkey.ts'

type Caches = Partial<Pick<SessionConfig, 'cache' | 'memcache' | 'cacheRetiring' | 'storeTimeout' | 'cacheTimeout'>>

class Login extends RequestHandler {
  get() {
    sessionStore.user = request.args.get('user')
    session.set('n', 0)
    return 'Welcome.'
  }
}
class Change extends RequestHandler {
  get() {
    session.set('n', Number(request.args.get('n')))
    return 'Done.'
  }
}
class Read extends RequestHandler {
  get() {
    return { n: session.get('n') ?? null }
  }
}
class Logout extends RequestHandler {
  async get() {
    if (request.args.has('user')) await sessionStore.destroyAllFor(request.args.get('user')!)
    else await sessionStore.destroy()
    return 'Bye.'
  }
}

const handlers = { login: Login, change: Change, read: Read, logout: Logout }
type AnyApp = ReturnType<typeof makeApp>
const opened: { close(): unknown }[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()))
})

function serve(datastore: Awaited<ReturnType<typeof memoryDatastore>>, caches: Caches): AnyApp {
  const app = makeApp({
    tipfy: {
      urls: () => Object.entries(handlers).map(([name, handler]) => new Rule(`/${name}`, { endpoint: name, handler })),
      hooks: { posInitApp: 'tipfy/ext/session:setDatastoreSession' },
      logLevel: 'silent',
    },
    'tipfy/ext/session': {
      secretKey: 'Q7xkZ2mVb9Jr4TnLw8HcYp3Fd6Gs1Ae5',
      datastore,
      cacheTimeout: 5000,
      ...caches,
    },
  })
  opened.push(app)
  return app
}

/** Counts old values and dead sessions that each app serves of what the other did. */
async function staleBetween(apps: readonly [AnyApp, AnyApp], rounds = 6): Promise<{ stale: number; dead: number }> {
  const found = { stale: 0, dead: 0 }
  for (let round = 0; round < rounds; round++) {
    const [one, other] = (round % 2 === 0 ? apps : [...apps].reverse()) as [AnyApp, AnyApp]
    const user = `user-${round}`
    const here = createClient(one)
    await here.get('/login', { query: { user } })
    const there = createClient(other, { headers: { cookie: here.cookies.header(new URL('http://localhost/')) ?? '' } })
    for (const client of [here, there, here, there]) await client.get('/read') // both have cached it
    await here.get('/change', { query: { n: '1' } })
    if ((await there.get('/read')).json<{ n: number | null }>().n !== 1) found.stale++
    await there.get('/change', { query: { n: '2' } })
    if ((await here.get('/read')).json<{ n: number | null }>().n !== 2) found.stale++
    await there.get('/read')
    await here.get(round % 3 === 0 ? `/logout?user=${user}` : '/logout')
    if ((await there.get('/read')).json<{ n: number | null }>().n !== null) found.dead++
  }
  return found
}

const maybe = memcachedFound && valkeyServers.length > 0 ? describe : describe.skip

maybe('while a deploy replaces instances', () => {
  async function servers() {
    const [memcached, one, two] = [await Memcached.start(), await Valkey.start(), await Valkey.start()]
    opened.push({ close: () => Promise.all([memcached.kill(), one.kill(), two.kill()]) })
    return {
      datastore: await memoryDatastore(),
      memcached: `memcached://${memcached.address}`,
      plain: memcached.address,
      valkey: `valkey://127.0.0.1:${one.port}`,
      other: `redis://127.0.0.1:${two.port}`,
    }
  }

  test('to another cache at once, each serves what the other has changed', async () => {
    const { datastore, memcached, valkey } = await servers()
    const found = await staleBetween([serve(datastore, { cache: memcached }), serve(datastore, { cache: valkey })])
    expect(found.stale).toBeGreaterThan(0)
    expect(found.dead).toBeGreaterThan(0)
  })

  test('to another cache in three steps, neither does', async () => {
    const { datastore, memcached, plain, valkey } = await servers()
    const steps: Caches[] = [
      { memcache: plain },
      { memcache: plain, cacheRetiring: valkey },
      { cache: valkey, cacheRetiring: memcached },
      { cache: valkey },
    ]
    for (const [at, step] of steps.slice(1).entries()) {
      const apps = [serve(datastore, steps[at]!), serve(datastore, step)] as const
      expect(await staleBetween(apps)).toEqual({ stale: 0, dead: 0 })
      // The caches were in use, and nothing was left alone.
      for (const app of apps) {
        const counters = sessionCounters(app)!
        expect(counters.cacheHits).toBeGreaterThan(0)
        expect(counters).toMatchObject({ breakerOpened: 0, cacheUnconfirmed: 0 })
      }
    }
  })

  test.each<[string, (at: { valkey: string; other: string }) => Caches[]]>([
    [
      'a list gets a server',
      ({ valkey, other }) => [
        { cache: [valkey] },
        { cache: [valkey], cacheRetiring: [valkey, other] },
        { cache: [valkey, other], cacheRetiring: [valkey] },
        { cache: [valkey, other] },
      ],
    ],
    [
      'a list is turned round',
      ({ valkey, other }) => [
        { cache: [valkey, other] },
        { cache: [valkey, other], cacheRetiring: [other, valkey] },
        { cache: [other, valkey], cacheRetiring: [valkey, other] },
        { cache: [other, valkey] },
      ],
    ],
    [
      'another database of the same server is used',
      ({ valkey }) => [
        { cache: valkey },
        { cache: valkey, cacheRetiring: `${valkey}/1` },
        { cache: `${valkey}/1`, cacheRetiring: { cache: valkey } },
        { cache: `${valkey}/1` },
      ],
    ],
    ['a cache begins', ({ valkey }) => [{ cache: null }, { cache: null, cacheRetiring: valkey }, { cache: valkey }]],
    ['a cache ends', ({ valkey }) => [{ cache: valkey }, { cache: null, cacheRetiring: valkey }, { cache: null }]],
  ])('where %s in steps, neither serves what the other has changed', async (_, make) => {
    const all = await servers()
    const steps = make(all)
    for (const [at, step] of steps.slice(1).entries()) {
      const apps = [serve(all.datastore, steps[at]!), serve(all.datastore, step)] as const
      expect(await staleBetween(apps)).toEqual({ stale: 0, dead: 0 })
    }
  })

  test('a retiring cache that is gone costs a session nothing but one short wait', async () => {
    const { datastore, valkey } = await servers()
    const app = serve(datastore, {
      cache: valkey,
      cacheRetiring: 'memcached://127.0.0.1:1',
      cacheTimeout: 900,
      storeTimeout: 1,
    })
    expect(await staleBetween([app, app])).toEqual({ stale: 0, dead: 0 })
    expect(sessionCounters(app)!.servers).toEqual(
      [
        { name: expect.any(String), state: 'closed' },
        { name: '127.0.0.1:1', state: expect.stringMatching(/open|mending/) },
      ].map((server) => expect.objectContaining(server)),
    )
  })
})
