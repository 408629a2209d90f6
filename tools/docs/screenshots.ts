// Takes the screenshots of the console for its page, from the example application. Run it when the console looks
// different: `node -C tipfy-source tools/docs/screenshots.ts`
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { makeApp, serve } from 'tipfy'
import { config } from '../../config.ts'
import { openChromium } from '../../tests/support/chromium.ts'
import { Memcached, memcachedFound } from '../../tests/support/memcached.ts'

const images = join(import.meta.dirname, '../../docs/images')
const memcached = memcachedFound ? await Memcached.start() : null
const session = {
  dataFolder: mkdtempSync(join(tmpdir(), 'tipfy-shop-')),
  memcache: memcached?.address ?? null,
  cacheTimeout: 2000,
}
const root = join(import.meta.dirname, '../..')
const app = makeApp({ ...config, tipfy: { ...config.tipfy, accessLog: false }, 'tipfy/ext/session': session }, { root })
const running = await serve(app, { port: 0, host: '127.0.0.1' })
// A path that says nothing about this machine.
Object.assign(app, { root: '/home/ann/my-shop' })

const browser = await openChromium()
const context = await browser.newContext({ viewport: { width: 1000, height: 480 }, colorScheme: 'light' })
const page = await context.newPage()

async function walk(page: Page): Promise<void> {
  await page.goto(`${running.url}/account/login`)
  await page.fill('input[name=name]', 'ann')
  await page.fill('input[name=password]', 'open sesame')
  await page.click('button:has-text("Sign in")')
  for (const product of ['tea', 'cake', 'milk']) {
    await page.goto(running.url)
    await page.fill('input[name=add-product]', product)
    await page.click('button:has-text("Add")')
  }
  await page.goto(`${running.url}/session-test?remove-product=cake`)
}

async function take(path: string, name: string, height: number): Promise<void> {
  await page.setViewportSize({ width: 1000, height })
  await page.goto(`${running.url}/_tipfy/${path}`)
  await page.waitForTimeout(200)
  await page.screenshot({ path: join(images, `console-${name}.png`) })
}

await walk(page)
await take('', 'requests', 480)
const row = page.locator('tbody tr', { hasText: 'GET /session-test' }).first()
await take((await row.locator('a').getAttribute('href'))!.replace('/_tipfy/', ''), 'request', 520)
await page.goto(`${running.url}/_tipfy/sessions?user=ann`)
const link = await page.locator('main tbody a').first().getAttribute('href')
await take(link!.replace('/_tipfy/', ''), 'session', 560)
await take('counters', 'counters', 620)
await take('rules?url=/session-test?add-product=tea', 'rules', 420)

await browser.close()
await running.close()
await memcached?.kill()
