// The pages of errors in a browser: light and dark, on a phone, under the strictest policy of our own hook.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { Forbidden, RequestHandler, Rule } from 'tipfy'
import { z } from 'zod'
import { seriousFaults } from '../support/accessibility.ts'
import { type Running, start } from '../support/application.ts'
import { hasChromium, openChromium } from '../support/chromium.ts'

class Closed extends RequestHandler {
  get() {
    throw new Forbidden()
  }
}
class Failing extends RequestHandler {
  get() {
    throw new Error('it broke')
  }
}
class Checked extends RequestHandler {
  static input = { get: { query: z.object({ page: z.coerce.number() }) } }
  get() {}
}

const whereChromium = hasChromium ? describe : describe.skip

whereChromium('error pages in Chromium', () => {
  let browser: Browser
  const running: Record<string, Running> = {}
  beforeAll(async () => {
    const rules = () => [
      new Rule('/closed', { endpoint: 'closed', handler: Closed }),
      new Rule('/failing', { endpoint: 'failing', handler: Failing }),
      new Rule('/checked', { endpoint: 'checked', handler: Checked }),
    ]
    const hooks = { posInitApp: 'tipfy/ext/security:headers' }
    running.production = await start(rules(), { tipfy: { hooks } })
    running.development = await start(rules(), { tipfy: { hooks, dev: true } })
    browser = await openChromium()
  })
  afterAll(async () => {
    await browser.close()
    for (const one of Object.values(running)) await one.close()
  })

  test.each([
    ['production', '/failng', 404],
    ['production', '/closed', 403],
    ['production', '/failing', 500],
    ['production', '/checked', 422],
    ['development', '/failng', 404],
    ['development', '/closed', 403],
    ['development', '/failing', 500],
  ])('%s, %s: the page of a %d has no serious fault for axe, light and dark, and fits a phone', async (mode, path, code) => {
    const page = await (await browser.newContext({ viewport: { width: 320, height: 568 } })).newPage()
    const said: string[] = []
    page.on('console', (message) => {
      if (/Content.Security/i.test(message.text())) said.push(message.text())
    })
    const response = await page.goto(`http://localhost:${running[mode]!.port}${path}`)
    expect(response!.status()).toBe(code)
    const colours: unknown[] = []
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect([colorScheme, await seriousFaults(page)]).toEqual([colorScheme, []])
      colours.push(await page.evaluate('getComputedStyle(document.body).color'))
    }
    expect(colours[0]).not.toEqual(colours[1])
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    // Source lines need more room.
    const width = mode === 'development' && code === 500 ? '992px' : '640px'
    expect(await page.evaluate('getComputedStyle(document.body).maxWidth')).toBe(width)
    expect(said).toEqual([])
    await page.context().close()
  })
})
