import assert from 'node:assert/strict'
import { describe, expect, test } from '@jest/globals'
import { abort, NotFound, Response, redirect, response } from 'tipfy'
import { sessionStore } from 'tipfy/ext/session'
import { count, free, kinds, type Site, serveSite, setCookies } from './site.ts'

const then = (steps: Record<string, () => unknown>, answer: () => string) =>
  Object.fromEntries(
    Object.entries(steps).map(([path, step]) => [
      path,
      () => {
        step()
        return answer()
      },
    ]),
  )

/** The number of commits of the repository; 0 for cookie sessions. */
const writes = (site: Site) => site.sessions.repository?.stats.commits ?? 0

describe.each(kinds)('a %s session', (kind) => {
  test('reads each kind of value back as what it was', async () => {
    const value = () => ({
      date: new Date(5),
      map: new Map([['k', new Set([1n])]]),
      bytes: new Uint8Array([0, 255]),
      odd: [Number.NaN, Infinity, -0, undefined],
      text: 'ä€😀\ud800',
      nested: { list: [{ a: null }] },
    })
    const site = await serveSite(kind, {
      '/set': () => {
        free.value = value()
        return 'set'
      },
      '/get': () => {
        assert.deepStrictEqual(free.value, value())
        return 'same'
      },
    })
    const visitor = site.visitor()
    await visitor.ask('/set')
    expect((await visitor.ask('/get')).text).toBe('same')
  })

  test('is written when its state has changed, and only then', async () => {
    const steps: Record<string, () => unknown> = {
      '/set': () => Object.assign(free, { user: { id: 1, tags: ['a'], at: new Map([[1, 2]]) } }),
      '/read': () => free.user.id,
      '/equal': () => Object.assign(free, { user: structuredClone(free.user) }),
      '/order': () => Object.assign(free, { user: { at: free.user.at, tags: ['a'], id: 1 } }),
      '/back': () => {
        free.other = 1
        delete free.other
      },
      '/push': () => free.user.tags.push('b'),
      '/map': () => free.user.at.set(3, 4),
    }
    const site = await serveSite(
      kind,
      then(steps, () => JSON.stringify(free)),
    )
    const visitor = site.visitor()
    await visitor.ask('/set')
    for (const path of ['/read', '/equal', '/order', '/back']) {
      const before = writes(site)
      expect(setCookies(await visitor.ask(path))).toEqual([])
      expect(writes(site)).toBe(before)
    }
    expect((await visitor.ask('/push')).text).toContain('["a","b"]')
    expect((await visitor.ask('/read')).text).toContain('["a","b"]')
    const cookie = visitor.cookies.get(site.cookie)
    const before = writes(site)
    await visitor.ask('/map')
    expect(kind === 'securecookie' ? visitor.cookies.get(site.cookie) !== cookie : writes(site) === before + 1).toBe(
      true,
    )
  })

  test('has no cookie as long as it holds nothing', async () => {
    const site = await serveSite(kind, {
      '/read': () => String(free.a),
      '/empty': () => {
        free.a = 1
        delete free.a
        return ''
      },
      '/untouched': () => '',
      '/regenerate': () => sessionStore.regenerate(),
      '/touch': () => sessionStore.touch(),
      '/remember': () => {
        sessionStore.expiration = 5000
      },
      '/update': async () => void (await sessionStore.update(() => {})),
      '/n': count,
      '/clear': () => free.clear(),
    })
    for (const path of ['/read', '/empty', '/untouched', '/regenerate', '/touch', '/remember', '/update', '/clear']) {
      expect([path, setCookies(await site.visitor().ask(path))]).toEqual([path, []])
    }
    expect(writes(site)).toBe(0)
    const visitor = site.visitor()
    await visitor.ask('/n')
    await visitor.ask('/clear')
    expect(visitor.cookies.has(site.cookie)).toBe(kind === 'datastore') // there the emptied record stays until it expires
  })

  test('has no cookie as long as it holds nothing but the version of its form', async () => {
    const session = { dataVersion: 2 }
    const site = await serveSite(
      kind,
      { '/': () => free.clear(), '/regenerate': () => sessionStore.regenerate() },
      { session },
    )
    for (const path of ['/', '/regenerate']) expect(setCookies(await site.visitor().ask(path))).toEqual([])
    expect(writes(site)).toBe(0)
  })

  test('33: sends a cookie that scripts cannot read, for this site alone, on an answer that no cache may keep', async () => {
    const site = await serveSite(kind, {
      '/': count,
      '/cached': () => {
        response.headers.set('Cache-Control', 'private, max-age=5')
        return count()
      },
    })
    const answer = await site.visitor().ask('/')
    expect(setCookies(answer)).toEqual([expect.stringMatching(/^[^;]+; Path=\/; HttpOnly; SameSite=Lax$/)])
    expect(answer.headers['cache-control']).toBe('no-store')
    expect((await site.visitor().ask('/cached')).headers['cache-control']).toBe('private, max-age=5')
  })

  test.each([
    ['public, max-age=60', 'max-age=60, private'],
    ['Public, S-MaxAge=600, max-age=5, immutable', 'max-age=5, immutable, private'],
    ['max-age=60', 'max-age=60, private'],
    ['no-cache', 'no-cache, private'],
    ['no-transform', 'no-transform, private'],
    ['private="set-cookie", max-age=5', 'private, max-age=5'],
    ['no-store, public', 'no-store, public'],
    ['private, max-age=5', 'private, max-age=5'],
  ])('lets no shared cache keep the cookie of a user, where the handler chose %s', async (chosen, sent) => {
    const networks = ['cdn-cache-control', 'Cloudflare-CDN-Cache-Control', 'surrogate-control']
    const site = await serveSite(kind, {
      '/': () => {
        response.headers.set('Cache-Control', chosen)
        for (const name of networks) response.headers.set(name, 'max-age=600')
        return count()
      },
      '/own': () => {
        response.headers.set('Cache-Control', chosen)
        sessionStore.setSecureCookie('theme', { dark: true })
        return ''
      },
      '/none': () => {
        response.headers.set('Cache-Control', chosen)
        response.headers.set('CDN-Cache-Control', 'max-age=600')
        return ''
      },
    })
    for (const path of ['/', '/own']) {
      const { headers } = await site.visitor().ask(path)
      expect([path, headers['set-cookie']?.length, headers['cache-control']]).toEqual([path, 1, sent])
      expect(Object.keys(headers).filter((name) => /surrogate|cdn/.test(name))).toEqual([])
    }
    const { headers } = await site.ask('/none')
    expect([headers['cache-control'], headers['cdn-cache-control']]).toEqual([chosen, 'max-age=600'])
  })

  test('26: is saved with a 4xx, and not with a 5xx or an uncaught error, wherever it comes from', async () => {
    let hook = false
    const site = await serveSite(
      kind,
      {
        '/n': () => String(free.n ?? 0),
        '/404': () => {
          count()
          abort(404)
        },
        '/status': () => {
          count()
          response.status = 503
          return ''
        },
        '/503': () => {
          count()
          abort(503)
        },
        '/throw': () => {
          count()
          throw new Error('no')
        },
        '/hook': () => {
          hook = true
          return count()
        },
      },
      {
        hooks: {
          preSendResponse: [
            () => {
              if (!hook) return
              hook = false
              throw new Error('a hook')
            },
          ],
        },
      },
    )
    const visitor = site.visitor()
    expect((await visitor.ask('/404')).status).toBe(404)
    expect((await visitor.ask('/n')).text).toBe('1')
    for (const [path, status] of [
      ['/status', 503],
      ['/503', 503],
      ['/throw', 500],
      ['/hook', 500],
    ] as const) {
      const answer = await visitor.ask(path)
      expect([path, answer.status, setCookies(answer)]).toEqual([path, status, []])
      expect((await visitor.ask('/n')).text).toBe('1')
    }
  })

  test('goes with any answer: a redirect, a response of your own, a web response, a 404 without a rule', async () => {
    const site = await serveSite(
      kind,
      {
        '/redirect': () => {
          count()
          return redirect('/n')
        },
        '/own': () => {
          count()
          return new Response('own', { status: 201 })
        },
        '/web': () => {
          count()
          return new globalThis.Response('web')
        },
        '/n': () => String(free.n),
      },
      {
        hooks: {
          preDispatchHandler: [(request: { path: string }) => (request.path === '/nothing' ? void count() : undefined)],
        },
      },
    )
    const visitor = site.visitor()
    expect((await visitor.ask('/redirect')).status).toBe(302)
    expect((await visitor.ask('/own')).status).toBe(201)
    expect((await visitor.ask('/web')).text).toBe('web')
    expect((await visitor.ask('/nothing')).status).toBe(404)
    expect((await visitor.ask('/n')).text).toBe('4')
  })

  test('is asked for by rules that say so: `session: false` costs nothing, and its use is an error', async () => {
    const site = await serveSite(kind, { '/': count, '/no': () => 'none' }, { rule: { session: false } })
    expect((await site.visitor().ask('/no')).text).toBe('none')
    expect((await site.visitor().ask('/')).status).toBe(500)
    expect(site.lines.at(-1)!.fields.err).toMatchObject({ code: 'TIPFY_E_SESSION_OFF' })
  })

  test('27: is not changed without notice when the headers have left', async () => {
    const errors: unknown[] = []
    const tried = async (change: () => unknown) => {
      try {
        await change()
      } catch (error) {
        errors.push(error)
      }
    }
    const site = await serveSite(kind, {
      '/start': () => {
        free.list = [1]
        free.map = new Map([['set', new Set([1])]])
        return ''
      },
      '/': () => {
        void free.list
        return (async function* () {
          yield 'a'
          await tried(() => Object.assign(free, { n: 1 }))
          await tried(() => delete free.list)
          await tried(() => free.list.push(2))
          await tried(() => free.map.set('a', 1))
          await tried(() => free.map.get('set').add(2))
          await tried(() => sessionStore.flash('late'))
          await tried(() => sessionStore.regenerate())
          await tried(() => sessionStore.setCookie('a', 'b'))
          await tried(() => sessionStore.csrfToken())
          yield JSON.stringify(free.list)
        })()
      },
      '/read': () => JSON.stringify(free.list),
    })
    const visitor = site.visitor()
    await visitor.ask('/start')
    expect((await visitor.ask('/')).text).toBe('a[1]')
    expect(errors.length).toBe(9)
    const codes = errors.map((error) => (error as { code?: string }).code ?? (error as Error).name)
    expect(codes).toEqual(codes.map((code) => (code === 'TypeError' ? 'TypeError' : 'TIPFY_E_SESSION_SENT')))
    expect((await visitor.ask('/read')).text).toBe('[1]')
  })

  test('33: depends on the cookie where it was looked at, however that was done', async () => {
    const looks: Record<string, () => unknown> = {
      '/bracket': () => free.a,
      '/in': () => 'a' in free,
      '/keys': () => Object.keys(free),
      '/size': () => free.size,
      '/spread': () => ({ ...free }),
      '/isNew': () => sessionStore.isNew,
      '/user': () => sessionStore.user,
      '/csrf': () => sessionStore.csrfToken(),
      '/secure': () => sessionStore.getSecureCookie('x'),
      '/expiration': () => sessionStore.expiration,
    }
    const site = await serveSite(kind, {
      ...then(looks, () => ''),
      '/vary': () => {
        response.headers.set('Vary', 'Accept-Encoding')
        return String(free.a)
      },
      '/several': () => {
        response.headers.set('Vary', 'Accept-Encoding, X-One')
        response.headers.add('Vary', 'X-Two')
        return String(free.a)
      },
      '/copy': () => {
        const { length } = Object.keys(free)
        return new Response(`${length}`, { headers: { 'X-Copy': 'yes' } })
      },
      '/none': () => 'none',
    })
    for (const path of Object.keys(looks)) {
      expect([path, (await site.visitor().ask(path)).headers.vary]).toEqual([path, 'Cookie'])
    }
    expect((await site.visitor().ask('/vary')).headers.vary).toBe('Accept-Encoding, Cookie')
    expect((await site.visitor().ask('/several')).headers.vary).toBe('Accept-Encoding, X-One, X-Two, Cookie')
    expect((await site.visitor().ask('/copy')).headers).toMatchObject({ vary: 'Cookie', 'x-copy': 'yes' })
    expect((await site.visitor().ask('/none')).headers.vary).toBeUndefined()
  })
  test('33: a page that caches may keep for all, and that does not look at its session, carries no cookie to renew or clear it', async () => {
    const page = (cacheControl: string) => () => {
      response.headers.set('Cache-Control', cacheControl)
      return 'page'
    }
    const site = await serveSite(kind, {
      '/': count,
      '/public': page('public, max-age=60'),
      '/age': page('max-age=60'),
      '/private': page('private, max-age=60'),
    })
    const visitor = site.visitor()
    await visitor.ask('/')
    site.later(80_000)
    expect(setCookies(await visitor.ask('/public'))).toEqual([])
    expect(setCookies(await visitor.ask('/age'))).toEqual([])
    expect(setCookies(await site.ask('/public', { headers: { cookie: `${site.cookie}=forged` } }))).toEqual([])
    expect(setCookies(await visitor.ask('/private')).length).toBe(1)
  })
})

test('without a hook, the use of a session is an error that names the hook', async () => {
  const { start } = await import('../../support/application.ts')
  const { Rule, RequestHandler } = await import('tipfy')
  const errors: unknown[] = []
  class Handler extends RequestHandler {
    get() {
      free.n = 1
    }
  }
  const running = await start([new Rule('/', { endpoint: 'x', handler: Handler })], {
    tipfy: { hooks: { preHandleException: [(error: unknown) => void errors.push(error)] } },
  })
  await running.ask('/')
  await running.close()
  expect(errors).toEqual([expect.objectContaining({ code: 'TIPFY_E_SESSION_HOOK' })])
})

describe.each(kinds)('answers that are kept for many requests, with a %s session', (kind) => {
  test('gather no cookies: neither from handlers, nor from hooks or errors', async () => {
    const kept = new Response('kept')
    const error = new NotFound('kept', { response: new Response('kept', { status: 404 }) })
    let where = ''
    const at = (name: string) => () => (where === name ? kept : undefined)
    const site = await serveSite(
      kind,
      {
        '/handler': () => {
          count()
          return kept
        },
        '/thrown': () => {
          count()
          throw error
        },
        '/hook': count,
        '/throw': () => {
          count()
          throw new Error('no')
        },
        '/read': () => kept,
      },
      {
        hooks: {
          preSendResponse: [at('send')],
          preHandleException: [at('exception')],
        },
      },
    )
    for (const [path, hook] of [
      ['/handler', ''],
      ['/thrown', ''],
      ['/hook', 'send'],
      ['/throw', 'exception'],
    ] as const) {
      where = hook
      for (let visit = 0; visit < 2; visit++) expect(setCookies(await site.visitor().ask(path)).length).toBe(1)
      where = ''
      expect([path, setCookies(await site.visitor().ask('/read'))]).toEqual([path, []])
    }
  })

  test('an answer that breaks before its first piece saves nothing', async () => {
    const broken = async function* () {
      if (free.n === 1) throw new Error('no first byte')
      yield ''
    }
    const site = await serveSite(kind, { '/': () => count() && broken(), '/n': () => String(free.n) })
    const visitor = site.visitor()
    const answer = await visitor.ask('/')
    expect([answer.status, setCookies(answer)]).toEqual([500, []])
    expect((await visitor.ask('/n')).text).toBe('undefined')
  })

  test('a save that fails still lets what acted at once have its cookie', async () => {
    const site = await serveSite(kind, {
      '/': count,
      '/logout': async () => {
        await sessionStore.destroy()
        free.large = 'x'.repeat(2_000_000)
        return ''
      },
    })
    const visitor = site.visitor()
    await visitor.ask('/')
    expect((await visitor.ask('/logout')).status).toBe(500)
    expect(visitor.cookies.size).toBe(0)
  })
})
