import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { sessionStore } from 'tipfy/ext/session'
import { count, free, kinds, type Site, serveSite, setCookies } from './site.ts'

const handlers = {
  '/': count,
  '/read': () => `${free.n}`,
  '/logout': async () => {
    await sessionStore.destroy()
    return ''
  },
  '/form': () => sessionStore.csrfToken(),
  '/send': () => sessionStore.checkCsrf().then(() => 'sent'),
  '/secure': () => sessionStore.setSecureCookie('basket', free.n ?? 'none') ?? '',
  '/basket': () => String(sessionStore.getSecureCookie('basket')),
}

/** The cookies of one name from several browsers, oldest first, each with a session that was used once more. */
async function several(site: Site, number: number, path = '/', name = site.cookie): Promise<string[]> {
  const values: string[] = []
  for (let at = 0; at < number; at++) {
    const visitor = site.visitor()
    for (let time = 0; time <= at; time++) await visitor.ask('/')
    if (path !== '/') await visitor.ask(path)
    values.push(visitor.cookies.get(name)!)
    site.later(1)
  }
  return values
}

const header = (name: string, values: readonly string[]) => ({
  headers: { cookie: values.map((value) => `${name}=${value}`).join('; ') },
})

describe.each(kinds)('of several valid %s cookies', (kind) => {
  test('the newest counts, whatever their order', async () => {
    const site = await serveSite(kind, handlers)
    const [first, second, third] = (await several(site, 3)) as [string, string, string]
    for (const order of [
      [first, second, third],
      [third, second, first],
      [second, third, first],
    ]) {
      site.lines.length = 0
      expect((await site.ask('/read', header(site.cookie, order))).text).toBe('3')
      expect(site.lines.length).toBe(1)
    }
  })

  // aiohttp and Python's SimpleCookie quote our values, in which there are slashes.
  test.each([
    ['in quotes', (value: string) => `"${value}"`],
    ['percent-encoded', encodeURIComponent],
    ['between blanks', (value: string) => ` \t${value} `],
  ])('one that a client sends %s is the same', async (_, write) => {
    const site = await serveSite(kind, handlers)
    const [value] = (await several(site, 1)) as [string]
    const answer = await site.ask('/read', header(site.cookie, [write(value)]))
    expect([answer.text, setCookies(answer), site.lines]).toEqual(['1', [], []])
    const forged = await site.ask('/read', header(site.cookie, [write(value.slice(0, -1))]))
    expect([forged.text, setCookies(forged).length]).toEqual(['undefined', 1])
  })

  test('the newest secure cookie and CSRF secret count too', async () => {
    const site = await serveSite(kind, handlers)
    const values = await several(site, 2, '/secure', 'basket')
    for (const order of [values, values.toReversed()]) {
      expect((await site.ask('/basket', header('basket', order))).text).toBe('2')
    }
    const one = site.visitor()
    await one.ask('/form')
    site.later(1)
    const other = site.visitor()
    const token = (await other.ask('/form')).text
    const secrets = [one, other].map(({ cookies }) => cookies.get('tipfy.csrf')!)
    for (const order of [secrets, secrets.toReversed()]) {
      const { headers } = header('tipfy.csrf', order)
      const answer = await site.ask('/send', { method: 'POST', headers: { ...headers, 'x-csrf-token': token } })
      expect(answer.text).toBe('sent')
    }
  })
})

describe('of several ids of stored sessions', () => {
  test('the newest that is alive counts, three are looked up at most, and none is destroyed', async () => {
    const site = await serveSite('datastore', handlers)
    const { repository } = site.sessions
    const values = (await several(site, 5)) as [string, string, string, string, string]
    const visit = (value: string, path: string) => site.ask(path, header(site.cookie, [value]))
    const looks = async () => {
      const { loads } = repository!.stats
      const answer = await site.ask('/read', header(site.cookie, values))
      return [answer.text, repository!.stats.loads - loads]
    }
    expect(await looks()).toEqual(['5', 1])
    await visit(values[4], '/logout')
    expect(await looks()).toEqual(['4', 2])
    await visit(values[3], '/logout')
    expect(await looks()).toEqual(['3', 3])
    await visit(values[2], '/logout')
    expect(await looks()).toEqual(['undefined', 3])
    expect((await visit(values[1], '/read')).text).toBe('2')
  })

  test('an older one is not renewed over the successor of one that ended a moment ago', async () => {
    const site = await serveSite('datastore', handlers, { session: { expiration: 1000 } })
    const [old, ended] = (await several(site, 2)) as [string, string]
    await site.ask('/logout', header(site.cookie, [ended]))
    site.later(10)
    const both = header(site.cookie, [old, ended])
    for (const path of ['/read', '/']) expect(setCookies(await site.ask(path, both))).toEqual([])
    site.later(100) // nobody knows the ended one any more, and the old one is due
    const answer = await site.ask('/read', both)
    expect([answer.text, setCookies(answer).length]).toEqual(['2', 1])
  })

  test('one that is unknown by now is replaced by the one that counts', async () => {
    const site = await serveSite('datastore', handlers)
    const [old, ended] = (await several(site, 2)) as [string, string]
    await site.ask('/logout', header(site.cookie, [ended]))
    site.later(61)
    const first = await site.ask('/read', header(site.cookie, [ended, old]))
    expect([first.text, setCookies(first).length]).toEqual(['1', 1])
  })
})

describe.each(kinds)('former %s cookies', (kind) => {
  const former = [
    { name: 'sid' },
    { domain: 'example.org' },
    { path: '/shop' },
    { name: 'old', domain: null, path: '/old' },
  ]
  const expired = (answer: Parameters<typeof setCookies>[0]) =>
    setCookies(answer)
      .filter((cookie) => cookie.includes('Max-Age=0'))
      .map((cookie) => cookie.replace(/=;.*1970 00:00:00 GMT/, '').replace('; SameSite=Lax', ''))

  test('are expired with the next one, if the browser still sends their name', async () => {
    const site = await serveSite(kind, handlers, { session: { formerCookies: former } })
    const visitor = site.visitor()
    expect(expired(await visitor.ask('/'))).toEqual([])
    const value = visitor.cookies.get(site.cookie)
    const ask = (path: string, others = '') =>
      site.ask(path, { headers: { cookie: `${site.cookie}=${value}${others}` } })
    expect(setCookies(await ask('/read', '; sid=1'))).toEqual([])
    site.later(10_000)
    const mine = [`${site.cookie}; Domain=example.org; Path=/`, `${site.cookie}; Path=/shop`]
    expect(expired(await ask('/read', '; sid=1'))).toEqual(['sid; Path=/', ...mine])
    expect(expired(await ask('/logout', '; old=1'))).toEqual([...mine, 'old; Path=/old', `${site.cookie}; Path=/`])
    const secure = await site.ask('/secure', { headers: { cookie: 'basket=x; tipfy.csrf=x' } })
    expect(expired(secure)).toEqual(['basket; Domain=example.org; Path=/', 'basket; Path=/shop'])
    const form = await site.ask('/form', { headers: { cookie: 'basket=x; tipfy.csrf=x' } })
    expect(expired(form)).toEqual(['tipfy.csrf; Domain=example.org; Path=/', 'tipfy.csrf; Path=/shop'])
  })

  test('that are those of today stop the start', async () => {
    const wrong = [
      {},
      { path: '/' },
      { domain: null },
      { name: 'tipfy.session' },
      { name: 'tipfy.csrf', path: '/' },
      { expires: 1 },
      { name: 'a b' },
    ]
    for (const one of wrong) {
      await expect(serveSite(kind, handlers, { session: { formerCookies: [one] } })).rejects.toThrow()
    }
  })
})

describe.each(kinds)('a %s cookie from a process whose clock is ahead', (kind) => {
  test('is left alone: nothing is read, cleared or set, and writes are a 503', async () => {
    const folder = { dataFolder: mkdtempSync(join(tmpdir(), 'tipfy-ahead-')) }
    const site = await serveSite(
      kind,
      { ...handlers, '/none': () => '', '/update': async () => String(await sessionStore.update(() => {})) },
      { session: folder },
    )
    const visitor = site.visitor()
    site.later(100)
    await visitor.ask('/')
    site.later(-100)
    site.lines.length = 0
    for (const path of ['/read', '/none', '/form']) {
      const answer = await visitor.ask(path)
      expect([path, answer.status]).toEqual([path, 200])
      expect(setCookies(answer).filter((cookie) => cookie.startsWith(site.cookie))).toEqual([])
    }
    expect(site.lines.map(({ fields }) => fields.reason)).toEqual(['future', 'future', 'future'])
    for (const path of ['/', '/update', '/logout']) {
      const answer = await visitor.ask(path)
      expect([path, answer.status, answer.headers['retry-after'], setCookies(answer)]).toEqual([path, 503, '60', []])
    }
    site.later(100)
    expect((await visitor.ask('/read')).text).toBe('1')
  })

  test('is not cleared for a forged one beside it', async () => {
    const site = await serveSite(kind, handlers)
    const visitor = site.visitor()
    site.later(100)
    await visitor.ask('/')
    site.later(-100)
    const answer = await site.ask('/read', header(site.cookie, [visitor.cookies.get(site.cookie)!, 'forged']))
    expect([answer.text, setCookies(answer)]).toEqual(['undefined', []])
  })
})

test('a CSRF secret from a process whose clock is ahead counts', async () => {
  const site = await serveSite('securecookie', handlers)
  const visitor = site.visitor()
  site.later(100)
  const headers = { 'x-csrf-token': (await visitor.ask('/form')).text }
  site.later(-100)
  expect((await visitor.ask('/send', { method: 'POST', headers })).text).toBe('sent')
})
