import { describe, expect, test } from '@jest/globals'
import { request } from 'tipfy'
import { sessionCounters, sessionStore } from 'tipfy/ext/session'
import type { TestClient } from 'tipfy/testing'
import { RepositoryUnavailable } from '../../../../lib/ext/session/repository/time-budget.ts'
import { kinds } from '../site.ts'
import { base, boundBrowser, browser, deviceOf, openShop, thief, without } from './shop.ts'

describe.each(kinds)('a %s session', (kind) => {
  test('goes from offered to registered to bound, and needs the bound cookie from then on', async () => {
    const site = await openShop(kind)
    const client = browser(site)
    const login = await client.get('/login')
    expect(login.headers.get('secure-session-registration')).toMatch(
      /^\(ES256 RS256\);path="\/\.device";challenge="[\w-]{24}"$/,
    )
    expect(login.headers.get('cache-control')).toBe('no-store')
    expect(await deviceOf(client)).toEqual({ state: 'registered', since: site.now(), provenAgo: null })
    client.cookies.delete('tipfy.device')
    expect(await deviceOf(client)).toEqual({ state: 'bound', since: site.now(), provenAgo: 0 })
    expect(sessionCounters(site.app)?.device).toMatchObject({ offered: 1, registered: 1, refreshed: 1, refused: 0 })
  })

  test('of a browser that cannot is offered three times within 10 minutes, and works as ever', async () => {
    const site = await openShop(kind)
    const client = without(site)
    const headers = { 'sec-fetch-site': 'same-origin' }
    const offered = async (path: string) =>
      (await client.get(path, { headers })).headers.has('secure-session-registration')
    expect(await offered('/login')).toBe(true)
    expect(await offered('/who')).toBe(false)
    site.later(61)
    expect(await offered('/static')).toBe(false)
    expect(await offered('/who')).toBe(true)
    site.later(61)
    expect(await offered('/who')).toBe(true)
    site.later(61)
    expect(await offered('/who')).toBe(false)
    expect(await deviceOf(client)).toMatchObject({ state: 'offered' })
    site.later(600)
    expect(await deviceOf(client)).toEqual({})
    expect((await client.get('/who')).text).toBe('ann false')
  })

  test('is offered with the first response of its own site where the login was a callback from another', async () => {
    const site = await openShop(kind)
    const client = browser(site)
    const login = await client.get('/login', { headers: { 'sec-fetch-site': 'cross-site' } })
    expect(login.headers.has('secure-session-registration')).toBe(false)
    await client.get('/who')
    expect(await deviceOf(client)).toMatchObject({ state: 'registered' })
  })

  test('is not offered over http, where no browser binds, and the log says so once', async () => {
    const site = await openShop(kind)
    const client = without(site)
    const login = await client.get('http://shop.test/login', { headers: { 'sec-fetch-site': 'same-origin' } })
    await client.get('http://shop.test/login', { headers: { 'sec-fetch-site': 'same-origin' } })
    expect(login.headers.has('secure-session-registration')).toBe(false)
    expect(site.lines.filter(({ message }) => /inactive over http/.test(message))).toHaveLength(1)
  })

  test('a copied jar is of no use after the lifetime and 60 seconds, whatever it sends, and the owner goes on', async () => {
    const refused: object[] = []
    const site = await openShop(kind, { session: { onDeviceRefused: (given: object) => refused.push(given) } })
    const owner = await boundBrowser(site)
    const copy = thief(site, owner)
    site.later(659)
    expect((await copy.get('/who')).text).toBe('ann false')
    site.later(1)
    expect((await copy.get('/who')).text).toBe('null true')
    expect((await copy.get('/cart')).text).toBe('1')
    const again = thief(site, owner)
    for (const path of ['/logout', '/renew', '/pay', '/static']) await again.get(path)
    const sites = ['cross-site', 'same-site', 'same-origin', 'none']
    for (const fetchSite of sites) {
      const headers = { 'sec-fetch-site': fetchSite, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
      expect((await thief(site, owner).get('/who', { headers })).text).not.toContain('ann')
    }
    owner.cookies.delete('tipfy.device')
    expect((await owner.get('/who')).text).toBe('ann false')
    expect((await thief(site, owner).get('/who')).text).toBe('ann false') // a fresh copy, for as long as that is fresh
    expect(refused).toHaveLength(1)
    expect(refused[0]).toMatchObject({ user: 'ann' })
    expect(sessionCounters(site.app)?.device?.refused).toBeGreaterThan(2)
  })

  test('a request without proof sees no session, touches no cookie by reading, and begins a new one by writing', async () => {
    const site = await openShop(kind)
    const owner = await boundBrowser(site)
    site.later(700)
    const lost = thief(site, owner)
    const read = await lost.get('/who')
    expect([read.text, read.headers.getSetCookie()]).toEqual(['null true', []])
    expect((await lost.get('/login')).text).toBe('in')
    expect((await lost.get('/who')).text).toBe('ann false')
    owner.cookies.delete('tipfy.device')
    expect((await owner.get('/who')).text).toBe('ann false')
  })

  test('is not prolonged by a request without proof that does not use it', async () => {
    const site = await openShop(kind, { session: { expiration: 10_000 } })
    const owner = await boundBrowser(site)
    const copy = thief(site, owner)
    site.later(9000)
    expect((await copy.get('/static')).headers.getSetCookie()).toEqual([])
    site.later(1001)
    owner.cookies.delete('tipfy.device')
    expect((await owner.get('/who')).text).toBe('null true')
  })

  test('comes back by itself where another site began the navigation', async () => {
    const site = await openShop(kind)
    const owner = await boundBrowser(site)
    site.later(700)
    owner.cookies.delete('tipfy.device')
    const from = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    const bounced = await owner.get('/who', { headers: from })
    expect([bounced.status, bounced.text, bounced.headers.get('refresh')]).toEqual([200, '', '0'])
    expect(bounced.headers.get('cache-control')).toBe('no-store')
    expect(bounced.headers.get('vary')).toBe('Cookie, Sec-Fetch-Site')
    expect((await owner.get('/static', { headers: from })).text).toBe('no session is used')
    expect((await owner.get('/who')).text).toBe('ann false')
    expect(sessionCounters(site.app)?.device?.bounced).toBe(1)
  })

  test.each([
    'unreachable',
    'server_error',
    'quota_exceeded;session_identifier="a", unreachable;session_identifier="b"',
  ])('gives a 503 where the browser could not refresh: %s', async (reason) => {
    const site = await openShop(kind)
    const owner = await boundBrowser(site)
    site.later(700)
    const response = await thief(site, owner).get('/who', { headers: { 'secure-session-skipped': reason } })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    const quota = { 'secure-session-skipped': 'quota_exceeded' }
    expect((await thief(site, owner).get('/who', { headers: quota })).text).toBe('null true')
  })

  test('needs no bound cookie in the first 30 seconds after it was bound: requests are under way', async () => {
    const site = await openShop(kind)
    const owner = await boundBrowser(site)
    const early = thief(site, owner)
    early.cookies.delete('tipfy.device')
    expect((await early.get('/who')).text).toBe('ann false')
    site.later(30)
    expect((await early.get('/who')).text).toBe('null true')
  })

  test('proveDevice() has the browser sign, once, and gives a 403 to one that comes back without', async () => {
    const site = await openShop(kind)
    const owner = await boundBrowser(site)
    site.later(31)
    const asked = await owner.post('/pay?x=1')
    expect([asked.status, asked.location]).toEqual([307, `${base}/pay?x=1`])
    expect((await owner.post('/pay?x=1')).text).toBe('paid')
    site.later(31)
    const copy = thief(site, owner)
    const value = copy.cookies.get('tipfy.device')!
    expect((await copy.get('/pay')).status).toBe(307)
    copy.cookies.set('tipfy.device', value, { secure: true })
    expect((await copy.get('/pay')).status).toBe(403)
    const plain = without(site)
    await plain.get('/login')
    expect((await plain.get('/pay')).text).toBe('paid')
  })

  test('proveDevice() asks again where a browser proved itself after it was asked last', async () => {
    const site = await openShop(kind)
    const owner = await boundBrowser(site)
    site.later(31)
    expect((await owner.get('/pay')).status).toBe(307)
    expect((await owner.get('/pay')).text).toBe('paid')
    site.later(31)
    expect((await owner.get('/pay')).status).toBe(307)
  })

  test('proveDevice() asks again where the process that took the proof has a clock behind that of the one that asked', async () => {
    const site = await openShop(kind)
    const owner = await boundBrowser(site)
    site.later(31)
    expect((await owner.get('/pay')).status).toBe(307)
    site.later(-5)
    expect((await owner.get('/pay')).text).toBe('paid')
    site.later(36)
    expect((await owner.get('/pay')).status).toBe(307)
    expect((await owner.get('/pay')).text).toBe('paid')
  })

  test('keeps its device when it is regenerated, and is offered anew to another user or at a new login', async () => {
    const site = await openShop(kind)
    const owner = await boundBrowser(site)
    await owner.get('/renew')
    expect(await deviceOf(owner)).toMatchObject({ state: 'bound' })
    await owner.get('/login')
    expect(await deviceOf(owner)).toMatchObject({ state: 'registered' })
    const again = await boundBrowser(site)
    const other = await again.get('/other')
    expect(other.headers.has('secure-session-registration')).toBe(true)
    expect(await deviceOf(again)).toMatchObject({ state: 'registered' })
  })

  test('ends with its cookie, and the browser is told so when it asks', async () => {
    const site = await openShop(kind)
    const owner = await boundBrowser(site)
    const out = await owner.get('/logout')
    expect(out.headers.getSetCookie().join()).toMatch(/tipfy\.device=; .*Max-Age=0/)
    expect((await owner.get('/who')).text).toBe('null true')
    expect(sessionCounters(site.app)?.device).toMatchObject({ stopped: 1 })
  })

  test('of a rule with deviceBound: required gets a 403 unless it is bound', async () => {
    const more = { '/secret': () => 'secret' }
    const site = await openShop(kind, { rule: { deviceBound: 'required' } }, more)
    const client = browser(site)
    expect((await client.get('/secret')).status).toBe(403)
  })
})

test('after regenerate() the old id is worth nothing without proof, not even for a minute', async () => {
  const site = await openShop('datastore')
  const owner = await boundBrowser(site)
  site.later(600)
  owner.cookies.delete('tipfy.device')
  const copy = thief(site, owner)
  await owner.get('/renew')
  expect((await copy.get('/renew')).text).toBe('renewed')
  expect((await copy.get('/who')).text).not.toContain('ann')
})

test('a second regenerate() from the same browser goes on with user and device: in any order of the two responses', async () => {
  const site = await openShop('datastore')
  const owner = await boundBrowser(site)
  const tab = thief(site, owner)
  site.later(31)
  await owner.get('/renew')
  await tab.get('/renew')
  for (const one of [owner, tab]) {
    expect((await one.get('/who')).text).toBe('ann false')
    expect(await deviceOf(one)).toMatchObject({ state: 'bound' })
  }
})

test('of a browser that cannot bind sessions it goes on with neither, and leaves the first new id in the browser', async () => {
  const site = await openShop('datastore')
  const one = without(site)
  await one.get('/login', { headers: { 'sec-fetch-site': 'same-origin' } })
  const other = thief(site, one)
  await one.get('/renew')
  expect((await other.get('/renew')).headers.getSetCookie()).toEqual([])
  expect((await other.get('/who')).text).toBe('null true')
  expect((await one.get('/who')).text).toBe('ann false')
})

test('a second login from the same browser is offered a binding of its own', async () => {
  const site = await openShop('datastore')
  const owner = await boundBrowser(site)
  const tab = thief(site, owner)
  await owner.get('/renew')
  const login = await tab.get('/login', { headers: { 'sec-fetch-site': 'same-origin' } })
  expect(login.headers.has('secure-session-registration')).toBe(true)
  expect(await deviceOf(tab)).toMatchObject({ state: 'offered' })
})

/** Cookies of a response that were on their way, which arrive now. */
const arrive = (client: TestClient, from: TestClient) => {
  const { value } = from.cookies.all().find(({ name }) => name === 'tipfy.session_id')!
  client.cookies.set('tipfy.session_id', value, { secure: true })
}

describe('a login and a regenerate() of the former session at once', () => {
  test('leave a session that works where the new id came first and its cookie arrives last', async () => {
    const site = await openShop('datastore')
    const owner = await boundBrowser(site)
    site.later(40)
    const tab = thief(site, owner)
    await tab.get('/renew')
    await owner.get('/login')
    owner.cookies.delete('tipfy.device')
    expect((await owner.get('/who')).text).toBe('ann false')
    arrive(owner, tab)
    expect((await owner.get('/who')).status).toBe(307)
    expect((await tab.get('/who')).text).toBe('ann false')
  })

  test('leave the key of the former session with its browser for a minute, if that session had moved', async () => {
    const site = await openShop('datastore')
    const owner = await boundBrowser(site)
    site.later(40)
    const tab = thief(site, owner)
    await tab.get('/renew')
    await tab.get('/renew')
    const login = thief(site, owner)
    await login.get('/login', { headers: { 'sec-fetch-site': 'same-origin' } })
    arrive(owner, login)
    owner.cookies.delete('tipfy.device')
    expect((await owner.get('/who')).text).toBe('ann false') // with the session of the login, which needs no proof yet
    arrive(owner, tab)
    owner.cookies.delete('tipfy.device')
    expect((await owner.get('/who')).text).toBe('ann false')
    expect(await deviceOf(owner)).toMatchObject({ state: 'bound' })
    expect(sessionCounters(site.app)?.device).toMatchObject({ stopped: 0 })
  })

  test('make no session of the former key where the login came first: the cookie of the login stays', async () => {
    const site = await openShop('datastore')
    const owner = await boundBrowser(site)
    const tab = thief(site, owner)
    await owner.get('/login')
    const late = await tab.get('/renew')
    expect([late.status, late.headers.getSetCookie()]).toEqual([200, []])
    expect((await owner.get('/who')).text).toBe('ann false')
  })
})

test('a bound cookie of another session is deleted, once, and the browser signs and comes again', async () => {
  const site = await openShop('datastore')
  const [owner, other] = [await boundBrowser(site), await boundBrowser(site)]
  site.later(40)
  const wrong = other.cookies.get('tipfy.device')!
  owner.cookies.set('tipfy.device', wrong, { secure: true })
  const asked = await owner.post('/who?x=1')
  expect([asked.status, asked.location]).toEqual([307, `${base}/who?x=1`])
  expect((await owner.post('/who?x=1')).text).toBe('ann false')
  const copy = thief(site, owner)
  copy.cookies.delete('tipfy.device.asked')
  for (const expected of [307, 200]) {
    copy.cookies.set('tipfy.device', wrong, { secure: true })
    expect((await copy.get('/who')).status).toBe(expected)
  }
  expect((await copy.get('/who')).text).toBe('null true')
})

test('a logout ends the session under the new id that a regenerate() at once has given it', async () => {
  const site = await openShop('datastore')
  const owner = await boundBrowser(site)
  const tab = thief(site, owner)
  await tab.get('/renew')
  const next = thief(site, tab)
  await next.get('/renew')
  await owner.get('/logout')
  for (const one of [tab, next]) expect((await one.get('/who')).text).toBe('null true')
})

test('a logout without proof, of a session that has moved, ends nothing', async () => {
  const site = await openShop('datastore')
  const owner = await boundBrowser(site)
  site.later(600)
  owner.cookies.delete('tipfy.device')
  const copy = thief(site, owner)
  await owner.get('/renew')
  await copy.get('/logout')
  owner.cookies.delete('tipfy.device')
  expect((await owner.get('/who')).text).toBe('ann false')
})

test('a logout without proof ends nothing, though the session could not be read', async () => {
  const site = await openShop('datastore')
  const owner = await boundBrowser(site)
  site.later(600)
  owner.cookies.delete('tipfy.device')
  const copy = thief(site, owner)
  const records = site.sessions.repository!
  const { load } = records
  const failing = () => Promise.reject(new RepositoryUnavailable('loaded', 'it is down'))
  records.load = failing
  expect((await copy.get('/logout')).status).toBe(503)
  records.load = load
  expect((await owner.get('/who')).text).toBe('ann false')
  records.load = failing
  expect((await owner.get('/logout')).status).toBe(200)
  expect(await records.listFor('ann')).toEqual([])
})

test('the offer names the endpoint below the path at which another server mounted the application', async () => {
  const preInitRequest = () => void Object.assign(request.message, { baseUrl: '/shop' })
  const site = await openShop('securecookie', { hooks: { preInitRequest } })
  const login = await without(site).get('/login', { headers: { 'sec-fetch-site': 'same-origin' } })
  expect(login.headers.get('secure-session-registration')).toContain(';path="/shop/.device";')
})

test('sessions beside the main one are not bound: a copy of their cookies is good', async () => {
  const theme = async () => {
    const own = (await sessionStore.getSession('theme')) as unknown as Map<string, unknown>
    if (request.args.has('set')) own.set('color', 'red')
    return String(own.get('color'))
  }
  const site = await openShop('datastore', {}, { '/theme': theme })
  const owner = await boundBrowser(site)
  await owner.get('/theme?set')
  const copy = thief(site, owner)
  site.later(700)
  expect([(await copy.get('/theme')).text, (await copy.get('/who')).text]).toEqual(['red', 'null true'])
})

test('onDeviceRefused may be asynchronous: a rejection is logged', async () => {
  const onDeviceRefused = async () => {
    throw new Error('no mail today')
  }
  const site = await openShop('datastore', { session: { onDeviceRefused } })
  const owner = await boundBrowser(site)
  site.later(700)
  expect((await thief(site, owner).get('/who')).text).toBe('null true')
  expect(site.lines.filter(({ message }) => message === 'onDeviceRefused has failed')).toHaveLength(1)
})

test('listFor tells the device of each session', async () => {
  const list = { '/list': async () => (await sessionStore.listFor('ann')).map(({ device }) => device) }
  const site = await openShop('datastore', {}, list)
  const owner = await boundBrowser(site)
  expect((await owner.get('/list')).json()).toEqual([{ state: 'bound', since: site.now() }])
})
