// Signing in with a provider on another site, in a real browser over https: the session is bound by that visit alone.
import type { RequestListener } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { html, makeApp, RequestHandler, Rule, redirect } from 'tipfy'
import { beginSignIn, completeSignIn, login } from 'tipfy/ext/auth'
import { sessionCounters, sessionStore } from 'tipfy/ext/session'
import { memoryDatastore } from 'tipfy/testing'
import { hasChromium, openChromium } from '../../support/chromium.ts'
import { flags, pem } from '../session/device/https.ts'
import { key } from '../session/site.ts'
import { clientSecret, startProvider, type TestProvider } from './provider.ts'

class Home extends RequestHandler {
  get() {
    return html`<p>${sessionStore.user ?? 'nobody'}</p><a href="/begin">Sign in</a>`
  }
}
class Begin extends RequestHandler {
  get() {
    return beginSignIn('shop', { next: '/' })
  }
}
class Callback extends RequestHandler {
  async get() {
    const done = await completeSignIn('shop')
    if (done === null) return 'That did not work.'
    await login(done.identity.id)
    return redirect(done.next, 303)
  }
}

const whereChromium = hasChromium ? describe : describe.skip

whereChromium('Chromium', () => {
  let browser: Browser
  let server: Server
  let provider: TestProvider
  let listener: RequestListener
  let base: string

  beforeAll(async () => {
    server = createServer({ key: pem, cert: pem }, (incoming, outgoing) => listener(incoming, outgoing))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    base = `https://sign-in.test:${(server.address() as AddressInfo).port}`
    provider = await startProvider(`${base}/callback`)
    browser = await openChromium(flags(':RefreshQuota/false'))
  })
  afterAll(async () => {
    await browser?.close()
    server.closeAllConnections()
    server.close()
    await provider.close()
  })

  test.each(['datastore', 'securecookie'])('binds a sign-in without a second visit: %s', async (kind) => {
    const hook = kind === 'datastore' ? 'setDatastoreSession' : 'setSecureCookieSession'
    const app = makeApp({
      tipfy: {
        dev: false,
        logLevel: 'silent',
        urls: () => [
          new Rule('/', { endpoint: 'home', handler: Home }),
          new Rule('/begin', { endpoint: 'begin', handler: Begin }),
          new Rule('/callback', { endpoint: 'callback', handler: Callback }),
        ],
        hooks: { posInitApp: `tipfy/ext/session:${hook}` },
      },
      'tipfy/ext/session': { secretKey: key, datastore: await memoryDatastore(), deviceBound: true },
      'tipfy/ext/auth': {
        providers: {
          shop: { clientId: 'shop', clientSecret, redirectUri: `${base}/callback`, issuer: provider.issuer },
        },
      },
    })
    await app.ready()
    let registered: () => void = () => {}
    const registration = new Promise<void>((resolve) => {
      registered = resolve
    })
    listener = (incoming, outgoing) => {
      if (incoming.url === '/.device') outgoing.once('close', registered)
      app.requestListener(incoming, outgoing)
    }
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(base)
    await page.click('a')
    await page.waitForSelector(`p:has-text("${provider.issuer}#ann-1")`)
    await registration
    expect(sessionCounters(app)!.device).toMatchObject({ offered: 1, registered: 1, registrationsRefused: 0 })
    expect(new URL(page.url()).pathname).toBe('/')
    await context.clearCookies({ name: 'tipfy.device' })
    await page.reload()
    await page.waitForSelector(`p:has-text("${provider.issuer}#ann-1")`)
    // Once; on a busy machine Chromium asks for the page's icon, and refreshes, again.
    const { refreshed, refused } = sessionCounters(app)!.device!
    expect([refreshed > 0, refused]).toEqual([true, 0])
    await context.close()
    await app.close()
  })
})
