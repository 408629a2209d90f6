import { afterEach, expect, test } from '@jest/globals'
import { type App, type Config, makeApp, RequestHandler, Rule, redirect, request } from 'tipfy'
import { session } from 'tipfy/ext/session'
import { createClient } from 'tipfy/testing'

class Cart extends RequestHandler {
  get() {
    return { products: session.get('products') ?? [] }
  }
  async post() {
    session.setDefault('products', []).push((await request.form()).get('product') ?? '')
    return redirect('/', 303)
  }
  put() {
    return request.path === '/' ? redirect('/moved', 307) : 'moved'
  }
  delete() {
    session.clear()
    return { is: 'empty' }
  }
  query() {
    return { token: request.headers.get('x-csrf-token') }
  }
}

let app: App
afterEach(() => app.close())
function open(own: Config['tipfy/ext/session'] = {}) {
  app = makeApp({
    tipfy: {
      logLevel: 'silent',
      urls: () => ['/', '/moved'].map((path) => new Rule(path, { endpoint: path, handler: Cart })),
      hooks: {
        posInitApp: 'tipfy/ext/session:setSecureCookieSession',
        preDispatchHandler: 'tipfy/ext/session:checkCsrf',
      },
    },
    'tipfy/ext/session': { secretKey: 'only for these tests, made of many letters', ...own },
  })
  return app
}

test.each([
  ['in a cookie of its own', {}],
  ['in the session', { csrf: 'session' }],
  ['in a header of another name', { csrfHeader: 'x-token' }],
] as const)('a client with csrf sends the token with what changes something: %s', async (_, own) => {
  const client = createClient(open(own), { csrf: true })
  await client.session((data) => {
    data.products = ['tea']
  })
  expect((await client.post('/', { form: { product: 'milk' } })).status).toBe(303)
  expect((await client.get('/')).json()).toEqual({ products: ['tea', 'milk'] })
  expect((await client.delete('/')).json()).toEqual({ is: 'empty' })
  expect((await client.query('/')).json()).toEqual({ token: null })
})

test('one request of it is sent without', async () => {
  const client = createClient(open(), { csrf: true })
  expect((await client.post('/', { form: { product: 'tea' }, csrf: false })).status).toBe(403)
})

test('one request of another client is sent with it, also where it is redirected', async () => {
  const client = createClient(open())
  expect((await client.delete('/')).status).toBe(403)
  expect((await client.delete('/', { csrf: true })).status).toBe(200)
  const moved = await client.put('/', { csrf: true, followRedirects: true })
  expect([moved.status, moved.text, moved.history.length]).toEqual([200, 'moved', 1])
})

test('a header of the test itself is sent in its place', async () => {
  const client = createClient(open(), { csrf: true })
  expect((await client.delete('/', { headers: { 'x-csrf-token': 'forged' } })).status).toBe(403)
})

test('a response that is not JSON is an error that shows it', async () => {
  const response = await createClient(open(), { headers: { accept: 'text/html' } }).get('/nowhere?a=1')
  expect(() => response.json()).toThrow(
    /^The response of http:\/\/localhost\/nowhere\?a=1 is not JSON: 404, text\/html; charset=utf-8: "<!doctype html>.{0,90}"\. Look at its status first/,
  )
})
