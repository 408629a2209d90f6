import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { seriousFaults } from '../../support/accessibility.ts'
import { hasChromium, openChromium } from '../../support/chromium.ts'
import { Memcached, memcachedFound } from '../../support/memcached.ts'
import { type Site, serveSite } from './site.ts'

const whereChromium = hasChromium ? describe : describe.skip

whereChromium('the console in Chromium', () => {
  let browser: Browser
  let site: Site
  let memcached: Memcached | null = null
  let url: string

  beforeAll(async () => {
    if (memcachedFound) memcached = await Memcached.start()
    // On a busy machine the usual 50 ms may pass.
    const session = { memcache: memcached?.address ?? null, cacheTimeout: 10_000, storeTimeout: 20 }
    site = await serveSite('setDatastoreSession', { 'tipfy/ext/session': session })
    url = `http://localhost:${site.port}`
    await site.visitor.ask('/cart?add=tea&user=ann&dated')
    await site.visitor.ask('/cart?add=milk')
    await site.visitor.ask('/cart')
    await site.ask('/failing')
    browser = await openChromium()
  })
  afterAll(async () => {
    await browser.close()
    await memcached?.kill()
  })

  const errors: string[] = []
  afterEach(() => expect(errors.splice(0)).toEqual([]))

  async function open(path: string): Promise<Page> {
    const page = await (await browser.newContext()).newPage()
    page.on('pageerror', (error) => errors.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text())
    })
    await page.goto(`${url}/_tipfy/${path}`)
    return page
  }

  async function checkBoth(page: Page): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect([colorScheme, await seriousFaults(page)]).toEqual([colorScheme, []])
    }
    await page.setViewportSize({ width: 320, height: 568 })
    // Wide tables scroll by themselves.
    const width = await page.evaluate<number>('document.documentElement.scrollWidth')
    expect(width).toBeLessThanOrEqual(320)
    expect(await seriousFaults(page, 'target-size')).toEqual([])
  }

  const record = async (page: Page) => {
    await page.goto(`${url}/_tipfy/sessions?user=ann`)
    await page.click('main tbody a')
  }

  test.each([
    ['', 'requests'],
    ['requests/2', 'a request'],
    ['requests/4', 'a request that failed'],
    ['sessions', 'sessions'],
    ['sessions?user=nobody', 'no sessions'],
    ['sessions/mine', "this browser's session"],
    ['datastore', 'kinds'],
    ['datastore/Session', 'entities'],
    ['datastore/Nothing', 'no entities'],
    ['counters', 'counters'],
    ['rules?url=/cart', 'rules'],
    ['openapi', 'the OpenAPI document'],
    ['config', 'the configuration'],
  ])('%s: the page of %s has no serious fault for axe, in light, in dark and on a phone', async (path) => {
    const page = await open(path)
    await checkBoth(page)
    await page.context().close()
  })

  test('the page of a session, and the list of keys, have no serious fault for axe', async () => {
    const page = await open('sessions')
    await record(page)
    await page.keyboard.press('Shift+?')
    await page.locator('dialog[open]').waitFor()
    await checkBoth(page)
    await page.context().close()
  })

  test('the list of requests grows as they come, and keeps to the filter', async () => {
    const page = await open('')
    expect(await page.locator('tbody[data-live] tr').count()).toBe(4)
    await site.ask('/hello/ann')
    await page.locator('tbody tr', { hasText: '/hello/ann' }).getByText('200').waitFor()
    expect(await page.locator('tbody tr').first().innerText()).toContain('/hello/ann')
    await page.keyboard.press('/')
    await page.keyboard.type('cart')
    await site.ask('/hello/ben')
    await page.locator('tbody tr', { hasText: '/hello/ben' }).waitFor({ state: 'attached' })
    expect(await page.locator('tbody tr:visible').count()).toBe(3)
    await page.context().close()
  })

  ;(memcachedFound ? test : test.skip)('a request shows its calls to the cache', async () => {
    const page = await open('requests/3')
    expect(await page.locator('tr', { hasText: memcached!.address }).first().innerText()).toMatch(/cache\s+get/)
    await page.goto(`${url}/_tipfy/counters`)
    expect(await page.locator('tr', { hasText: memcached!.address }).innerText()).toContain('in use')
    await page.context().close()
  })

  test('counters count while they are looked at', async () => {
    const page = await open('counters')
    const loads = page
      .locator('tr', { has: page.locator('th', { hasText: /^loads$/ }) })
      .locator('td')
      .first()
    const before = Number(await loads.innerText())
    await site.visitor.ask('/cart')
    await loads.filter({ hasText: String(before + 1) }).waitFor()
    await page.context().close()
  })

  test('after a restart the list is that of the new server', async () => {
    const before = await serveSite('setSecureCookieSession')
    await before.ask('/hello/before')
    const page = await (await browser.newContext()).newPage()
    const row = (name: string) => page.locator('tbody tr', { hasText: name })
    await page.goto(`http://localhost:${before.port}/_tipfy/`)
    await before.ask('/hello/open')
    await row('/hello/open').waitFor()
    expect(await row('/hello/before').count()).toBe(1)
    await before.close()
    const after = await serveSite('setSecureCookieSession')
    const server = createServer(after.app.requestListener)
    await new Promise<void>((resolve) => server.listen(before.port, '127.0.0.1', resolve))
    await row('/hello/before').waitFor({ state: 'detached' })
    await page.context().close()
    server.close()
    server.closeAllConnections()
  })

  test('everything can be reached by the keyboard', async () => {
    const page = await open('')
    const at = () => page.evaluate('location.pathname')
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('k')
    await page.keyboard.press('Enter')
    await page.waitForURL(/requests\/\d+$/)
    await page.keyboard.press('u')
    await page.waitForURL(/_tipfy\/$/)
    await page.keyboard.press('5')
    await page.waitForURL(/rules$/)
    await page.keyboard.press('/')
    await page.keyboard.type('cart')
    await page.keyboard.press('Escape')
    await page.keyboard.press('2')
    await page.waitForURL(/sessions$/)
    expect(await at()).toBe('/_tipfy/sessions')
    await page.context().close()
  })

  test('without JavaScript, every page and every change works', async () => {
    const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage()
    await page.goto(`${url}/_tipfy/`)
    expect(await page.locator('tbody tr').count()).toBeGreaterThan(3)
    await record(page)
    await page.fill('textarea', '{"things":["cake"]}')
    await page.click('button[value=change]')
    expect(await page.textContent('[role=status]')).toBe('Saved.')
    expect((await site.visitor.ask('/cart')).text).toBe('cake')
    await page.context().close()
  })

  test('a session is ended after a question', async () => {
    await site.visitor.ask('/cart?add=last')
    const page = await open('sessions')
    await record(page)
    page.once('dialog', (dialog) => dialog.dismiss())
    await page.click('button[value=revoke]')
    expect((await site.visitor.ask('/cart')).text).toContain('last')
    page.once('dialog', (dialog) => dialog.accept())
    await page.click('button[value=revoke]')
    await page.waitForSelector('[role=status]')
    expect((await site.visitor.ask('/cart')).text).toBe('')
    await page.context().close()
  })

  test('a foreign page can neither show, nor read, nor change it', async () => {
    const foreign = createServer((_, outgoing) => {
      outgoing.setHeader('content-type', 'text/html')
      outgoing.end(
        `<iframe src="${url}/_tipfy/"></iframe><form method="post" action="${url}/_tipfy/sessions/mine"><button>x</button></form><a href="${url}/_tipfy/">x</a>`,
      )
    })
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve))
    const page = await (await browser.newContext()).newPage()
    const refused: number[] = []
    page.on('response', (answer) => {
      if (answer.url().includes('/_tipfy/')) refused.push(answer.status())
    })
    const address = `http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`
    await page.goto(address)
    const read = await page.evaluate(
      (console) =>
        fetch(console).then(
          () => 'read',
          () => 'refused',
        ),
      `${url}/_tipfy/`,
    )
    expect(read).toBe('refused')
    await page.click('button')
    await page.goto(address)
    await page.click('a')
    await page.waitForURL(`${url}/_tipfy/`)
    expect(await page.innerText('body')).toContain('the request came from another site')
    expect(new Set(refused)).toEqual(new Set([403]))
    await page.context().close()
    await new Promise((resolve) => foreign.close(resolve))
  })
})
