import { describe, expect, test } from '@jest/globals'
import { hasChromium } from '../support/chromium.ts'
import { openShop } from '../support/shop-browser.ts'

const whereChromium = hasChromium ? describe : describe.skip

whereChromium.each(['cookie', 'datastore'] as const)('the example in Chromium, with %s sessions', (sessions) => {
  const shop = openShop(sessions)

  test('walks the cart by URL, each browser with its own', async () => {
    const page = await (await shop.browser.newContext()).newPage()
    const says = async (query: string) => {
      await page.goto(`${shop.url}/session-test${query}`)
      return page.innerText('body')
    }
    expect(await says('?add-product=foo')).toBe('Products in cart: foo')
    expect(await says('?add-product=<script>document.title="run"</script>')).toBe(
      'Products in cart: foo, <script>document.title="run"</script>',
    )
    expect(await page.title()).not.toBe('run')
    const other = await (await shop.browser.newContext()).newPage()
    await other.goto(`${shop.url}/session-test`)
    expect(await other.innerText('body')).toBe('The cart is empty.')
    expect(await says('?remove-product=foo')).toMatch(/^Products in cart: <script>/)
  })

  test('serves a person with forms alone', async () => {
    const context = await shop.browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(shop.url)
    expect(await page.innerText('body')).toContain('The cart is empty.')
    for (const product of ['tea', 'cake & cream']) {
      await page.fill('input[name=add-product]', product)
      await page.click('text=Add')
    }
    expect(await page.locator('li').allInnerTexts()).toEqual([
      expect.stringMatching(/^tea/),
      expect.stringMatching(/^cake & cream/),
    ])
    await page.locator('li', { hasText: 'tea' }).getByRole('button').click()
    expect(await page.locator('li').allInnerTexts()).toEqual([expect.stringMatching(/^cake & cream/)])
    const [cookie] = await context.cookies()
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' })
  })
})
