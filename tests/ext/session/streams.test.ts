import { Readable } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { abort, request, response } from 'tipfy'
import { session, sessionStore } from 'tipfy/ext/session'
import { type Free, free, kinds, serveSite, setCookies } from './site.ts'

type Act = () => unknown

const acts: Record<string, Act> = {
  set: () => session.set('n', 2),
  bracket: () => Object.assign(free, { n: 2 }),
  delete: () => session.delete('n'),
  nested: () => free.list.push(2),
  flash: () => sessionStore.flash('hello'),
  user: () => Object.assign(sessionStore, { user: 'ann' }),
  regenerate: () => sessionStore.regenerate(),
  destroy: () => sessionStore.destroy(),
  update: () => sessionStore.update((s) => Object.assign(s, { n: 2 })),
  'update, not awaited': () => void sessionStore.update((s) => Object.assign(s, { n: 2 })),
  setCookie: () => sessionStore.setCookie('plain', 'x'),
  setSecureCookie: () => sessionStore.setSecureCookie('secure', 'x'),
  csrfToken: () => sessionStore.csrfToken(),
  getSession: async () => Object.assign((await sessionStore.getSession('other')) as Free, { n: 1 }),
}

async function* pieces(act: Act) {
  await act()
  yield 'a'
  yield 'b'
}

const makers: Record<string, (act: Act) => unknown> = {
  generator: pieces,
  'Node stream': (act) => Readable.from(pieces(act)),
  'web stream': (act) => ReadableStream.from(pieces(act)),
  'empty first piece': async function* (act) {
    await act()
    yield ''
    yield 'ab'
  },
}

const start = () => {
  free.n = 1
  free.list = [1]
}
/** The visible results of an act. */
const after = async () => {
  const other = (await sessionStore.getSession('other')) as Free
  return JSON.stringify([free.n, free.list, sessionStore.user, (await sessionStore.getFlashes()).length, other.n])
}

describe.each(kinds)('a %s session in the first piece of a stream', (kind) => {
  test.each(Object.keys(makers))('%s: whatever is done counts as in a handler', async (how) => {
    const site = await serveSite(kind, {
      '/start': () => start() ?? '',
      '/whole': async () => {
        await acts[request.args.get('act')!]!()
        return 'ab'
      },
      '/stream': () => makers[how]!(acts[request.args.get('act')!]!),
      '/after': after,
    })
    for (const act of Object.keys(acts)) {
      const seen: unknown[] = []
      for (const path of ['/whole', '/stream']) {
        const visitor = site.visitor()
        await visitor.ask('/start')
        site.later(1)
        const before = visitor.cookies.get(site.cookie)
        const answer = await visitor.ask(`${path}?act=${encodeURIComponent(act)}`)
        const names = setCookies(answer).map((cookie) => cookie.split('=')[0])
        const isNew = visitor.cookies.get(site.cookie) !== before
        seen.push([act, answer.status, answer.text, names, isNew, (await visitor.ask('/after')).text])
      }
      expect(seen[1]).toEqual(seen[0])
      expect(seen[0]).toContain(200)
    }
  })

  test('an error in it saves nothing, and is an ordinary error', async () => {
    const site = await serveSite(kind, {
      '/start': () => start() ?? '',
      '/403': async function* () {
        free.n = 2
        abort(403)
        yield ''
      },
      '/500': async function* () {
        free.n = 3
        yield* [] as string[]
        throw new Error('out of order')
      },
      '/after': after,
    })
    const visitor = site.visitor()
    await visitor.ask('/start')
    expect((await visitor.ask('/500')).status).toBe(500)
    expect((await visitor.ask('/after')).text).toBe('[1,[1],null,0,null]')
    expect((await visitor.ask('/403')).status).toBe(403)
    expect((await visitor.ask('/after')).text).toBe('[2,[1],null,0,null]') // as with any 4xx
  })

  test('status, headers and cookies can be set in it', async () => {
    const site = await serveSite(kind, {
      '/': async function* () {
        response.status = 201
        response.headers.set('X-Piece', 'first')
        free.n = 1
        yield 'a'
      },
    })
    const answer = await site.ask('/')
    expect([answer.status, answer.headers['x-piece'], setCookies(answer).length]).toEqual([201, 'first', 1])
  })
})
