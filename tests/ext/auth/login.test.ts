import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { makeApp, Rule } from 'tipfy'
import {
  checkPassword,
  currentUser,
  hashPassword,
  login,
  logout,
  needsRehash,
  nextPath,
  requireUser,
} from 'tipfy/ext/auth'
import { session, sessionStore, setDatastoreSession, setSecureCookieSession } from 'tipfy/ext/session'
import { createClient, memoryDatastore } from 'tipfy/testing'
import type { Sessions } from '../../../lib/ext/session/session-interface.ts'
import { key, kinds } from '../session/site.ts'
import { rule } from './rule.ts'

interface Person {
  id: string
  isAdmin: boolean
}
const cheap = { scrypt: { logCost: 4, blockSize: 8, parallelism: 1 }, algorithm: 'scrypt' as const }

async function open(kind: string, more: { auth?: object; session?: object } = {}) {
  let loads = 0
  let time = Date.now()
  const rules = [
    rule('/in', async () => {
      await login('ann', { remember: sessionStore.isNew })
      const user = await currentUser()
      return String(user === (await currentUser()))
    }),
    rule('/in/bob', () => login('bob').then(() => 'in')),
    rule('/become/bob', () => {
      sessionStore.user = 'bob'
      return 'bob'
    }),
    rule('/out', () => logout().then(() => 'out')),
    rule('/everywhere', () => logout({ everywhere: true }).then(() => 'out')),
    rule('/cart', () => String(session.get('cart'))),
    rule('/fill', () => String(session.set('cart', 1).size)),
    rule('/next', () => nextPath('/home')),
    rule('/home', () => nextPath()),
    rule('/account', async () => ((await currentUser()) as unknown as Person).id, true),
    rule('/hash', async () => {
      const hash = await hashPassword('open sesame')
      const checks = [
        ['open sesame', hash],
        ['x', hash],
        ['x', null],
      ] as const
      const found = await Promise.all(checks.map(([password, stored]) => checkPassword(password, stored)))
      return { hash, checks: [...found, needsRehash(hash)] }
    }),
    rule('/fresh', () => 'fresh', 'fresh'),
    rule('/later', () => 'later', (async (user: Person) => user.isAdmin) as never),
    rule('/admin', () => 'admin', ((user: Person) => user.isAdmin) as never),
  ]
  const loadUser = (id: string) => {
    loads++
    return id === 'gone' ? null : { id, isAdmin: id === 'bob' }
  }
  const app = makeApp({
    tipfy: {
      dev: false,
      logLevel: 'silent',
      urls: () => rules,
      hooks: {
        posInitApp: kind === 'datastore' ? setDatastoreSession : setSecureCookieSession,
        preDispatchHandler: requireUser,
      },
    },
    'tipfy/ext/session': { secretKey: key, datastore: await memoryDatastore(), ...more.session },
    'tipfy/ext/auth': { loadUser, passwords: cheap, ...more.auth },
  } as never)
  await app.ready()
  Object.assign((app.sessionInterface as Sessions).settings, { now: () => time })
  const later = (seconds: number) => {
    time += seconds * 1000
  }
  const options = { headers: { accept: 'text/html' }, baseUrl: 'https://shop.test' }
  return { app, later, loads: () => loads, client: (more = {}) => createClient(app, { ...options, ...more }) }
}

describe.each(kinds)('with %s sessions', (kind) => {
  test('a page is redirected to the login with the way back; an API gets a 401', async () => {
    const { client } = await open(kind)
    const page = await client().get('/account?a=1&b=2')
    expect([page.status, page.headers.get('location')]).toEqual([303, '/login?next=%2Faccount%3Fa%3D1%26b%3D2'])
    expect(page.headers.get('vary')).toBe('Accept, Cookie')
    expect((await client().post('/account')).headers.get('location')).toBe('/login')
    expect((await client().request('HEAD', '/account')).headers.get('location')).toBe('/login?next=%2Faccount')
    const anything = await client().get('/account', { headers: { accept: '*/*' } })
    expect([anything.status, anything.headers.get('vary')]).toEqual([401, 'Accept, Cookie'])
    const api = await client().get('/account', { headers: { accept: 'application/json' } })
    expect([api.status, api.headers.get('www-authenticate')]).toEqual([401, 'Session realm="login"'])
  })

  test('the user is loaded once a request', async () => {
    const { client, loads } = await open(kind)
    const ann = client()
    expect((await ann.get('/in')).text).toBe('true')
    expect(loads()).toBe(1)
    expect((await ann.get('/account')).text).toBe('ann')
    expect(loads()).toBe(2)
  })

  test('a login gives a new id and keeps the data of a visitor, but not of another user', async () => {
    const { client } = await open(kind)
    const ann = client()
    await ann.get('/fill')
    const before = ann.cookies.all()[0]!.value
    await ann.get('/in')
    expect(ann.cookies.all()[0]!.value).not.toBe(before)
    expect((await ann.get('/cart')).text).toBe('1')
    await ann.get('/in/bob')
    expect((await ann.get('/cart')).text).toBe('undefined')
  })

  test('remember makes a cookie that outlives the browser; without it the cookie goes with the browser', async () => {
    const { client } = await open(kind, { auth: { rememberFor: 1000 } })
    const [ann, bob] = [client(), client()]
    await ann.get('/in')
    await bob.get('/in/bob')
    expect(ann.cookies.all()[0]!.expires).toBeGreaterThan(Date.now() + 900_000)
    expect(bob.cookies.all()[0]!.expires).toBeNull()
  })

  test("auth: 'fresh' asks for a login within freshFor", async () => {
    const { client, later } = await open(kind)
    const ann = client()
    await ann.get('/in')
    expect((await ann.get('/fresh')).text).toBe('fresh')
    later(301)
    expect((await ann.get('/fresh')).headers.get('location')).toBe('/login?next=%2Ffresh')
    expect((await ann.get('/account')).text).toBe('ann')
    await ann.get('/in')
    expect((await ann.get('/fresh')).text).toBe('fresh')
  })

  test("a device's proof is no login: a session that was bound long ago is not fresh", async () => {
    const { client, later } = await open(kind, { session: { deviceBound: true } })
    const ann = client({ device: true })
    await ann.get('/in')
    later(301)
    ann.cookies.delete('tipfy.device')
    expect((await ann.get('/account')).text).toBe('ann')
    expect((await ann.get('/fresh')).status).toBe(303)
  })

  test('a login is not that of another user whom the session is given to', async () => {
    const { client } = await open(kind)
    const ann = client()
    await ann.get('/in')
    await ann.get('/become/bob')
    expect([(await ann.get('/account')).text, (await ann.get('/fresh')).status]).toEqual(['bob', 303])
  })

  test('a function decides who may pass', async () => {
    const { client } = await open(kind)
    const [ann, bob] = [client(), client()]
    await ann.get('/in')
    await bob.get('/in/bob')
    expect([(await ann.get('/admin')).status, (await bob.get('/admin')).text]).toEqual([403, 'admin'])
    expect((await client().get('/admin')).status).toBe(303)
    expect([(await ann.get('/later')).status, (await bob.get('/later')).text]).toEqual([403, 'later'])
  })

  test('logout ends the session', async () => {
    const { client } = await open(kind)
    const ann = client()
    await ann.get('/in')
    await ann.get('/out')
    expect((await ann.get('/account')).status).toBe(303)
  })
})

test('logout everywhere ends the sessions of all browsers', async () => {
  const { client } = await open('datastore')
  const [one, other] = [client(), client()]
  await one.get('/in')
  await other.get('/in')
  await one.get('/everywhere')
  expect([(await one.get('/account')).status, (await other.get('/account')).status]).toEqual([303, 303])
})

test('a user that loadUser does not find any more has to log in', async () => {
  const { client } = await open('securecookie', { auth: { loadUser: () => null } })
  const ann = client()
  await ann.get('/in')
  expect((await ann.get('/account')).status).toBe(303)
})

test.each([
  ['/account?a=1', '/account?a=1'],
  ['', '/home'],
  ['//evil.test', '/home'],
  ['/\\evil.test', '/home'],
  ['/a\\..\\evil', '/home'],
  ['https://evil.test/', '/home'],
  ['javascript:alert(1)', '/home'],
  ['/\t/evil.test', '/home'],
  ['/a\r\nb: c', '/home'],
  ['///evil.test', '/home'],
  ['\\/evil.test', '/home'],
  ['https://shop.test:443/account', '/home'],
  ['shop.test/account', '/home'],
  ['?a=1', '/home'],
  [' /account', '/home'],
  ['/caf\u00e9', '/home'],
  ['/\uff0f/evil.test', '/home'],
  ['/%2f%2fevil.test', '/%2f%2fevil.test'],
  ['/%5cevil.test', '/%5cevil.test'],
])('the way back of %j is %j', async (next, path) => {
  const { client } = await open('securecookie')
  expect((await client().get('/next', { query: { next } })).text).toBe(path)
})

test('below the path that another server mounted it at, the login page and the way back are found', async () => {
  const { app } = await open('securecookie')
  const server = createServer((incoming, outgoing) => {
    app.requestListener(
      Object.assign(incoming, { baseUrl: '/shop', url: incoming.url!.slice('/shop'.length) }),
      outgoing,
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const get = (path: string) => fetch(origin + path, { redirect: 'manual', headers: { accept: 'text/html' } })
  try {
    expect((await get('/shop/account?a=1')).headers.get('location')).toBe('/shop/login?next=%2Fshop%2Faccount%3Fa%3D1')
    expect(await (await get('/shop/home')).text()).toBe('/shop/')
  } finally {
    server.close()
  }
})

test('a page whose address is too long for the one of the login page is not gone back to', async () => {
  const { client } = await open('securecookie')
  const location = async (length: number) =>
    (await client().get(`/account?a=${'%'.repeat(length)}`)).headers.get('location')
  expect(await location(1000)).toBe(`/login?next=%2Faccount%3Fa%3D${'%25'.repeat(1000)}`)
  expect(await location(2000)).toBe('/login')
})

test('passwords are hashed by the configuration of the application', async () => {
  const { client } = await open('securecookie')
  const { hash, checks } = (await client().get('/hash')).json<{ hash: string; checks: boolean[] }>()
  expect(hash).toMatch(/^\$scrypt\$ln=4/)
  expect(checks).toEqual([true, false, false, false])
})

describe('the start stops', () => {
  const make = (rule: () => Rule, auth = {}) =>
    makeApp({ tipfy: { dev: false, logLevel: 'silent', urls: () => [rule()] }, 'tipfy/ext/auth': auth } as never)
  const guarded = () => new Rule('/account', { endpoint: 'account', auth: true })

  test('for a rule with auth that no hook checks', async () => {
    await expect(make(guarded).ready()).rejects.toMatchObject({ code: 'TIPFY_E_RULE_AUTH' })
  })

  test('for a rule with auth that loads no session, or whose value is another', () => {
    const code = 'TIPFY_E_RULE_AUTH_OPTION'
    const stops = (message: string) => expect.objectContaining({ code, message: expect.stringContaining(message) })
    expect(() => new Rule('/', { auth: true, session: false })).toThrow(stops('auth: true with session: false'))
    expect(() => new Rule('/', { auth: 'fresch' as never })).toThrow(stops('auth: "fresch"'))
  })

  test.each([
    { loginPath: '//evil.test' },
    { loginPath: 'login' },
    { freshFor: 0 },
    { loadUser: 'users:load' },
    { passwords: { pases: 3 } },
    { passwords: { algorithm: 'bcrypt' } },
    { passwords: { argon2id: { pases: 3 } } },
    { passwords: { argon2id: { memory: 8, parallelism: 2 } } },
    { passwords: { argon2id: { passes: 0 } } },
    { passwords: { argon2id: 3 } },
    { passwords: { scrypt: { logCost: 17.5 } } },
    { passwords: { scrypt: { logCost: 25 } } },
    { passwords: { maxParallelHashes: 0 } },
    { passwords: { maxPasswordLength: '72' } },
  ])('for the section %j', (section) => {
    expect(() => make(guarded, section)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^TIPFY_E_(?:AUTH_)?CONFIG/) }),
    )
  })
})
