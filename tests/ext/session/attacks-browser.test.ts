// ATTACKS.md, line 37: what a real browser makes of the cookies.
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, BrowserContext } from 'playwright-core'
import { html, request } from 'tipfy'
import { sessionStore } from 'tipfy/ext/session'
import { hasChromium, openChromium } from '../../support/chromium.ts'
import { free, kinds, type Site, serveSite } from './site.ts'

const pem = readFileSync(join(import.meta.dirname, '../../fixtures/localhost.pem'))
const servers: Server[] = []

function count(): string {
  free.n = (free.n ?? 0) + 1
  return `n is ${free.n}`
}
const frame = () => html`<iframe src="${request.args.get('url')!}"></iframe>`
const form = () => html`<form method="post" action="${request.args.get('url')!}"><button>Send</button></form>`
const link = () => html`<a href="${request.args.get('url')!}">Go</a>`
const pages = {
  '/app/n': count,
  '/app/read': () => `n is ${free.n ?? 'nothing'}`,
  '/app/login': () => {
    sessionStore.regenerate()
    return count()
  },
  '/app/logout': async () => {
    await sessionStore.destroy()
    return 'out'
  },
  '/read': () => `n is ${free.n ?? 'nothing'}`,
  '/frame': frame,
  '/form': form,
  '/link': link,
}

/** The same application over https; the port. */
async function secure(site: Site): Promise<number> {
  const server = createServer({ key: pem, cert: pem }, site.app.requestListener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const whereChromium = hasChromium ? describe : describe.skip

whereChromium.each(kinds)('37: %s in Chromium:', (kind) => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openChromium(['--host-resolver-rules=MAP *.test 127.0.0.1', '--ignore-certificate-errors'])
  })
  afterAll(async () => {
    await browser.close()
    for (const server of servers.splice(0)) {
      server.close()
      server.closeAllConnections()
    }
  })

  const visit = async () => {
    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    const page = await context.newPage()
    const text = async (url: string) => {
      await page.goto(url)
      return page.locator('body').textContent()
    }
    return { context, page, text }
  }
  const named = async (context: BrowserContext, name: string) =>
    (await context.cookies()).filter((cookie) => cookie.name === name)

  test('a cookie is kept, sent, replaced and, with its own path and domain, dropped', async () => {
    const site = await serveSite(kind, pages, { session: { cookie: { domain: 'shop.test', path: '/app' } } })
    const { context, text } = await visit()
    const www = `http://www.shop.test:${site.port}`
    expect(await text(`${www}/app/n`)).toBe('n is 1')
    const [first] = await named(context, site.cookie)
    expect(first).toMatchObject({ domain: '.shop.test', path: '/app', httpOnly: true, secure: false, sameSite: 'Lax' })
    expect(await text(`${www}/read`)).toBe('n is nothing')
    expect(await text(`http://other.shop.test:${site.port}/app/n`)).toBe('n is 2')
    expect(await text(`${www}/app/login`)).toBe('n is 3')
    const after = await named(context, site.cookie)
    expect(after.length).toBe(1)
    expect(after[0]!.value).not.toBe(first!.value)
    await text(`http://other.shop.test:${site.port}/app/logout`)
    expect(await named(context, site.cookie)).toEqual([])
    expect(await text(`${www}/app/read`)).toBe('n is nothing')
  })

  test('Secure follows https, and such a cookie is not sent by plain http', async () => {
    const site = await serveSite(kind, pages)
    const { context, text } = await visit()
    const port = await secure(site)
    expect(await text(`https://www.shop.test:${port}/app/n`)).toBe('n is 1')
    expect(await named(context, site.cookie)).toEqual([expect.objectContaining({ secure: true })])
    expect(await text(`http://www.shop.test:${site.port}/app/read`)).toBe('n is nothing')
    expect(await text(`https://www.shop.test:${port}/app/n`)).toBe('n is 2')
  })

  test('__Host- is kept over https, bound to its host, and dropped again', async () => {
    const site = await serveSite(kind, pages, { session: { cookie: { prefix: '__Host-', secure: true } } })
    const { context, text } = await visit()
    const port = await secure(site)
    expect(await text(`https://www.shop.test:${port}/app/n`)).toBe('n is 1')
    expect(await named(context, site.cookie)).toEqual([expect.objectContaining({ domain: 'www.shop.test', path: '/' })])
    expect(site.cookie).toMatch(/^__Host-/)
    expect(await text(`https://other.shop.test:${port}/app/read`)).toBe('n is nothing')
    expect(await text(`https://www.shop.test:${port}/app/logout`)).toBe('out')
    expect(await named(context, site.cookie)).toEqual([])
  })

  test('SameSite: Strict stays behind on a link from elsewhere, Lax comes with it but not with a form, None comes anywhere', async () => {
    for (const [sameSite, byLink, byForm] of [
      ['Strict', 'nothing', 'nothing'],
      ['Lax', '1', 'nothing'],
      ['None', '1', '1'],
    ]) {
      const site = await serveSite(kind, pages, { session: { cookie: { sameSite, secure: true } } })
      const { context, page, text } = await visit()
      const port = await secure(site)
      const shop = `https://www.shop.test:${port}`
      const elsewhere = `https://evil.test:${port}`
      await text(`${shop}/app/n`)
      expect(await named(context, site.cookie)).toEqual([expect.objectContaining({ sameSite })])
      const target = `?url=${encodeURIComponent(`${shop}/app/read`)}`
      await text(`${elsewhere}/link${target}`)
      await page.click('a')
      await page.waitForURL(`${shop}/app/read`)
      expect([sameSite, await page.locator('body').textContent()]).toEqual([sameSite, `n is ${byLink}`])
      // A Lax cookie younger than two minutes does come with a form where SameSite was not stated; ours states it.
      await text(`${elsewhere}/form${target}`)
      await page.click('button')
      await page.waitForURL(`${shop}/app/read`)
      expect([sameSite, await page.locator('body').textContent()]).toEqual([sameSite, `n is ${byForm}`])
      await context.close()
    }
  })

  test('Partitioned: in a frame of another site it is kept, apart from the one of the site itself', async () => {
    const cookie = { sameSite: 'None', secure: true, partitioned: true }
    const site = await serveSite(kind, pages, { session: { cookie } })
    const { page, text } = await visit()
    const port = await secure(site)
    const shop = `https://www.shop.test:${port}/app/n`
    for (const n of [1, 2]) {
      await text(`https://evil.test:${port}/frame?url=${encodeURIComponent(shop)}`)
      expect(await page.frameLocator('iframe').locator('body').textContent()).toBe(`n is ${n}`)
    }
    expect(await text(shop)).toBe('n is 1')
  })
})
