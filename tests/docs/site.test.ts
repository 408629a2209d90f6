import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { seriousFaults } from '../support/accessibility.ts'
import { hasChromium, openChromium } from '../support/chromium.ts'
import { pages, root } from './blocks.ts'

const folder = mkdtempSync(join(tmpdir(), 'tipfy-docs-'))
const read = (name: string) => readFileSync(join(folder, name), 'utf8')

beforeAll(() => {
  const args = [join(root, 'tools/docs/build.ts'), folder]
  const { status, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  expect([status, stderr]).toEqual([0, ''])
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the site has every page, and the reference of every module', () => {
  const names = readdirSync(folder)
  for (const page of pages) expect(names).toContain(page === 'README.md' ? 'index.html' : page.replace('.md', '.html'))
  expect(names.filter((name) => name.startsWith('api-'))).toHaveLength(5)
})

test('every page is in the menu', () => {
  const menu = read('index.html').match(/<nav class="menu"[\s\S]*?<\/nav>/)![0]
  const missing = readdirSync(folder).filter((name) => /\.html$/.test(name) && !menu.includes(`href="${name}"`))
  expect(missing).toEqual(['index.html'])
})

test('it links only to what is there, and loads nothing from elsewhere', () => {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.html'))) {
    const text = read(name)
    expect([name, [...text.matchAll(/<(?:link|script|img)[^>]*(?:src|href)="(?!data:)([^"]*:)/g)]]).toEqual([name, []])
    const broken = [...text.matchAll(/(?:href|src)="([^":]*)"/g)].flatMap(([, link = '']) => {
      const [file = '', anchor] = link.split('#')
      if (file.startsWith('../')) return existsSync(join(root, file.slice(3))) ? [] : [link]
      if (file !== '' && !existsSync(join(folder, file))) return [link]
      return anchor === undefined || read(file || name).includes(`id="${anchor}"`) ? [] : [link]
    })
    expect([name, broken]).toEqual([name, []])
  }
})

test('the reference has what can be imported, with its doc comments', () => {
  const text = read('api-tipfy.html').replace(/<[^>]+>/g, '')
  expect(text).toContain('class Response')
  expect(text).toContain('Makes an application of a configuration, which is checked here.')
  expect(text).toMatch(/\/\*\* The status code, 200 unless set\..*\*\/\s+get status\(\): number/)
  expect(text).not.toMatch(/private |#private/)
})

;(hasChromium ? describe : describe.skip)('in Chromium, opened as files', () => {
  let browser: Browser
  let page: Page
  const refused: string[] = []
  beforeAll(async () => {
    browser = await openChromium()
    page = await browser.newPage()
    page.on('requestfailed', (request) => refused.push(request.url()))
    page.on('pageerror', (error) => refused.push(error.message))
  })
  afterAll(() => browser.close())
  const url = (name: string) => pathToFileURL(join(folder, name)).href

  test.each([
    'index.html',
    'rules.html',
    'session-promises.html',
    'api-tipfy-ext-session.html',
  ])('%s has no serious fault for axe, in light and in dark', async (name) => {
    refused.length = 0
    await page.goto(url(name))
    expect(refused).toEqual([]) // before axe, which asks for the style again
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect([colorScheme, await seriousFaults(page)]).toEqual([colorScheme, []])
    }
  })

  test('on a phone the text comes first, the menu after it, and nothing is wider than the screen', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.html'))) {
      await page.goto(url(name))
      const top = (await page.locator('h1').boundingBox())!.y
      const width = await page.evaluate<number>('document.documentElement.scrollWidth')
      expect([name, top < 200, width]).toEqual([name, true, 360])
    }
    await page.click('text=Pages')
    expect((await page.locator('#menu').boundingBox())!.y).toBeLessThan(740)
    expect(await page.locator('#menu a').first().isVisible()).toBe(true)
    await page.setViewportSize({ width: 1280, height: 720 })
  })

  test('what is looked for is found, by the keyboard', async () => {
    await page.goto(url('index.html'))
    await page.keyboard.press('/')
    await page.keyboard.type('setcookie')
    expect(await page.locator('#found').innerText()).toContain('Response.setCookie tipfy')
    await page.fill('#search', 'TIPFY_E_PORT_IN_USE')
    await page.keyboard.press('Enter')
    await page.waitForURL(/errors\.html#tipfy_e_port_in_use$/)
  })
})
