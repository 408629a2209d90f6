import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { modules } from '../../tools/docs/api.ts'
import { pageOf } from '../../tools/docs/api-pages.ts'
import { seriousFaults } from '../support/accessibility.ts'
import { hasChromium, openChromium } from '../support/chromium.ts'
import { docsPages, root } from './blocks.ts'

const folder = mkdtempSync(join(tmpdir(), 'tipfy-docs-'))
const read = (name: string) => readFileSync(join(folder, name), 'utf8')
const htmlOf = (page: string) => (page === 'README.md' ? 'index.html' : page.replace('.md', '.html'))
const sitePages = [...docsPages, ...[...modules.keys()].map(pageOf)]

beforeAll(() => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['-C', 'tipfy-source', join(root, 'tools/docs/build.ts'), folder],
    {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  )
  if (status !== 0) throw new Error(stderr) // also for a link to a page that is not there
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the site has every page of docs/ and the reference of every module', () => {
  for (const page of sitePages) expect([page, existsSync(join(folder, htmlOf(page)))]).toEqual([page, true])
})

test('every page is in the menu', () => {
  const menu = read('index.html')
  const missing = sitePages.filter((page) => page !== 'README.md' && !menu.includes(`href="/${htmlOf(page)}"`))
  expect(missing).toEqual([])
})

test('pages load nothing from elsewhere', () => {
  for (const page of sitePages) {
    const text = read(htmlOf(page))
    expect([page, text.match(/<(?:link|script|img)[^>]*(?:src|href)="(?:https?:)?\/\//g)]).toEqual([page, null])
  }
})

test('the reference has the exports of a module with their doc comments', () => {
  const text = read('api/tipfy.md')
  expect(text).toContain('class Response')
  expect(text).toMatch(/\/\*\* The status code.*\*\/\n\s+get status\(\): number/)
  expect(text).not.toMatch(/private |#private/)
})

test('llms.txt links to every page as Markdown, and llms-full.txt has them all', () => {
  const links = [...read('llms.txt').matchAll(/\]\(([^)]+\.md)\)/g)].map(([, link]) => link!)
  expect(links.sort()).toEqual(sitePages.filter((page) => page !== 'README.md').sort())
  const full = read('llms-full.txt')
  for (const link of links) expect([link, full.includes(read(link).trim())]).toEqual([link, true])
})

/** Serves the built site as any web server would. */
function serveSite(): Promise<Server> {
  const types: Record<string, string> = {
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.png': 'image/png',
  }
  const server = createServer((request, response) => {
    const path = decodeURI(request.url!.split('?')[0]!).replace(/\/$/, '/index.html')
    const file = join(folder, path)
    if (!existsSync(file)) return response.writeHead(404).end()
    response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream' })
    response.end(readFileSync(file))
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

;(hasChromium ? describe : describe.skip)('in Chromium', () => {
  let server: Server
  let browser: Browser
  let page: Page
  const failed: string[] = []
  beforeAll(async () => {
    server = await serveSite()
    browser = await openChromium()
    page = await browser.newPage()
    page.on('request', (request) => {
      if (!/^(http:\/\/127\.0\.0\.1|data:)/.test(request.url())) failed.push(request.url())
    })
    page.on('response', (response) => {
      if (response.status() >= 400) failed.push(`${response.status()} ${response.url()}`)
    })
    page.on('requestfailed', (request) => {
      const { errorText } = request.failure()!
      if (errorText !== 'net::ERR_ABORTED') failed.push(`${errorText} ${request.url()}`) // that is a page which was left
    })
    page.on('pageerror', (error) => failed.push(error.message))
  })
  afterAll(async () => {
    expect(failed).toEqual([])
    await browser.close()
    server.close()
  })
  async function open(path: string): Promise<void> {
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`)
    await page.waitForFunction("document.querySelector('#app').__vue_app__") // its script runs
  }

  test('diagrams are drawn, in light and in dark', async () => {
    for (const name of ['session-promises', 'architecture']) {
      const diagrams = readFileSync(join(root, `docs/${name}.md`), 'utf8').match(/^```mermaid$/gm)!.length
      await open(`${name}.html`)
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme })
        await page
          .locator('.diagram:visible svg')
          .nth(diagrams - 1)
          .waitFor()
        expect(await page.locator('.diagram:visible svg').count()).toBe(diagrams)
      }
    }
  })

  test.each([
    ['login', 'sessions.html'],
    ['middleware', 'config.html'],
    ['transaction', 'session-promises.html'],
    ['csrfExempt', 'sessions.html'],
    ['TIPFY_E_PORT_IN_USE', 'errors.html'],
    ['setCookie', 'api/tipfy.html'],
  ])('a search for %s finds %s', async (text, wanted) => {
    await open('index.html')
    await page.keyboard.press('/')
    await page.locator('.search-input').fill(text)
    await page.locator(`a.result[href^="/${wanted}"]`).first().waitFor({ timeout: 10_000 })
  })

  test.each([
    'index.html',
    'request.html',
  ])('%s has no serious accessibility fault, in light and in dark', async (name) => {
    await open(name)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect([colorScheme, await seriousFaults(page)]).toEqual([colorScheme, []])
    }
  })

  test('on a phone pages are not wider than the screen, and the menu opens', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    for (const one of ['architecture', 'rules', 'datastore-differences', 'performance', 'api/tipfy']) {
      await open(`${one}.html`)
      expect([one, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([one, 360])
    }
    await page.click('button.menu')
    await page.locator('.VPSidebar a', { hasText: /^Sessions$/ }).waitFor()
  })
})
