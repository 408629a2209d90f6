import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { beforeAll, describe, expect, jest, test } from '@jest/globals'
import { sessionCounters } from 'tipfy/ext/session'
import type { TestClient } from 'tipfy/testing'
import { CookieSigner } from '../../../../lib/ext/session/cookies/signing.ts'
import { type Kind, kinds, type Site, key as secret } from '../site.ts'
import { openShop, without } from './shop.ts'

interface Pair {
  publicKey: KeyObject
  privateKey: KeyObject
}
let own: Pair
let foreign: Pair
beforeAll(() => {
  own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' })
})

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

function proof(jti: string, { privateKey, publicKey }: Pair, withKey: boolean, header = {}): string {
  const jwk = withKey ? { jwk: publicKey.export({ format: 'jwk' }) } : {}
  const text = `${part({ alg: 'ES256', typ: 'dbsc+jwt', ...jwk, ...header })}.${part({ jti })}`
  const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}

const page = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' }

/** A client whose requests at the endpoint the test writes itself. */
class Browser {
  readonly client: TestClient
  challenge = ''
  id = ''

  readonly site: Site

  constructor(site: Site) {
    this.site = site
    this.client = without(site)
  }

  async login(path = '/login'): Promise<string> {
    const response = await this.client.get(path, { headers: page })
    return /challenge="([^"]+)"/.exec(response.headers.get('secure-session-registration') ?? '')?.[1] ?? ''
  }

  async ask(headers: Record<string, string>) {
    const response = await this.client.post('/.device', { headers: { 'sec-fetch-mode': 'no-cors', ...headers } })
    expect(response.headers.get('cache-control')).toBe('no-store')
    const challenge = response.headers.get('secure-session-challenge')
    if (challenge !== null) [, this.challenge = ''] = /^"([^"]+)";id="[\w-]{16}"$/.exec(challenge) ?? []
    return response
  }

  register(jti: string, pair = own, withKey = true) {
    return this.ask({ 'secure-session-response': proof(jti, pair, withKey) })
  }

  refresh(token: string | null = proof(this.challenge, own, false), id = this.id) {
    const response = token === null ? {} : { 'secure-session-response': token }
    return this.ask({ 'sec-secure-session-id': id, ...response } as Record<string, string>)
  }

  async registered(): Promise<this> {
    const response = await this.register(await this.login())
    this.id = response.json<{ session_identifier: string }>().session_identifier
    return this
  }

  async bound(): Promise<this> {
    await (await this.registered()).refresh()
    return this
  }

  async state(): Promise<string | undefined> {
    return (await this.client.get('/device')).json<{ state?: string }>().state
  }
}

const open = async (kind: Kind) => new Browser(await openShop(kind))

describe.each(kinds)('a registration of a %s session', (kind) => {
  test('that is good gets the instructions, a bound cookie of a minute and a challenge', async () => {
    const browser = await open(kind)
    const response = await browser.register(await browser.login())
    expect(response.status).toBe(200)
    const { session_identifier: id, ...rest } = response.json<{ session_identifier: string }>()
    expect(id).toMatch(/^[\w-]{16}$/)
    expect(rest).toEqual({
      scope: { include_site: false },
      credentials: [{ type: 'cookie', name: 'tipfy.device', attributes: 'Path=/; Secure; HttpOnly; SameSite=Lax' }],
    })
    const cookie = response.headers.getSetCookie().find((one) => one.startsWith('tipfy.device='))
    expect(cookie).toMatch(/Max-Age=60; Path=\/; Secure; HttpOnly; SameSite=Lax$/i)
    expect(browser.challenge).not.toBe('')
  })

  test.each<[string, (browser: Browser, offer: string) => unknown]>([
    ['without a proof', (browser) => browser.ask({})],
    ['without a key', (browser, offer) => browser.register(offer, own, false)],
    ['that answers another offer', (browser) => browser.register('another')],
    [
      'that another key signed',
      (browser, offer) => {
        const jwk = own.publicKey.export({ format: 'jwk' })
        return browser.ask({ 'secure-session-response': proof(offer, foreign, false, { jwk }) })
      },
    ],
    [
      'without a session',
      (browser, offer) => {
        browser.client.cookies.clear()
        return browser.register(offer)
      },
    ],
    [
      'of an older login',
      async (browser, offer) => {
        await browser.login('/other')
        return browser.register(offer)
      },
    ],
    [
      'whose offer was used',
      async (browser, offer) => {
        await browser.register(offer)
        return browser.register(offer, foreign)
      },
    ],
    [
      'later than 10 minutes',
      (browser, offer) => {
        browser.site.later(601)
        return browser.register(offer)
      },
    ],
    [
      'whose session has ended',
      async (browser, offer) => {
        await browser.client.get('/logout')
        return browser.register(offer)
      },
    ],
    ['whose session is bound', async (browser) => browser.register((await browser.bound()).challenge)],
  ])('%s gets a 400', async (_, act) => {
    const browser = await open(kind)
    const response = (await act(browser, await browser.login())) as { status: number }
    expect(response.status).toBe(400)
    expect(sessionCounters(browser.site.app)?.device?.registrationsRefused).toBe(1)
  })
})

describe.each(kinds)('a refresh of a %s session', (kind) => {
  test('that is good gets the bound cookie and a new challenge; the first one binds', async () => {
    const browser = await (await open(kind)).registered()
    expect(await browser.state()).toBe('registered')
    const before = browser.challenge
    const response = await browser.refresh()
    expect([response.status, response.text]).toEqual([204, ''])
    const cookie = response.headers.getSetCookie().find((one) => one.startsWith('tipfy.device='))
    expect(cookie).toMatch(/Max-Age=600; Path=\/; Secure; HttpOnly; SameSite=Lax$/i)
    browser.site.later(1)
    expect((await browser.refresh(proof(before, own, false))).status).toBe(204)
    expect(browser.challenge).not.toBe(before)
    expect(await browser.state()).toBe('bound')
  })

  const ask = (browser: Browser, challenge: string) => browser.refresh(proof(challenge, own, false))
  const signer = (key: string, kind: string) => new CookieSigner([key], 'tipfy.device', kind, { maxAge: null })
  test.each<[string, (browser: Browser) => unknown]>([
    ['without a proof', (browser) => browser.refresh(null)],
    ['with a proof that is none', (browser) => browser.refresh('nonsense')],
    [
      'with a challenge that is too old',
      (browser) => {
        browser.site.later(660)
        return browser.refresh()
      },
    ],
    [
      'with a challenge from the future',
      (browser) => ask(browser, signer(secret, 'challenge').sign(browser.id, browser.site.now() + 61_000)),
    ],
    [
      'with a challenge of another session',
      (browser) => ask(browser, signer(secret, 'challenge').sign('AAAAAAAAAAAAAAAA', browser.site.now())),
    ],
    ['with a challenge of another kind', (browser) => ask(browser, browser.client.cookies.get('tipfy.device')!)],
    [
      'with a forged challenge',
      (browser) =>
        ask(
          browser,
          signer('another key of at least 32 bytes, made up', 'challenge').sign(browser.id, browser.site.now()),
        ),
    ],
    ['that answers an offer', (browser) => ask(browser, 'an-offer')],
  ])('%s gets a 403 with a challenge that is good', async (_, act) => {
    const browser = await (await open(kind)).bound()
    const response = (await act(browser)) as { status: number; headers: Headers }
    expect(response.status).toBe(403)
    expect(response.headers.getSetCookie()).toEqual([])
    expect((await browser.refresh()).status).toBe(204)
  })

  test.each<[string, (browser: Browser) => unknown]>([
    [
      'of no session',
      (browser) => {
        browser.client.cookies.clear()
        return browser.refresh()
      },
    ],
    ['with the id of another registration', (browser) => browser.refresh(undefined, 'AAAAAAAAAAAAAAAA')],
    ['signed by another key', (browser) => browser.refresh(proof(browser.challenge, foreign, false))],
    ['that brings a key', (browser) => browser.refresh(proof(browser.challenge, own, true))],
    [
      'of a session that has ended',
      async (browser) => {
        await browser.client.get('/logout')
        return browser.refresh()
      },
    ],
    [
      'of a session that is another login by now',
      async (browser) => {
        await browser.login()
        return browser.refresh()
      },
    ],
  ])('%s is told to stop, and nothing is written', async (_, act) => {
    const browser = await (await open(kind)).bound()
    const response = (await act(browser)) as Awaited<ReturnType<Browser['refresh']>>
    expect(response.status).toBe(200)
    expect(response.json()).toEqual({ session_identifier: expect.any(String), continue: false })
    expect(response.headers.getSetCookie()).toEqual([])
  })
})

test.each([
  ['over http', 'http://shop.test/.device', {}],
  ['of a script', '/.device', { 'sec-fetch-mode': 'cors' }],
  ['by GET', '/.device', { 'sec-fetch-mode': 'no-cors' }],
])('a request %s is none for the endpoint: 404', async (name, path, headers) => {
  const { client } = await open('securecookie')
  const response = await client.request(name === 'by GET' ? 'GET' : 'POST', path, { headers })
  expect(response.status).toBe(404)
})

test('older browsers, which send no Sec-Fetch headers, can register', async () => {
  const browser = await open('securecookie')
  const offer = await browser.login()
  const headers = { 'secure-session-response': `"${proof(offer, own, true)}"` }
  expect((await browser.client.post('/.device', { headers })).status).toBe(200)
})

test('a refresh whose session is out of reach gets a 503: the browser keeps the binding', async () => {
  const browser = await (await open('datastore')).bound()
  jest.spyOn(browser.site.sessions.repository!, 'load').mockRejectedValue(new Error('out of reach'))
  expect((await browser.refresh()).status).toBe(503)
})

test('a registration and the first refresh cost one commit each, and later refreshes none', async () => {
  const browser = await open('datastore')
  const commits = () => sessionCounters(browser.site.app)!.commits
  const offer = await browser.login()
  const before = commits()
  browser.id = (await browser.register(offer)).json<{ session_identifier: string }>().session_identifier
  expect(commits() - before).toBe(1)
  await browser.refresh()
  expect(commits() - before).toBe(2)
  browser.site.later(590)
  for (let at = 0; at < 3; at++) expect((await browser.refresh()).status).toBe(204)
  expect(commits() - before).toBe(2)
})

test('of several registrations of one offer at once, one is good', async () => {
  const browser = await open('datastore')
  const offer = await browser.login()
  const all = await Promise.all([own, foreign, own].map((pair) => browser.register(offer, pair)))
  expect(all.map(({ status }) => status).sort()).toEqual([200, 400, 400])
})

test.each([
  ['__Host-', 'Lax'],
  ['__Secure-', 'Strict'],
  [null, 'Strict'],
] as const)('with the prefix %s and SameSite=%s the bound cookie is what the instructions say of it', async (prefix, sameSite) => {
  const browser = new Browser(await openShop('datastore', { session: { cookie: { prefix, sameSite, secure: true } } }))
  const response = await browser.register(await browser.login())
  const [{ name, attributes }] = response.json<{ credentials: [{ name: string; attributes: string }] }>().credentials
  expect([name, attributes]).toEqual([`${prefix ?? ''}tipfy.device`, `Path=/; Secure; HttpOnly; SameSite=${sameSite}`])
  const set = response.headers.getSetCookie().find((one) => one.startsWith(`${name}=`))!
  expect(set.replace(/^[^;]*; Max-Age=60; /, '')).toBe(attributes)
})

test('a refresh on its way while the session gets a new id is good for a minute', async () => {
  const browser = await (await open('datastore')).bound()
  const old = browser.client.cookies.get(browser.site.cookie)!
  await browser.client.get('/renew')
  const now = browser.client.cookies.get(browser.site.cookie)!
  browser.client.cookies.set(browser.site.cookie, old, { secure: true })
  const response = await browser.refresh()
  expect(response.status).toBe(204)
  expect(response.headers.getSetCookie()).toHaveLength(1)
  browser.client.cookies.set(browser.site.cookie, now, { secure: true })
  expect(await browser.state()).toBe('bound')
})

test('a first refresh on its way while the session gets a new id has to be made again within a minute', async () => {
  const browser = await (await open('datastore')).registered()
  const old = browser.client.cookies.get(browser.site.cookie)!
  await browser.client.get('/renew')
  const now = browser.client.cookies.get(browser.site.cookie)!
  browser.client.cookies.set(browser.site.cookie, old, { secure: true })
  const response = await browser.refresh()
  expect(response.status).toBe(204)
  expect(response.headers.getSetCookie()[0]).toContain('Max-Age=60')
  browser.client.cookies.set(browser.site.cookie, now, { secure: true })
  expect(await browser.state()).toBe('registered')
  await browser.refresh()
  expect(await browser.state()).toBe('bound')
})

test('while a session moves its browser keeps the key of it, through a login, the first refresh of that and another login', async () => {
  const browser = await (await open('datastore')).bound()
  const former = browser.id
  await browser.client.get('/renew')
  await browser.bound()
  const bound = browser.id
  // The first of two keys is refreshed alone: a bound session needs its own.
  expect((await browser.refresh(undefined, former)).status).toBe(200)
  await browser.registered()
  for (const id of [former, bound]) expect((await browser.refresh(undefined, id)).status).toBe(503)
  expect((await browser.refresh()).status).toBe(204)
  await browser.registered()
  browser.site.later(61)
  expect((await browser.refresh(undefined, former)).status).toBe(200)
})
