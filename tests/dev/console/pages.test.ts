import { get } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { verbs } from '../../../lib/app/handler.ts'
import { type Site, secretKey, serveSite, textOf } from './site.ts'

/** Posts a form of a page of the console, with the fields that the page has filled in. */
async function post(site: Site, path: string, fields: Record<string, string>) {
  const page = (await site.look(path, { headers: cookieOf(site) })).text
  const hidden = [...page.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [
    name!,
    value!,
  ])
  const answer = await site.look(path, {
    method: 'POST',
    headers: {
      origin: `http://localhost:${site.port}`,
      'content-type': 'application/x-www-form-urlencoded',
      ...cookieOf(site),
    },
    body: new URLSearchParams({ ...Object.fromEntries(hidden), ...fields }).toString(),
  })
  for (const set of answer.headers['set-cookie'] ?? []) {
    const [, name, value] = set.match(/^([^=]+)=([^;]*)/)!
    if (/Max-Age=0/.test(set)) site.visitor.cookies.delete(name!)
    else site.visitor.cookies.set(name!, value!)
  }
  return { status: answer.status, said: new URL(answer.headers.location ?? '', 'http://x').searchParams.get('said') }
}

function cookieOf(site: Site): Record<string, string> {
  const cookie = [...site.visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  return cookie === '' ? {} : { cookie }
}

async function pageOf(site: Site, path: string): Promise<string> {
  const answer = await site.look(path, { headers: cookieOf(site) })
  expect([path, answer.status]).toEqual([path, 200])
  return textOf(answer.text)
}

let site: Site

describe('with sessions in Datastore, the console shows', () => {
  beforeEach(async () => {
    site = await serveSite('setDatastoreSession')
  })

  const recordPath = async () => {
    const list = (await site.look('sessions', { headers: cookieOf(site) })).text
    return list.match(/\/_tipfy\/(sessions\/[0-9a-f]{64})/)![1]!
  }

  test('the last requests, with status, endpoint and what they called', async () => {
    await site.visitor.ask('/cart?add=tea')
    await site.visitor.ask('/cart?add=milk')
    await site.visitor.ask('/nowhere')
    const page = await pageOf(site, '')
    expect(page).toMatch(/GET \/nowhere 404/)
    expect(page).toMatch(/GET \/cart\?add=milk 200 cart [\d.]+ 2 Datastore/)
    expect(page).toMatch(/GET \/cart\?add=tea 200 cart [\d.]+ 1 Datastore/)
  })

  test('one request with its hooks, its handler, its session and its calls, one after the other', async () => {
    await site.visitor.ask('/cart?add=tea')
    await site.visitor.ask('/cart?add=milk')
    const steps = (await pageOf(site, 'requests/2')).matchAll(
      /(hooks|handler|session|Datastore) (preSendResponse seeIt|Cart\.get|load|save|lookup Session|commit Session)/g,
    )
    expect([...steps].map(([, , step]) => step)).toEqual([
      'load',
      'lookup Session',
      'Cart.get',
      'preSendResponse seeIt',
      'save',
      'commit Session',
    ])
  })

  test('what a step threw, escaped', async () => {
    await site.ask('/failing')
    const { text } = await site.look('requests/1')
    expect(text).toContain('Error: it broke &lt;here&gt;')
  })

  test('that a step threw what cannot be looked at', async () => {
    await site.ask('/failing', { method: 'POST' })
    const { text } = await site.look('requests/1')
    expect(text).toContain('&lt;Revoked Proxy&gt;')
  })

  test('no cookie and no key of a request', async () => {
    await site.visitor.ask('/cart?add=tea')
    await site.visitor.ask('/cart', { headers: { authorization: 'Bearer hush' } })
    const cookie = [...site.visitor.cookies.values()][0]!
    for (const path of ['requests/1', 'requests/2']) {
      const { text } = await site.look(path)
      expect(text).not.toContain(cookie)
      expect(text).not.toContain('hush')
      expect(text).toMatch(/hidden \(\d+ characters\)/)
    }
  })

  /** Returns the requests that an open page is told of, until the server stops; `/hello/ann` comes meanwhile. */
  async function eventsSince(since: number): Promise<{ id: number; row: string }[]> {
    const events: { id: number; row: string }[] = []
    await new Promise<void>((resolve) => {
      const path = { port: site.port, path: `/_tipfy/events?since=${since}`, headers: { host: 'localhost' } }
      get(path, (incoming) => {
        incoming.setEncoding('utf8').on('data', (text: string) => {
          for (const [, json] of text.matchAll(/^data: (\{.*)$/gm)) events.push(JSON.parse(json!))
        })
        incoming.on('end', resolve)
        site.ask('/hello/ann').then(() => site.close())
      })
    })
    return events
  }

  test('each request while it is being served, to pages that are open, after those that they may have missed, until the server stops', async () => {
    const made = Number((await site.look('')).text.match(/data-made="(\d+)"/)![1])
    await site.ask('/hello/missed')
    const events = await eventsSince(made)
    expect(events.map(({ id }) => id)).toEqual([1, 2, 2])
    expect(textOf(events.at(-1)!.row)).toMatch(/GET \/hello\/ann 200 hello/)
  })

  test('no request again that a page shows', async () => {
    await site.ask('/hello/before')
    const events = await eventsSince(Date.now() + 60_000)
    expect(events.map(({ id }) => id)).toEqual([2, 2])
  })

  test('sessions, found by user, by what is in them and by the beginning of their name', async () => {
    await site.visitor.ask('/cart?add=tea&user=ann')
    const name = (await recordPath()).split('/')[1]!
    for (const query of ['user=ann', 'text=tea', `text=${name.slice(0, 10)}`, '']) {
      expect(await pageOf(site, `sessions?${query}`)).toContain(name.slice(0, 12))
    }
    for (const query of ['user=ben', 'text=coffee']) {
      expect(await pageOf(site, `sessions?${query}`)).toContain('None found')
    }
  })

  test('what is in a session, values of every type', async () => {
    await site.visitor.ask('/cart?add=tea&dated')
    const page = await pageOf(site, await recordPath())
    expect(page).toContain("{ things: [ 'tea' ], since: 2023-11-14T22:13:20.000Z }")
    expect(page).toContain('~{ "things"')
  })

  test('no session where there is none', async () => {
    expect((await site.look(`sessions/${'0'.repeat(64)}`)).status).toBe(404)
    expect((await site.look('sessions/x')).status).toBe(404)
  })

  test('that a changed session is changed for its browser', async () => {
    await site.visitor.ask('/cart?add=tea')
    const path = await recordPath()
    expect((await post(site, path, { do: 'change', data: '{"things":["cake","<b>"]}' })).said).toBe('Saved.')
    expect((await site.visitor.ask('/cart')).text).toBe('cake, <b>')
  })

  test('why what was typed is not saved', async () => {
    await site.visitor.ask('/cart?add=tea')
    const path = await recordPath()
    for (const data of ['{"things":', '[1]', '']) {
      expect((await post(site, path, { do: 'change', data })).said).toMatch(/^Not saved: /)
    }
    expect((await site.visitor.ask('/cart')).text).toBe('tea')
  })

  test('that a session which changed meanwhile is not overwritten', async () => {
    await site.visitor.ask('/cart?add=tea')
    const path = await recordPath()
    const stale = await post(site, path, { do: 'change', data: '{"things":["cake"]}', version: '7' })
    expect(stale.said).toMatch(/^Nothing was done/)
    expect((await site.visitor.ask('/cart')).text).toBe('tea')
  })

  test.each([
    ['expire', 'The session has expired.', 'expired'],
    ['revoke', 'The session is ended.', 'ended'],
  ])('the end of a session: %s', async (what, said, state) => {
    await site.visitor.ask('/cart?add=tea')
    const path = await recordPath()
    expect((await post(site, path, { do: what })).said).toBe(said)
    expect((await site.visitor.ask('/cart')).text).toBe('')
    expect(await pageOf(site, path)).toMatch(new RegExp(`Session \\w+ ${state}`))
  })

  test('kinds, entities and queries', async () => {
    await site.visitor.ask('/cart?add=tea&user=ann')
    await site.visitor.ask('/cart?add=milk')
    expect(await pageOf(site, 'datastore')).toMatch(/Session SessionUser/)
    const list = (await site.look('datastore/Session?property=username&value=ann')).text
    expect(textOf(list)).toMatch(/1 entity\..* 2 .*'\{"things":\["tea","milk"\]\}'.*'ann' '\S{16} \S{16}' /)
    expect(await pageOf(site, 'datastore/Session?property=username&value=ben')).toContain('None found')
    const link = list.match(/href="\/_tipfy\/(datastore\/Session\?key=[^"]+)"/)![1]!
    expect(await pageOf(site, link)).toMatch(/version 2 /)
  })

  test('what Datastore says to a query that it refuses', async () => {
    const answer = await site.look('datastore/Session?property=__key__&value=x')
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('Datastore rejected the query')
    for (const key of ['x', '[]', '{}', '[null]'])
      expect((await site.look(`datastore/Session?key=${key}`)).status).toBe(400)
  })

  test('what the store has counted', async () => {
    await site.visitor.ask('/cart?add=tea')
    await site.visitor.ask('/cart?add=milk')
    expect(await pageOf(site, 'counters')).toMatch(/loads 1 saves 2 transactions \d+ saves that had to read/)
  })

  test('what the requests cost, by endpoint, and which was the slowest', async () => {
    await site.visitor.ask('/cart?add=tea')
    await site.visitor.ask('/cart?add=milk')
    await site.ask('/hello/ann')
    await site.ask('/nowhere')
    const page = await pageOf(site, 'counters')
    expect(page).toMatch(/ cart 2 [\d.]+ [\d.]+ 1\.5 /)
    expect(page).toMatch(/ hello 1 [\d.]+ [\d.]+ /)
    expect(page).toMatch(/ no rule 1 1 [\d.]+ [\d.]+ /)
    expect((await site.look('counters')).text).toMatch(/<a href="\/_tipfy\/requests\/[12]">/)
  })

  test('the rules, and which of them takes a URL', async () => {
    const asked = async (url: string, method = 'GET') =>
      (await pageOf(site, `rules?${new URLSearchParams({ url, method })}`)).match(/Find (.*?) 5 rules/)?.[1]
    expect(await asked('/hello/ann?x=1')).toBe(
      " /hello/<name> matches, with { name: 'ann' } . Hello handles it.".trim(),
    )
    expect(await asked('/hello/ann', 'PUT')).toContain('Hello handles only GET, HEAD, POST, OPTIONS: 405.')
    for (const verb of verbs) {
      const { text } = await site.look(`rules?url=/hello/ann&method=${verb.toUpperCase()}`)
      expect(text).toContain(`<option selected>${verb.toUpperCase()}</option>`)
    }
    expect(await asked('/old')).toMatch(/redirected \(308\) to http:\/\/localhost:\d+\/cart/)
    expect(await asked('https://shop.example/nowhere')).toContain('No rule matches: 404 Not Found')
    expect(await asked('/lost')).toContain('no module "nowhere"')
    expect(await asked('/%zz')).toContain('400')
  })

  test('the methods that each rule really takes: those of its class, or of the rule where the class cannot be imported', async () => {
    const page = await pageOf(site, 'rules')
    expect(page).toMatch(/\/hello\/<name> hello Hello GET, HEAD, POST, OPTIONS /)
    expect(page).toMatch(/ nowhere:Lost any/)
  })

  test('the configuration without its secrets', async () => {
    const { text } = await site.look('config')
    for (const secret of [secretKey, 'hush-hush', 'pass-word']) expect(text).not.toContain(secret)
    const page = textOf(text)
    expect(page).toContain(`secretKey hidden (${secretKey.length} characters)`)
    expect(page).toContain("url 'https://ann:hidden@pay.example/'")
    expect(page).toContain("currency 'EUR'")
    expect(page).toContain("cookieName 'tipfy.session'")
  })

  test('404 for pages that it does not have', async () => {
    for (const path of ['nothing', 'requests/99', 'constructor']) expect((await site.look(path)).status).toBe(404)
  })
})

describe('with sessions in cookies, the console', () => {
  beforeEach(async () => {
    site = await serveSite('setSecureCookieSession')
  })

  test("shows this browser's session, changes it and ends it", async () => {
    await site.visitor.ask('/cart?add=tea')
    expect(await pageOf(site, 'sessions/mine')).toContain("{ things: [ 'tea' ] }")
    expect((await post(site, 'sessions/mine', { do: 'change', data: '{"things":["cake"]}' })).said).toBe('Saved.')
    expect((await site.visitor.ask('/cart')).text).toBe('cake')
    expect((await post(site, 'sessions/mine', { do: 'destroy' })).said).toBe('The session is ended.')
    expect(site.visitor.cookies.size).toBe(0)
  })

  test('has nothing to show of Datastore, and says so', async () => {
    expect(await pageOf(site, 'datastore')).toContain('has opened no Datastore')
    expect(await pageOf(site, 'counters')).toContain('nothing is counted')
    expect(await pageOf(site, 'sessions')).toContain('Kept in signed cookies')
  })
})

test('without sessions there is a console all the same', async () => {
  site = await serveSite('setSecureCookieSession', { tipfy: { hooks: {} } })
  expect(await pageOf(site, 'sessions')).toContain('has no sessions')
  await site.ask('/hello/ann')
  expect(await pageOf(site, '')).toMatch(/GET \/hello\/ann 200 hello/)
})

test('no more than 200 requests are remembered', async () => {
  site = await serveSite('setSecureCookieSession')
  for (let at = 0; at < 205; at++) await site.ask(`/hello/${at}`)
  const page = await pageOf(site, '')
  expect(page).toContain('/hello/204')
  expect(page).not.toContain('/hello/4 ')
  expect(page.match(/GET \/hello/g)!.length).toBe(200)
}, 60_000)

afterEach(async () => {
  await site.close()
})
