import { describe, expect, test } from '@jest/globals'
import type { BrowserContext, Page } from 'playwright-core'
import { seriousFaults } from '../support/accessibility.ts'
import { hasChromium } from '../support/chromium.ts'
import { openShop } from '../support/shop-browser.ts'

const whereChromium = hasChromium ? describe : describe.skip

whereChromium.each(['cookie', 'datastore'] as const)(
  'the account of the example in Chromium, with %s sessions',
  (sessions) => {
    const shop = openShop(sessions)

    const name = sessions === 'cookie' ? 'tipfy.session' : 'tipfy.session_id'
    const sessionCookie = async (context: BrowserContext) =>
      (await context.cookies()).find((cookie) => cookie.name === name)

    async function signIn(
      page: Page,
      user: string,
      { remember = false, password = 'open sesame' } = {},
    ): Promise<void> {
      await page.goto(`${shop.url}/account/login`)
      await page.fill('input[name=name]', user)
      await page.fill('input[name=password]', password)
      if (remember) await page.check('input[name=remember]')
      await page.click('button:has-text("Sign in")')
    }

    test('sign in, keep a note, sign out: the cart stays, the identity changes, messages come once', async () => {
      const context = await shop.browser.newContext()
      const page = await context.newPage()
      await page.goto(shop.url)
      await page.fill('input[name=add-product]', 'tea')
      await page.click('text=Add')
      const anonymous = (await sessionCookie(context))!.value

      await page.click('text=Account')
      await signIn(page, 'Ada', { password: 'wrong' })
      expect(await page.textContent('[role=status]')).toContain('do not belong together')
      expect(await page.inputValue('input[name=name]')).toBe('Ada')
      await signIn(page, 'Ada')
      expect(await page.textContent('h1')).toBe('Hello, Ada')
      expect(await page.textContent('[role=status]')).toBe('Welcome, Ada.')
      expect((await sessionCookie(context))!.value).not.toBe(anonymous)
      await page.reload()
      expect(await page.locator('[role=status]').count()).toBe(0)

      await page.fill('input[name=note]', '<b>milk</b>')
      await page.click('text=Keep it')
      expect(await page.locator('main li').allInnerTexts()).toEqual(['<b>milk</b>'])
      await page.click('text=Cart')
      expect(await page.textContent('main')).toContain('tea')

      await page.click('text=Account')
      await page.click('text=Sign out')
      expect(await page.textContent('[role=status]')).toBe('You are signed out.')
      await page.goto(`${shop.url}/account`)
      expect(page.url()).toBe(`${shop.url}/account/login?next=%2Faccount`)
      await page.click('text=Cart')
      expect(await page.textContent('main')).toContain('tea')
    })

    test('a form of another site, and one without its token, are refused', async () => {
      const context = await shop.browser.newContext()
      const page = await context.newPage()
      await signIn(page, 'Bob')
      const submitted = async (submit: () => Promise<unknown>) => {
        const [answer] = await Promise.all([page.waitForNavigation(), submit()])
        return answer!.status()
      }
      await page.goto(`${shop.url.replace('localhost', '127.0.0.1')}/session-test`)
      await page.setContent(
        `<form method="post" action="${shop.url}/account"><input name="note" value="forged"></form>`,
      )
      expect(await submitted(() => page.evaluate('document.forms[0].submit()'))).toBe(403)
      await page.goto(`${shop.url}/account`)
      await page.evaluate(`document.querySelector('form [name=_csrf]').remove()`)
      await page.fill('input[name=note]', 'forged')
      expect(await submitted(() => page.click('text=Keep it'))).toBe(403)
      await page.goto(`${shop.url}/account`)
      expect(await page.textContent('main')).not.toContain('forged')
    })

    test('two tabs: a form that was open before the other tab was used is still good', async () => {
      const context = await shop.browser.newContext()
      const [one, two] = [await context.newPage(), await context.newPage()]
      await signIn(one, 'Cleo')
      await two.goto(`${shop.url}/account`)
      for (const [page, note] of [
        [one, 'first'],
        [two, 'second'],
      ] as const) {
        await page.fill('input[name=note]', note)
        await page.click('text=Keep it')
      }
      expect(await two.locator('main li').allInnerTexts()).toEqual(['first', 'second'])
    })

    test('remembered, the cookie outlives the browser; else it goes with it', async () => {
      const [brief, long] = [await shop.browser.newContext(), await shop.browser.newContext()]
      await signIn(await brief.newPage(), 'Dan')
      await signIn(await long.newPage(), 'Dan', { remember: true })
      expect((await sessionCookie(brief))!.expires).toBe(-1)
      const days = ((await sessionCookie(long))!.expires - Date.now() / 1000) / 86_400
      expect(days).toBeGreaterThan(29.9)
      expect(days).toBeLessThan(30.1)
    })

    test.each([
      'light',
      'dark',
    ] as const)('every page is readable, by axe and on the narrowest phone, in %s colours', async (colorScheme) => {
      const context = await shop.browser.newContext({ colorScheme, viewport: { width: 320, height: 640 } })
      const page = await context.newPage()
      const look = async () => {
        expect([page.url(), await seriousFaults(page)]).toEqual([page.url(), []])
        expect([page.url(), await page.evaluate('document.documentElement.scrollWidth')]).toEqual([page.url(), 320])
      }
      await page.goto(shop.url)
      for (const product of ['a name of many words, longer than the phone is wide', 'Oneword'.repeat(20)]) {
        await page.fill('input[name=add-product]', product)
        await page.keyboard.press('Enter')
        await page.waitForSelector(`button[value="${product}"]`)
      }
      await look()
      await signIn(page, 'Ann', { password: 'wrong' })
      await page.waitForSelector('[role=status] ~ main input[name=password]:focus')
      await look()
      await page.keyboard.type('open sesame')
      await page.keyboard.press('Enter')
      await page.waitForSelector('h1:has-text("Hello, Ann")')
      await look()
      await signIn(await (await shop.browser.newContext()).newPage(), 'Ann')
      await page.click('text=Where you are signed in')
      await look()
    })

    test('a passkey is made, signs in without a name, and is removed', async () => {
      const context = await shop.browser.newContext({ viewport: { width: 320, height: 640 } })
      const page = await context.newPage()
      const devtools = await context.newCDPSession(page)
      await devtools.send('WebAuthn.enable')
      await devtools.send('WebAuthn.addVirtualAuthenticator', {
        options: {
          protocol: 'ctap2',
          transport: 'internal',
          hasResidentKey: true,
          hasUserVerification: true,
          isUserVerified: true,
          automaticPresenceSimulation: true,
        },
      })
      await signIn(page, 'Fay')
      await page.click('text=Passkeys')
      await page.click('text=Make a passkey')
      await page.waitForSelector('[role=status]:has-text("Your passkey is ready.")')
      expect(await page.locator('main li').count()).toBe(1)
      expect([await seriousFaults(page), await page.evaluate('document.documentElement.scrollWidth')]).toEqual([
        [],
        320,
      ])

      await context.clearCookies()
      await page.goto(`${shop.url}/account/login`)
      await page.click('text=Use a passkey')
      await page.waitForSelector('h1:has-text("Hello, Fay")')

      await page.click('text=Passkeys')
      await page.click('text=Remove')
      expect(await page.textContent('main')).toContain('You have no passkeys yet.')
      await context.clearCookies()
      await page.goto(`${shop.url}/account/login`)
      await page.click('text=Use a passkey')
      await page.waitForSelector('#problem:has-text("That did not work.")')
    })

    test('where you are signed in: one is ended, then all', async () => {
      const [here, there] = [
        await (await shop.browser.newContext()).newPage(),
        await (await shop.browser.newContext()).newPage(),
      ]
      await signIn(here, 'Eve')
      await signIn(there, 'Eve')
      await here.click('text=Where you are signed in')
      if (sessions === 'cookie') {
        expect(await here.textContent('main')).toContain('nothing on the server to list')
        return
      }
      expect(await here.locator('main li').count()).toBe(2)
      await here.click('text=End it')
      expect(await here.textContent('[role=status]')).toBe('It is ended.')
      expect(await here.locator('main li').allInnerTexts()).toEqual([expect.stringContaining('This browser')])
      await there.goto(`${shop.url}/account`)
      expect(there.url()).toBe(`${shop.url}/account/login?next=%2Faccount`)

      await signIn(there, 'Eve')
      await here.reload()
      await here.click('text=Sign out everywhere')
      expect(await here.textContent('[role=status]')).toBe('You are signed out everywhere.')
      await there.goto(`${shop.url}/account`)
      expect(there.url()).toBe(`${shop.url}/account/login?next=%2Faccount`)
      await signIn(here, 'Eve')
      expect(await here.textContent('h1')).toBe('Hello, Eve')
      if (process.env.SHOTS) await here.screenshot({ path: `${process.env.SHOTS}/account.png` })
    })
  },
)
