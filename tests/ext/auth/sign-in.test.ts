import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { makeApp, RequestHandler, Rule, redirect, request } from 'tipfy'
import { beginSignIn, completeSignIn, login } from 'tipfy/ext/auth'
import { session, sessionStore, setDatastoreSession, setSecureCookieSession } from 'tipfy/ext/session'
import { createClient, memoryDatastore, type TestClient } from 'tipfy/testing'
import type { Sessions } from '../../../lib/ext/session/session-interface.ts'
import { key, kinds } from '../session/site.ts'
import { clientSecret, startProvider, type TestProvider } from './provider.ts'

const base = 'https://shop.test'
const redirectUri = `${base}/login/shop`

let provider: TestProvider
beforeAll(async () => {
  provider = await startProvider(redirectUri, `${base}/login/google`)
})
afterAll(() => provider.close())

class Begin extends RequestHandler {
  get({ name }: { name: string }) {
    const next = request.args.get('to')
    return beginSignIn(name, next === null ? {} : { next })
  }
}
class Callback extends RequestHandler {
  async get({ name }: { name: string }) {
    const done = await completeSignIn(name)
    if (done === null) return 'That did not work.'
    await login(done.identity.id)
    session.set('identity', { ...done.identity, claims: null })
    return redirect(done.next, 303)
  }
}
class Who extends RequestHandler {
  get() {
    return { user: sessionStore.user, identity: session.get('identity') ?? null }
  }
}

async function open(kind: string, { auth = {}, session: own = {} }: { auth?: object; session?: object } = {}) {
  const lines: string[] = []
  let time = Date.now()
  const shop = { clientId: 'shop', clientSecret, redirectUri, issuer: provider.issuer }
  const app = makeApp({
    tipfy: {
      dev: false,
      logLevel: 'silent',
      urls: () => [
        new Rule('/begin/<name>', { endpoint: 'begin', handler: Begin }),
        new Rule('/login/<name>', { endpoint: 'callback', handler: Callback }),
        new Rule('/who', { endpoint: 'who', handler: Who }),
      ],
      hooks: { posInitApp: kind === 'datastore' ? setDatastoreSession : setSecureCookieSession },
    },
    'tipfy/ext/session': { secretKey: key, datastore: await memoryDatastore(), ...own },
    'tipfy/ext/auth': {
      providers: {
        shop,
        google: { ...shop, clientId: 'google', redirectUri: `${base}/login/google` },
      },
      ...auth,
    },
  } as never)
  await app.ready()
  for (const level of ['warn', 'error'] as const) {
    app.log[level] = ((...args: unknown[]) => lines.push(JSON.stringify(args))) as never
  }
  Object.assign((app.sessionInterface as Sessions).settings, { now: () => time })
  const later = (seconds: number) => {
    time += seconds * 1000
  }
  return { app, lines, later, client: (more = {}) => createClient(app, { baseUrl: base, ...more }) }
}

/** Follows the redirects of the provider, as the same browser, until it sends the user back. */
async function visitProvider(to: string): Promise<string> {
  const cookies = new Map<string, string>()
  for (let url = to; ; ) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      cookies.set(name!, value!)
    }
    const location = response.headers.get('location')
    if (location === null) throw new Error(`${response.status} ${await response.text()}`)
    url = new URL(location, url).href
    if (url.startsWith(base)) return url
  }
}

const elsewhere = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

async function begin(client: TestClient, name = 'shop', next = ''): Promise<string> {
  const { location } = await client.get(`/begin/${name}${next}`)
  return visitProvider(location!)
}
const who = async (client: TestClient) => (await client.get('/who')).json<{ user: string | null; identity: unknown }>()

describe.each(kinds)('with %s sessions', (kind) => {
  test('a user comes back signed in, as the subject of the issuer, and goes on to the page that asked', async () => {
    provider.person = { sub: 'ann-1', email: 'ann@shop.test', email_verified: true, name: 'Ann' }
    const { client } = await open(kind)
    const ann = client()
    const back = await ann.get(await begin(ann, 'shop', '?next=/who'), { headers: elsewhere })
    expect([back.status, back.location]).toEqual([303, `${base}/who`])
    const id = `${provider.issuer}#ann-1`
    const identity = {
      id,
      issuer: provider.issuer,
      subject: 'ann-1',
      email: 'ann@shop.test',
      name: 'Ann',
      claims: null,
    }
    expect(await who(ann)).toEqual({ user: id, identity })
  })

  test('what the ID token leaves out is asked at the userinfo endpoint', async () => {
    provider.person = { sub: 'ann-1', email: 'ann@shop.test', email_verified: true, name: 'Ann' }
    provider.hasThinTokens = true
    const { client } = await open(kind)
    const ann = client()
    await ann.get(await begin(ann)).finally(() => {
      provider.hasThinTokens = false
    })
    expect((await who(ann)).identity).toMatchObject({ subject: 'ann-1', email: 'ann@shop.test', name: 'Ann' })
  })

  test.each([
    '//evil.test/',
    'https://evil.test/',
    '/\\evil.test',
    '',
    `/${'too-long'.repeat(600)}`,
  ])('a user goes on to / instead of %j', async (to) => {
    provider.person = { sub: 'ann-1' }
    const { client } = await open(kind)
    const ann = client()
    expect((await ann.get(await begin(ann, 'shop', `?to=${encodeURIComponent(to)}`))).location).toBe(`${base}/`)
  })

  test('an e-mail address that is not verified is none', async () => {
    provider.person = { sub: 'eve-1', email: 'ann@shop.test', email_verified: false }
    const { client } = await open(kind)
    const eve = client()
    await eve.get(await begin(eve))
    expect((await who(eve)).identity).toMatchObject({ subject: 'eve-1', email: null })
  })

  test.each<[string, (url: URL, client: TestClient, made: Awaited<ReturnType<typeof open>>) => unknown]>([
    ['whose state is missing', (url) => url.searchParams.delete('state')],
    ['whose state is another', (url) => url.searchParams.set('state', 'x')],
    ['whose state is a name of objects', (url) => url.searchParams.set('state', '__proto__')],
    ['in another browser', (_, client) => client.cookies.clear()],
    ['that began 10 minutes ago', (_, __, { later }) => later(600)],
    ['that brings two states', (url) => url.searchParams.append('state', url.searchParams.get('state')!)],
    ['with another code', (url) => url.searchParams.set('code', 'x'.repeat(43))],
    ['without a code', (url) => url.searchParams.delete('code')],
    ['with the issuer of another provider', (url) => url.searchParams.set('iss', 'https://evil.test')],
    [
      'that comes back to the callback of another provider',
      (url) => {
        url.pathname = '/login/google'
      },
    ],
    [
      'that the provider ended with an error',
      (url) => {
        url.searchParams.delete('code')
        url.searchParams.set('error', 'access_denied')
      },
    ],
  ])('a callback %s signs nobody in, and the log says why without secrets', async (_, change) => {
    provider.person = { sub: 'ann-1' }
    const made = await open(kind)
    const ann = made.client()
    const url = new URL(await begin(ann))
    const secrets = ['code', 'state'].map((name) => url.searchParams.get(name)!)
    await change(url, ann, made)
    const response = await ann.get(url.href)
    expect([response.status, response.text]).toEqual([200, 'That did not work.'])
    expect((await who(ann)).user).toBeNull()
    expect(made.lines.filter((line) => line.includes('a sign-in has failed'))).toHaveLength(1)
    for (const secret of secrets) expect(made.lines.join()).not.toContain(secret)
  })

  test('a callback is good once', async () => {
    provider.person = { sub: 'ann-1' }
    const { client } = await open(kind)
    const ann = client()
    const url = await begin(ann)
    await ann.get(url)
    expect((await ann.get(url)).text).toBe('That did not work.')
  })

  test('tabs that begin at once end each on its own, and a session does not grow by beginning', async () => {
    provider.person = { sub: 'ann-1' }
    const { client } = await open(kind)
    const ann = client()
    const [one, other] = [await begin(ann, 'shop', '?next=/one'), await begin(ann, 'google', '?next=/other')]
    expect((await ann.get(other)).location).toBe(`${base}/other`)
    expect((await ann.get(one)).location).toBe(`${base}/one`)
    const first = await begin(ann)
    for (let at = 0; at < 5; at++) await ann.get('/begin/shop')
    expect((await ann.get(first)).text).toBe('That did not work.')
  })

  test('paths to go on to, however long, do not make a session too large: the oldest sign-ins are dropped', async () => {
    provider.person = { sub: 'ann-1' }
    const { client } = await open(kind)
    const ann = client()
    for (const path of [`/${'"'.repeat(499)}`, `/${'a'.repeat(999)}`, '/short']) {
      const next = `?to=${encodeURIComponent(path)}`
      for (let at = 0; at < 4; at++) expect((await ann.get(`/begin/shop${next}`)).status).toBe(303)
      const location = (await ann.get(await begin(ann, 'shop', next))).location
      expect(location).toBe(new URL(path, base).href)
    }
  })

  test('somebody who says no at the provider is not signed in', async () => {
    provider.person = null
    const { client } = await open(kind)
    const ann = client()
    expect((await ann.get(await begin(ann))).text).toBe('That did not work.')
  })

  test('where sessions are bound to devices, the callback is made a navigation of the own site, and offers to bind', async () => {
    provider.person = { sub: 'ann-1' }
    const { client } = await open(kind, { session: { deviceBound: true } })
    const ann = client({ device: true })
    const url = await begin(ann)
    const again = await ann.get(url, { headers: elsewhere })
    expect([again.status, again.headers.get('refresh'), again.text]).toEqual([200, '0', ''])
    const done = await ann.get(url)
    expect([done.status, done.headers.has('secure-session-registration')]).toEqual([303, true])
  })

  test('a browser that calls it one of another site again is let through', async () => {
    provider.person = { sub: 'ann-1' }
    const { client } = await open(kind, { session: { deviceBound: true } })
    const ann = client({ device: true })
    const url = await begin(ann)
    await ann.get(url, { headers: elsewhere })
    expect((await ann.get(url, { headers: elsewhere })).status).toBe(303)
  })
})

test('the request to the provider has a challenge of PKCE, a state and a nonce, new each time', async () => {
  const { client } = await open('securecookie')
  const parametersOf = async () =>
    Object.fromEntries(new URL((await client().get('/begin/shop')).location!).searchParams)
  const [one, other] = [await parametersOf(), await parametersOf()]
  expect(one).toMatchObject({
    response_type: 'code',
    client_id: 'shop',
    redirect_uri: redirectUri,
    code_challenge_method: 'S256',
  })
  for (const name of ['state', 'nonce', 'code_challenge']) {
    expect(one[name]).toMatch(/^[\w-]{43}$/)
    expect(one[name]).not.toBe(other[name])
  }
})

test('a provider that is out of reach is a 503, and is asked again', async () => {
  const own = { clientId: 'shop', clientSecret, redirectUri }
  const gone = await startProvider(redirectUri)
  await gone.close()
  const { client } = await open('securecookie', { auth: { providers: { shop: { ...own, issuer: gone.issuer } } } })
  const response = await client().get('/begin/shop')
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '10'])
})

test('a name that is no provider is an error that lists them', async () => {
  const { client, lines } = await open('securecookie')
  expect((await client().get('/begin/gogle')).status).toBe(500)
  expect(lines.join()).toContain('TIPFY_E_AUTH_PROVIDER')
  expect((await client().get('/begin/constructor')).status).toBe(500)
})
