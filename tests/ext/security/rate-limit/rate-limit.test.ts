import { afterEach, expect, jest, test } from '@jest/globals'
import { type Config, makeApp, RequestHandler, Rule, request, TipfyError } from 'tipfy'
import { memoryDatastore } from 'tipfy/datastore'
import { limit, type RateLimitConfig, resetLimit } from 'tipfy/ext/security'
import { sessionStore } from 'tipfy/ext/session'
import { createClient } from 'tipfy/testing'
import { Memcached, memcachedFound } from '../../../support/memcached.ts'
import { Valkey, valkeyServers } from '../../../support/valkey.ts'

class Page extends RequestHandler {
  get() {
    return 'page'
  }
  post() {
    return 'posted'
  }
}
class Login extends RequestHandler {
  async post() {
    const name = request.args.get('name') ?? ''
    await limit('login', name)
    if (request.args.has('right')) {
      await resetLimit('login', name)
      sessionStore.user = name
    }
    return 'logged in'
  }
}
class Ask extends RequestHandler {
  async get() {
    await limit(request.args.get('policy')!, request.args.has('number') ? (7 as never) : undefined)
    return 'asked'
  }
  override handleException(error: unknown) {
    if (error instanceof TipfyError) return `${error.code} ${error.message}`
  }
}

const apps: ReturnType<typeof makeApp>[] = []
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
})

const hook = 'tipfy/ext/security:rateLimit'
const cookie = 'tipfy/ext/session:setSecureCookieSession'
function make(
  rateLimit: Partial<RateLimitConfig>,
  {
    hooks = [hook],
    handlers = { '/': Page, '/other': Page, '/login': Login, '/ask': Ask },
    ...session
  }: { hooks?: string[]; handlers?: Record<string, typeof RequestHandler>; [key: string]: unknown } = {},
) {
  const urls = () => Object.entries(handlers).map(([path, handler]) => new Rule(path, { endpoint: path, handler }))
  const config: Config = {
    tipfy: { dev: false, logLevel: 'silent', trustedProxies: 1, urls, hooks: { posInitApp: hooks } },
    'tipfy/ext/security': { rateLimit },
    'tipfy/ext/session': { secretKey: 'Zq3vT8xK1mB6nW9cR2yL5pD7hF4jG0sA', ...session },
  }
  const app = makeApp(config)
  apps.push(app)
  return app
}
const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })
const api = (limit: number, more: object = {}) => ({
  policies: { api: { limit, window: 60, by: 'address' as const, ...more } },
})

test('responses tell the policy and what is left of it; too much is a 429 that says when to come again', async () => {
  const client = createClient(make(api(2)))
  const first = await client.get('/')
  expect([first.status, first.headers.get('ratelimit-policy'), first.headers.get('ratelimit')]).toEqual([
    200,
    '"api";q=2;w=60',
    '"api";r=1;t=60',
  ])
  expect(first.headers.get('retry-after')).toBeNull()
  await client.get('/nothing/here')
  const third = await client.get('/')
  expect([third.status, third.headers.get('ratelimit'), third.headers.get('retry-after')]).toEqual([
    429,
    '"api";r=0;t=60',
    '60',
  ])
})

test('addresses are counted apart, those of one IPv6 network together', async () => {
  const client = createClient(make(api(2)))
  const statuses = async (...addresses: string[]) => {
    const list: number[] = []
    for (const address of addresses) list.push((await client.get('/', from(address))).status)
    return list
  }
  expect(await statuses('192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.1')).toEqual([200, 200, 200, 429])
  expect(await statuses('2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::3')).toEqual([200, 200, 429, 200])
})

test('a policy counts the endpoints and methods that it names, and never OPTIONS unless it names it', async () => {
  const client = createClient(make(api(1, { endpoints: ['/'], methods: ['post'] })))
  for (const path of ['/', '/other']) expect((await client.get(path)).headers.get('ratelimit')).toBeNull()
  expect((await client.post('/other')).headers.get('ratelimit')).toBeNull()
  expect((await client.post('/')).status).toBe(200)
  expect((await client.post('/')).status).toBe(429)
  const all = createClient(make(api(1)))
  for (let n = 0; n < 3; n++) expect((await all.options('/')).status).toBe(204)
})

test('clients without an address, on a Unix socket, are one', async () => {
  const client = createClient(make(api(1)))
  const statuses = [await client.get('/', { remoteAddress: '' }), await client.get('/', { remoteAddress: '' })]
  expect(statuses.map(({ status }) => status)).toEqual([200, 429])
})

test('a policy for GET counts HEAD, which runs the same handlers', async () => {
  const client = createClient(make(api(2, { methods: ['get'] })))
  expect((await client.head('/')).status).toBe(200)
  expect((await client.get('/')).status).toBe(200)
  expect((await client.head('/')).status).toBe(429)
  expect((await client.post('/')).status).toBe(200)
})

test('each of several policies limits, and a response names all that were asked', async () => {
  const policies = {
    fast: { limit: 3, window: 1, by: 'address' as const },
    slow: { limit: 2, window: 3600, by: () => 'all' },
    none: { limit: 1, window: 60, by: () => null },
  }
  const client = createClient(make({ policies }))
  const { headers } = await client.get('/')
  expect(headers.get('ratelimit-policy')).toBe('"fast";q=3;w=1, "slow";q=2;w=3600')
  await client.get('/', from('192.0.2.7'))
  const third = await client.get('/', from('192.0.2.8'))
  expect([third.status, third.headers.get('retry-after')]).toEqual([429, '3600'])
})

test('a user is counted wherever they come from, and visitors by address', async () => {
  const hooks = ['tipfy/ext/session:setSecureCookieSession', hook]
  const app = make({ policies: { api: { limit: 2, window: 60, by: 'user', methods: ['GET'] } } }, { hooks })
  const ann = createClient(app)
  await ann.post('/login?name=ann&right=1')
  const visitor = createClient(app)
  const statuses: number[] = []
  for (const [client, address] of [
    [ann, '192.0.2.1'],
    [ann, '192.0.2.2'],
    [ann, '192.0.2.3'],
    [visitor, '192.0.2.3'],
    [visitor, '192.0.2.3'],
    [visitor, '192.0.2.3'],
  ] as const)
    statuses.push((await client.get('/', from(address))).status)
  expect(statuses).toEqual([200, 200, 429, 200, 200, 429])
})

test('limit() limits logins by name, from wherever they come, and a reset begins anew', async () => {
  const app = make(
    { policies: { login: { limit: 3, window: 60 } } },
    { hooks: ['tipfy/ext/session:setSecureCookieSession'] },
  )
  // A new client each time: who drops the cookie gains nothing.
  const statusOf = async (query: string) => (await createClient(app).post(`/login?${query}`)).status
  for (const status of [200, 200, 200, 429, 429]) expect(await statusOf('name=ann')).toBe(status)
  expect(await statusOf('name=bob')).toBe(200)
  for (const query of ['name=eve', 'name=eve', 'name=eve&right=1', 'name=eve', 'name=eve', 'name=eve']) {
    expect(await statusOf(query)).toBe(200)
  }
  expect(await statusOf('name=eve')).toBe(429)
})

const told = ({ status, headers }: { status: number; headers: Headers }) => [
  status,
  headers.get('ratelimit-policy'),
  headers.get('ratelimit'),
]

test('limit() tells the policy and what is left of it, as the hook does, also with the 429 and without the hook', async () => {
  const client = createClient(make({ policies: { mail: { limit: 2, window: 60 } } }, { hooks: [] }))
  const ask = async () => told(await client.get('/ask?policy=mail'))
  expect([await ask(), await ask(), await ask()]).toEqual([
    [200, '"mail";q=2;w=60', '"mail";r=1;t=60'],
    [200, '"mail";q=2;w=60', '"mail";r=0;t=60'],
    [429, '"mail";q=2;w=60', '"mail";r=0;t=60'],
  ])
  expect(told(await client.get('/'))).toEqual([200, null, null])
})

test('limit() beside the hook names both policies once, one that is used twice by its lowest rest', async () => {
  class Twice extends RequestHandler {
    async get() {
      for (const key of ['a', 'a', 'b']) await limit('mail', key)
      return 'sent'
    }
  }
  const { policies } = api(9)
  const rateLimit = { policies: { ...policies, mail: { limit: 5, window: 60 } } }
  expect(told(await createClient(make(rateLimit, { handlers: { '/': Twice } })).get('/'))).toEqual([
    200,
    '"api";q=9;w=60, "mail";q=5;w=60',
    '"api";r=8;t=60, "mail";r=3;t=60',
  ])
})

test('what is left of a name that others log in by is not told, unless the policy says so', async () => {
  const hooks = [cookie]
  const quiet = createClient(make({}, { hooks }))
  expect(told(await quiet.post('/login?name=ann'))).toEqual([200, null, null])
  const loud = createClient(make({ policies: { login: { limit: 5, window: 60, headers: true } } }, { hooks }))
  expect(told(await loud.post('/login?name=ann'))).toEqual([200, '"login";q=5;w=60', '"login";r=4;t=60'])
  expect(told(await loud.post('/login?name=ann&right=1'))).toEqual([200, null, null])
})

test('limit() counts outside a request, too', async () => {
  const app = make({ policies: { mail: { limit: 1, window: 60 } } }, { hooks: [] })
  app.hooks.add('posInitApp', async () => {
    await limit('mail', 'ann')
    await expect(limit('mail', 'ann')).rejects.toMatchObject({ code: 429 })
  })
  await app.ready()
})

test('without a key, limit() counts by address', async () => {
  const client = createClient(make({ policies: { loginAddress: { limit: 1, window: 60 } } }, { hooks: [] }))
  const ask = async (address: string) => (await client.get('/ask?policy=loginAddress', from(address))).status
  expect([await ask('192.0.2.1'), await ask('192.0.2.1'), await ask('192.0.2.2')]).toEqual([200, 429, 200])
})

test.each([
  ['its own Datastore client', async () => ({ store: await memoryDatastore() }), {}],
  ['the Datastore of cookie sessions', async () => ({ store: 'datastore' as const }), { hooks: [cookie, hook] }],
])('two processes share counts in %s, as records of a kind of their own with hashed keys', async (_, store, more) => {
  const datastore = await memoryDatastore()
  const config = { ...api(3), ...(await store()) }
  const session = { ...more, ...(config.store === 'datastore' ? { datastore } : {}) }
  const clients = [make(config, session), make(config, session)].map((app) => createClient(app))
  const statuses: number[] = []
  for (let n = 0; n < 5; n++) statuses.push((await clients[n % 2]!.get('/', from('192.0.2.1'))).status)
  expect(statuses).toEqual([200, 200, 200, 429, 429])
  const used = (config.store === 'datastore' ? datastore : config.store) as typeof datastore
  const [records] = await used.runQuery(used.createQuery('RateLimit'))
  // The fourth was counted, the fifth known to be too many.
  expect(records).toEqual([{ count: 4, expires: expect.any(Date), [used.KEY]: expect.anything() }])
  expect(records[0][used.KEY].name).toMatch(/^[\w-]{43}$/)
  expect(records[0].expires.getTime() - Date.now()).toBeGreaterThan(50_000)
})

test('an embedded Datastore is swept of counts that have ended, and of no others', async () => {
  const { DatastoreCounts } = await import('../../../../lib/ext/security/rate-limit/datastore-counts.ts')
  const datastore = await memoryDatastore()
  const counts = new DatastoreCounts(datastore, 'RateLimit')
  await counts.add('ended', 1, 1)
  await counts.add('live', 1, 60_000)
  const later = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 1000)
  await counts.sweep()
  later.mockRestore()
  const [records] = await datastore.runQuery(datastore.createQuery('RateLimit'))
  expect(records.map((record: Record<symbol, { name: string }>) => record[datastore.KEY]!.name)).toEqual(['live'])
})

test('while Datastore is down logins are a 503 that says when to come again, and the rest goes on', async () => {
  const broken = {
    key: () => ({}),
    transaction: () => {
      throw new Error('down')
    },
  }
  const client = createClient(make({ ...api(2), store: broken as never }))
  for (const status of [200, 200, 429]) expect((await client.get('/')).status).toBe(status)
  const other = createClient(make({ ...api(1000), store: broken as never }))
  const login = await other.get('/ask?policy=login')
  expect([login.status, login.headers.get('retry-after')]).toEqual([503, '2'])
})

const withMemcached = memcachedFound ? test : test.skip
withMemcached('two processes share counts in the cache of the sessions, and go on without it', async () => {
  const server = await Memcached.start()
  try {
    const session = { cache: `memcached://${server.address}` }
    const config = { ...api(4), store: 'cache' as const, timeout: 2000 }
    const clients = [make(config, session), make(config, session)].map((app) => createClient(app))
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => clients[n % 2]!.get('/')))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(4)
    await server.kill()
    expect((await clients[0]!.get('/', from('192.0.2.9'))).status).toBe(200)
    expect((await clients[0]!.get('/ask?policy=login', from('192.0.2.9'))).status).toBe(503)
  } finally {
    await server.kill()
  }
})

const withValkey = valkeyServers.length > 0 ? test : test.skip
withValkey('the rights that sessions need in the cache are enough to count, and to forget a count', async () => {
  const server = await Valkey.start(valkeyServers[0])
  try {
    const rights = ['~tipfy:*', '+get', '+set', '+del', '+eval', '+evalsha', '+info']
    await server.command('ACL', 'SETUSER', 'shop', 'on', '>right', ...rights)
    const hooks = [hook, 'tipfy/ext/session:setDatastoreSession']
    const cache = `valkey://127.0.0.1:${server.port}`
    const session = { hooks, datastore: await memoryDatastore(), cache, cacheUser: 'shop', cachePassword: 'right' }
    const policies = { ...api(100).policies, login: { limit: 2, window: 60 } }
    const config = { policies, store: 'cache' as const, timeout: 2000 }
    const clients = [make(config, session), make(config, session)].map((app) => createClient(app))
    const logIn = async (n: number, right = '') => (await clients[n]!.post(`/login?name=ann${right}`)).status
    expect([await logIn(0), await logIn(1, '&right')]).toEqual([200, 200])
    expect([await logIn(0), await logIn(1), await logIn(0)]).toEqual([200, 200, 429])
  } finally {
    await server.kill()
  }
})

test.each([
  [{ policies: { api: { limit: 0, window: 60 } } }, 'rateLimit.policies.api.limit'],
  [{ policies: { api: { limit: 10 } } }, 'rateLimit.policies.api.window'],
  [{ policies: { api: { limit: 10, window: '1m' } } }, 'rateLimit.policies.api.window'],
  [{ policies: { api: { limit: 1, window: 1, by: 'ip' } } }, 'rateLimit.policies.api.by'],
  [{ policies: { api: { limit: 1, window: 1, endpoint: 'x' } } }, 'rateLimit.policies.api.endpoint'],
  [{ policies: { api: { limit: 1, window: 1, storeDown: 'shut' } } }, 'rateLimit.policies.api.storeDown'],
  [{ policies: { api: { limit: 1, window: 1, methods: ['GET', 'PSOT'] } } }, 'rateLimit.policies.api.methods'],
  [{ policies: { 'my api': { limit: 1, window: 1 } } }, 'rateLimit.policies.my api'],
  [{ policies: { api: 5 } }, 'rateLimit.policies.api'],
  [{ policies: [] }, 'rateLimit.policies'],
  [{ store: 'redis' }, 'rateLimit.store'],
  [{ kind: '__x__' }, 'rateLimit.kind'],
  [{ timeout: -1 }, 'rateLimit.timeout'],
  [{ maxKeys: 1.5 }, 'rateLimit.maxKeys'],
  [{ max: 1 }, 'rateLimit.max'],
  [{ policies: { api: { limit: 1, widow: 60 } } }, 'policies.api.widow must be another key: the nearest is window'],
  [7, 'rateLimit'],
])('rateLimit: %j stops the start and names the key', (rateLimit, key) => {
  expect(() => makeApp({ 'tipfy/ext/security': { rateLimit } as never })).toThrow(
    expect.objectContaining({ code: 'TIPFY_E_CONFIG_VALUE', message: expect.stringContaining(key) }),
  )
})

test.each([
  [{}, {}, 'TIPFY_E_CONFIG_VALUE', /policies with `by`/],
  [
    api(1, { endpoints: ['/othr'] }),
    {},
    'TIPFY_E_CONFIG_VALUE',
    /api\.endpoints must be endpoints of the rules, like "\/other"/,
  ],
  [{ ...api(1), store: 'datastore' as const }, {}, 'TIPFY_E_RATE_LIMIT_STORE', /setDatastoreSession/],
  [{ ...api(1), store: 'cache' as const }, {}, 'TIPFY_E_RATE_LIMIT_STORE', /key `cache`/],
])('a hook that would limit nothing, or cannot count, stops the start: %j', async (rateLimit, session, code, message) => {
  const error = await make(rateLimit as RateLimitConfig, session)
    .ready()
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code })
  expect(String(error)).toMatch(message)
})

test('limit() with a policy or key that is none is an error that names it', async () => {
  const client = createClient(make({}, { hooks: [] }))
  expect((await client.get('/ask?policy=logn')).text).toMatch(/^TIPFY_E_RATE_LIMIT_POLICY .*"logn".*"login"/)
  expect((await client.get('/ask?policy=login&number=1')).text).toMatch(/^TIPFY_E_RATE_LIMIT_KEY .*"login" is 7/)
})
