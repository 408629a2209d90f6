// OPTIONS, which every rule takes whatever its `methods` are, and the Allow header of a 405.
import { afterAll, expect, test } from '@jest/globals'
import { makeApp, RequestHandler, Rule } from 'tipfy'
import { createClient } from 'tipfy/testing'

class Page extends RequestHandler {
  get() {
    return 'page'
  }
}
const app = makeApp({
  tipfy: {
    dev: false,
    logLevel: 'silent',
    urls: () => [
      new Rule('/free/', { endpoint: 'free', handler: Page }),
      new Rule('/get/', { endpoint: 'get', handler: Page, methods: ['GET'] }),
      new Rule('/loose/', { endpoint: 'loose', handler: Page, methods: ['GET'], strictSlashes: false }),
      new Rule('/shop/tea', { endpoint: 'tea', handler: Page, methods: ['GET'] }),
      new Rule('/shop/<int:id>/', { endpoint: 'item', handler: Page, methods: ['GET'] }),
    ],
  },
})
const client = createClient(app)
afterAll(() => app.close())

const ask = async (method: string, path: string) => {
  const { status, location, headers } = await client.request(method, path)
  return [status, location?.replace('http://localhost', '') ?? headers.get('allow')]
}

// Flask adds OPTIONS to the methods of every rule, so that Werkzeug redirects it there too.
test.each([
  ['/free', 308, '/free/'],
  ['/get', 308, '/get/'],
  ['/shop/7', 308, '/shop/7/'],
  ['/shop/x', 404, null],
  ['/shop//tea', 308, '/shop/tea'],
  ['/shop//7', 308, '/shop/7/'],
  ['/get//', 308, '/get/'],
  ['/loose', 204, 'GET, HEAD, OPTIONS'],
  ['/loose/', 204, 'GET, HEAD, OPTIONS'],
  ['/none', 404, null],
])('OPTIONS %s is treated as the methods of the rule: %i %s', async (path, status, header) => {
  expect(await ask('OPTIONS', path)).toEqual([status, header])
})

test('a 405 has Allow, also where a rule would match with merged slashes', async () => {
  expect(await ask('POST', '/shop/tea')).toEqual([405, 'GET, HEAD, OPTIONS'])
  expect(await ask('POST', '/shop//tea')).toEqual([405, 'GET, HEAD, OPTIONS'])
})

test('other methods than those of a rule are a 404 without its slash, as in Werkzeug', async () => {
  expect(await ask('POST', '/get')).toEqual([404, null])
})
