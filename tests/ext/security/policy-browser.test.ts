// The Content-Security-Policy in a browser: scripts of the page run, smuggled ones do not, and development tells.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { html, RequestHandler, Rule, request } from 'tipfy'
import { seriousFaults } from '../../support/accessibility.ts'
import { type Running, start } from '../../support/application.ts'
import { hasChromium, openChromium } from '../../support/chromium.ts'

class Comments extends RequestHandler {
  get() {
    return html`<!doctype html><html lang="en"><title>before</title><style>p { color: rgb(1, 2, 3) }</style>
<p>${html.raw(request.args.get('comment') ?? '')}</p>
<script>document.title += ' and after'</script></html>`
  }
}

class Prices extends RequestHandler {
  get() {
    return html`<!doctype html><title>prices</title>`
  }
  put() {
    return { method: request.method, origin: request.headers.get('origin'), own: request.headers.get('x-own') }
  }
}

const whereChromium = hasChromium ? describe : describe.skip

whereChromium('the policy in Chromium', () => {
  let browser: Browser
  let running: Running
  beforeAll(async () => {
    const rules = [
      new Rule('/comments', { endpoint: 'comments', handler: Comments }),
      new Rule('/prices/', { endpoint: 'prices', handler: Prices }),
    ]
    running = await start(rules, {
      tipfy: { dev: true, hooks: { posInitApp: ['tipfy/ext/security:headers', 'tipfy/ext/security:cors'] } },
      'tipfy/ext/security': {
        headers: { contentSecurityPolicy: { connectSrc: ['*'] } },
        cors: { origins: (origin) => origin.startsWith('http://127.0.0.1:'), headers: ['x-own'] },
      },
    })
    browser = await openChromium()
  })
  afterAll(async () => {
    await browser.close()
    await running.close()
  })

  const open = async (path: string, options: object = {}): Promise<Page> => {
    const page = await (await browser.newContext(options)).newPage()
    await page.goto(`http://localhost:${running.port}${path}`)
    return page
  }

  test('scripts and styles of the template work, what was smuggled in does not run and is shown by the console', async () => {
    const evil = '<script>document.title = "evil"</script><img src="x" onerror="document.title = `evil`">'
    const page = await open('/_tipfy/policy')
    expect(await page.locator('main').innerText()).toContain('No browser has reported a violation')
    await page.goto(`http://localhost:${running.port}/comments?comment=${encodeURIComponent(evil)}`)
    expect(await page.title()).toBe('before and after')
    expect(await page.evaluate("getComputedStyle(document.querySelector('p')).color")).toBe('rgb(1, 2, 3)')
    await page.goto(`http://localhost:${running.port}/_tipfy/policy`)
    const rows = page.locator('tbody tr')
    while ((await rows.count()) < 2) await page.reload()
    expect(await rows.allInnerTexts()).toEqual([
      expect.stringMatching(/\/comments.*script-src-(elem|attr).*inline/s),
      expect.stringMatching(/\/comments.*script-src-(elem|attr).*inline/s),
    ])
    await page.context().close()
  })

  test('a script of another origin reaches a rule whose address is redirected', async () => {
    const page = await (await browser.newContext()).newPage()
    await page.goto(`http://127.0.0.1:${running.port}/prices/`)
    const answers = await page.evaluate(async (port) => {
      const call = async (path: string) => {
        const sent = await fetch(`http://localhost:${port}${path}`, { method: 'PUT', headers: { 'x-own': 'a' } })
        return sent.json()
      }
      return Promise.all(['/prices/', '/prices', '/prices//'].map(call))
    }, running.port)
    const origin = `http://127.0.0.1:${running.port}`
    expect(answers).toEqual(new Array(3).fill({ method: 'PUT', origin, own: 'a' }))
    await page.context().close()
  })

  test.each([
    {},
    { colorScheme: 'dark' },
    { viewport: { width: 360, height: 640 } },
  ])('the page of violations has no serious fault for axe, and fits: %j', async (options) => {
    const page = await open('/_tipfy/policy', options)
    expect(await seriousFaults(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    await page.context().close()
  })
})
