// HTTP QUERY (RFC 10008): safe like GET, with a body like POST.
import { afterEach, expect, test } from '@jest/globals'
import { type Input, RequestHandler, Rule, request, response } from 'tipfy'
import { createClient } from 'tipfy/testing'
import { z } from 'zod'
import { type Running, start } from '../support/application.ts'

class Search extends RequestHandler {
  static input = { query: { json: z.object({ q: z.string().min(1) }), form: z.object({ q: z.string() }) } }
  get() {
    return 'all'
  }
  query(_: object, { json, form }: Input<typeof Search, 'query'>) {
    response.makeConditional()
    return `found ${json?.q ?? form?.q}`
  }
}
class Free extends RequestHandler {
  async query() {
    return { body: await request.text(), method: request.method }
  }
}
class Get extends RequestHandler {
  get() {
    return 'no query'
  }
}
class Valid extends RequestHandler {
  async query() {
    return await request.valid(z.object({ q: z.string() }))
  }
}

let running: Running
afterEach(() => running.close())

const rules = () => [
  new Rule('/search', { endpoint: 'search', handler: Search }),
  new Rule('/free', { endpoint: 'free', handler: Free, methods: ['QUERY'] }),
  new Rule('/get', { endpoint: 'get', handler: Get }),
  new Rule('/valid', { endpoint: 'valid', handler: Valid }),
  new Rule('/slash/', { endpoint: 'slash', handler: Free }),
]
const json = (value: unknown, headers = {}) => ({
  method: 'QUERY',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
})

test('a handler has a method for it, whose body is read like that of a POST', async () => {
  running = await start(rules())
  expect(await running.ask('/search', json({ q: 'tea' }))).toMatchObject({ status: 200, text: 'found tea' })
  const form = { method: 'QUERY', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'q=cake' }
  expect((await running.ask('/search', form)).text).toBe('found cake')
  expect((await running.ask('/free', { method: 'QUERY', body: 'any text' })).text).toBe(
    '{"body":"any text","method":"QUERY"}',
  )
  expect((await running.ask('/valid', json({ q: 'x' }))).text).toBe('{"q":"x"}')
  expect((await running.ask('/search', json({ q: '' }))).status).toBe(422)
})

test('Allow names it where there is a method for it, and Accept-Query the types that its schemas take', async () => {
  running = await start(rules())
  const options = async (path: string) => (await running.ask(path, { method: 'OPTIONS' })).headers
  expect(await options('/search')).toMatchObject({
    allow: 'GET, HEAD, QUERY, OPTIONS',
    'accept-query': 'application/json, application/x-www-form-urlencoded, multipart/form-data',
  })
  expect(await options('/free')).not.toHaveProperty('accept-query')
  expect(await options('/get')).toMatchObject({ allow: 'GET, HEAD, OPTIONS' })
  expect(await running.ask('/get', { method: 'QUERY' })).toMatchObject({
    status: 405,
    headers: { allow: 'GET, HEAD, OPTIONS' },
  })
  expect((await running.ask('/free')).status).toBe(405)
})

test('content of another type, or of none, is a 415 that names the types', async () => {
  running = await start(rules())
  for (const headers of [{ 'content-type': 'text/plain' }, {}] as Record<string, string>[]) {
    const { status, headers: sent } = await running.ask('/search', { method: 'QUERY', headers, body: 'q' })
    expect([status, sent['accept-query']]).toEqual([
      415,
      'application/json, application/x-www-form-urlencoded, multipart/form-data',
    ])
  }
  expect((await running.ask('/search', { method: 'QUERY' })).status).toBe(415)
})

test('a copy of the response that is still good is a 304', async () => {
  running = await start(rules())
  const { headers } = await running.ask('/search', json({ q: 'tea' }))
  expect(headers.etag).toMatch(/^".+"$/)
  expect(headers).not.toHaveProperty('accept-ranges')
  expect(await running.ask('/search', json({ q: 'tea' }, { 'if-none-match': headers.etag! }))).toMatchObject({
    status: 304,
    text: '',
  })
  expect((await running.ask('/search', json({ q: 'cake' }, { 'if-none-match': headers.etag! }))).status).toBe(200)
  expect((await running.ask('/search', json({ q: 'tea' }, { range: 'bytes=0-1' }))).text).toBe('found tea')
})

test('it needs no CSRF token, as it changes nothing', async () => {
  running = await start(rules(), {
    tipfy: {
      hooks: {
        posInitApp: 'tipfy/ext/session:setSecureCookieSession',
        preDispatchHandler: 'tipfy/ext/session:checkCsrf',
      },
    },
    'tipfy/ext/session': { secretKey: 'Zq3vT8xK1mB6nW9cR2yL5pD7hF4jG0sA' },
  })
  expect((await running.ask('/search', json({ q: 'tea' }))).status).toBe(200)
  expect((await running.ask('/search', { ...json({ q: 'tea' }), method: 'POST' })).status).toBe(403)
})

test('a preflight allows it, and a redirect keeps it', async () => {
  running = await start(rules(), {
    tipfy: { hooks: { posInitApp: 'tipfy/ext/security:cors' } },
    'tipfy/ext/security': { cors: { origins: ['https://shop.example'] } },
  })
  const headers = { origin: 'https://shop.example', 'access-control-request-method': 'QUERY' }
  const preflight = await running.ask('/search', { method: 'OPTIONS', headers })
  expect(preflight.headers['access-control-allow-methods']).toBe('GET, HEAD, QUERY, OPTIONS')
  expect(await running.ask('/slash', { method: 'QUERY' })).toMatchObject({ status: 308 })
})

test('the test client sends it', async () => {
  running = await start(rules())
  expect((await createClient(running.app).query('/search', { json: { q: 'tea' } })).text).toBe('found tea')
})
