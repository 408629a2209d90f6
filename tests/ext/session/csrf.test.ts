import { describe, expect, test } from '@jest/globals'
import { request } from 'tipfy'
import { checkCsrf, sessionStore } from 'tipfy/ext/session'
import type { Visitor } from '../../support/browser.ts'
import { free, kinds, type SiteOptions, serveSite } from './site.ts'

const handlers = {
  '/form': () => sessionStore.csrfToken(),
  '/two-forms': () => {
    const first = sessionStore.csrfToken()
    return String(sessionStore.csrfToken() === first)
  },
  '/post': async () => {
    free.posts = (free.posts ?? 0) + 1
    return `posted ${free.posts}`
  },
  '/login': () => {
    sessionStore.regenerate()
    free.user = 'u'
    return sessionStore.csrfToken()
  },
  '/logout': async () => {
    await sessionStore.destroy()
    return ''
  },
  '/json': async () => JSON.stringify(await request.json()),
  '/hook': () => 'exempt',
  '/value': () => sessionStore.setSecureCookie('tipfy.csrf', 'a value of the application') ?? '',
}
const options: SiteOptions = { hooks: { preDispatchHandler: [checkCsrf] }, session: { csrfExempt: ['/hook'] } }
const token = async (visitor: Visitor) => (await visitor.ask('/form')).text
const post = async (visitor: Visitor, _csrf: string) => (await visitor.post('/post', { _csrf })).status

describe.each(kinds)('36: forged requests, with a %s session', (kind) => {
  const serveForms = (more: object = {}) => serveSite(kind, handlers, { ...options, ...more })

  test('a form with the token passes, by field or header, before there is a session and after', async () => {
    const site = await serveForms()
    const visitor = site.visitor()
    const first = await token(visitor)
    expect([...visitor.cookies.keys()]).toEqual(['tipfy.csrf'])
    expect((await visitor.post('/post', { _csrf: first })).text).toBe('posted 1')
    expect((await visitor.post('/post', { _csrf: first })).text).toBe('posted 2')
    const headers = { 'x-csrf-token': first, 'content-type': 'application/json' }
    expect((await visitor.ask('/json', { method: 'POST', headers, body: '[1]' })).text).toBe('[1]')
    expect((await visitor.ask('/post', { method: 'DELETE', headers: { 'x-csrf-token': first } })).text).toBe('posted 3')
    const body = `--b\r\nContent-Disposition: form-data; name="_csrf"\r\n\r\n${first}\r\n--b--\r\n`
    const multipart = { 'content-type': 'multipart/form-data; boundary=b' }
    expect((await visitor.ask('/post', { method: 'POST', headers: multipart, body })).text).toBe('posted 4')
  })

  test('the cookie behind it is not replaced while it is valid', async () => {
    const site = await serveForms()
    const visitor = site.visitor()
    await token(visitor)
    const { headers } = await visitor.ask('/form')
    expect(headers['set-cookie']).toBeUndefined()
    expect(headers.vary).toBe('Cookie')
  })

  test('no token, a wrong one, an empty one, or that of another browser: 403, and nothing happens', async () => {
    const site = await serveForms()
    const [visitor, other] = [site.visitor(), site.visitor()]
    const own = await token(visitor)
    const foreign = await token(other)
    const flipped = Array.from(own, (char, at) => own.slice(0, at) + (char === 'A' ? 'B' : 'A') + own.slice(at + 1))
    for (const wrong of [
      '',
      'x',
      foreign,
      own.slice(0, -1),
      `${own}a`,
      `${own}=`,
      `${own.slice(0, -2)}é`,
      ...flipped,
    ]) {
      expect([wrong, await post(visitor, wrong)]).toEqual([wrong, wrong === own ? 200 : 403])
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      expect((await visitor.ask('/post', { method })).status).toBe(403)
    }
    expect((await site.visitor().post('/post', { _csrf: own })).status).toBe(403)
    expect((await visitor.post('/post', { _csrf: own })).text).toBe('posted 1')
  })

  test('regenerate() changes it: a token from before the login is of no use after it', async () => {
    const site = await serveForms()
    const visitor = site.visitor()
    const before = await token(visitor)
    const after = (await visitor.post('/login', { _csrf: before })).text
    expect(after).not.toBe(before)
    expect(await post(visitor, before)).toBe(403)
    expect(await post(visitor, after)).toBe(200)
    expect(await post(visitor, await token(visitor))).toBe(200)
    expect(await post(visitor, after)).toBe(200)
    const again = (await visitor.post('/login', { _csrf: after })).text
    expect(await post(visitor, after)).toBe(403)
    await visitor.post('/logout', { _csrf: again })
    expect(await post(visitor, again)).toBe(403)
  })

  test('forms in parallel tabs stay good, also over the birth of a session', async () => {
    const site = await serveForms()
    const visitor = site.visitor()
    const tabs = [await token(visitor), await token(visitor)]
    expect(await post(visitor, tabs[0]!)).toBe(200)
    expect(await post(visitor, tabs[1]!)).toBe(200)
  })

  test('a token is another text on each page, so that the size of a compressed one tells nothing of it (BREACH)', async () => {
    const site = await serveForms()
    const visitor = site.visitor()
    const pages = await Promise.all([await token(visitor), token(visitor), token(visitor)])
    expect(new Set(pages.map((text) => text.slice(0, 20))).size).toBe(3)
    expect(new Set(pages.map((text) => text.slice(-20))).size).toBe(3)
    expect((await visitor.ask('/two-forms')).text).toBe('true')
  })

  test('a secret planted before any session is of no use to the neighbour that planted it: the browser says who sends', async () => {
    const site = await serveForms()
    const [victim, thief] = [site.visitor(), site.visitor()]
    const planted = await token(thief)
    victim.cookies.set('tipfy.csrf', thief.cookies.get('tipfy.csrf')!)
    const attempts: Record<string, string>[] = [
      { 'Sec-Fetch-Site': 'same-site', Origin: 'null' },
      { 'Sec-Fetch-Site': 'same-site' },
      { Origin: `http://evil.127.0.0.1:${site.port}` },
    ]
    for (const sent of attempts) {
      const headers = { 'x-csrf-token': planted, ...sent }
      expect((await victim.ask('/post', { method: 'POST', headers })).status).toBe(403)
    }
  })

  test('a signed cookie of the application under its name is no secret', async () => {
    const site = await serveForms()
    const visitor = site.visitor()
    await visitor.ask('/value')
    const value = visitor.cookies.get('tipfy.csrf')
    expect(await post(visitor, await token(visitor))).toBe(200)
    expect(visitor.cookies.get('tipfy.csrf')).not.toBe(value)
  })

  test('over https a page of the same host by http is another site', async () => {
    const site = await serveForms({ tipfy: { trustedProxies: 1 } })
    const visitor = site.visitor()
    const headers = { 'x-csrf-token': await token(visitor), Host: 'shop.example', 'X-Forwarded-Proto': 'https' }
    for (const [scheme, status] of [
      ['http', 403],
      ['https', 200],
    ] as const) {
      const sent = { ...headers, Origin: `${scheme}://shop.example` }
      expect((await visitor.ask('/post', { method: 'POST', headers: sent })).status).toBe(status)
    }
  })

  test('behind a proxy that changes the host, a browser that says same-origin is believed', async () => {
    const site = await serveForms()
    const visitor = site.visitor()
    const headers = { 'x-csrf-token': await token(visitor), Origin: 'https://shop.example', Host: 'backend:8080' }
    expect((await visitor.ask('/post', { method: 'POST', headers })).status).toBe(403)
    Object.assign(headers, { 'Sec-Fetch-Site': 'same-origin' })
    expect((await visitor.ask('/post', { method: 'POST', headers })).status).toBe(200)
  })

  test('a secret planted by a neighbouring domain is of no use against a logged-in session', async () => {
    const site = await serveForms()
    const [victim, thief] = [site.visitor(), site.visitor()]
    const planted = await token(thief)
    await victim.post('/login', { _csrf: await token(victim) })
    victim.cookies.set('tipfy.csrf', thief.cookies.get('tipfy.csrf')!)
    expect(await post(victim, planted)).toBe(403)
  })

  test.each([
    ['Origin', 'https://evil.example', 403],
    ['Origin', 'http://127.0.0.1:1', 403],
    ['Origin', 'not a url', 403],
    ['Origin', 'null', 200],
    ['Sec-Fetch-Site', 'cross-site', 403],
    ['Sec-Fetch-Site', 'same-site', 403],
    ['Sec-Fetch-Site', 'what comes next', 403],
    ['Sec-Fetch-Site', 'same-origin', 200],
    ['Sec-Fetch-Site', 'none', 200],
  ])('with the token, but %s: %s: %d', async (name, value, status) => {
    const site = await serveForms()
    const visitor = site.visitor()
    const headers = { 'x-csrf-token': await token(visitor), [name]: value }
    expect((await visitor.ask('/post', { method: 'POST', headers })).status).toBe(status)
    headers.Origin = `http://127.0.0.1:${site.port}`
    if (status === 200) expect((await visitor.ask('/post', { method: 'POST', headers })).status).toBe(200)
  })

  test('safe methods, and endpoints that are exempt, are not asked', async () => {
    const site = await serveForms()
    expect((await site.visitor().ask('/post')).status).toBe(200)
    expect((await site.visitor().ask('/post', { method: 'HEAD' })).status).toBe(200)
    expect((await site.visitor().ask('/post', { method: 'OPTIONS' })).status).toBe(204)
    expect((await site.visitor().ask('/hook', { method: 'POST' })).status).toBe(200)
    expect((await site.visitor().ask('/nothing', { method: 'POST' })).status).toBe(404)
  })

  test('the reason is told in development, in production only in the log', async () => {
    const site = await serveForms()
    const answer = await site.visitor().ask('/post', { method: 'POST' })
    expect(answer.text).not.toContain('cookie')
    expect(site.lines).toContainEqual(expect.objectContaining({ message: 'a request was rejected as forged' }))
    const dev = await serveForms({ tipfy: { dev: true } })
    const { text } = await dev.visitor().ask('/post', { method: 'POST' })
    expect(text).toContain('came without the cookie')
    expect(text).toContain('csrfExempt')
  })
})

describe.each(kinds)("with csrf: 'session' and a %s session", (kind) => {
  const serveForms = () => serveSite(kind, handlers, { ...options, session: { ...options.session, csrf: 'session' } })

  test('a site with a single cookie is protected as well', async () => {
    const site = await serveForms()
    const [visitor, thief] = [site.visitor(), site.visitor()]
    const [first, foreign] = [await token(visitor), await token(thief)]
    expect([...visitor.cookies.keys()]).toEqual([site.cookie])
    expect(await token(visitor)).not.toBe(first) // masked
    expect([await post(visitor, first), await post(visitor, foreign), await post(visitor, '')]).toEqual([200, 403, 403])
    expect(await post(site.visitor(), first)).toBe(403)
    const after = (await visitor.post('/login', { _csrf: first })).text
    expect([await post(visitor, first), await post(visitor, after)]).toEqual([403, 200])
    await visitor.post('/logout', { _csrf: after })
    expect(await post(visitor, after)).toBe(403)
    expect([...visitor.cookies.keys()]).toEqual([])
  })

  test('a page without a token starts no session', async () => {
    const site = await serveForms()
    const visitor = site.visitor()
    await visitor.ask('/json')
    expect([...visitor.cookies.keys()]).toEqual([])
  })
})

test('with csrfFetchSite a request that the browser marks as same-origin needs no token; without it, it does', async () => {
  for (const csrfFetchSite of [true, false]) {
    const site = await serveSite('securecookie', handlers, { ...options, session: { csrfFetchSite } })
    const status = async (value?: string) => {
      const headers: Record<string, string> = value === undefined ? {} : { 'sec-fetch-site': value }
      return (await site.ask('/post', { method: 'POST', headers })).status
    }
    expect(await status('same-origin')).toBe(csrfFetchSite ? 200 : 403)
    for (const other of [undefined, 'none', 'same-site', 'cross-site', 'same-origin, none', '']) {
      expect(await status(other)).toBe(403)
    }
  }
})
