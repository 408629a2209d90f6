// Requests of one browser at the same moment, each of which moves or ends a session: one waits in its handler, with the session loaded,
// until the other has its response.
import { describe, expect, test } from '@jest/globals'
import { login } from 'tipfy/ext/auth'
import { session, sessionStore } from 'tipfy/ext/session'
import type { TestClient } from 'tipfy/testing'
import type { Site } from '../site.ts'
import { boundBrowser, openShop, thief, without } from './shop.ts'

async function openBusyShop() {
  const gates = new Map<string, PromiseWithResolvers<void>>()
  const arrived = new Map<string, PromiseWithResolvers<void>>()
  const held = (path: string, act: () => unknown) => async () => {
    void sessionStore.user
    arrived.get(path)?.resolve()
    await gates.get(path)?.promise
    return String((await act()) ?? 'done')
  }
  const acts = {
    '/renew': () => sessionStore.regenerate(),
    '/renew/write': () => {
      sessionStore.regenerate()
      session.set('cart', 7)
    },
    '/login': () => login('ann'),
    '/bob': () => login('bob'),
    '/pay': () => sessionStore.proveDevice(),
    '/logout': () => sessionStore.destroy(),
    '/others': () => sessionStore.destroyAllFor('ann', { exceptCurrent: true }),
    '/others/renew': async () => {
      await sessionStore.destroyAllFor('ann', { exceptCurrent: true })
      sessionStore.regenerate()
    },
    '/renew/others': () => {
      sessionStore.regenerate()
      return sessionStore.destroyAllFor('ann', { exceptCurrent: true })
    },
  }
  const handlers = Object.entries(acts).map(([path, act]) => [path, held(path, act)])
  const site = await openShop('datastore', {}, Object.fromEntries(handlers))
  /** Sends both requests at once; the second one acts when the first has its response. */
  const both = async (first: [TestClient, string], second: [TestClient, string]) => {
    for (const [, path] of [first, second]) {
      gates.set(path, Promise.withResolvers())
      arrived.set(path, Promise.withResolvers())
    }
    const responses = [first, second].map(([client, path]) => client.get(path))
    await Promise.all([first, second].map(([, path]) => arrived.get(path)!.promise))
    const results = []
    for (const [at, [, path]] of [first, second].entries()) {
      gates.get(path)!.resolve()
      results.push(await responses[at]!)
    }
    gates.clear()
    return results
  }
  return { site, both }
}

const who = async (client: TestClient) => (await client.get('/who')).text

describe.each(['before', 'after'])('the end of all other sessions %s', (order) => {
  test.each([
    ['/renew', 'ann false'],
    ['/login', 'ann false'],
    ['/bob', 'bob false'],
    ['/pay', 'ann false'],
    ['/logout', 'null true'],
  ])('%s of the current session at the same moment leaves that as it would be', async (path, expected) => {
    const { site, both } = await openBusyShop()
    const [owner, other] = [await boundBrowser(site), await boundBrowser(site)]
    const [tab, settings] = [thief(site, owner), thief(site, owner)]
    const requests: [TestClient, string][] = [
      [settings, '/others'],
      [tab, path],
    ]
    const [first, second] = order === 'before' ? requests : requests.toReversed()
    const responses = await both(first!, second!)
    expect(responses.map(({ status }) => status)).toEqual([200, 200])
    expect(await who(tab)).toBe(expected)
    expect(await who(other)).toBe('null true')
  })
})

test('the end of all other sessions leaves all that one session goes on in', async () => {
  const { site } = await openBusyShop()
  const owner = await boundBrowser(site)
  const tabs = [thief(site, owner), thief(site, owner), thief(site, owner)]
  const current = site.sessions.kinds.main.signer.verify(owner.cookies.get(site.cookie)!, site.now())
  await tabs[0]!.get('/renew')
  await tabs[1]!.get('/renew')
  const exceptSid = (current as { text: string }).text
  await site.sessions.repository!.destroyAllFor('ann', { exceptSid, mayFollow: () => true })
  // This one comes with a dead id, and with the proof.
  await tabs[2]!.get('/renew')
  for (const tab of tabs) expect(await who(tab)).toBe('ann false')
})

/** A browser that cannot bind its session, to which that is offered. */
async function unboundBrowser(site: Site): Promise<TestClient> {
  const client = without(site)
  await client.get('/login', { headers: { 'sec-fetch-site': 'same-origin' } })
  return client
}

describe('the end of all other sessions, where the session is not bound,', () => {
  test('ends what another request has moved it to: that may be a thief, with a copy of the cookie', async () => {
    const { site, both } = await openBusyShop()
    const owner = await unboundBrowser(site)
    const copy = thief(site, owner)
    await both([copy, '/renew'], [owner, '/others'])
    expect([await who(copy), await who(owner)]).toEqual(['null true', 'null true'])
  })

  test.each([
    ['/others/renew', '/renew/others'],
    ['/renew/others', '/others/renew'],
  ])('leaves its own new id, which is that of the last of several at once: %s, %s', async (first, second) => {
    const { site, both } = await openBusyShop()
    const owner = await unboundBrowser(site)
    await owner.get('/cart')
    const [copy, other] = [thief(site, owner), await unboundBrowser(site)]
    await both([copy, first], [owner, second])
    expect([await who(copy), await who(owner), await who(other)]).toEqual(['null true', 'ann false', 'null true'])
    expect((await owner.get('/cart')).text).toBe('2')
  })

  test('leaves a login that another request has made of it', async () => {
    const { site, both } = await openBusyShop()
    const owner = await unboundBrowser(site)
    const tab = thief(site, owner)
    await both([tab, '/login'], [owner, '/others'])
    expect(await who(tab)).toBe('ann false')
  })
})

describe.each([
  ['bound', boundBrowser],
  ['not bound', unboundBrowser],
])('a dead id of a session that is %s, without a proof,', (_, open) => {
  test.each([
    ['/renew', 0, 'null true'],
    ['/renew/write', 1, 'null false'],
    ['/logout', 1, 'null true'],
  ])('leads nowhere, and gets another session only if it wrote something: %s', async (path, cookies, expected) => {
    const { site } = await openBusyShop()
    const owner = await open(site)
    await owner.get('/cart')
    const tab = thief(site, owner)
    tab.cookies.delete('tipfy.device')
    // For a while after the first refresh the bound cookie is not missed.
    site.later(45)
    await owner.get('/renew')
    const setCookies = (await tab.get(path)).headers.getSetCookie()
    expect(setCookies.filter((line) => line.startsWith(site.cookie))).toHaveLength(cookies)
    expect([await who(tab), await who(owner)]).toEqual([expected, 'ann false'])
    expect((await owner.get('/cart')).text).toBe('2')
  })
})

describe('a login and a regenerate() at once', () => {
  test.each([
    ['/bob', 'bob false'],
    ['/login', 'ann false'],
  ])('leave the login %s in its place where that came first: the regenerate() sets no cookie', async (path, expected) => {
    const { site, both } = await openBusyShop()
    const unbound = without(site)
    await unbound.get('/login')
    for (const owner of [await boundBrowser(site), unbound]) {
      const tab = thief(site, owner)
      const [, late] = await both([owner, path], [tab, '/renew'])
      expect(late!.headers.getSetCookie()).toEqual([])
      expect(await who(owner)).toBe(expected)
    }
  })

  test('keep what the regenerate() wrote, though nothing of the former user', async () => {
    const { site, both } = await openBusyShop()
    const owner = without(site)
    await owner.get('/login')
    await owner.get('/cart')
    const tab = thief(site, owner)
    await both([owner, '/bob'], [tab, '/renew/write'])
    expect(await who(owner)).toBe('bob false')
    expect(await who(tab)).toBe('null false')
    expect((await tab.get('/cart')).text).toBe('8')
  })

  test('leave nothing of the former user where the regenerate() came first', async () => {
    const { site, both } = await openBusyShop()
    const owner = await boundBrowser(site)
    const tab = thief(site, owner)
    await both([tab, '/renew'], [owner, '/bob'])
    expect(await who(owner)).toBe('bob false')
    expect(await who(tab)).toBe('null true')
  })
})
