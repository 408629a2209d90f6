import { describe, expect, test } from '@jest/globals'
import { sessionStore } from 'tipfy/ext/session'
import { checkConfig } from '../../../lib/ext/session/config/config.ts'
import { cookieAttributes } from '../../../lib/ext/session/config/cookie.ts'
import { checkKeys } from '../../../lib/ext/session/config/keys.ts'
import { count, type Free, free, key, kinds, type SiteOptions, serveSite, setCookies } from './site.ts'

const https = { 'x-forwarded-proto': 'https' }

const read = () => String(free.n)
const counter = { '/': count, '/read': read }

describe('6: secret keys', () => {
  test.each([
    ['empty', '', 'is empty'],
    ['short', 'short', 'has 5 bytes'],
    ['short in a list', [key, 'x'.repeat(31)], 'number 2 of the list has 31 bytes'],
    ['repeated', [key, `${key}2`, key], 'number 3 of the list is there twice'],
    ['an empty list', [], 'is missing'],
  ])('%s: stops the start', (_, given, why) => {
    expect(() => checkKeys(given, true)).toThrow(
      expect.objectContaining({ code: 'TIPFY_E_SECRET_KEY', message: expect.stringContaining(why) }),
    )
  })

  test.each([
    null,
    undefined,
    'change-me-change-me-change-me-change-me',
    'your-secret-key-goes-here-0123456789',
    'x'.repeat(40),
  ])('in production %p stops the start, in development it does not', (given) => {
    expect(() => checkKeys(given, false)).toThrow(expect.objectContaining({ code: 'TIPFY_E_SECRET_KEY' }))
    expect(() => checkKeys(given, true)).not.toThrow()
  })
})

describe('32: cookie attributes', () => {
  const check = (cookie: object) => checkConfig({ cookie, secretKey: key }, { dev: false })

  test.each([
    [{ prefix: '__Host-' }, 'cookie.secure'],
    [{ prefix: '__Host-', secure: true, domain: 'example.com' }, 'cookie.domain'],
    [{ prefix: '__Host-', secure: true, path: '/app' }, 'cookie.path'],
    [{ prefix: '__Secure-' }, 'cookie.secure'],
    [{ sameSite: 'None' }, 'cookie.secure'],
    [{ sameSite: 'None', secure: false }, 'cookie.secure'],
    [{ partitioned: true }, 'cookie.secure'],
    [{ sameSite: 'lax' }, 'cookie.sameSite'],
    [{ samesite: 'Lax' }, 'cookie.samesite'],
    [{ path: 'app' }, 'Name'],
    [{ path: '/a;b' }, 'Name'],
    [{ domain: 'a b' }, 'Name'],
    [{ maxAge: '5' }, 'cookie.maxAge'],
  ])('%j stops the start', (cookie, key) => {
    expect(() => check(cookie)).toThrow(
      expect.objectContaining({ code: 'TIPFY_E_SESSION_CONFIG', message: expect.stringContaining(key) }),
    )
  })

  test('what browsers keep is taken', () => {
    for (const cookie of [
      { prefix: '__Host-', secure: true },
      { sameSite: 'None', secure: true, partitioned: true },
      { domain: '.example.com', path: '/app' },
      { sameSite: undefined },
    ]) {
      expect(() => check(cookie)).not.toThrow()
    }
    expect(cookieAttributes({ sameSite: 'Strict' })).toMatchObject({ sameSite: 'Strict', httpOnly: true, path: '/' })
  })

  test.each(['a b', 'a=b', 'a;b', '', 'ä'])('the name %p stops the start', (cookieName) => {
    expect(() => checkConfig({ cookieName, secretKey: key }, { dev: false })).toThrow(
      expect.objectContaining({ code: 'TIPFY_E_SESSION_CONFIG' }),
    )
  })

  test.each(kinds)('%s: Secure follows the request where it came by https, as a trusted proxy says', async (kind) => {
    const trusting = await serveSite(kind, counter, { tipfy: { trustedProxies: 1 } })
    expect(setCookies(await trusting.visitor().ask('/', { headers: https }))[0]).toContain('; Secure')
    expect(setCookies(await trusting.visitor().ask('/'))[0]).not.toContain('Secure')
    const wary = await serveSite(kind, counter)
    expect(setCookies(await wary.visitor().ask('/', { headers: https }))[0]).not.toContain('Secure')
  })

  test.each(kinds)('%s: a cookie for https only, asked for by plain http, is a loud error', async (kind) => {
    const site = await serveSite(kind, counter, {
      tipfy: { trustedProxies: 1 },
      session: { cookie: { prefix: '__Host-', secure: true } },
    })
    expect((await site.visitor().ask('/')).status).toBe(500)
    expect(JSON.stringify(site.lines.map(({ fields }) => (fields.err as Error | undefined)?.message))).toContain(
      'over https only',
    )
    const [set] = setCookies(await site.visitor().ask('/', { headers: https }))
    expect(set).toMatch(/^__Host-tipfy\.session[^;]*; Path=\/; Secure; HttpOnly; SameSite=Lax$/)
  })
})

describe('what a cookie holds', () => {
  const secret = () => {
    free.secret = 'nobody-may-read-this'
    return ''
  }
  const show = () => JSON.stringify(free)
  const encrypted = (session: object = {}) =>
    serveSite('securecookie', { '/set': secret, '/show': show }, { session: { encrypt: true, ...session } })
  const payload = (value: string) => Buffer.from(value.split('|')[1]!.split('.')[0]!, 'base64url').toString('latin1')

  test('can be read by who has it, unless it is encrypted', async () => {
    const plain = await serveSite('securecookie', { '/set': secret })
    const visitor = plain.visitor()
    await visitor.ask('/set')
    expect(payload(visitor.cookies.get(plain.cookie)!)).toContain('nobody-may-read-this')
    const sealed = await encrypted()
    const other = sealed.visitor()
    await other.ask('/set')
    expect(payload(other.cookies.get(sealed.cookie)!)).not.toContain('nobody')
    expect((await other.ask('/show')).text).toBe('{"secret":"nobody-may-read-this"}')
  })

  test('encrypted, it never looks the same twice, rotates, and a plain one is refused', async () => {
    const site = await encrypted()
    const [one, two] = [site.visitor(), site.visitor()]
    await one.ask('/set')
    await two.ask('/set')
    const value = one.cookies.get(site.cookie)!
    expect(payload(value)).not.toBe(payload(two.cookies.get(site.cookie)!))
    const rotated = await encrypted({ secretKey: ['another-key-of-the-tests-9876543210-abc', key] })
    one.port = rotated.port
    expect((await one.ask('/show')).text).toContain('nobody')
    expect(one.cookies.get(site.cookie)).not.toBe(value)

    const plain = await serveSite('securecookie', { '/set': secret })
    const visitor = plain.visitor()
    await visitor.ask('/set')
    visitor.port = site.port
    expect((await visitor.ask('/show')).text).toBe('{}')
    expect(visitor.cookies.size).toBe(0)
  })
})

describe.each(kinds)('with %s sessions, while a deploy replaces instances', (kind) => {
  const newKey = 'another-key-of-the-tests-9876543210-abc'
  const handlers = {
    '/': count,
    '/form': () => sessionStore.csrfToken(),
    '/send': () => sessionStore.checkCsrf().then(() => 'sent'),
    '/keep': () => sessionStore.setSecureCookie('basket', 'tea') ?? '',
    '/basket': () => String(sessionStore.getSecureCookie('basket')),
  }

  test.each<[string, string[], string[]]>([
    ['first, where the new key is known', [key], [key, newKey]],
    ['second, where it signs', [key, newKey], [newKey, key]],
    ['last, where the old key is forgotten', [newKey, key], [newKey]],
  ])('a key is changed without a loss: %s', async (_, before, after) => {
    const old = await serveSite(kind, handlers, { session: { secretKey: before } })
    const { dataFolder } = old.sessions.settings
    const next = await serveSite(kind, handlers, { session: { secretKey: after, dataFolder } })
    for (const [first, second] of [
      [old, next],
      [next, old],
    ] as const) {
      const visitor = first.visitor()
      await visitor.ask('/')
      await visitor.ask('/keep')
      const token = (await visitor.ask('/form')).text
      for (const [at, { port }] of [second, first, second].entries()) {
        visitor.port = port
        expect((await visitor.ask('/')).text).toBe(String(at + 2))
        expect((await visitor.ask('/basket')).text).toBe('tea')
        const sent = await visitor.ask('/send', { method: 'POST', headers: { 'x-csrf-token': token } })
        expect(sent.text).toBe('sent')
      }
    }
  })
})

describe('several sessions', () => {
  const options: SiteOptions = { session: { expiration: 4400 } }

  test.each(kinds)('%s: none is stored where the cookie of one gets too large', async (kind) => {
    const site = await serveSite(kind, {
      '/large': async () => {
        free.n = 1
        for (const backend of kinds) {
          const other = (await sessionStore.getSession(backend, { backend })) as Free
          other.text = backend === 'securecookie' ? 'x'.repeat(5000) : 'small'
        }
      },
    })
    const visitor = site.visitor()
    expect((await visitor.ask('/large')).status).toBe(500)
    expect(visitor.cookies.size).toBe(0)
    expect(site.sessions.repository?.stats.commit.count).toBe(0)
  })

  test.each(kinds)('%s: each under its own cookie, of either kind, with attributes of its own', async (kind) => {
    const other = kind === 'datastore' ? 'securecookie' : 'datastore'
    const site = await serveSite(
      kind,
      {
        '/': async () => {
          free.n = 1
          const theme = (await sessionStore.getSession('theme', {
            backend: other,
            sameSite: 'Strict',
            expiration: 5000,
            maxAge: 9,
          })) as Free
          const list = (await sessionStore.getSession('list')) as Free
          theme.n = (theme.n ?? 0) + 10
          list.n = (list.n ?? 0) + 100
          const again = (await sessionStore.getSession('theme', { backend: other })) as Free
          return JSON.stringify([free.n, again.n, list.n, (await sessionStore.getSession()).get('n')])
        },
        '/clash': async () => {
          await sessionStore.getSession('theme', { backend: 'datastore' })
          await sessionStore.getSession('theme', { backend: 'securecookie' })
        },
        '/wrong': () => sessionStore.getSession('theme', { backend: 'redis' as 'datastore' }),
        '/name': () => sessionStore.getSession('a;b'),
        '/csrf': () => sessionStore.getSession('tipfy.csrf'),
      },
      options,
    )
    const visitor = site.visitor()
    const first = await visitor.ask('/')
    expect(first.text).toBe('[1,10,100,1]')
    expect(setCookies(first).find((set) => set.startsWith('theme='))).toContain(
      'Max-Age=9; Path=/; HttpOnly; SameSite=Strict',
    )
    expect([...visitor.cookies.keys()].sort()).toEqual(['list', 'theme', site.cookie].sort())
    expect((await visitor.ask('/')).text).toBe('[1,20,200,1]')
    site.later(4500)
    expect((await visitor.ask('/')).text).toBe('[1,30,100,1]')
    site.later(5001)
    expect((await visitor.ask('/')).text).toBe('[1,10,100,1]')
    for (const path of ['/clash', '/wrong', '/name']) expect((await visitor.ask(path)).status).toBe(500)
    expect((await visitor.ask('/csrf')).status).toBe(500)
    expect(site.lines.at(-1)!.fields.err).toMatchObject({ code: 'TIPFY_E_SESSION_NAME' })
  })
})

describe.each(kinds)('cookies of your own, with a %s session', (kind) => {
  test('are set and deleted on whatever answer there is, but not on an error', async () => {
    const site = await serveSite(kind, {
      '/': () => {
        sessionStore.setCookie('a', '1', { path: '/x' })
        sessionStore.deleteCookie('b', { path: '/y' })
        return new globalThis.Response('')
      },
      '/throw': () => {
        sessionStore.setCookie('a', '1')
        throw new Error('no')
      },
    })
    expect(setCookies(await site.visitor().ask('/'))).toEqual([
      'a=1; Path=/x',
      expect.stringMatching(/^b=; Max-Age=0; .*Path=\/y/),
    ])
    expect(setCookies(await site.visitor().ask('/throw'))).toEqual([])
  })

  test('signed ones hold any value, for the age they are given, under their own name alone', async () => {
    const site = await serveSite(kind, {
      '/set': () => {
        sessionStore.setSecureCookie('mine', { at: new Date(5) }, { maxAge: 100 })
        sessionStore.setSecureCookie('ever', 'for ever')
        return ''
      },
      '/get': () => {
        const mine = sessionStore.getSecureCookie('mine') as { at: Date } | undefined
        return JSON.stringify([mine?.at.getTime(), sessionStore.getSecureCookie('ever')])
      },
      '/recent': () => String(sessionStore.getSecureCookie('mine', { maxAge: 50 }) !== undefined),
      '/large': () => sessionStore.setSecureCookie('mine', 'x'.repeat(5000)),
    })
    const visitor = site.visitor()
    const set = setCookies(await visitor.ask('/set'))
    expect(set[0]).toMatch(/^mine=[^;]+; Max-Age=100; Path=\/; HttpOnly; SameSite=Lax$/)
    expect((await visitor.ask('/get')).text).toBe('[5,"for ever"]')
    site.later(60)
    expect((await visitor.ask('/recent')).text).toBe('false')
    expect((await visitor.ask('/get')).text).toBe('[5,"for ever"]')
    site.later(41)
    expect((await visitor.ask('/get')).text).toBe('[null,"for ever"]')
    visitor.cookies.set('mine', visitor.cookies.get('ever')!)
    expect((await visitor.ask('/get')).text).toBe('[null,"for ever"]')
    expect((await visitor.ask('/large')).status).toBe(500)
    expect(site.lines.at(-1)!.fields.err).toMatchObject({ name: 'SessionTooLarge' })
  })

  test('keep the names they were given where those of sessions have a prefix', async () => {
    const site = await serveSite(
      kind,
      {
        '/': () => sessionStore.setSecureCookie('mine', 1) ?? '',
        '/get': () => String(sessionStore.getSecureCookie('mine')),
      },
      { session: { cookie: { prefix: '__Host-', secure: true } }, tipfy: { trustedProxies: 1 } },
    )
    const visitor = site.visitor()
    await visitor.ask('/', { headers: https })
    expect([...visitor.cookies.keys()]).toEqual(['mine'])
    expect((await visitor.ask('/get', { headers: https })).text).toBe('1')
  })
})
