import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { sessionStore } from 'tipfy/ext/session'
import { count, free, kinds, serveSite, setCookies } from './site.ts'

const read = () => String(free.n)
const counter = { '/': count, '/read': read }

describe.each(kinds)('the age of a %s session', (kind) => {
  const aged = (session: object, more: object = {}) => serveSite(kind, { ...counter, ...more }, { session })

  test('idle: it ends so many seconds after the last request, and each request renews it, writing at most once a tenth', async () => {
    const site = await aged({ expiration: 1000 })
    const visitor = site.visitor()
    await visitor.ask('/')
    site.later(99)
    expect(setCookies(await visitor.ask('/read'))).toEqual([])
    site.later(2)
    expect(setCookies(await visitor.ask('/read')).length).toBe(1)
    for (let step = 0; step < 5; step++) {
      site.later(500)
      const answer = await visitor.ask('/read')
      expect([answer.text, setCookies(answer).length]).toEqual(['1', 1])
      expect(setCookies(await visitor.ask('/read'))).toEqual([])
    }
    site.later(1000)
    const late = await visitor.ask('/read')
    expect(late.text).toBe('undefined')
    expect(setCookies(late)).toEqual([]) // expired is ignored, not cleared: a late tab must not wipe a fresh login
  })

  test('absolute: it ends however much it is used; regenerate() alone begins no new count, a login does', async () => {
    const login = (user: string | null) => () => {
      sessionStore.regenerate()
      if (user !== null) sessionStore.user = user
      return ''
    }
    const site = await aged(
      { expiration: 1000, absoluteExpiration: 2000 },
      { '/regenerate': login(null), '/login': login('u') },
    )
    const [visitor, user] = [site.visitor(), site.visitor()]
    for (const one of [visitor, user]) await one.ask('/')
    for (let step = 0; step < 3; step++) {
      site.later(600)
      for (const one of [visitor, user]) expect((await one.ask('/')).text).toBe(String(step + 2))
      await visitor.ask('/regenerate')
      if (step === 0) await user.ask('/login')
      else await user.ask('/regenerate')
    }
    site.later(199)
    expect((await visitor.ask('/read')).text).toBe('4')
    site.later(1)
    expect((await visitor.ask('/read')).text).toBe('undefined')
    site.later(599)
    expect((await user.ask('/read')).text).toBe('4')
    site.later(1)
    expect((await user.ask('/read')).text).toBe('undefined')
  })

  test('its own: remembered for longer than others, in a cookie that outlives the browser', async () => {
    const site = await aged(
      { expiration: 1000 },
      {
        '/remember': () => {
          sessionStore.expiration = 30_000
          return String(sessionStore.expiration)
        },
        '/again': async () => {
          await sessionStore.destroy()
          return count()
        },
        '/forget': () => {
          sessionStore.expiration = null
          return String(sessionStore.expiration)
        },
      },
    )
    const visitor = site.visitor()
    expect(setCookies(await visitor.ask('/'))[0]).not.toContain('Max-Age')
    const remembered = await visitor.ask('/remember')
    expect(remembered.text).toBe('30000')
    expect(setCookies(remembered)[0]).toContain('; Max-Age=30000;')
    site.later(2990)
    expect(setCookies(await visitor.ask('/read'))).toEqual([]) // a tenth of its own expiration has not passed
    site.later(27_009)
    const renewed = await visitor.ask('/read')
    expect(renewed.text).toBe('1')
    expect(setCookies(renewed)[0]).toContain('; Max-Age=30000;')
    site.later(29_999)
    expect((await visitor.ask('/read')).text).toBe('1')
    const forgotten = await visitor.ask('/forget')
    expect(forgotten.text).toBe('null')
    expect(setCookies(forgotten)[0]).not.toContain('Max-Age')
    site.later(1000)
    expect((await visitor.ask('/read')).text).toBe('undefined')
    await visitor.ask('/')
    await visitor.ask('/remember')
    expect(setCookies(await visitor.ask('/again'))[0]).not.toContain('Max-Age') // another session, not remembered
  })

  test('its own: of less than a second it has a cookie that browsers keep', async () => {
    const site = await aged(
      { cookie: { maxAge: 1.5 } },
      {
        '/short': () => {
          sessionStore.expiration = 0.2
          return count()
        },
      },
    )
    const visitor = site.visitor()
    expect(setCookies(await visitor.ask('/'))[0]).toContain('; Max-Age=2;')
    expect(setCookies(await visitor.ask('/short'))[0]).toContain('; Max-Age=1;')
    expect((await visitor.ask('/read')).text).toBe('2')
    site.later(1)
    expect((await visitor.ask('/read')).text).not.toBe('2')
  })

  test('its own is forgotten with a login that says so, and with the session', async () => {
    const expirations: (number | null)[] = []
    const site = await aged(
      { expiration: 1000 },
      {
        '/remember': () => {
          sessionStore.expiration = 30_000
          return count()
        },
        '/login': () => {
          sessionStore.regenerate()
          sessionStore.user = 'u'
          sessionStore.expiration = null
          return ''
        },
        '/logout': async () => {
          await sessionStore.destroy()
          expirations.push(sessionStore.expiration)
          return ''
        },
        '/left': async () => {
          const [one] = await sessionStore.listFor('u')
          return String((one!.expires - one!.updated) / 1000)
        },
      },
    )
    const visitor = site.visitor()
    await visitor.ask('/remember')
    expect(setCookies(await visitor.ask('/login'))[0]).not.toContain('Max-Age')
    if (kind === 'datastore') expect((await visitor.ask('/left')).text).toBe('1000')
    await visitor.ask('/remember')
    await visitor.ask('/logout')
    expect(expirations).toEqual([null])
  })

  test('maxAge and touchAfter are as configured; touch() renews at once', async () => {
    const site = await aged(
      { expiration: 1000, touchAfter: 0.5, cookie: { maxAge: 2000 } },
      {
        '/touch': () => {
          sessionStore.touch()
          return ''
        },
      },
    )
    const visitor = site.visitor()
    expect(setCookies(await visitor.ask('/'))[0]).toContain('; Max-Age=2000;')
    site.later(499)
    expect(setCookies(await visitor.ask('/read'))).toEqual([])
    expect(setCookies(await visitor.ask('/touch')).length).toBe(1)
    site.later(499)
    expect(setCookies(await visitor.ask('/read'))).toEqual([])
    site.later(2)
    expect(setCookies(await visitor.ask('/read')).length).toBe(1)
  })
})

test.each(
  kinds,
)('a %s cookie that the browser keeps for less time than the server is renewed in that time', async (kind) => {
  const site = await serveSite(kind, counter, { session: { expiration: 1000, cookie: { maxAge: 50 } } })
  const visitor = site.visitor()
  await visitor.ask('/')
  site.later(4)
  expect(setCookies(await visitor.ask('/read'))).toEqual([])
  site.later(2)
  for (let step = 0; step < 30; step++) {
    const answer = await visitor.ask('/read')
    expect([answer.text, setCookies(answer)]).toEqual(['1', [expect.stringContaining('; Max-Age=50;')]])
    site.later(45)
  }
})

test('the CSRF cookie is renewed while pages with forms are shown or sent', async () => {
  const handlers = {
    '/form': () => sessionStore.csrfToken(),
    '/send': () => sessionStore.checkCsrf().then(() => 'sent'),
  }
  const site = await serveSite('securecookie', handlers, { session: { cookie: { maxAge: 50 } } })
  const visitor = site.visitor()
  const token = (await visitor.ask('/form')).text
  const secret = visitor.cookies.get('tipfy.csrf')!
  expect(setCookies(await visitor.ask('/form'))).toEqual([])
  for (const path of ['/form', '/send', '/send']) {
    site.later(45)
    const answer = await visitor.ask(path, { method: 'POST', headers: { 'x-csrf-token': token } })
    expect([answer.status, setCookies(answer)]).toEqual([200, [expect.stringMatching(/^tipfy.csrf=.*; Max-Age=50;/)]])
  }
  expect(visitor.cookies.get('tipfy.csrf')).not.toBe(secret)
})

describe.each(kinds)('keys, with a %s session', (kind) => {
  const keys = ['a', 'b', 'c'].map((name) => `${name}-key-of-the-tests-0123456789abcdef`)
  const withKeys = (secretKey: unknown, session: object = {}) =>
    serveSite(kind, counter, { session: { secretKey, ...session } })

  test('6: an old one still counts and its cookies are issued anew; one that was removed counts no more', async () => {
    const folder = { dataFolder: mkdtempSync(join(tmpdir(), 'tipfy-rotation-')) }
    const before = await withKeys(keys[0], folder)
    const visitor = before.visitor()
    await visitor.ask('/')
    const old = visitor.cookies.get(before.cookie)!
    const during = await withKeys([keys[1], keys[0]], folder)
    visitor.port = during.port
    const answer = await visitor.ask('/read')
    expect([answer.text, setCookies(answer).length]).toEqual(['1', 1])
    expect(setCookies(await visitor.ask('/read'))).toEqual([])
    const after = await withKeys([keys[1]], folder)
    visitor.port = after.port
    expect((await visitor.ask('/read')).text).toBe('1')
    visitor.cookies.set(after.cookie, old)
    expect((await visitor.ask('/read')).text).toBe('undefined')
    expect(visitor.cookies.size).toBe(0) // not ours any more: cleared
  })
})

describe('the form of the data', () => {
  test.each(kinds)('%s: a migrate() that returns no data is a named error, and what is stored stays', async (kind) => {
    const folder = { dataFolder: mkdtempSync(join(tmpdir(), 'tipfy-migrate-wrong-')) }
    const before = await serveSite(kind, counter, { session: folder })
    const visitor = before.visitor()
    await visitor.ask('/')
    const wrong: [(data: object) => unknown, string][] = [
      [async (data) => data, 'an instance of Promise'],
      [() => 'text', 'string'],
      [() => [], 'an instance of Array'],
    ]
    for (const [migrate, what] of wrong) {
      const after = await serveSite(kind, counter, { session: { ...folder, dataVersion: 2, migrate } })
      visitor.port = after.port
      expect((await visitor.ask('/')).status).toBe(500)
      const { code, message } = after.lines.at(-1)!.fields.err as { code: string; message: string }
      expect([code, message]).toEqual(['TIPFY_E_SESSION_FUNCTION', expect.stringContaining(what)])
      expect((await visitor.ask('/', { method: 'POST' })).status).toBe(500)
    }
    visitor.port = before.port
    expect((await visitor.ask('/read')).text).toBe('1')
  })

  const old = { '/set': () => Object.assign(free, { products: 'a,b' }) && '', '/show': () => JSON.stringify(free) }
  const folder = { dataFolder: mkdtempSync(join(tmpdir(), 'tipfy-migrate-')) }

  test.each(
    kinds,
  )('%s: data of an older version goes through migrate(), and is written when it changes', async (kind) => {
    const before = await serveSite(kind, old, { session: folder })
    const visitor = before.visitor()
    await visitor.ask('/set')
    const froms: unknown[] = []
    const migrate = (data: Record<string, unknown>, from: number | null) => {
      froms.push(from)
      return { ...data, products: String(data.products).split(',') }
    }
    const after = await serveSite(
      kind,
      { ...old, '/push': () => String(free.products.push('c')) },
      { session: { ...folder, dataVersion: 2, migrate } },
    )
    visitor.port = after.port
    const read = await visitor.ask('/show')
    expect([read.text, setCookies(read)]).toEqual(['{"products":["a","b"]}', []])
    await visitor.ask('/push')
    expect(froms).toEqual([null, null])
    expect((await visitor.ask('/show')).text).toBe('{"products":["a","b","c"]}')
    expect(froms).toEqual([null, null])
  })
})
