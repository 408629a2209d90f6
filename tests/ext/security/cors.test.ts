import { afterEach, describe, expect, test } from '@jest/globals'
import { type Config, makeApp, RequestHandler, Rule, response, ServiceUnavailable } from 'tipfy'
import { contextStorage } from '../../../lib/app/context.ts'
import { type Running, start } from '../../support/application.ts'

class Items extends RequestHandler {
  get() {
    response.data = 'items'
  }
  put() {
    response.data = 'put'
  }
}
class Broken extends RequestHandler {
  get() {
    throw new Error('it broke')
  }
}

let running: Running
afterEach(() => running.close())

const cors = (given: object, more: object = {}): Config => ({
  tipfy: { hooks: { posInitApp: ['tipfy/ext/security:cors'], ...more } },
  'tipfy/ext/security': { cors: given },
})
async function serve(given: object, more: object = {}): Promise<void> {
  const rules = [
    new Rule('/items', { endpoint: 'items', handler: Items }),
    new Rule('/broken', { endpoint: 'broken', handler: Broken }),
  ]
  running = await start(rules, cors(given, more))
}
const shop = 'https://shop.example'
const preflight = (path: string, origin = shop, method = 'PUT') => ({
  path,
  options: {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'x-own' },
  },
})
const corsHeaders = (headers: object) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => /^(access-control|vary)/.test(name)))

describe('a preflight', () => {
  test('of a listed origin is told the methods that the rule has, and the headers it may send', async () => {
    await serve({ origins: [shop], headers: ['x-own', 'content-type'], credentials: true })
    const { path, options } = preflight('/items')
    const { status, text, headers } = await running.ask(path, options)
    expect({ status, text }).toEqual({ status: 204, text: '' })
    expect(corsHeaders(headers)).toEqual({
      'access-control-allow-origin': shop,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, HEAD, PUT, OPTIONS',
      'access-control-allow-headers': 'x-own, content-type',
      'access-control-max-age': '600',
      vary: 'Access-Control-Request-Method, Access-Control-Request-Headers, Origin',
    })
  })

  test('is responded to before the hooks that guard the application, whatever order they are named in', async () => {
    const guard = () => {
      throw new Error('a preflight carries no cookies')
    }
    await serve({ origins: [shop] }, { preDispatchHandler: [guard] })
    const { path, options } = preflight('/items')
    expect((await running.ask(path, options)).status).toBe(204)
  })

  test.each([
    'https://shop.example.evil',
    'http://shop.example',
    'https://shop.example:8443',
    'null',
    'https://sub.shop.example',
  ])('of the origin %s is told nothing', async (origin) => {
    await serve({ origins: [shop], credentials: true })
    const { path, options } = preflight('/items', origin)
    expect(corsHeaders((await running.ask(path, options)).headers)).toEqual({ vary: 'Origin' })
  })

  test('of a path without a rule is a 404', async () => {
    await serve({ origins: [shop] })
    const { path, options } = preflight('/nothing')
    expect((await running.ask(path, options)).status).toBe(404)
  })
})

describe('a preflight for what the rules redirect', () => {
  const rules = () => [
    new Rule('/items/', { endpoint: 'items', handler: Items }),
    new Rule('/changed/', { endpoint: 'changed', handler: Items, methods: ['PUT'] }),
    new Rule('/both', { endpoint: 'read', handler: Broken, methods: ['GET'] }),
    new Rule('/both/', { endpoint: 'write', handler: Items, methods: ['PUT'] }),
    new Rule('/old', { endpoint: 'old', redirectTo: '/items/' }),
    new Rule('/a/b', { endpoint: 'moved', handler: Items }),
    new Rule('/alias', { endpoint: 'moved', handler: Items, alias: true }),
    new Rule('/page/', { endpoint: 'page', handler: Items, defaults: { page: 1 } }),
    new Rule('/page/<int:page>', { endpoint: 'page', handler: Items }),
  ]

  test.each([
    '/items',
    '/changed',
    '/both',
    '/old',
    '/a//b',
    '//a/b',
    '/alias',
    '/page/1',
  ])('permits what it asks for, since browsers follow that redirect alone: %s', async (path) => {
    running = await start(rules(), cors({ origins: [shop], headers: ['x-own'], credentials: true }))
    const { options } = preflight(path)
    const { status, text, headers } = await running.ask(path, options)
    expect({ status, text }).toEqual({ status: 204, text: '' })
    expect(corsHeaders(headers)).toMatchObject({
      'access-control-allow-origin': shop,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'PUT',
      'access-control-allow-headers': 'x-own',
      'access-control-max-age': '600',
    })
    expect(['location', 'content-type', 'allow'].filter((name) => name in headers)).toEqual([])
    const sent = await running.ask(path, { method: 'PUT', headers: { origin: shop } })
    expect([sent.status, sent.headers['access-control-allow-origin']]).toEqual([308, shop])
  })

  test('leaves the redirect to other origins, and to an OPTIONS request that is no preflight', async () => {
    running = await start(rules(), cors({ origins: [shop] }))
    const { options } = preflight('/items', 'https://evil.example')
    const asked = [options, { method: 'OPTIONS', headers: { origin: shop } }]
    for (const one of asked) expect((await running.ask('/items', one)).status).toBe(308)
  })

  test('keeps the methods of a rule for those that are not redirected', async () => {
    running = await start(rules(), cors({ origins: [shop] }))
    const { options } = preflight('/both', shop, 'GET')
    expect((await running.ask('/both', options)).headers['access-control-allow-methods']).toBe('GET, HEAD, OPTIONS')
  })
})

describe('a response', () => {
  test('of every kind says to its origin that scripts may read it', async () => {
    await serve({ origins: [shop], exposeHeaders: ['x-total'] })
    for (const [path, status] of [
      ['/items', 200],
      ['/nothing', 404],
      ['/broken', 500],
    ] as const) {
      const asked = await running.ask(path, { headers: { origin: shop } })
      expect([path, asked.status, corsHeaders(asked.headers)]).toEqual([
        path,
        status,
        {
          'access-control-allow-origin': shop,
          'access-control-expose-headers': 'x-total',
          vary: expect.stringMatching(/^(Accept, )?Origin$/),
        },
      ])
    }
  })

  test('varies by origin also where none was sent, so that no cache mixes them up', async () => {
    await serve({ origins: (origin: string) => origin.endsWith('.example') })
    expect(corsHeaders((await running.ask('/items')).headers)).toEqual({ vary: 'Origin' })
    expect(corsHeaders((await running.ask('/items', { headers: { origin: shop } })).headers)).toEqual({
      'access-control-allow-origin': shop,
      vary: 'Origin',
    })
  })

  test('is allowed to the origins for which an async function resolves to true, and to no other', async () => {
    await serve({ origins: async (origin: string) => origin === shop, credentials: true })
    for (const [origin, allowed] of [
      [shop, shop],
      ['https://evil.example', undefined],
    ] as const) {
      const { path, options } = preflight('/items', origin)
      const responses = [await running.ask(path, options), await running.ask('/items', { headers: { origin } })]
      expect(responses.map(({ headers }) => headers['access-control-allow-origin'])).toEqual([allowed, allowed])
    }
  })

  test('of a session that cannot be saved says so as well', async () => {
    await serve({ origins: [shop] })
    const sessions = {
      openSession: () => {},
      saveSession: (_: unknown, __: unknown, hasFailed: boolean) => {
        if (!hasFailed) throw new ServiceUnavailable()
      },
    }
    running.app.hooks.add('preDispatchHandler', () => {
      contextStorage.getStore()!.session ??= {}
    })
    running.app.sessionInterface = sessions as never
    const asked = await running.ask('/items', { headers: { origin: shop } })
    expect([asked.status, asked.headers['access-control-allow-origin']]).toEqual([503, shop])
  })

  test('for every origin says so, without cookies', async () => {
    await serve({ origins: '*' })
    expect(corsHeaders((await running.ask('/items', { headers: { origin: 'null' } })).headers)).toEqual({
      'access-control-allow-origin': '*',
    })
  })

  test('for every origin is in responses to requests without one, which caches give to others', async () => {
    await serve({ origins: '*', exposeHeaders: ['x-total'] })
    const { headers } = await running.ask('/items')
    expect(corsHeaders(headers)).toEqual({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'x-total',
    })
    expect(headers.vary ?? '').not.toContain('Origin')
  })
})

test.each([
  [{ origins: ['https://shop.example/'] }, 'cors.origins must be .* without a path'],
  [{ origins: ['shop.example'] }, 'cors.origins must be'],
  [{ origins: '*', credentials: true }, 'browsers send no cookies where every origin is allowed'],
  [{ origin: [shop] }, 'cors.origin must be .*origins'],
  [{ maxAge: -1 }, 'cors.maxAge must be a number of whole seconds'],
  [{ headers: ['a b'] }, 'cors.headers must be'],
])('the start stops for %j', async (given, message) => {
  expect(() => makeApp(cors(given), { root: import.meta.dirname })).toThrow(new RegExp(message))
  await serve({})
})
