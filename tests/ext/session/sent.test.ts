import { Readable } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { response } from 'tipfy'
import { session, sessionStore } from 'tipfy/ext/session'
import { type Free, free, kinds, type Site, serveSite, setCookies } from './site.ts'

const codeOf = (error: unknown) => (error as { code?: string }).code ?? (error as Error).name

/** Serves `late`, which runs in a stream after the headers, and returns the codes of what it throws. */
async function afterHeaders(
  kind: 'securecookie' | 'datastore',
  before: () => unknown,
  late: Record<string, () => unknown>,
) {
  const site = await serveSite(kind, {
    '/start': () => {
      free.n = 1
      sessionStore.flash('hello')
      return ''
    },
    '/read': () => JSON.stringify([free.n, sessionStore.user]),
    '/': async () => {
      await before()
      return (async function* () {
        yield ' '
        const results: Record<string, unknown> = {}
        for (const [name, fn] of Object.entries(late)) {
          try {
            results[name] = (await fn()) ?? null
          } catch (error) {
            results[name] = codeOf(error)
          }
        }
        yield JSON.stringify(results)
      })()
    },
  })
  return site
}

async function resultsOf(site: Site, isKnown: boolean): Promise<Record<string, unknown>> {
  const visitor = site.visitor()
  if (isKnown) await visitor.ask('/start')
  return JSON.parse((await visitor.ask('/')).text)
}

const sent = 'TIPFY_E_SESSION_SENT'
const befores: Record<string, () => unknown> = { untouched: () => {}, 'looked at': () => void free.n }

describe.each(kinds)('after the headers, a %s session', (kind) => {
  describe.each(Object.keys(befores))('%s before', (before) => {
    test.each([true, false])('throws at each write (the browser had one: %s)', async (isKnown) => {
      const writes: Record<string, () => unknown> = {
        set: () => void session.set('n', 2),
        bracket: () => Object.assign(free, { n: 2 }),
        delete: () => session.delete('n'),
        clear: () => session.clear(),
        assign: () => void session.assign({ n: 2 }),
        flash: () => sessionStore.flash('late'),
        user: () => Object.assign(sessionStore, { user: 'u' }),
        expiration: () => Object.assign(sessionStore, { expiration: 5 }),
        touch: () => sessionStore.touch(),
        regenerate: () => sessionStore.regenerate(),
        setCookie: () => sessionStore.setCookie('a', 'b'),
        deleteCookie: () => sessionStore.deleteCookie('a'),
        setSecureCookie: () => sessionStore.setSecureCookie('a', 1),
        csrfToken: () => sessionStore.csrfToken(),
        other: async () => ((await sessionStore.getSession('other', { backend: 'securecookie' })) as Free).set('a', 1),
      }
      const results = await resultsOf(await afterHeaders(kind, befores[before]!, writes), isKnown)
      expect(results).toEqual(Object.fromEntries(Object.keys(writes).map((name) => [name, sent])))
    })

    test('can be read', async () => {
      const reads: Record<string, () => unknown> = {
        get: () => session.get('n'),
        bracket: () => free.n,
        keys: () => Object.keys(free).length,
        isNew: () => sessionStore.isNew,
        user: () => sessionStore.user,
        modified: () => sessionStore.modified,
        expiration: () => sessionStore.expiration,
        secure: () => sessionStore.getSecureCookie('a'),
        flashes: async () => (await sessionStore.getFlashes('none')).length,
        other: async () => Object.keys(await sessionStore.getSession('other', { backend: kind })).length,
      }
      const site = await afterHeaders(kind, befores[before]!, reads)
      const none = { user: null, modified: false, expiration: null, secure: null, flashes: 0, other: 0 }
      expect(await resultsOf(site, true)).toEqual({ get: 1, bracket: 1, keys: 1, isNew: false, ...none })
      expect(await resultsOf(site, false)).toEqual({ get: null, bracket: null, keys: 0, isNew: true, ...none })
    })
  })

  test('gives the token of a page that has one already', async () => {
    const site = await afterHeaders(kind, () => sessionStore.csrfToken(), {
      token: () => sessionStore.csrfToken().length,
    })
    expect(await resultsOf(site, false)).toEqual({ token: 86 })
  })

  test('shows what was saved with them', async () => {
    const site = await afterHeaders(kind, () => Object.assign(free, { n: 7 }), {
      n: () => free.n,
      user: () => sessionStore.user,
    })
    expect(await resultsOf(site, true)).toEqual({ n: 7, user: null })
    expect(await resultsOf(site, false)).toEqual({ n: 7, user: null })
  })
})

describe('after the headers, what acts at once', () => {
  const acts: Record<string, () => unknown> = {
    flashes: async () => (await sessionStore.getFlashes()).length,
    update: () => sessionStore.update((s) => Object.assign(s, { n: 5 })),
    n: () => free.n,
    list: async () => (await sessionStore.listFor('nobody')).length,
    destroy: () => sessionStore.destroy(),
    gone: () => free.n,
    again: () => sessionStore.update((s) => Object.assign(s, { n: 6 })),
  }

  test.each(
    Object.keys(befores),
  )('works on a stored session, and a cookie that cannot be cleared is logged (%s)', async (before) => {
    const site = await afterHeaders('datastore', befores[before]!, acts)
    const visitor = site.visitor()
    await visitor.ask('/start')
    const results = JSON.parse((await visitor.ask('/')).text)
    expect(results).toEqual({ flashes: 1, update: true, n: 5, list: 0, destroy: null, gone: null, again: sent })
    expect(site.lines.map(({ message }) => message)).toEqual([expect.stringContaining('could not be cleared')])
    expect((await visitor.ask('/read')).text).toBe('[null,null]')
  })

  test('works on a session that this response has just brought', async () => {
    const site = await afterHeaders('datastore', () => Object.assign(free, { n: 1 }), {
      update: () => sessionStore.update((s) => Object.assign(s, { n: ((s as Free).n as number) + 1 })),
    })
    const visitor = site.visitor()
    expect(JSON.parse((await visitor.ask('/')).text)).toEqual({ update: true })
    expect((await visitor.ask('/read')).text).toBe('[2,null]')
  })

  test('throws where it would need a cookie', async () => {
    const { flashes, update, destroy } = acts
    const cookie = await afterHeaders('securecookie', () => {}, {
      flashes: flashes!,
      update: update!,
      destroy: destroy!,
    })
    expect(await resultsOf(cookie, true)).toEqual({ flashes: sent, update: sent, destroy: sent })
    const stored = await afterHeaders('datastore', () => {}, { flashes: flashes!, update: update!, destroy: destroy! })
    expect(await resultsOf(stored, false)).toEqual({ flashes: 0, update: sent, destroy: null })
  })

  test('destroyAllFor() ends this session too', async () => {
    const site = await afterHeaders('datastore', () => {}, {
      all: () => sessionStore.destroyAllFor('u'),
      n: () => free.n,
    })
    const visitor = site.visitor()
    await visitor.ask('/start')
    const login = await serveSite(
      'datastore',
      { '/': () => Object.assign(sessionStore, { user: 'u' }) && '' },
      {
        session: { dataFolder: site.sessions.settings.dataFolder },
      },
    )
    visitor.port = login.port
    expect(setCookies(await visitor.ask('/'))).toEqual([])
    visitor.port = site.port
    expect(JSON.parse((await visitor.ask('/')).text)).toEqual({ all: 1, n: null })
    expect((await visitor.ask('/read')).text).toBe('[null,null]')
  })
})

describe.each(kinds)('the stream of a request that came with a %s session', (kind) => {
  const text = 'some text. '.repeat(500)
  const bodies: Record<string, () => unknown> = {
    '/generator': async function* () {
      yield text
    },
    '/list': () => [text][Symbol.iterator](),
    '/node': () => Readable.from([text]),
    '/web': () => new Response(text).body,
  }

  test('is private to it and not compressed, whether or not it is looked at', async () => {
    const { '/generator': generator } = bodies
    const site = await serveSite(kind, {
      ...bodies,
      '/start': () => Object.assign(free, { n: 1 }) && '',
      '/whole': () => text,
      '/chosen': () => {
        response.headers.set('Cache-Control', 'public, max-age=60')
        return generator!()
      },
    })
    const visitor = site.visitor()
    const headersOf = async (who: { ask: Site['ask'] }, path: string) => {
      const { headers } = await who.ask(path, { headers: { 'accept-encoding': 'gzip' } })
      return [headers.vary ?? '', headers['cache-control'], headers['content-encoding']]
    }
    for (const path of Object.keys(bodies)) {
      expect([path, ...(await headersOf(site, path))]).toEqual([
        path,
        expect.not.stringContaining('Cookie'),
        undefined,
        'gzip',
      ])
    }
    await visitor.ask('/start')
    const mine = { ask: (path: string, options: object) => visitor.ask(path, options) } as unknown as Site
    for (const path of Object.keys(bodies)) {
      expect([path, ...(await headersOf(mine, path))]).toEqual([
        path,
        expect.stringContaining('Cookie'),
        'private',
        undefined,
      ])
    }
    expect(await headersOf(mine, '/chosen')).toEqual([
      expect.stringContaining('Cookie'),
      'public, max-age=60',
      undefined,
    ])
    expect(await headersOf(mine, '/whole')).toEqual([expect.not.stringContaining('Cookie'), undefined, 'gzip'])
  })
})
