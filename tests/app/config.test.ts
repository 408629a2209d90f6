import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type App, type Config, getConfig, makeApp, Rule } from 'tipfy'

const root = import.meta.dirname
const made: App[] = []

function make({ tipfy, ...sections }: Config): App {
  const app = makeApp({ tipfy: { logLevel: 'silent', urls: () => [], ...tipfy }, ...sections }, { root })
  made.push(app)
  return app
}

const key = '0123456789abcdef0123456789abcdef'

afterEach(async () => {
  for (const app of made.splice(0)) await app.close()
})

describe('a configuration is refused when the application is made', () => {
  test.each([
    [
      { tipfy: { maxBodysize: 1 } },
      'TIPFY_E_CONFIG_KEY',
      /The configuration of tipfy has no key "maxBodysize"\. Did you mean "maxBodySize"\?/,
    ],
    [
      { tipfy: { maxBodySize: '1 MB' } },
      'TIPFY_E_CONFIG_VALUE',
      /tipfy\.maxBodySize must be a number above 0, but is "1 MB"/,
    ],
    [{ tipfy: { dev: 'yes' } }, 'TIPFY_E_CONFIG_VALUE', /tipfy\.dev must be boolean, but is "yes"/],
    [{ tipfy: { hooks: { posInit: [] } } }, 'TIPFY_E_HOOK_NAME', /no event "posInit" .*"posInitApp"/],
    [{ 'tipfy.ext.session': { secretKey: key } }, 'TIPFY_E_CONFIG_SECTION', /Did you mean 'tipfy\/ext\/session'/],
    [{ 'tipfy/ext/sesion': {} }, 'TIPFY_E_CONFIG_SECTION', /Did you mean 'tipfy\/ext\/session'/],
    [
      { tipfy: { urlMap: { strictSlash: true } } },
      'TIPFY_E_CONFIG_VALUE',
      /urlMap must be options of UrlMap, not strictSlash/,
    ],
    [{ tipfy: { timeout: 5 } }, 'TIPFY_E_CONFIG_KEY', /"headersTimeout"|"requestTimeout"/],
    [{ tipfy: { maxConnections: -1 } }, 'TIPFY_E_CONFIG_VALUE', /tipfy\.maxConnections must be .*, but is -1/],
    [{ tipfy: { maxBodySize: -1 } }, 'TIPFY_E_CONFIG_VALUE', /tipfy\.maxBodySize must be .*, but is -1/],
    [{ tipfy: { trustedProxies: -1 } }, 'TIPFY_E_CONFIG_VALUE', /tipfy\.trustedProxies must be a number of hops/],
    [
      { tipfy: { trustedHeaders: ['forwarded'] } },
      'TIPFY_E_CONFIG_VALUE',
      /trustedHeaders must be a list of 'x-forwarded-for'/,
    ],
    [{ tipfy: { trustedProxies: 1.5 } }, 'TIPFY_E_CONFIG_VALUE', /tipfy\.trustedProxies .* is 1\.5/],
    [{ tipfy: { serverName: 'https://example.org' } }, 'TIPFY_E_CONFIG_VALUE', /serverName must be a host/],
    [{ tipfy: { serverName: 'example.org/' } }, 'TIPFY_E_CONFIG_VALUE', /serverName/],
    [{ tipfy: { serverName: '' } }, 'TIPFY_E_CONFIG_VALUE', /serverName/],
    [{ tipfy: { errorHandlers: { 404: 7 } } }, 'TIPFY_E_CONFIG_VALUE', /errorHandlers/],
    [{ tipfy: { urlMap: [] } }, 'TIPFY_E_CONFIG_VALUE', /urlMap/],
    [{ 'tipfy/ext/session': { migrate: () => {} } }, 'TIPFY_E_SESSION_CONFIG', /dataVersion/],
    [{ 'tipfy/ext/session': { secretkey: key } }, 'TIPFY_E_CONFIG_KEY', /"secretKey"/],
    [{ 'tipfy/ext/session': { expiration: -1 } }, 'TIPFY_E_CONFIG_VALUE', /expiration/],
    [{ 'tipfy/ext/session': { onConflict: 'log' } }, 'TIPFY_E_CONFIG_VALUE', /must be function or null, but is "log"/],
    [{ 'tipfy/ext/session': { memcacheUser: 5, memcachePassword: 'x' } }, 'TIPFY_E_CONFIG_VALUE', /string or null/],
    [{ 'tipfy/ext/session': { memcache: 'localhost:x' } }, 'TIPFY_E_CONFIG_VALUE', /'host:port.*"localhost:x"/],
    [{ 'tipfy/ext/session': { memcache: ['a:1', 5] } }, 'TIPFY_E_CONFIG_VALUE', /memcache must be/],
    [{ 'tipfy/ext/session': { cookieName: 'a b' } }, 'TIPFY_E_SESSION_CONFIG', /would drop it\. Correct/],
    [{ tipfy: { dev: false }, 'tipfy/ext/session': { secretKey: 'short' } }, 'TIPFY_E_SECRET_KEY', /32 or more/],
    [{ 'tipfy/ext/session': { cookie: { prefix: '__Host-', domain: 'a.example' } } }, 'TIPFY_E_SESSION_CONFIG', /./],
  ])('%j: %s', (config, code, message) => {
    expect(() => make(config as Config)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
  })
})

test('every way to name memcached servers is taken', () => {
  for (const memcache of ['', 'localhost', 'a:1, b:2', '[::1]:11211', ['a:1', '10.0.0.3'], null]) {
    expect(() => make({ tipfy: {}, 'tipfy/ext/session': { memcache } })).not.toThrow()
  }
})

test('a configuration that is no dictionary is refused', () => {
  for (const config of [[], 'tipfy', 7]) {
    expect(() => makeApp(config as unknown as Config, { root })).toThrow(
      /configuration's sections must be a dictionary by module/,
    )
  }
  expect(() => makeApp({ tipfy: [] as object }, { root })).toThrow(
    /configuration's tipfy must be a dictionary, but is string\[\]/,
  )
})

describe('the start is refused', () => {
  test.each([
    ['a rule without a leading slash', () => [new Rule('nope', { endpoint: 'a' })], /nope/],
    ['an unknown converter', () => [new Rule('/<integer:n>', { endpoint: 'a' })], /integer/],
    ['rules that are no list', () => 7, /gave number/],
  ])('for %s', async (_, urls, message) => {
    const app = make({ tipfy: { urls: urls as () => Rule[] } })
    await expect(app.ready()).rejects.toThrow(message)
  })

  test('for Datastore sessions in production without a Datastore, saying what to set', async () => {
    const app = make({
      tipfy: { dev: false, hooks: { posInitApp: 'tipfy/ext/session:setDatastoreSession' } },
      'tipfy/ext/session': { secretKey: key },
    })
    await expect(app.ready()).rejects.toThrow(/GOOGLE_CLOUD_PROJECT/)
  })

  test('for sessions in production without a key, saying how to get one', async () => {
    const app = make({ tipfy: { dev: false, hooks: { posInitApp: 'tipfy/ext/session:setSecureCookieSession' } } })
    await expect(app.ready()).rejects.toThrow(/secretKey/)
  })
})

test('printing an application shows nothing of its configuration', () => {
  const app = make({ tipfy: {}, 'tipfy/ext/session': { secretKey: key }, shop: { password: 'hunter2' } })
  for (const shown of [inspect(app), inspect({ app }, { depth: 10 })]) {
    expect(shown).not.toContain(key)
    expect(shown).not.toContain('hunter2')
  }
})

test("sections of one's own modules are free", () => {
  expect(make({ tipfy: {}, blog: { perPage: 10 } }).getConfig('blog', 'perPage')).toBe(10)
})

test('getConfig gives the types of the sections that are known, and of a fallback', () => {
  const app = make({ tipfy: { maxBodySize: 5 }, blog: { perPage: 10 } })
  const { maxBodySize }: { readonly maxBodySize: number } = app.getConfig('tipfy')
  expect(maxBodySize).toBe(5)
  const size: number = getConfig('tipfy', 'maxBodySize')
  const { expiration }: { readonly expiration: number } = getConfig('tipfy/ext/session')
  const serverName: string = getConfig('tipfy', 'serverName', 'example.org')
  let perPage = getConfig('blog', 'perPage', 20)
  expect([size, expiration, serverName, perPage]).toEqual([5, 86_400, 'example.org', 10])
  const missing = getConfig('blog', 'missing', 20)
  perPage = missing // Not of the type 20 alone.
  const other: typeof missing = 21
  expect(perPage).toBeLessThan(other)
  // @ts-expect-error: the name of a server is no number
  const wrong: number = getConfig('tipfy', 'serverName')
  expect(wrong).toBeNull()
})

describe("a module's defaultConfig", () => {
  const make = (payment: object) =>
    makeApp({ tipfy: { urls: () => [], logLevel: 'silent' }, payment }, { root: join(root, '../fixtures/sections') })

  test('fills what the configuration leaves out, and takes any value for null and any list for an empty one', async () => {
    const app = make({ apiKey: 'abc', currencies: [978] })
    made.push(app)
    await app.ready()
    expect(app.getConfig('payment')).toMatchObject({ apiKey: 'abc', currencies: [978], retries: 3, tokens: [] })
  })

  test.each([
    [{ retries: '3' }, 'TIPFY_E_CONFIG_VALUE'],
    [{ currencies: 978 }, 'TIPFY_E_CONFIG_VALUE'],
    [{ apiKy: 'abc' }, 'TIPFY_E_CONFIG_KEY'],
  ])('refuses %j: %s', async (payment, code) => {
    const app = make(payment)
    made.push(app)
    await expect(app.ready()).rejects.toMatchObject({ code })
  })

  test.each([
    ['tokens', 'hunter2', 'string'],
    ['credential', 'hunter2', 'string'],
    ['keyring', 'hunter2', 'string'],
    ['servers', 'https://ann:hunter2@pay.example/', '"https://ann:hidden@pay.example/"'],
    ['servers', 'pay.example', '"pay.example"'],
  ])('a value that may be a secret is not shown where it is refused: %s', async (key, value, shown) => {
    const app = make({ [key]: value })
    made.push(app)
    await expect(app.ready()).rejects.toThrow(`payment.${key} must be array, but is ${shown}.`)
  })
})

describe("a module's configSchema", () => {
  const make = (config: object) => {
    const app = makeApp(
      { tipfy: { urls: () => [], logLevel: 'silent' }, ...config },
      { root: join(root, '../fixtures/schemas') },
    )
    made.push(app)
    return app
  }

  test('converts the section, over the defaultConfig', async () => {
    const app = make({ mail: { from: 'shop@shop.example', port: '587' } })
    await app.ready()
    expect(app.getConfig('mail')).toEqual({ from: 'shop@shop.example', port: 587, servers: [] })
    const other = make({ mail: { from: 'shop@shop.example' } })
    await other.ready()
    expect(other.getConfig('mail', 'port')).toBe(25)
  })

  const from = 'shop@shop.example'
  test.each([
    [{ mail: { from: 'shop' } }, /^The configuration's mail\.from does not fit/],
    [{ mail: { from, port: 0.5 } }, /mail\.port/],
    [{ mail: { from, port: 666 } }, /mail\.port .*never that/],
    [{ mail: { from, servers: [{ host: 'a' }, {}] } }, /mail\.servers\.1\.host/],
    [{ mail: { from, prt: 1 } }, /mail does .*"prt"/],
    [{}, /mail\.from/],
  ])('stops the start for %j, and names the key', async (config, message) => {
    await expect(make(config).ready()).rejects.toMatchObject({
      code: 'TIPFY_E_CONFIG_SCHEMA',
      message: expect.stringMatching(message),
    })
  })

  test('shows no value that may be a secret', async () => {
    const error = await make({ mail: { from, password: 'hunter2' } })
      .ready()
      .catch((thrown: unknown) => thrown)
    expect(String(error)).toMatch(/mail\.password .*it is not valid/)
    expect(String(error)).not.toContain('hunter2')
  })
})

test("a module's defaultConfig counts without a section in config.ts", async () => {
  const app = makeApp({ tipfy: { urls: () => [], logLevel: 'silent' } }, { root: join(root, '../fixtures/defaults') })
  made.push(app)
  await app.ready()
  expect(app.getConfig('shop/payment')).toEqual({ currency: 'USD', retries: 5 })
  expect(app.getConfig('blog', 'perPage')).toBe(10)
  expect(app.getConfig('none')).toEqual({})
})

test('who decides between two changes of a session knows what is decided about', () => {
  const app = make({
    tipfy: {},
    'tipfy/ext/session': {
      merge: (base, mine, theirs) => ({ ...theirs, n: [base.n, mine.n, theirs.n] }),
      onConflict: ({ path, mine, theirs }) => console.warn(path.toUpperCase(), mine, theirs),
    },
  })
  const { merge } = app.config['tipfy/ext/session']!
  expect(merge!({ n: 1 }, { n: 2 }, { n: 3 })).toEqual({ n: [1, 2, 3] })
})
