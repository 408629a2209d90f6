// Responses that are thrown, as `throw redirect('/login')` deep in a guard: they end the handler as abort(response) does.
import { afterAll, expect, test } from '@jest/globals'
import { abort, HTTPException, makeApp, RequestHandler, Response, Rule, redirect, response } from 'tipfy'
import { session } from 'tipfy/ext/session'
import { createClient } from 'tipfy/testing'

const ended: string[] = []
function* pieces() {
  try {
    yield 'a'
    yield 'b'
  } finally {
    ended.push('pieces')
  }
}

const thrown: Record<string, () => unknown> = {
  redirect: () => redirect('/login', 303),
  response: () => new Response('ours', { status: 402 }),
  web: () => new globalThis.Response('web', { status: 403, headers: { 'x-web': '1' } }),
  stream: () => response.stream(pieces()),
  aborted: () => abort(response.stream(pieces())),
}

class Guarded extends RequestHandler {
  async get({ name }: { name: string }) {
    session.set('seen' as never, name as never)
    response.setCookie('kept', name)
    await null
    throw thrown[name]!()
  }
}

const seen: unknown[] = []
class Seen extends Guarded {
  static override middleware = [{ handleException: (_: RequestHandler, error: unknown) => void seen.push(error) }]
  override handleException(error: unknown) {
    seen.push(error)
  }
}

const errors: unknown[] = []
const app = makeApp({
  tipfy: {
    dev: false,
    logLevel: 'silent',
    urls: () => [
      new Rule('/<name>', { endpoint: 'guarded', handler: Guarded }),
      new Rule('/seen/<name>', { endpoint: 'seen', handler: Seen }),
    ],
    hooks: {
      posInitApp: 'tipfy/ext/session:setSecureCookieSession',
      preHandleException: (error) => void errors.push(error),
      preSendResponse: (_, sent) => void sent.headers.set('x-hooks', 'ran'),
    },
    errorHandlers: { 402: () => 'a page' },
  },
  'tipfy/ext/session': { secretKey: 'a key for the test of thrown responses' },
})
afterAll(() => app.close())

test.each([
  ['redirect', 303, /See <a href="\/login">/],
  ['response', 402, /^ours$/],
  ['web', 403, /^web$/],
  ['stream', 200, /^ab$/],
  ['aborted', 200, /^ab$/],
])('a thrown %s is sent as it is, after the hooks, and the session is saved', async (name, status, text) => {
  const client = createClient(app)
  const sent = await client.get(`/${name}`)
  expect([sent.status, sent.headers.get('x-hooks')]).toEqual([status, 'ran'])
  expect(sent.text).toMatch(text)
  expect(errors.pop()).toBeInstanceOf(HTTPException)
  expect(await client.session((data) => data.get('seen' as never))).toBe(name)
})

test('handleException of a class and of its middleware gets a response that is thrown as the error of abort()', async () => {
  const sent = await createClient(app).get('/seen/redirect')
  expect(sent.status).toBe(303)
  expect(seen.map((error) => error instanceof HTTPException && error.code)).toEqual([303, 303])
  expect(errors.pop()).toBe(seen[0])
})

test('the global response keeps its cookies when it is thrown, and a stream of it is ended once', async () => {
  ended.length = 0
  const client = createClient(app)
  expect((await client.get('/redirect')).location).toBe('http://localhost/login')
  expect(client.cookies.get('kept')).toBe('redirect')
  await client.get('/stream')
  expect(ended).toEqual(['pieces'])
})
