// ATTACKS.md, "Life of a session", "Many at once" and "Faults", over HTTP: each test is named by its line.
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { request } from 'tipfy'
import { sessionStore } from 'tipfy/ext/session'
import { RepositoryUnavailable } from '../../../lib/ext/session/repository/repository.ts'
import { count, free, kinds, type Site, serveSite, setCookies } from './site.ts'

/** A point that a handler waits at until the test lets it go on. */
function gate() {
  let arrived = () => {}
  let open = () => {}
  const reached = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return {
    reached,
    open: () => open(),
    wait() {
      arrived()
      return opened
    },
  }
}

let slow = gate()
const handlers = {
  '/': count,
  '/read': () => String(free.n ?? 'new'),
  '/login': () => {
    sessionStore.regenerate()
    sessionStore.user = request.args.get('user')
    return count()
  },
  '/renew': () => {
    sessionStore.regenerate()
    return ''
  },
  '/renew/write': () => {
    sessionStore.regenerate()
    return count()
  },
  '/logout': async () => {
    await sessionStore.destroy()
    return ''
  },
  '/everywhere': async () =>
    String(await sessionStore.destroyAllFor(request.args.get('user')!, { exceptCurrent: request.args.has('keep') })),
  '/list': async () => JSON.stringify(await sessionStore.listFor(request.args.get('user')!)),
  '/revoke': async () => String(await sessionStore.revoke(request.args.get('user')!, request.args.get('id')!)),
  '/user': () => String(sessionStore.user),
  '/slow-write': async () => {
    count()
    await slow.wait()
    return count()
  },
  '/slow-touch': async () => {
    sessionStore.touch()
    void free.n
    await slow.wait()
    return ''
  },
  '/slow-update': async () => {
    await slow.wait()
    return String(await sessionStore.update((s) => Object.assign(s, { n: 100 })))
  },
  '/slow-login': async () => {
    sessionStore.regenerate()
    await slow.wait()
    return count()
  },
  '/key': () => {
    free[request.args.get('key')!] = 1
    return ''
  },
  '/push': () => String(free.setDefault('list', []) && free.list.push(request.args.get('key'))),
  '/update': async () => String(await sessionStore.update((s) => (s as { n: number }).n++)),
  '/all': () => JSON.stringify(free),
  '/throw': () => {
    count()
    throw new Error('no')
  },
  '/none': () => 'no session',
  '/caught': () => {
    try {
      return String(free.n)
    } catch (error) {
      return (error as Error).name
    }
  },
}

describe('datastore:', () => {
  const serve = (session: object = {}) => serveSite('datastore', handlers, { session })
  const withId = (site: Site, id: string, path: string) =>
    site.ask(path, { headers: { cookie: `${site.cookie}=${id}` } })

  test('12: an id planted by an attacker is dead after the login', async () => {
    const site = await serve()
    const attacker = site.visitor()
    await attacker.ask('/')
    const planted = attacker.cookies.get(site.cookie)!
    const victim = site.visitor()
    victim.cookies.set(site.cookie, planted)
    expect((await victim.ask('/login?user=v')).text).toBe('2')
    expect(victim.cookies.get(site.cookie)).not.toBe(planted)
    const answer = await attacker.ask('/read')
    expect([answer.text, setCookies(answer)]).toEqual(['new', []])
    await attacker.ask('/')
    expect((await victim.ask('/read')).text).toBe('2')
  })

  test.each([
    '/slow-write',
    '/slow-touch',
    '/slow-update',
  ])('13: %s is in flight at a logout: the id stays dead, no cookie', async (path) => {
    const site = await serve()
    const visitor = site.visitor()
    await visitor.ask('/')
    const id = visitor.cookies.get(site.cookie)!
    slow = gate()
    const late = withId(site, id, path)
    await slow.reached
    const { dropped } = site.sessions.repository!.stats
    await visitor.ask('/logout')
    slow.open()
    const answer = await late
    expect([answer.status, setCookies(answer)]).toEqual([200, []])
    if (path === '/slow-update') expect(answer.text).toBe('false')
    if (path !== '/slow-touch') expect(site.sessions.repository!.stats.dropped).toBeGreaterThan(dropped)
    expect((await withId(site, id, '/read')).text).toBe('new')
    const again = await withId(site, id, '/')
    expect([again.text, setCookies(again)]).toEqual(['1', []])
  })

  test('14: two tabs that log in at once both leave the browser logged in; a dead id leads to no new one', async () => {
    const site = await serve()
    const visitor = site.visitor()
    await visitor.ask('/')
    const old = visitor.cookies.get(site.cookie)!
    slow = gate()
    const first = withId(site, old, '/slow-login')
    await slow.reached
    const second = await withId(site, old, '/login?user=u')
    slow.open()
    const ids = [await first, second].map((answer) => setCookies(answer)[0]!.match(/=([^;]+)/)![1]!)
    expect(new Set([...ids, old]).size).toBe(3)
    for (const id of ids) expect((await withId(site, id, '/read')).text).not.toBe('new')
    const dead = await withId(site, old, '/read')
    expect([dead.text, setCookies(dead)]).toEqual(['new', []])
    // A third that comes with the dead id and logs in has a session of its own, without what the others hold.
    const third = await withId(site, old, '/login?user=w')
    const id = setCookies(third)[0]!.match(/=([^;]+)/)![1]!
    expect([third.text, (await withId(site, id, '/user')).text]).toEqual(['1', 'w'])
  })

  test.each([
    ['/renew', 0],
    ['/renew/write', 1],
  ])('14: a dead id gets neither user nor data by a new id, and a cookie only if it wrote something: %s', async (path, cookies) => {
    const site = await serve()
    const owner = site.visitor()
    await owner.ask('/login?user=u')
    const copy = owner.cookies.get(site.cookie)!
    await owner.ask('/renew')
    const answer = await withId(site, copy, path)
    expect([answer.status, answer.text, setCookies(answer).length]).toEqual([200, cookies === 0 ? '' : '1', cookies])
    for (const cookie of setCookies(answer)) {
      const id = cookie.match(/=([^;]+)/)![1]!
      expect((await withId(site, id, '/user')).text).toBe('null')
    }
    expect([(await owner.ask('/user')).text, (await owner.ask('/read')).text]).toEqual(['u', '1'])
    expect(JSON.parse((await owner.ask('/list?user=u')).text)).toHaveLength(1)
  })

  test('15: destroyAllFor: what was committed before is dead, what comes after lives, also at once', async () => {
    const site = await serve()
    const devices = [site.visitor(), site.visitor(), site.visitor()]
    for (const device of devices) await device.ask('/login?user=u')
    const other = site.visitor()
    await other.ask('/login?user=other')
    expect((await devices[0]!.ask('/everywhere?user=u&keep')).text).toBe('2')
    expect((await devices[0]!.ask('/read')).text).toBe('1')
    expect((await devices[1]!.ask('/read')).text).toBe('new')
    await devices[1]!.ask('/login?user=u')
    expect((await devices[1]!.ask('/read')).text).toBe('1')
    const all = await devices[0]!.ask('/everywhere?user=u')
    expect([all.text, setCookies(all)[0]]).toEqual(['2', expect.stringContaining('Max-Age=0')])
    for (const device of devices) expect((await device.ask('/read')).text).toBe('new')
    await devices[0]!.ask('/login?user=u')
    expect((await devices[0]!.ask('/user')).text).toBe('u')
    expect((await other.ask('/user')).text).toBe('other')
  })

  test('15: a page of sessions: listed, one revoked, only those of the user', async () => {
    const site = await serve()
    const [here, there, other] = [site.visitor(), site.visitor(), site.visitor()]
    for (const device of [here, there]) await device.ask('/login?user=u')
    await other.ask('/login?user=other')
    const list = JSON.parse((await here.ask('/list?user=u')).text) as { id: string; current: boolean }[]
    expect(list.map(({ current }) => current).sort()).toEqual([false, true])
    expect(JSON.stringify(list)).not.toContain(here.cookies.get(site.cookie)!.split('|')[1]!.split('.')[0])
    const id = encodeURIComponent(list.find(({ current }) => !current)!.id)
    expect((await other.ask(`/revoke?user=other&id=${id}`)).text).toBe('false')
    expect((await there.ask('/read')).text).toBe('1')
    expect((await here.ask(`/revoke?user=u&id=${id}`)).text).toBe('true')
    expect((await there.ask('/read')).text).toBe('new')
    expect((await here.ask('/read')).text).toBe('1')
    const own = encodeURIComponent(list.find(({ current }) => current)!.id)
    await here.ask(`/revoke?user=u&id=${own}`)
    expect(here.cookies.size).toBe(0)
  })

  test('18: requests at once on one session, through two servers: every key, every element, every count is there', async () => {
    // A slow machine is no store out of reach.
    const site = await serve({ storeTimeout: 20 })
    const twin = await serve({ storeTimeout: 20, dataFolder: site.sessions.settings.dataFolder })
    const visitor = site.visitor()
    await visitor.ask('/')
    const id = visitor.cookies.get(site.cookie)!
    const N = 40
    const everywhere = (path: (index: number) => string) =>
      Promise.all(Array.from({ length: N }, (_, index) => withId(index % 2 ? site : twin, id, path(index))))
    for (const answers of [
      await everywhere((index) => `/key?key=k${index}`),
      await everywhere((index) => `/push?key=p${index}`),
      await everywhere(() => '/update'),
    ]) {
      expect(answers.map(({ status }) => status)).toEqual(Array(N).fill(200))
    }
    const { n, list, ...keys } = JSON.parse((await visitor.ask('/all')).text)
    expect([n, list.length, new Set(list).size, Object.keys(keys).length]).toEqual([1 + N, N, N, N])
  })

  test('25: a store that cannot be reached: 503 and no cookie at the first use; pages that use none do not notice', async () => {
    const site = await serve()
    const visitor = site.visitor()
    await visitor.ask('/')
    const records = site.sessions.repository!
    const { load } = records
    records.load = () => Promise.reject(new RepositoryUnavailable('loaded', 'it is down', 7))
    const down = await visitor.ask('/')
    expect([down.status, setCookies(down), down.headers['retry-after']]).toEqual([503, [], '7'])
    records.load = () => Promise.reject(new RepositoryUnavailable('loaded', 'permission denied', null))
    const refused = await visitor.ask('/')
    expect([refused.status, setCookies(refused), refused.headers['retry-after']]).toEqual([503, [], undefined])
    expect((await visitor.ask('/logout')).status).toBe(200) // the store could be told
    records.load = load
    const unused = site.visitor()
    await unused.ask('/')
    records.load = () => Promise.reject(new RepositoryUnavailable('loaded', 'it is down'))
    const answer = await unused.ask('/none')
    expect([answer.status, answer.text, setCookies(answer)]).toEqual([200, 'no session', []])
    expect((await unused.ask('/caught')).text).toBe('ServiceUnavailable')
    records.load = load
    expect((await unused.ask('/read')).text).toBe('1')
  })

  test('25: a save that fails: 503, no cookie, the stored state stays', async () => {
    const site = await serve()
    const visitor = site.visitor()
    await visitor.ask('/')
    const records = site.sessions.repository!
    const failing = () => Promise.reject(new RepositoryUnavailable('saved', 'it is down'))
    const { save, create } = records
    records.save = failing
    records.create = failing
    for (const one of [visitor, site.visitor()]) {
      const answer = await one.ask('/')
      expect([answer.status, setCookies(answer)]).toEqual([503, []])
    }
    Object.assign(records, { save, create })
    expect((await visitor.ask('/')).text).toBe('2')
  })

  test("25: with onStoreError 'anonymous' the session is empty and cannot be written, and the user's cookie stays", async () => {
    const site = await serve({ onStoreError: 'anonymous' })
    const visitor = site.visitor()
    await visitor.ask('/')
    const records = site.sessions.repository!
    const { load } = records
    records.load = () => Promise.reject(new RepositoryUnavailable('loaded', 'it is down'))
    const read = await visitor.ask('/read')
    expect([read.text, setCookies(read)]).toEqual(['new', []])
    expect((await visitor.ask('/')).status).toBe(503)
    records.load = load
    expect((await visitor.ask('/')).text).toBe('2')
  })
})

test('securecookie: what cannot be listed or revoked says so, and what to use', async () => {
  const site = await serveSite('securecookie', handlers)
  for (const path of ['/list?user=u', '/everywhere?user=u', '/revoke?user=u&id=i']) {
    expect((await site.ask(path)).status).toBe(500)
    const error = site.lines.at(-1)!.fields.err as { code: string; message: string }
    expect([error.code, error.message.includes('setDatastoreSession')]).toEqual(['TIPFY_E_SESSION_COOKIE_KIND', true])
  }
  const visitor = site.visitor()
  await visitor.ask('/login?user=u')
  expect((await visitor.ask('/user')).text).toBe('u')
})

describe.each(kinds)('%s:', (kind) => {
  test('12: login gives a new cookie value, and the old one no longer passes for the login', async () => {
    const site = await serveSite(kind, handlers)
    const visitor = site.visitor()
    await visitor.ask('/')
    const old = visitor.cookies.get(site.cookie)!
    await visitor.ask('/login?user=u')
    const before = await site.ask('/user', { headers: { cookie: `${site.cookie}=${old}` } })
    expect(before.text).toBe('null')
  })

  test('16: idle and absolute expiry are seen on read', async () => {
    const site = await serveSite(kind, handlers, { session: { expiration: 100, absoluteExpiration: 150 } })
    const [idle, busy] = [site.visitor(), site.visitor()]
    await idle.ask('/')
    await busy.ask('/')
    site.later(99)
    expect((await busy.ask('/')).text).toBe('2')
    site.later(1)
    expect((await idle.ask('/read')).text).toBe('new')
    site.later(50)
    expect((await busy.ask('/read')).text).toBe('new')
  })

  test('21: 200 requests at once never see each other', async () => {
    const site = await serveSite(kind, {
      '/set': async () => {
        const own = request.args.get('own')!
        free.own = own
        await new Promise(setImmediate)
        return `${own}=${free.own}`
      },
      '/get': async () => {
        await new Promise(setImmediate)
        return String(free.own)
      },
    })
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const visitor = site.visitor()
        expect((await visitor.ask(`/set?own=${index}`)).text).toBe(`${index}=${index}`)
        expect((await visitor.ask('/get')).text).toBe(String(index))
      }),
    )
  })

  test('26: the handler throws, or the client goes away: nothing is half saved', async () => {
    const site = await serveSite(kind, handlers)
    const visitor = site.visitor()
    await visitor.ask('/')
    expect((await visitor.ask('/throw')).status).toBe(500)
    expect((await visitor.ask('/read')).text).toBe('1')
    slow = gate()
    const socket = connect(site.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(
      `GET /slow-write HTTP/1.1\r\nHost: a\r\nCookie: ${site.cookie}=${visitor.cookies.get(site.cookie)}\r\n\r\n`,
    )
    await slow.reached
    socket.destroy()
    await once(socket, 'close')
    slow.open()
    // Whole or not at all: two steps of the counter, never one.
    const after = Number((await visitor.ask('/read')).text)
    expect(kind === 'datastore' ? [1, 3] : [1]).toContain(after)
  })

  test('26: the server is told to stop in the middle of a request: it is answered and saved whole', async () => {
    const site = await serveSite(kind, handlers)
    const visitor = site.visitor()
    await visitor.ask('/')
    slow = gate()
    const answer = visitor.ask('/slow-write')
    await slow.reached
    const closed = site.close()
    slow.open()
    expect((await answer).text).toBe('3')
    await closed
  })
})

test('22: parallel writes of a cookie session lose one another, of a datastore session they do not: as documented', async () => {
  const lists: unknown[] = []
  for (const kind of kinds) {
    const site = await serveSite(kind, handlers)
    const visitor = site.visitor()
    await visitor.ask('/')
    const { cookies } = visitor
    const sent = `${site.cookie}=${cookies.get(site.cookie)}`
    const answers = await Promise.all(
      ['a', 'b'].map((key) => site.ask(`/push?key=${key}`, { headers: { cookie: sent } })),
    )
    const last = setCookies(answers[1]!)[0]?.match(/^[^;]+/)?.[0] ?? sent
    const { list } = JSON.parse((await site.ask('/all', { headers: { cookie: last } })).text)
    lists.push(list.sort())
  }
  expect(lists).toEqual([['b'], ['a', 'b']])
})
