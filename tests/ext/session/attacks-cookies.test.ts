// ATTACKS.md, "Forged and broken cookies" and "Data": each test is named by its line.
import { beforeAll, describe, expect, test } from '@jest/globals'
import { sign } from 'cookie-signature'
import { request } from 'tipfy'
import { SessionTooLarge, sessionStore } from 'tipfy/ext/session'
import { count, type Free, free, key, kinds, type Site, serveSite, setCookies } from './site.ts'

const named = async (name: string) => {
  const one = (await sessionStore.getSession(name)) as Free
  one.n = (one.n ?? 0) + 1
  return String(one.n)
}
let large: unknown
const handlers = {
  '/': count,
  '/read': () => String(free.n ?? 'new'),
  '/untouched': () => 'untouched',
  '/a': () => named('a'),
  '/b': () => named('b'),
  '/id': () => sessionStore.setSecureCookie('tipfy.session_id', 'x'.repeat(32)) ?? '',
  '/value': () => sessionStore.setSecureCookie('tipfy.session', { n: 7 }) ?? '',
  '/large': () => {
    free.large = large
    return 'stored'
  },
  '/large-size': () => String((free.large as string | undefined)?.length),
  '/sid': () => {
    free._sid = free.sid = free.$sid = large
    return ''
  },
}

const deletion = (name: string) => expect.stringMatching(new RegExp(`^${name.replace('.', '\\.')}=; Max-Age=0`))

describe.each(kinds)('%s:', (kind) => {
  let site: Site
  let good: string

  beforeAll(async () => {
    site = await serveSite(kind, handlers)
    const visitor = site.visitor()
    await visitor.ask('/')
    good = visitor.cookies.get(site.cookie)!
  })

  const loads = () => site.sessions.repository?.stats.loads ?? 0
  const commits = () => site.sessions.repository?.stats.commits ?? 0
  const send = (value: string, path = '/read') => site.ask(path, { headers: { cookie: `${site.cookie}=${value}` } })

  /** The value is no session: the answer is that of a new one, the cookie is cleared, one line is logged, no store is asked. */
  async function refused(value: string): Promise<void> {
    site.lines.length = 0
    const before = [loads(), commits()]
    const answer = await send(value)
    expect([answer.status, answer.text, setCookies(answer)]).toEqual([200, 'new', [deletion(site.cookie)]])
    expect(site.lines.map(({ level }) => level)).toEqual(['warn'])
    if (value.length > 8) expect(JSON.stringify(site.lines)).not.toContain(value.slice(-20))
    expect([loads(), commits()]).toEqual(before)
  }

  test('1: each byte of value, time and signature flipped is a new empty session, cleared, one line logged', async () => {
    for (let at = 0; at < good.length; at++) {
      await refused(good.slice(0, at) + String.fromCharCode(good.charCodeAt(at) ^ 1) + good.slice(at + 1))
    }
    expect((await send(good)).text).toBe('1')
  })

  test('1: it is cleared and logged also by a page that does not look at its session', async () => {
    site.lines.length = 0
    expect(setCookies(await send(`${good}x`, '/untouched'))).toEqual([deletion(site.cookie)])
    expect(site.lines.length).toBe(1)
  })

  test('2: truncated, overlong, wrong-length signature', async () => {
    for (let length = 1; length < good.length; length += 3) await refused(good.slice(0, length))
    await refused(`${good}A`)
    await refused(good + good)
    await refused(good + 'A'.repeat(5000))
    await refused('.'.repeat(44))
    await refused('|'.repeat(60))
    await refused(`%ff%${good}`)
  })

  test('3: a valid value of cookie A sent as cookie B', async () => {
    const visitor = site.visitor()
    await visitor.ask('/a')
    expect((await site.ask('/b', { headers: { cookie: `b=${visitor.cookies.get('a')}` } })).text).toBe('1')
    await refused(visitor.cookies.get('a')!)
    await visitor.ask(kind === 'datastore' ? '/id' : '/value')
    await refused(visitor.cookies.get(site.cookie)!)
    const other = await serveSite(kind === 'datastore' ? 'securecookie' : 'datastore', handlers)
    const foreign = other.visitor()
    await foreign.ask('/')
    await refused(foreign.cookies.get(other.cookie)!)
  })

  test('4: shifted boundaries, unsigned, older and weaker formats', async () => {
    const word = kind === 'datastore' ? 'id' : 'session'
    const time = site.now().toString(36)
    const payload =
      kind === 'datastore' ? good.split('|')[1]!.split('.')[0]! : Buffer.from('{"n":9}').toString('base64url')
    const prefix = `${site.cookie}|${word}|`
    expect((await send(sign(`${prefix}${time}|${payload}`, key).slice(prefix.length))).text).toBe(
      kind === 'datastore' ? '1' : '9',
    )
    const shifted = [
      `${site.cookie}|${word}${time}||${payload}`,
      `${site.cookie}||${word}|${time}|${payload}`,
      `${site.cookie}${word}|${time}|${payload}`,
      `${word}|${time}|${payload}`,
      `${time}|${payload}`,
      payload,
    ]
    for (const text of shifted) {
      const signed = sign(text, key)
      for (const value of [
        signed,
        signed.slice(prefix.length),
        `${time}|${payload}${signed.slice(signed.lastIndexOf('.'))}`,
      ]) {
        await refused(value)
      }
    }
    const late = await send(sign(`${prefix}${time}z|${payload}`, key).slice(prefix.length))
    expect([late.text, setCookies(late)]).toEqual(['new', []]) // a time far in the future
    await refused(payload)
    await refused(`${time}|${payload}`)
    await refused(`${time}|${payload}.`)
    await refused(encodeURIComponent('{"n":9}'))
    await refused(`s%3A${sign(payload, key)}`)
    await refused(`${good.slice(0, good.lastIndexOf('.'))}.${'A'.repeat(43)}`)
  })

  test('5: a payload that names an id never selects a stored session', async () => {
    const victim = site.visitor()
    await victim.ask('/')
    large = victim.cookies.get(site.cookie)!.split('|')[1]!.split('.')[0]
    const thief = site.visitor()
    await thief.ask('/sid')
    expect((await thief.ask('/read')).text).toBe('new')
    const text = Buffer.from(JSON.stringify({ _sid: large, sid: large, $sid: large })).toString('base64url')
    await refused(`${site.now().toString(36)}|${text}.${'A'.repeat(43)}`)
  })

  test('7: an older value is as old as it says, whatever the browser was told', async () => {
    const ageing = await serveSite(kind, handlers, { session: { expiration: 100, cookie: { maxAge: 1e6 } } })
    const visitor = ageing.visitor()
    await visitor.ask('/')
    const first = visitor.cookies.get(ageing.cookie)!
    ageing.later(60)
    await visitor.ask('/')
    // Replayed within its age, a cookie session goes back in time: documented. A stored one does not.
    const replay = (path: string) => ageing.ask(path, { headers: { cookie: `${ageing.cookie}=${first}` } })
    expect((await replay('/read')).text).toBe(kind === 'datastore' ? '2' : '1')
    ageing.later(40)
    expect((await replay('/read')).text).toBe('new')
    expect((await visitor.ask('/read')).text).toBe('2')
  })

  test('8: issue times in the future beyond 60 s, negative, NaN, 10^20', async () => {
    const prefix = `${site.cookie}|${kind === 'datastore' ? 'id' : 'session'}|`
    const payload = good.split('|')[1]!.split('.')[0]!
    const at = (stamp: string) => sign(`${prefix}${stamp}|${payload}`, key).slice(prefix.length)
    expect((await send(at((site.now() + 55_000).toString(36)))).text).toBe('1')
    const ahead = await send(at((site.now() + 65_000).toString(36)))
    expect([ahead.text, setCookies(ahead)]).toEqual(['new', []]) // signed here, by a clock that is ahead: left alone
    for (const stamp of ['-5', 'NaN', (10 ** 20).toString(36), '', 'Infinity']) {
      await refused(at(stamp))
    }
    for (const stamp of ['1', '1e20', '0x5']) expect((await send(at(stamp))).text).toBe('new') // 1970: ours, and too old
  })

  test('9: the same name twice: the valid one; of two valid ones the newest, and a line in the log', async () => {
    const bad = `${good}x`
    const twice = (one: string, two: string) =>
      site.ask('/read', { headers: { cookie: `${site.cookie}=${one}; other=1; ${site.cookie}=${two}` } })
    for (const [one, two] of [
      [good, bad],
      [bad, good],
    ] as const) {
      const answer = await twice(one, two)
      expect([answer.text, setCookies(answer)]).toEqual(['1', []])
    }
    const visitor = site.visitor()
    site.later(1)
    await visitor.ask('/')
    await visitor.ask('/')
    const second = visitor.cookies.get(site.cookie)!
    site.lines.length = 0
    expect([(await twice(good, second)).text, (await twice(second, good)).text]).toEqual(['2', '2'])
    const line = 'several valid cookies of one name came, the newest counts'
    expect(site.lines.map(({ message }) => message)).toEqual([line, line])
  })

  test('9: as many as a header holds, planted by a neighbour, do not hide the real one', async () => {
    const stamp = good.slice(0, good.indexOf('|'))
    const planted = (value: (index: number) => string) => {
      const before = Array.from({ length: 150 }, (_, index) => `${site.cookie}=${value(index)}`)
      return { headers: { cookie: [...before, `${site.cookie}=${good}`].join('; ') } }
    }
    for (const value of [
      (index: number) => `x${index}`,
      (index: number) => `${stamp}|${index}.${'A'.repeat(43)}`,
      () => `${good.slice(0, 60)}`,
    ]) {
      site.lines.length = 0
      const answer = await site.ask('/read', planted(value))
      expect([answer.text, setCookies(answer), site.lines.length]).toEqual(['1', [], 1])
    }
  })

  test('10: ids of any length and shape, and floods, reach no store', async () => {
    for (const id of [
      'x'.repeat(1500),
      'x'.repeat(251),
      'a b',
      '../../x',
      '__x__',
      'a%0d%0ab',
      'a%00b',
      '%2e%2e%2f',
      '',
      '*',
    ]) {
      await refused(id || '-')
    }
    const prefix = `${site.cookie}|${kind === 'datastore' ? 'id' : 'session'}|`
    const long = sign(`${prefix}${site.now().toString(36)}|${'x'.repeat(kind === 'datastore' ? 250 : 5000)}`, key)
    await refused(long.slice(prefix.length))
    const before = [loads(), commits()]
    const flood = await Promise.all(
      Array.from({ length: 300 }, (_, index) => (index % 2 ? send(`forged${index}`) : site.ask('/read'))),
    )
    expect(
      flood.every((answer, index) => answer.text === 'new' && (index % 2 === 1 || setCookies(answer).length === 0)),
    ).toBe(true)
    expect([loads(), commits()]).toEqual(before)
  })

  test('10: an unknown but well-signed id creates nothing', async () => {
    if (kind === 'securecookie') return
    const prefix = `${site.cookie}|id|`
    const unknown = sign(`${prefix}${site.now().toString(36)}|${'u'.repeat(32)}`, key).slice(prefix.length)
    const before = commits()
    const answer = await send(unknown)
    expect([answer.text, setCookies(answer), commits()]).toEqual(['new', [], before])
    const written = await send(unknown, '/')
    expect(setCookies(written)[0]).not.toContain('uuuu')
  })

  test('11: ids in headers, query or body have no effect', async () => {
    const body = `${site.cookie}=${encodeURIComponent(good)}`
    const headers = {
      'x-session': good,
      'x-session-id': good,
      authorization: `Bearer ${good}`,
      'set-cookie': body,
      'content-type': 'application/x-www-form-urlencoded',
    }
    expect((await site.ask(`/read?${body}`, { method: 'POST', headers, body })).text).toBe('new')
  })

  test('22: a read sets no cookie', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(good)))
    expect(answers.flatMap(setCookies)).toEqual([])
  })

  test('28: keys and values that mean something elsewhere come back as they were, or are named errors', async () => {
    const odd = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":"x","~d":5}',
    )
    const data = await serveSite(kind, {
      '/set': () => {
        free.odd = [odd, undefined, '\ud800']
        free.set('__proto__', { polluted: 1 })
        free.set('constructor', 'c')
        return ''
      },
      '/get': () => JSON.stringify([free.odd, free.get('__proto__'), free.get('constructor'), Object.keys({})]),
      '/deep': () => {
        let deep: unknown = 1
        for (let depth = 0; depth < 10_000; depth++) deep = [deep]
        free.deep = deep
      },
      '/function': () => {
        free.f = { f: () => 1 }
      },
      '/million': () => {
        free.million = Array.from({ length: 1e6 }, (_, index) => index)
      },
    })
    const visitor = data.visitor()
    await visitor.ask('/set')
    expect((await visitor.ask('/get')).text).toBe(JSON.stringify([[odd, null, '\ud800'], { polluted: 1 }, 'c', []]))
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    for (const path of ['/deep', '/function', '/million']) expect((await visitor.ask(path)).status).toBe(500)
    const codes = data.lines.map(({ fields }) => (fields.err as { code?: string } | undefined)?.code)
    const tooLarge = kind === 'datastore' ? 'TIPFY_E_SESSION_RECORD_TOO_LARGE' : 'TIPFY_E_SESSION_TOO_LARGE'
    expect(codes).toEqual(['TIPFY_E_SESSION_DEPTH', 'TIPFY_E_SESSION_VALUE', tooLarge])
  })
})

describe('securecookie:', () => {
  test('29: at 4092 and 4093 bytes it is kept; at 4094 it is an error that names sizes and leaves the old cookie', async () => {
    let fill = ''
    const site = await serveSite('securecookie', {
      '/': async () => {
        const one = (await sessionStore.getSession(request.args.get('name')!)) as Free
        one.small = 1
        one.large = fill
        return String(one.large.length)
      },
    })
    for (const text of ['x'.repeat(2700), '€'.repeat(900)]) {
      const probe = site.visitor()
      fill = text
      await probe.ask('/?name=n')
      const valueLength = probe.cookies.get('n')!.length
      for (const bytes of [4092, 4093, 4094]) {
        const name = 'n'.repeat(bytes - 1 - valueLength)
        const visitor = site.visitor()
        fill = 'old'
        await visitor.ask(`/?name=${name}`)
        const old = visitor.cookies.get(name)
        fill = text
        const answer = await visitor.ask(`/?name=${name}`)
        expect([bytes, answer.status]).toEqual([bytes, bytes === 4094 ? 500 : 200])
        if (bytes === 4094) expect([visitor.cookies.get(name), setCookies(answer)]).toEqual([old, []])
        else expect(name.length + 1 + visitor.cookies.get(name)!.length).toBe(bytes)
      }
      const error = site.lines.at(-1)!.fields.err as SessionTooLarge
      expect(error).toBeInstanceOf(SessionTooLarge)
      expect(error.code).toBe('TIPFY_E_SESSION_TOO_LARGE')
      expect(error.message).toMatch(/4094 bytes.*large: 27\d\d, small: \d/)
    }
  })

  test('29: cookies that together would pass the header limit are refused before they lock the user out', async () => {
    const names = ['a', 'b', 'c', 'd', 'e']
    const site = await serveSite('securecookie', {
      ...Object.fromEntries(
        names.map((name) => [
          `/${name}`,
          async () => {
            const one = (await sessionStore.getSession(name)) as Free
            one.large = name.repeat(2500)
            return 'stored'
          },
        ]),
      ),
      '/read': () => 'still here',
    })
    const visitor = site.visitor()
    const answers: number[] = []
    for (const name of names) answers.push((await visitor.ask(`/${name}`)).status)
    expect(answers).toEqual([200, 200, 200, 500, 500])
    expect((await visitor.ask('/read')).text).toBe('still here')
    expect((site.lines.at(-1)!.fields.err as { code: string }).code).toBe('TIPFY_E_SESSION_COOKIES')
  })
})

test('30: a record over 1 MiB is a typed error, and what was stored before stays', async () => {
  const site = await serveSite('datastore', handlers)
  const visitor = site.visitor()
  large = 'x'.repeat(900_000)
  expect((await visitor.ask('/large')).status).toBe(200)
  large = 'x'.repeat(1_100_000)
  expect((await visitor.ask('/large')).status).toBe(500)
  expect((site.lines.at(-1)!.fields.err as { code: string }).code).toBe('TIPFY_E_SESSION_RECORD_TOO_LARGE')
  expect((await visitor.ask('/large-size')).text).toBe('900000')
})

describe.each(kinds)('%s:', (kind) => {
  test.each([
    '\r',
    '\n',
    '\r\nSet-Cookie: x=1',
    '\0',
    ';',
  ])('31: %j in a cookie name, value, path or domain is refused', async (bad) => {
    const site = await serveSite(kind, {
      '/name': () => sessionStore.setCookie(`a${bad}`, 'v') ?? '',
      '/value': () => sessionStore.setCookie('a', `v${bad}`) ?? '',
      '/path': () => sessionStore.setCookie('a', 'v', { path: `/${bad}` }) ?? '',
      '/domain': () => sessionStore.setCookie('a', 'v', { domain: `example.com${bad}` }) ?? '',
      '/delete': () => sessionStore.deleteCookie('a', { path: `/${bad}` }) ?? '',
      '/secure': () => sessionStore.setSecureCookie(`a${bad}`, 'v') ?? '',
      '/session': async () => void ((await sessionStore.getSession(`a${bad}`)) as Free).set('n', 1),
    })
    for (const path of ['/name', '/value', '/path', '/domain', '/delete', '/secure', '/session']) {
      const answer = await site.ask(path)
      expect([path, answer.status, setCookies(answer)]).toEqual([path, 500, []])
    }
  })
})
