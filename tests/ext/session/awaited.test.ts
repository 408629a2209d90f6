import { describe, expect, test } from '@jest/globals'
import { sessionStore } from 'tipfy/ext/session'
import { free, kinds, serveSite, setCookies } from './site.ts'

const post = { method: 'POST' }

describe.each(kinds)('checkCsrf() of a %s session', (kind) => {
  const pause = () => new Promise((resolve) => setImmediate(resolve))
  const forgotten: Record<string, () => unknown> = {
    'not awaited': () => {
      void sessionStore.checkCsrf()
      free.n = 2
      return 'done'
    },
    'not awaited, and settled long ago': async () => {
      void sessionStore.checkCsrf()
      await pause()
      free.n = 2
      return 'done'
    },
    'caught, and not awaited': () => {
      sessionStore.checkCsrf().catch(() => {})
      free.n = 2
      return 'done'
    },
    'not awaited before the first piece of a stream': async function* () {
      void sessionStore.checkCsrf()
      free.n = 2
      yield 'done'
    },
  }

  test.each(Object.keys(forgotten))('%s: the request fails, is logged, and saves nothing', async (name) => {
    const site = await serveSite(kind, { '/': forgotten[name]!, '/n': () => String(free.n) })
    const visitor = site.visitor()
    const answer = await visitor.ask('/', post)
    expect([answer.status, setCookies(answer)]).toEqual([500, []])
    const errors = site.lines.filter(({ level }) => level === 'error')
    expect(errors.map(({ fields }) => fields.err)).toEqual([
      expect.objectContaining({ code: 'TIPFY_E_SESSION_CSRF_NOT_AWAITED' }),
    ])
    expect((await visitor.ask('/n')).text).toBe('undefined')
  })

  test('awaited, also among others, or caught on purpose, is as before', async () => {
    const site = await serveSite(kind, {
      '/await': async () => {
        await sessionStore.checkCsrf()
        return 'done'
      },
      '/return': () => sessionStore.checkCsrf(),
      '/all': async () => String(await Promise.all([sessionStore.checkCsrf(), 1])),
      '/caught': async () => {
        try {
          await sessionStore.checkCsrf()
        } catch {
          return 'once more'
        }
      },
      '/token': () => sessionStore.csrfToken(),
    })
    const visitor = site.visitor()
    for (const path of ['/await', '/return', '/all']) expect((await visitor.ask(path, post)).status).toBe(403)
    expect((await visitor.ask('/caught', post)).text).toBe('once more')
    const headers = { 'x-csrf-token': (await visitor.ask('/token')).text }
    for (const path of ['/await', '/return', '/all', '/caught']) {
      expect((await visitor.ask(path, { ...post, headers })).status).toBe(200)
    }
  })
})

describe('work that is not awaited', () => {
  test('is done before the response', async () => {
    const site = await serveSite('datastore', {
      '/update': () => {
        void sessionStore.update((s) => Object.assign(s, { n: 1 }))
        return ''
      },
      '/user': () => Object.assign(sessionStore, { user: 'u' }) && '',
      '/all': () => {
        void sessionStore.destroyAllFor('u')
        return ''
      },
      '/destroy': () => {
        void sessionStore.destroy()
        return ''
      },
      '/n': () => `${free.n} ${sessionStore.user}`,
    })
    const [visitor, twin] = [site.visitor(), site.visitor()]
    for (const one of [visitor, twin]) {
      await one.ask('/update')
      expect((await one.ask('/n')).text).toBe('1 null')
      await one.ask('/user')
    }
    await visitor.ask('/all')
    expect((await twin.ask('/n')).text).toBe('undefined null')
    await visitor.ask('/update')
    await visitor.ask('/destroy')
    expect((await visitor.ask('/n')).text).toBe('undefined null')
  })

  test('fails its request when it fails, instead of ending the process', async () => {
    const fail = () => Promise.reject(new Error('out of order'))
    const site = await serveSite('datastore', {
      '/n': () => Object.assign(free, { n: 1 }) && '',
      '/update': () => {
        void sessionStore.update((s) => Object.assign(s, { n: 1 }))
        return ''
      },
      '/list': () => {
        void sessionStore.listFor('u')
        return ''
      },
      '/wrong': () => {
        void sessionStore.getSession('x', { backend: 'none' as never })
        return ''
      },
      '/caught': async () => {
        await sessionStore.listFor('u').catch(() => {})
        return 'caught'
      },
      '/late': () =>
        (async function* () {
          yield 'late'
          void sessionStore.listFor('u')
          await new Promise((resolve) => setImmediate(resolve))
        })(),
    })
    const visitor = site.visitor()
    await visitor.ask('/n')
    Object.assign(site.sessions.repository!, { update: fail, listFor: fail })
    for (const path of ['/update', '/list', '/wrong']) expect((await visitor.ask(path)).status).toBe(500)
    site.lines.length = 0
    expect((await visitor.ask('/caught')).text).toBe('caught')
    expect(site.lines).toEqual([])
    expect((await visitor.ask('/late')).text).toBe('late')
    expect(site.lines).toEqual([
      expect.objectContaining({ level: 'error', message: expect.stringContaining('not awaited') }),
    ])
  })
})
