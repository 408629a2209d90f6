// A real browser, over https: Chromium binds with software keys. Each test has a host of its own.
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer, request, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { request as current, html, redirect, response } from 'tipfy'
import { sessionCounters, sessionStore } from 'tipfy/ext/session'
import { hasChromium, openChromium } from '../../../support/chromium.ts'
import { type Kind, key, type Site, type SiteOptions } from '../site.ts'
import { flags, pem } from './https.ts'
import { openShop } from './shop.ts'

const pages = {
  '/enter': () => {
    sessionStore.regenerate()
    sessionStore.user = 'ann'
    return redirect('/who')
  },
  '/link': () => html`<a href="${current.args.get('to')!}">Go</a>`,
  '/form': () =>
    html`<form method="post" action="${current.args.get('to')!}"><input name="a" value="1"><button>Send</button></form>`,
  '/events': () => {
    const { user } = sessionStore
    return response.events(async function* () {
      yield String(user)
    })
  },
  '/posted': async () => `${current.method} ${(await current.form()).get('a')} ${sessionStore.user}`,
  '/paid': async () => {
    sessionStore.proveDevice()
    return `paid ${current.method} ${(await current.form()).get('a')}`
  },
}

let browser: Browser
let server: Server
let port: number
let listener: RequestListener
let hosts = 0
let host: string
let context: BrowserContext
let page: Page
const folder = mkdtempSync(join(tmpdir(), 'tipfy-device-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const origin = (name = host) => `https://${name}.shop.test:${port}`

async function visit(kind: Kind, options: SiteOptions = {}): Promise<Site> {
  const site = await openShop(kind, options, pages)
  listener = site.app.requestListener
  host = `host${++hosts}`
  context = await browser.newContext()
  page = await context.newPage()
  return site
}
afterEach(() => context?.close())

const countersOf = (site: Site) => sessionCounters(site.app)!.device!
const text = () => page.locator('body').innerText()
const go = async (path: string) => {
  await page.goto(origin() + path)
  return text()
}
const expire = () => context.clearCookies({ name: 'tipfy.device' })
/** Fetches by the page, all at once. */
const fetchAll = (path: string, times: number) =>
  page.evaluate(([path, times]) => Promise.all(Array.from({ length: times }, async () => (await fetch(path)).text())), [
    path,
    times,
  ] as const)

async function until(isSo: () => boolean): Promise<void> {
  for (let at = 0; at < 500 && !isSo(); at++) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(isSo()).toBe(true)
}

/** Logs in, and goes on until the session is bound. */
async function bind(site: Site, login = '/login'): Promise<void> {
  const before = countersOf(site).registered
  await go(login)
  await until(() => countersOf(site).registered > before)
  await expire()
  expect(await go('/who')).toBe('ann false')
  expect(await go('/device')).toContain('"bound"')
}

/** A request of a copier, with all cookies of the browser. */
async function copied(path: string): Promise<string> {
  const cookie = (await context.cookies(origin())).map(({ name, value }) => `${name}=${value}`).join('; ')
  return new Promise((resolve, reject) => {
    const headers = { cookie, host: `${host}.shop.test:${port}` }
    const outgoing = request(
      { host: '127.0.0.1', port, path, headers, rejectUnauthorized: false, agent: false },
      (incoming) => {
        let body = ''
        incoming.on('data', (chunk) => {
          body += chunk
        })
        incoming.on('end', () => resolve(body))
      },
    )
    outgoing.on('error', reject).end()
  })
}

const whereChromium = hasChromium ? describe : describe.skip

whereChromium.each([
  ['without the quota of signatures', ':RefreshQuota/false'],
  ['with the quota', ''],
])('Chromium %s', (_, quota) => {
  beforeAll(async () => {
    server = createServer({ key: pem, cert: pem }, (incoming, outgoing) => listener(incoming, outgoing))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
    browser = await openChromium(flags(quota))
  })
  afterAll(async () => {
    await browser?.close()
    server.closeAllConnections()
    server.close()
  })

  if (quota === '') {
    test('binds a login, and refreshes', async () => {
      const site = await visit('datastore')
      await bind(site)
      expect(countersOf(site)).toMatchObject({ registered: 1, challenged: 0, refused: 0 })
    })

    test('that is used up gets an empty session, and the session goes on when it may sign again', async () => {
      const site = await visit('datastore')
      await go('/login')
      await until(() => countersOf(site).registered > 0)
      let shown = 'ann false'
      for (let at = 0; at < 8 && shown === 'ann false'; at++) {
        await expire()
        site.later(31)
        shown = await go('/who')
      }
      expect([shown, countersOf(site).refused > 0]).toEqual(['null true', true])
      expect((await site.sessions.repository!.listFor('ann')).length).toBe(1)
    })
    return
  }

  test.each<Kind>([
    'securecookie',
    'datastore',
  ])('binds a %s login that redirects, and one refresh serves 20 fetches', async (kind) => {
    const site = await visit(kind)
    await bind(site, '/enter')
    const before = countersOf(site).refreshed
    await expire()
    site.later(700)
    expect(new Set(await fetchAll('/who', 20))).toEqual(new Set(['ann false']))
    expect(countersOf(site).refreshed).toBe(before + 1)
    expect(countersOf(site).refused).toBe(0)
  })

  test('refreshes once for two tabs', async () => {
    const site = await visit('datastore')
    await bind(site)
    const other = await context.newPage()
    await expire()
    site.later(700)
    const before = countersOf(site).refreshed
    await Promise.all([page, other].map((tab) => tab.goto(`${origin()}/who`)))
    expect([await text(), await other.locator('body').innerText()]).toEqual(['ann false', 'ann false'])
    expect(countersOf(site).refreshed).toBe(before + 1)
  })

  test('keeps the body of a form that it holds until it has refreshed', async () => {
    const site = await visit('datastore')
    await bind(site)
    await go('/form?to=/posted')
    await expire()
    site.later(700)
    await page.click('button')
    expect(await text()).toBe('POST 1 ann')
  })

  test('proves the device anew for the page that pays, with the body of its form', async () => {
    const site = await visit('datastore')
    await bind(site)
    await go('/form?to=/paid')
    site.later(31)
    const before = countersOf(site).refreshed
    await page.click('button')
    expect(await text()).toBe('paid POST 1')
    expect(countersOf(site).refreshed).toBe(before + 1)
  })

  test('holds an EventSource and the handshake of a WebSocket until it has refreshed', async () => {
    const site = await visit('datastore')
    await bind(site)
    await expire()
    site.later(700)
    const seen = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const source = new EventSource('/events')
          source.onmessage = ({ data }) => {
            source.close()
            resolve(data)
          }
        }),
    )
    expect(seen).toBe('ann')
    await expire()
    const cookies: string[] = []
    const refuse = ({ headers }: IncomingMessage, socket: Duplex) => {
      cookies.push(headers.cookie ?? '')
      socket.destroy()
    }
    server.once('upgrade', refuse)
    await page.evaluate(
      (url) =>
        new Promise((resolve) => {
          new WebSocket(url).onerror = resolve
        }),
      `wss://${host}.shop.test:${port}/`,
    )
    expect(cookies).toEqual([expect.stringContaining('tipfy.device=')])
    // Three times; on a busy machine Chromium may find a cookie of 700 ms too old once more.
    const { refreshed, refused } = countersOf(site)
    expect([refreshed >= 3, refused]).toEqual([true, 0])
  })

  test('is told to stop where all sessions of the user end while it refreshes', async () => {
    const site = await visit('datastore')
    await bind(site)
    await expire()
    site.later(700)
    listener = (incoming, outgoing) => {
      const go = () => site.app.requestListener(incoming, outgoing)
      if (incoming.url === '/.device') site.sessions.repository!.destroyAllFor('ann').then(go)
      else go()
    }
    expect(await go('/who')).toBe('null true')
    listener = site.app.requestListener
    expect(countersOf(site)).toMatchObject({ stopped: 1, refused: 0 })
    await bind(site)
  })

  test('logs out, is told to stop, and binds the next login', async () => {
    const site = await visit('datastore')
    await bind(site)
    await go('/logout')
    expect(await go('/who')).toBe('null true')
    expect(countersOf(site).stopped).toBe(1)
    await bind(site)
  })

  test('goes on where the session gets a new id, or all others end, while it refreshes', async () => {
    const site = await visit('datastore')
    await bind(site)
    await expire()
    site.later(31)
    const found = await page.evaluate(() =>
      Promise.all(['/renew', '/who', '/who'].map(async (path) => (await fetch(path)).status)),
    )
    expect(found).toEqual([200, 200, 200])
    expect(await go('/who')).toBe('ann false')
    await site.sessions.repository!.destroyAllFor('ann')
    await expire()
    expect(await go('/who')).toBe('null true')
  })

  test('is served by two workers, and by one where the other is gone; a copy of the jar by neither', async () => {
    const shared = { session: { dataFolder: join(folder, 'workers') } }
    const first = await visit('datastore', shared)
    const second = await openShop('datastore', shared, pages)
    let turn = 0
    listener = (incoming, outgoing) => (turn++ % 2 === 0 ? first : second).app.requestListener(incoming, outgoing)
    await go('/login')
    await until(() => countersOf(first).registered + countersOf(second).registered === 1)
    await expire()
    for (let at = 0; at < 4; at++) expect(await go('/who')).toBe('ann false')
    await expire()
    for (const site of [first, second]) site.later(600)
    expect(await go('/who')).toBe('ann false')
    expect(await copied('/who')).toBe('ann false')
    for (const site of [first, second]) site.later(670) // their clocks differ by what one started later
    for (const site of [first, second]) {
      listener = site.app.requestListener
      expect(await copied('/who')).toBe('null true')
    }
    await expire()
    expect(await go('/who')).toBe('ann false')
  })

  test('goes on when the secret key is changed', async () => {
    const dataFolder = join(folder, 'keys')
    const site = await visit('datastore', { session: { dataFolder } })
    await bind(site)
    const secretKey = ['another-key-of-the-tests-9876543210-abcdef', key]
    const next = await openShop('datastore', { session: { dataFolder, secretKey } }, pages)
    listener = next.app.requestListener
    expect(await go('/who')).toBe('ann false')
    await expire()
    next.later(700)
    expect(await go('/who')).toBe('ann false')
    expect(countersOf(next).refreshed).toBe(1)
  })

  test('binds a login by a callback from another site, and follows a link from one', async () => {
    const site = await visit('datastore')
    const elsewhere = `https://elsewhere${hosts}.other.test:${port}`.replace('.other.test', `-${hosts}.test`)
    const follow = async (path: string) => {
      await page.goto(`${elsewhere}/link?to=${encodeURIComponent(origin() + path)}`)
      await page.click('a')
      await page.waitForURL(`${origin()}/**`)
    }
    await follow('/login')
    expect(countersOf(site).registered).toBe(0)
    await go('/who')
    await until(() => countersOf(site).registered === 1)
    await expire()
    expect(await go('/who')).toBe('ann false')
    await expire()
    site.later(700)
    await follow('/who')
    await page.locator('body:not(:empty)').waitFor()
    expect(await text()).toBe('ann false')
    expect(countersOf(site).bounced).toBe(1)
  })

  test('keeps the binding while the endpoint fails, and is told to come later', async () => {
    const site = await visit('datastore')
    await bind(site)
    await expire()
    site.later(700)
    listener = (incoming, outgoing) => {
      if (incoming.url === '/.device') outgoing.writeHead(503).end()
      else site.app.requestListener(incoming, outgoing)
    }
    const response = await page.goto(`${origin()}/who`)
    expect([response?.status(), countersOf(site).skipped]).toEqual([503, 1])
    listener = site.app.requestListener
    expect(await go('/who')).toBe('ann false')
  })

  test('stays unbound, and logged in, where a proxy cuts the endpoint off', async () => {
    const site = await visit('datastore')
    listener = (incoming, outgoing) => {
      if (incoming.url === '/.device') incoming.socket.destroy()
      else site.app.requestListener(incoming, outgoing)
    }
    await go('/login')
    for (let at = 0; at < 3; at++) expect(await go('/who')).toBe('ann false')
    site.later(700)
    expect(await go('/who')).toBe('ann false')
  })
})
