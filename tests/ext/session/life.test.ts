import { describe, expect, jest, test } from '@jest/globals'
import { request } from 'tipfy'
import { sessionStore } from 'tipfy/ext/session'
import { RepositoryUnavailable } from '../../../lib/ext/session/repository/repository.ts'
import { count, free, kinds, serveSite, setCookies } from './site.ts'

describe.each(kinds)('the life of a %s session', (kind) => {
  test('tells whether it is new, and whether it differs from what is stored', async () => {
    const site = await serveSite(kind, {
      '/': () => {
        const before = [sessionStore.isNew, sessionStore.modified]
        free.n = 1
        return JSON.stringify([...before, sessionStore.modified, sessionStore.current.get('n')])
      },
    })
    const visitor = site.visitor()
    expect((await visitor.ask('/')).text).toBe('[true,false,true,1]')
    expect((await visitor.ask('/')).text).toBe('[false,false,false,1]')
  })

  test('belongs to a user by an id that is a text', async () => {
    const refused = (fn: () => unknown) =>
      new Promise((resolve) => resolve(fn())).then(
        () => 'taken',
        (error) => error.code,
      )
    const site = await serveSite(kind, {
      '/': async () => {
        const codes = [
          await refused(() => {
            sessionStore.user = 42 as never
          }),
          await refused(() => {
            sessionStore.user = ''
          }),
          await refused(() => {
            sessionStore.user = 'ü'.repeat(751)
          }),
          await refused(() => {
            sessionStore.user = 'half a pair: \ud83d'
          }),
          kind === 'datastore' ? await refused(() => sessionStore.listFor(42 as never)) : 'TIPFY_E_SESSION_USER',
        ]
        return JSON.stringify([...codes, sessionStore.user])
      },
    })
    const code = 'TIPFY_E_SESSION_USER'
    expect(JSON.parse((await site.visitor().ask('/')).text)).toEqual([code, code, code, code, code, null])
  })

  test('takes a new identity with regenerate(), and keeps its data', async () => {
    const site = await serveSite(kind, {
      '/': count,
      '/login': () => {
        sessionStore.regenerate()
        return count()
      },
    })
    const visitor = site.visitor()
    await visitor.ask('/')
    const old = visitor.cookies.get(site.cookie)!
    expect((await visitor.ask('/login')).text).toBe('2')
    expect(visitor.cookies.get(site.cookie)).not.toBe(old)
    expect((await visitor.ask('/')).text).toBe('3')
    if (kind === 'datastore') {
      const thief = site.visitor()
      thief.cookies.set(site.cookie, old)
      expect((await thief.ask('/')).text).toBe('1')
      expect(thief.cookies.get(site.cookie)).toBe(old)
    }
  })

  test('ends with destroy(), whatever becomes of the request; what is written afterwards begins a new one', async () => {
    const site = await serveSite(kind, {
      '/': count,
      '/logout': async () => {
        await sessionStore.destroy()
        return String(free.n)
      },
      '/throw': async () => {
        await sessionStore.destroy()
        throw new Error('no')
      },
      '/again': async () => {
        await sessionStore.destroy()
        free.n = 10
        return String(sessionStore.isNew)
      },
    })
    for (const path of ['/logout', '/throw']) {
      const visitor = site.visitor()
      await visitor.ask('/')
      const old = visitor.cookies.get(site.cookie)!
      await visitor.ask(path)
      expect(visitor.cookies.size).toBe(0)
      if (kind === 'datastore') {
        visitor.cookies.set(site.cookie, old)
        expect((await visitor.ask('/')).text).toBe('1')
      }
    }
    const visitor = site.visitor()
    await visitor.ask('/')
    expect((await visitor.ask('/again')).text).toBe('true')
    expect((await visitor.ask('/')).text).toBe('11')
  })

  test('is updated beside what the framework keeps in it: messages, the token, the version of its form', async () => {
    const site = await serveSite(
      kind,
      {
        '/begin': () => {
          sessionStore.regenerate()
          sessionStore.flash('kept')
          Object.assign(free, { n: 1, gone: 1, $own: 'mine' })
          return sessionStore.csrfToken()
        },
        '/update': async () => {
          const seen: string[] = []
          await sessionStore.update((s) => {
            const data = s as Record<string, unknown>
            seen.push(...Object.keys(data))
            data.n = 2
            delete data.gone
          })
          return seen.sort().join()
        },
        '/show': async () => {
          await sessionStore.checkCsrf()
          return JSON.stringify([free, await sessionStore.getFlashes()])
        },
      },
      { session: { dataVersion: 3 } },
    )
    const visitor = site.visitor()
    const _csrf = (await visitor.ask('/begin')).text
    expect((await visitor.ask('/update')).text).toBe('$own,gone,n')
    const shown = (await visitor.post('/show', { _csrf })).text
    expect(JSON.parse(shown)).toEqual([{ n: 2, $own: 'mine' }, [{ message: 'kept', level: 'info' }]])
  })

  test('takes several updates of one request at once, the first of them too', async () => {
    const add = (s: object) => Object.assign(s, { n: ((s as { n?: number }).n ?? 0) + 1 })
    const site = await serveSite(kind, {
      '/': async () => String(await Promise.all([1, 2, 3].map(() => sessionStore.update(add)))),
      '/n': () => String(free.n),
    })
    const visitor = site.visitor()
    expect((await visitor.ask('/')).text).toBe('true,true,true')
    expect((await visitor.ask('/n')).text).toBe('3')
  })

  test('is not updated by a function that would be waited for', async () => {
    const site = await serveSite(kind, {
      '/': async () => {
        const update = sessionStore.update(async (s) => Object.assign(s, { n: 1 }))
        return update.then(
          () => 'taken',
          (error) => `${error.code} ${JSON.stringify(free)}`,
        )
      },
    })
    const answer = await site.visitor().ask('/')
    expect([answer.text, setCookies(answer)]).toEqual(['TIPFY_E_SESSION_UPDATE {}', []])
  })

  test('is not updated by what is no function', async () => {
    const site = await serveSite(kind, {
      '/': () => sessionStore.update({ n: 1 } as never).catch((error) => error.message),
    })
    expect((await site.visitor().ask('/')).text).toContain(
      'takes a function that returns nothing, but was given an object',
    )
  })

  test('changes at once with update(), which an error of the handler does not take back', async () => {
    type Counted = { n?: number; list?: number[] }
    const add = (s: object) => {
      const counted = s as Counted
      counted.n = (counted.n ?? 0) + 1
      return { returned: 'does not matter' }
    }
    const site = await serveSite(kind, {
      '/add': async () => String(await sessionStore.update(add)),
      '/n': () => JSON.stringify(free),
      '/throw': async () => {
        free.lost = true
        await sessionStore.update(add)
        throw new Error('no')
      },
      '/both': async () => {
        free.mine = 'unsaved'
        await sessionStore.update(add)
        return JSON.stringify(free)
      },
      '/async': () => sessionStore.update(async () => {}),
      '/bad': () => sessionStore.update((s) => Object.assign(s, { bad: () => 1 })),
    })
    const visitor = site.visitor()
    expect((await visitor.ask('/throw')).status).toBe(500)
    expect((await visitor.ask('/n')).text).toBe('{"n":1}')
    expect((await visitor.ask('/add')).text).toBe('true')
    expect((await visitor.ask('/both')).text).toBe('{"n":3,"mine":"unsaved"}')
    expect((await visitor.ask('/n')).text).toBe('{"n":3,"mine":"unsaved"}')
    expect((await visitor.ask('/async')).status).toBe(500)
    expect((await visitor.ask('/bad')).status).toBe(500)
    expect((await visitor.ask('/n')).text).toBe('{"n":3,"mine":"unsaved"}')
  })

  test('what it is told to live is checked', async () => {
    const values = [0, -1, Number.NaN, Infinity, 1e11, 1000.5]
    let value = 0
    const site = await serveSite(kind, {
      '/': () => {
        sessionStore.expiration = value
        return count()
      },
    })
    const statuses: number[] = []
    for (value of values) statuses.push((await site.visitor().ask('/')).status)
    expect(statuses).toEqual([500, 500, 500, 500, 500, 200])
    const visitor = site.visitor()
    await visitor.ask('/')
    expect((await visitor.ask('/')).text).toBe('2')
  })

  test('update() with nothing to keep sets no cookie, and keys of any name survive it', async () => {
    const site = await serveSite(kind, {
      '/nothing': async () => String(await sessionStore.update(() => {})),
      '/proto': async () => {
        sessionStore.flash('hidden')
        await sessionStore.update((s) => Object.defineProperty(s, '__proto__', { value: { a: 1 }, enumerable: true }))
        return JSON.stringify([...free])
      },
    })
    expect(setCookies(await site.visitor().ask('/nothing'))).toEqual([])
    expect((await site.visitor().ask('/proto')).text).toBe('[["__proto__",{"a":1}]]')
  })

  test('is not lost to a handler that forgets to await destroy() or update()', async () => {
    const site = await serveSite(kind, {
      '/': count,
      '/read': () => String(free.n),
      '/logout': () => {
        void sessionStore.destroy()
        return ''
      },
      '/update': () => {
        void sessionStore.update((s) => Object.assign(s, { n: 7 }))
        return ''
      },
    })
    const visitor = site.visitor()
    await visitor.ask('/update')
    expect((await visitor.ask('/read')).text).toBe('7')
    const old = visitor.cookies.get(site.cookie)
    await visitor.ask('/logout')
    expect(visitor.cookies.size).toBe(0)
    if (kind === 'datastore') {
      const late = await site.ask('/read', { headers: { cookie: `${site.cookie}=${old}` } })
      expect(late.text).toBe('undefined')
    }
  })

  test('is not updated by a function that calls update()', async () => {
    const site = await serveSite(kind, {
      '/': count,
      '/nested': async () => {
        let inner: Promise<unknown> | undefined
        const outer = sessionStore.update((s) => {
          inner ??= sessionStore.update((s) => Object.assign(s, { n: 7 })).catch((error) => (error as Error).message)
          Object.assign(s, { n: 5 })
        })
        return JSON.stringify([
          await outer,
          await inner,
          await sessionStore.update((s) => Object.assign(s, { m: 1 })),
          free.n,
        ])
      },
      '/read': () => JSON.stringify([...free]),
    })
    const visitor = site.visitor()
    await visitor.ask('/')
    expect(JSON.parse((await visitor.ask('/nested')).text)).toEqual([
      true,
      expect.stringContaining('was given one that calls it'),
      true,
      5,
    ])
    expect(JSON.parse((await visitor.ask('/read')).text)).toEqual([
      ['n', 5],
      ['m', 1],
    ])
  })

  test('is a new one after destroy(), whether or not the handler awaits that', async () => {
    const site = await serveSite(kind, {
      '/': count,
      '/read': async () => JSON.stringify([[...free], sessionStore.user, await sessionStore.getFlashes()]),
      '/logout': () => {
        free.lost = 1
        void sessionStore.destroy()
        free.kept = sessionStore.user
        sessionStore.flash('Logged out.')
        return ''
      },
      '/twice': () => {
        void sessionStore.destroy()
        free.lost = 1
        void sessionStore.destroy()
        free.kept = 2
        return ''
      },
      '/update': () => {
        void sessionStore.update((s) => Object.assign(s, { lost: 2 }))
        void sessionStore.destroy()
        void sessionStore.update((s) => Object.assign(s, { kept: 3 }))
        return ''
      },
    })
    for (const [path, kept] of [
      ['/logout', [[['kept', null]], null, [{ message: 'Logged out.', level: 'info' }]]],
      ['/twice', [[['kept', 2]], null, []]],
      ['/update', [[['kept', 3]], null, []]],
    ] as const) {
      const visitor = site.visitor()
      await visitor.ask('/')
      const former = visitor.cookies.get(site.cookie)
      expect((await visitor.ask(path)).status).toBeLessThan(400)
      expect([path, JSON.parse((await visitor.ask('/read')).text)]).toEqual([path, kept])
      if (kind === 'securecookie') continue
      const late = await site.ask('/read', { headers: { cookie: `${site.cookie}=${former}` } })
      expect(late.text).toBe('[[],null,[]]')
    }
  })

  test('cannot be used in preInitRequest, with a cookie or without, and is none the worse for the attempt', async () => {
    let early: () => unknown = () => {}
    const site = await serveSite(kind, { '/': count }, { hooks: { preInitRequest: [() => void early()] } })
    const visitor = site.visitor()
    await visitor.ask('/')
    for (const use of [() => free.n, () => Object.assign(free, { n: 9 }), () => sessionStore.user]) {
      early = use
      for (const one of [visitor, site.visitor()]) {
        const answer = await one.ask('/')
        expect([answer.status, setCookies(answer)]).toEqual([500, []])
        expect(site.lines.at(-1)!.fields.err).toMatchObject({ code: 'TIPFY_E_SESSION_EARLY' })
      }
    }
    early = () => {}
    expect((await visitor.ask('/')).text).toBe('2')
  })
})

test.each([
  '/everywhere',
  '/revoke',
])('what is written after %s, which is not awaited, is of a new session', async (path) => {
  const site = await serveSite('datastore', {
    '/': () => {
      sessionStore.user = 'ann'
      return count()
    },
    '/list': async () => (await sessionStore.listFor('ann'))[0]!.id,
    '/everywhere': () => {
      void sessionStore.destroyAllFor('ann')
      sessionStore.flash('Logged out.')
      return ''
    },
    '/revoke': () => {
      void sessionStore.revoke('ann', request.args.get('id')!)
      sessionStore.flash('Logged out.')
      return ''
    },
    '/read': async () => JSON.stringify([[...free], sessionStore.user, await sessionStore.getFlashes()]),
  })
  const visitor = site.visitor()
  await visitor.ask('/')
  const id = (await visitor.ask('/list')).text
  await visitor.ask(`${path}?id=${id}`)
  const read = JSON.parse((await visitor.ask('/read')).text)
  expect(read).toEqual([[], null, [{ message: 'Logged out.', level: 'info' }]])
})

test('a destroy() that fails leaves the session as it was', async () => {
  const site = await serveSite('datastore', {
    '/': count,
    '/logout': async () => {
      free.kept = 1
      const failure = await sessionStore.destroy().catch((error) => (error as { code: unknown }).code)
      return JSON.stringify([failure, ...free])
    },
    '/read': () => JSON.stringify([...free]),
  })
  const visitor = site.visitor()
  await visitor.ask('/')
  const failing = jest.spyOn(site.sessions.repository!, 'destroy')
  failing.mockRejectedValue(new RepositoryUnavailable('destroyed', 'it is out of reach'))
  const answer = await visitor.ask('/logout')
  failing.mockRestore()
  const data = [
    ['n', 1],
    ['kept', 1],
  ]
  expect([JSON.parse(answer.text), setCookies(answer)]).toEqual([[503, ...data], []])
  expect(JSON.parse((await visitor.ask('/read')).text)).toEqual(data)
})

test('a record whose data another program broke counts as none, and is reported', async () => {
  const site = await serveSite('datastore', {
    '/': count,
    '/update': async () => String(await sessionStore.update((s) => Object.assign(s, { n: 5 }))),
  })
  const { repository: records } = site.sessions
  for (const path of ['/', '/update']) {
    const visitor = site.visitor()
    await visitor.ask('/')
    const { load } = records!
    records!.load = async (sid) => {
      const loaded = await load.call(records, sid)
      return loaded.state === 'live' ? { state: 'live', record: { ...loaded.record, data: '{broken' } } : loaded
    }
    site.lines.length = 0
    expect((await visitor.ask(path)).text).toBe(path === '/' ? '1' : 'true')
    expect(site.lines).toEqual([expect.objectContaining({ level: 'error' })])
    records!.load = load
    expect((await visitor.ask('/')).text).toBe(path === '/' ? '2' : '6')
  }
})

test.each([
  [async () => ({}), 'an instance of Promise'],
  [() => undefined, 'undefined'],
])('a merge() that returns no data is a named error, and what is stored stays: %#', async (merge, what) => {
  let reached = () => {}
  const loaded = new Promise<void>((resolve) => {
    reached = resolve
  })
  let goOn = () => {}
  const told = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const slow = async () => {
    free.n = 50
    reached()
    await told
    return ''
  }
  const site = await serveSite('datastore', { '/': count, '/slow': slow }, { session: { merge } })
  const visitor = site.visitor()
  await visitor.ask('/')
  const late = visitor.ask('/slow')
  await loaded
  await visitor.ask('/')
  goOn()
  expect((await late).status).toBe(500)
  const { code, message } = site.lines.at(-1)!.fields.err as { code: string; message: string }
  expect([code, message]).toEqual(['TIPFY_E_SESSION_FUNCTION', expect.stringContaining(`\`merge\` must return`)])
  expect(message).toContain(what)
  expect((await visitor.ask('/')).text).toBe('3')
})

test('a login shortly before the absolute end of the session before it has all of its idle time', async () => {
  const site = await serveSite(
    'datastore',
    {
      '/': () => String(free.user),
      '/touch': () => sessionStore.touch(),
      '/login': () => {
        sessionStore.regenerate()
        sessionStore.user = free.user = 'ann'
      },
      '/begin': () => {
        free.user = 'nobody'
      },
    },
    { session: { expiration: 1000, absoluteExpiration: 2500 } },
  )
  const visitor = site.visitor()
  await visitor.ask('/begin')
  for (const seconds of [900, 900, 600]) {
    site.later(seconds)
    await visitor.ask('/touch')
  }
  await visitor.ask('/login')
  site.later(900)
  expect((await visitor.ask('/')).text).toBe('ann')
})

describe('what a handler holds of the session', () => {
  test.each(kinds)('is still the session after update() (%s)', async (kind) => {
    const site = await serveSite(kind, {
      '/begin': () => {
        free.list = ['a']
        free.deep = { map: new Map([['k', { n: 1 }]]) }
      },
      '/': async () => {
        const { list } = free
        const entry = free.deep.map.get('k')
        await sessionStore.update((s) => Object.assign(s, { n: 1 }))
        list.push('b')
        entry.n = 2
      },
      '/both': async () => {
        const { list, deep } = free
        list.push('c')
        await sessionStore.update((s) => {
          const data = s as Record<string, string[] | { x?: number }>
          ;(data.list as string[]).unshift('z')
          ;(data.deep as { x: number }).x = 1
        })
        list.push('d')
        deep.y = 2
      },
      '/end': async () => {
        const { list } = free
        await sessionStore.update((s) => Object.assign(s, { n: 2 }))
        list.push('e')
        await sessionStore.destroy()
        return String(free.list)
      },
      '/list': () => String(free.list),
      '/show': () => JSON.stringify([free.list, free.deep.map.get('k'), free.deep.x, free.deep.y, free.n]),
    })
    const visitor = site.visitor()
    await visitor.ask('/begin')
    await visitor.ask('/')
    expect((await visitor.ask('/show')).text).toBe('[["a","b"],{"n":2},null,null,1]')
    await visitor.ask('/both')
    expect((await visitor.ask('/show')).text).toBe('[["z","a","b","c","d"],{"n":2},1,2,1]')
    expect((await visitor.ask('/end')).text).toBe('undefined')
    expect((await visitor.ask('/list')).text).toBe('undefined')
  })
})
