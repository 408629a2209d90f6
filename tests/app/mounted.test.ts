// An application inside of another server.
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { makeApp, RequestHandler, Rule, redirectTo, request, response, urlFor } from 'tipfy'
import { ask } from '../support/application.ts'

const handler = (get: () => unknown) =>
  class extends RequestHandler {
    get() {
      return get()
    }
  }

const urls = () => [
  new Rule('/', {
    endpoint: 'home',
    handler: handler(() => ({ url: request.url, home: urlFor('home'), cart: urlFor('cart') })),
  }),
  new Rule('/cart/', {
    endpoint: 'cart',
    handler: handler(() => ({ path: request.path, full: urlFor('cart', null, { full: true }) })),
  }),
  new Rule('/to', { endpoint: 'to', handler: handler(() => redirectTo('cart')) }),
  new Rule('/cookie', {
    endpoint: 'cookie',
    handler: handler(() => {
      response.setCookie('inner', '1')
      response.vary('Cookie')
      return request.args.get('body', 'whole') === 'stream' ? ['a', 'b'].values() : 'ab'
    }),
  }),
  new Rule('/empty', {
    endpoint: 'empty',
    handler: handler(() => {
      response.setCookie('inner', '1')
      response.vary('Cookie')
      response.status = 204
    }),
  }),
]

let close = () => {}
afterEach(() => close())

/** Serves the application by a listener of another server. */
async function serveBy(outer: (inner: RequestListener) => RequestListener): Promise<number> {
  const app = makeApp({ tipfy: { dev: false, logLevel: 'silent', urls } }, { root: import.meta.dirname })
  const server = createServer(outer(app.requestListener)).listen(0, '127.0.0.1')
  close = () => void server.close()
  await new Promise((resolve) => server.once('listening', resolve))
  return (server.address() as AddressInfo).port
}

test.each([
  '/cookie',
  '/cookie?body=stream',
  '/empty',
])('the outer server’s cookies and Vary are added to, not replaced: %s', async (path) => {
  const port = await serveBy((inner) => (incoming, outgoing) => {
    outgoing.setHeader('X-Outer', '1')
    outgoing.setHeader('Set-Cookie', ['outer=1; Path=/', 'more=2'])
    outgoing.setHeader('Vary', 'Accept-Language')
    inner(incoming, outgoing)
  })
  for (const method of ['GET', 'HEAD']) {
    const { headers } = await ask(port, path, { method })
    expect([...headers['set-cookie']!].sort()).toEqual(['inner=1; Path=/', 'more=2', 'outer=1; Path=/'])
    expect(headers.vary!.split(', ').sort()).toEqual(['Accept-Language', 'Cookie'])
    expect(headers['x-outer']).toBe('1')
  }
})

type Mountable = IncomingMessage & { baseUrl?: string; originalUrl?: string }

/** Ways in which servers mount a listener at /shop. */
const mounts: Record<string, (incoming: Mountable) => void> = {
  Express: (incoming) => {
    incoming.originalUrl = incoming.url!
    incoming.baseUrl = '/shop'
    const rest = incoming.url!.slice('/shop'.length)
    incoming.url = rest.startsWith('/') ? rest : `/${rest}`
  },
  Connect: (incoming) => {
    incoming.originalUrl = incoming.url!
    const rest = incoming.url!.slice('/shop'.length)
    incoming.url = rest.startsWith('/') ? rest : `/${rest}`
  },
}

test.each(Object.entries(mounts))('mounted at a path as by %s, URLs and redirects are below it', async (_, mount) => {
  const port = await serveBy((inner) => (incoming: Mountable, outgoing: ServerResponse) => {
    mount(incoming)
    inner(incoming, outgoing)
  })
  const origin = `http://127.0.0.1:${port}`
  for (const home of ['/shop/', '/shop', '/shop?a=1', '/shop/?a=1']) {
    const { url, ...urls } = JSON.parse((await ask(port, home)).text)
    expect(url).toBe(`${origin}/shop/${home.includes('?') ? '?a=1' : ''}`)
    expect(urls).toEqual({ home: '/shop/', cart: '/shop/cart/' })
  }
  expect((await ask(port, '/shop/cart?b=2')).headers.location).toBe(`${origin}/shop/cart/?b=2`)
  expect((await ask(port, '/shop/to')).headers.location).toBe(`${origin}/shop/cart/`)
  expect(JSON.parse((await ask(port, '/shop/cart/')).text)).toEqual({ path: '/cart/', full: `${origin}/shop/cart/` })
})

test('a mount path leads to no other host', async () => {
  const port = await serveBy((inner) => (incoming: Mountable, outgoing) => {
    incoming.baseUrl = '//evil.example/'
    inner(incoming, outgoing)
  })
  const { home, url } = JSON.parse((await ask(port, '/')).text)
  expect([home, url]).toEqual(['/evil.example/', `http://127.0.0.1:${port}/evil.example/`])
})

test('without a mount path nothing is in front of URLs', async () => {
  const port = await serveBy((inner) => inner)
  expect(JSON.parse((await ask(port, '/')).text)).toEqual({
    url: `http://127.0.0.1:${port}/`,
    home: '/',
    cart: '/cart/',
  })
})
