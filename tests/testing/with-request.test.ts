import { afterAll, expect, test } from '@jest/globals'
import { bindContext, app as currentApp, makeApp, RequestHandler, Rule, request, response, urlFor } from 'tipfy'
import { session } from 'tipfy/ext/session'
import { withRequest } from 'tipfy/testing'

class Product extends RequestHandler {}

const app = makeApp({
  tipfy: {
    logLevel: 'silent',
    hooks: { posInitApp: ['tipfy/ext/session:setSecureCookieSession'] },
    urls: () => [new Rule('/products/<int:id>', { endpoint: 'product', handler: Product })],
  },
  'tipfy/ext/session': { secretKey: 'a secret of the tests: 0123456789 abcdef' },
})
afterAll(() => app.close())

test('the globals are those of the request that the test describes', async () => {
  const seen = await withRequest(
    app,
    { path: '/products/7?size=xl', method: 'PUT', headers: { 'x-own': 'mine' }, cookies: { a: '1' } },
    () => ({
      method: request.method,
      size: request.args.get('size'),
      args: request.ruleArgs,
      rule: request.rule?.endpoint,
      own: request.headers.get('x-own'),
      cookie: request.cookies.get('a'),
      app: currentApp.root,
    }),
  )
  const args = { id: 7 }
  expect(seen).toEqual({ method: 'PUT', size: 'xl', args, rule: 'product', own: 'mine', cookie: '1', app: app.root })
})

test('bodies can be read, and URLs built', async () => {
  const options = { path: 'https://shop.example/nowhere', method: 'POST', form: { name: 'Ann' } }
  const seen = await withRequest(app, options, async () => ({
    name: (await request.form()).get('name'),
    url: urlFor('product' as 'home', { id: 3 } as never, { full: true }),
  }))
  expect(seen).toEqual({ name: 'Ann', url: 'https://shop.example/products/3' })
})

test('the session holds what the test puts in', async () => {
  await withRequest(app, { session: { products: ['tea'] } }, () => {
    expect(session.products).toEqual(['tea'])
    response.status = 201
  })
  expect(await withRequest(app, {}, () => [session.size, response.status])).toEqual([0, 200])
})

test('what the test throws comes out', async () => {
  const thrown = withRequest(app, {}, () => {
    throw new RangeError('of the test')
  })
  await expect(thrown).rejects.toThrow('of the test')
})

test('the request is over when the test is', async () => {
  let later = (): string => ''
  await withRequest(app, { path: '/x' }, () => {
    later = bindContext(() => request.path)
    expect(later()).toBe('/x')
  })
  expect(later).toThrow(/`request` was used after its request ended: request \d+ \(GET \/x\) finished 0 s ago/)
})
