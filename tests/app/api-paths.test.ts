import { afterEach, expect, test } from '@jest/globals'
import { type App, html, makeApp, RequestHandler, Rule, request, Submount, Unauthorized } from 'tipfy'
import { createClient } from 'tipfy/testing'
import { z } from 'zod'
import { describeApp } from '../../lib/app/openapi/document.ts'

class Tickets extends RequestHandler {
  static input = {
    get: { query: z.object({ page: z.coerce.number() }) },
    post: { json: z.object({ title: z.string() }) },
  }
  get() {
    throw new Unauthorized('Send a token.')
  }
  post() {
    return { wantsJson: request.wantsJson, isForApi: request.isForApi }
  }
  put() {
    throw new Error('inside')
  }
  override invalid() {
    return html`<form>`
  }
}

let app: App | undefined
afterEach(() => app?.close())

function open(apiPaths: readonly string[], dev = false) {
  app = makeApp({
    tipfy: {
      dev,
      logLevel: 'silent',
      apiPaths,
      urls: () => [
        new Rule('/', { endpoint: 'home', handler: Tickets }),
        new Rule('/apiary', { endpoint: 'apiary', handler: Tickets }),
        new Submount('/api', [new Rule('/tickets', { endpoint: 'tickets', handler: Tickets })]),
      ],
    },
  })
  return createClient(app)
}

const json = /^application\/(problem\+)?json/

test.each([
  false,
  true,
])('errors below a path of an API are JSON for a client that takes anything (development: %s)', async (dev) => {
  const client = open(['/api'], dev)
  const asks = [
    client.get('/api/tickets?page=1'),
    client.get('/api/tickets?page=x'),
    client.get('/api/nowhere'),
    client.delete('/api/tickets'),
    client.put('/api/tickets'),
    client.post('/api/tickets', { form: { title: 'x' } }),
    client.get('/api/tickets?page=x', { headers: { accept: '*/*' } }),
    client.get('/api/nowhere', { headers: { accept: 'image/png' } }),
  ]
  const responses = await Promise.all(asks)
  expect(responses.map(({ status }) => status)).toEqual([401, 422, 404, 405, 500, 415, 422, 404])
  for (const { headers } of responses) expect(headers.get('content-type')).toMatch(json)
})

test.each([
  ['a browser', '/api/nowhere', { accept: 'text/html,*/*;q=0.8' }],
  ['a page beside it', '/nowhere', { accept: '*/*' }],
  ['a path that only begins alike', '/apiary?page=x', { accept: '*/*' }],
])('%s gets HTML', async (_, path, headers) => {
  expect((await open(['/api']).get(path, { headers })).headers.get('content-type')).toMatch(/^text\/html/)
})

test.each([['/api'], ['/api/'], ['/']])('a request knows that it is for the API %s', async (path) => {
  const response = await open([path]).post('/api/tickets', {
    body: '{"title":"x"}',
    headers: { 'content-type': 'application/json' },
  })
  expect(response.json()).toEqual({ wantsJson: true, isForApi: true })
})

test('OpenAPI describes the API alone, and without such paths all', async () => {
  for (const [apiPaths, paths] of [
    [['/api/'], ['/api/tickets']],
    [[], ['/', '/apiary', '/api/tickets']],
  ] as const) {
    open(apiPaths)
    await app!.ready()
    expect(Object.keys((await describeApp(app!)).document.paths)).toEqual(paths)
    await app!.close()
  }
})

test.each([['/api'], [['api']], [['/api?x']], [[1]]])('%j stops the start', (apiPaths) => {
  expect(() => makeApp({ tipfy: { apiPaths: apiPaths as string[] } })).toThrow(
    /tipfy\.apiPaths must be a list of paths like '\/api'/,
  )
})
