import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Visitor } from '../support/browser.ts'
import { type Program, startProgram } from '../support/process.ts'

const shop = join(import.meta.dirname, '../support/shop.ts')

/** The walk of tipfy's session guide: the query, and what the cart says then. */
const walk = [
  ['', 'The cart is empty.'],
  ['?add-product=foo', 'Products in cart: foo'],
  ['?add-product=bar', 'Products in cart: foo, bar'],
  ['?add-product=baz', 'Products in cart: foo, bar, baz'],
  ['?remove-product=nothing', 'Products in cart: foo, bar, baz'],
  ['?remove-product=foo', 'Products in cart: bar, baz'],
  ['?remove-product=bar', 'Products in cart: baz'],
  ['', 'Products in cart: baz'],
  ['?remove-product=baz', 'The cart is empty.'],
] as const

describe.each(['cookie', 'datastore'])('the example, with %s sessions', (sessions) => {
  const data = mkdtempSync(join(tmpdir(), 'tipfy-cart-'))
  let program: Program
  let port: number

  async function startShop(): Promise<void> {
    program = startProgram(shop, [], { SESSIONS: sessions, DATA: data, PORT: '0' })
    port = Number((await program.line(/^http:\/\/localhost:(\d+)$/))[1])
  }
  beforeAll(startShop)
  afterAll(() => program.end())

  test('walks the cart', async () => {
    const visitor = new Visitor(port)
    for (const [query, text] of walk) {
      expect(await visitor.ask(`/session-test${query}`)).toMatchObject({ status: 200, text })
    }
  })

  test('gives every browser its own cart', async () => {
    const [one, other] = [new Visitor(port), new Visitor(port)]
    await one.ask('/session-test?add-product=mine')
    expect((await other.ask('/session-test')).text).toBe('The cart is empty.')
    expect((await one.ask('/session-test')).text).toBe('Products in cart: mine')
  })

  test('shows markup in a product, and does not run it', async () => {
    const answer = await new Visitor(port).ask('/session-test?add-product=<script>alert(1)</script>')
    expect(answer.text).toBe('Products in cart: &lt;script&gt;alert(1)&lt;/script&gt;')
  })

  test('sets one cookie, when there is something to keep: HttpOnly, SameSite=Lax, Path=/', async () => {
    const visitor = new Visitor(port)
    expect((await visitor.ask('/session-test')).headers['set-cookie']).toBeUndefined()
    const [cookie, ...others] = (await visitor.ask('/session-test?add-product=foo')).headers['set-cookie'] ?? []
    expect(others).toEqual([])
    expect(cookie).toMatch(/; Path=\//)
    expect(cookie).toMatch(/; HttpOnly/)
    expect(cookie).toMatch(/; SameSite=Lax/)
    expect((await visitor.ask('/session-test')).headers['set-cookie']).toBeUndefined()
  })

  test('takes a cookie with a flipped byte for none', async () => {
    const visitor = new Visitor(port)
    await visitor.ask('/session-test?add-product=foo')
    const [[name, value]] = [...visitor.cookies] as [[string, string]]
    for (const at of [0, value.length >> 1, value.length - 1]) {
      const flipped = value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1)
      const forger = new Visitor(port)
      forger.cookies.set(name, flipped)
      expect(await forger.ask('/session-test')).toMatchObject({ status: 200, text: 'The cart is empty.' })
    }
  })

  test('can be used through the forms of its front page', async () => {
    const visitor = new Visitor(port)
    expect((await visitor.ask('/')).text).toContain('The cart is empty.')
    const added = await visitor.post('/', { 'add-product': 'tea & <cake>' })
    expect(added).toMatchObject({ status: 303, headers: { location: `http://127.0.0.1:${port}/` } })
    expect((await visitor.ask('/')).text).toContain('<li>tea &amp; &lt;cake&gt;')
    await visitor.post('/', { 'remove-product': 'tea & <cake>' })
    expect((await visitor.ask('/')).text).toContain('The cart is empty.')
  })

  test('refuses a body over the limit with a 413', async () => {
    const body = `add-product=${'x'.repeat(11 * 1024 * 1024)}`
    const headers = { 'content-type': 'application/x-www-form-urlencoded', expect: '100-continue' }
    expect((await new Visitor(port).ask('/', { method: 'POST', headers, body })).status).toBe(413)
  })

  test.each(['SIGTERM', 'SIGKILL'] as const)('keeps carts when it is ended by %s and started again', async (signal) => {
    const visitor = new Visitor(port)
    await visitor.ask('/session-test?add-product=kept')
    expect(await program.end(signal)).toBe(signal === 'SIGTERM' ? 0 : 'SIGKILL')
    await startShop()
    visitor.port = port
    expect((await visitor.ask('/session-test')).text).toBe('Products in cart: kept')
  })
})
