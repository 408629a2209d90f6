import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { InternalServerError, RequestHandler, Rule } from 'tipfy'
import { session } from 'tipfy/ext/session'
import { type Running, start } from '../support/application.ts'

function findPrice(): never {
  throw new RangeError('no price below <zero>') // where the cause came from
}

class Broken extends RequestHandler {
  get() {
    session.set('card', `session-${4000 + 711}`)
    try {
      findPrice()
    } catch (cause) {
      throw new Error('the cart <b>cannot</b> be shown', { cause }) // where it was thrown
    }
  }

  post() {
    throw 'just text'
  }

  put() {
    throw new InternalServerError('told')
  }

  delete() {
    return 42
  }

  patch() {
    const first = new Error('the first', { cause: new Error('behind the first') })
    const thrown = new AggregateError([first, 'just a text'], 'all of them failed')
    first.cause = Object.assign(new Error('behind the first'), { cause: thrown })
    throw thrown
  }
}

const rules = () => [new Rule('/broken/<int:id>', { endpoint: 'broken', handler: Broken })]
const sessions = {
  tipfy: { hooks: { posInitApp: ['tipfy/ext/session:setSecureCookieSession'] } },
  'tipfy/ext/session': { secretKey: randomBytes(32).toString('hex') },
}
let dev: Running
let production: Running
beforeAll(async () => {
  dev = await start(rules(), { ...sessions, tipfy: { ...sessions.tipfy, dev: true } })
  production = await start(rules(), sessions)
})
afterAll(() => Promise.all([dev.close(), production.close()]))

const secrets = { cookie: 'other=cookie-4711', authorization: 'Basic auth-4711' }
const ask = (server: Running, accept: string, method = 'GET') =>
  server.ask('/broken/5?q=%3Cq%3E&%3Ci%3E=1', { method, headers: { accept, ...secrets } })

test('in development the page shows the error, its source and its causes with theirs', async () => {
  const { status, text } = await ask(dev, 'text/html')
  expect(status).toBe(500)
  expect(text).toContain('the cart &lt;b&gt;cannot&lt;/b&gt; be shown')
  expect(text).toContain('// where it was thrown')
  expect(text).toContain('<strong>RangeError</strong>: no price below &lt;zero&gt;')
  expect(text).toContain('// where the cause came from')
  expect(text).toContain('error-page.test.ts')
})

test("tipfy's own frames are folded away, in the page and in its causes", async () => {
  const { text } = await ask(dev, 'text/html')
  const [, ...parts] = text.split('<details')
  const all = parts.filter((part) => /^><summary>All \d+ frames/.test(part))
  expect(all).toHaveLength(2)
  for (const part of all) expect(part).toMatch(/\blib\/app\//)
  const frames = parts.filter((part) => part.includes('<summary><code>'))
  expect(frames.filter((part) => /<summary>.*\blib\//.test(part))).toEqual([])
  const open = frames.filter((part) => part.startsWith(' open'))
  expect(open).toHaveLength(2)
  for (const part of open) expect(part).toContain('error-page.test.ts')
})

test('an error without a frame of the application shows none, but for the list of all', async () => {
  const { text } = await ask(dev, 'text/html', 'DELETE')
  expect(text).toContain('A handler returned number')
  expect(text).not.toContain('<summary><code>')
  expect(text).toMatch(/<summary>All \d+ frames/)
})

test('an error of many others shows them all', async () => {
  const { text } = await ask(dev, 'text/html', 'PATCH')
  for (const part of ['all of them failed', 'the first', 'behind the first', 'just a text'])
    expect(text).toContain(part)
})

test('it shows the request and its rule, escaped', async () => {
  const { text } = await ask(dev, 'text/html')
  for (const part of ['/broken/5', '/broken/&lt;int:id&gt;', '&lt;q&gt;', '?&lt;i&gt;', '&lt;id&gt;']) {
    expect(text).toContain(part)
  }
})

test('what could be a secret, and all of the session, is only seen when asked for', async () => {
  const { text } = await ask(dev, 'text/html')
  const open = text.replace(/<details><summary>hidden<\/summary>.*?<\/details>/gs, '')
  for (const secret of ['session-4711', 'cookie-4711', 'auth-4711']) {
    expect(text).toContain(secret)
    expect(open).not.toContain(secret)
  }
  expect(open).toContain('card')
})

test('nothing of the page runs, and it loads nothing', async () => {
  const { headers, text } = await ask(dev, 'text/html')
  expect(headers['content-security-policy']).toMatch(
    /^default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri/,
  )
  expect(text).not.toMatch(/<script|\bsrc=|\bon\w+=/)
  expect(headers['cache-control']).toBe('no-store')
})

test('a program gets JSON or text', async () => {
  const json = JSON.parse((await ask(dev, 'application/json')).text)
  expect(json).toMatchObject({
    status: 500,
    title: 'Internal Server Error',
    detail: 'the cart <b>cannot</b> be shown',
    cause: { detail: 'no price below <zero>' },
  })
  expect(json.stack[0]).toMatch(/^at .*error-page\.test\.ts/)
  expect((await ask(dev, 'text/plain')).text).toMatch(/^Error: the cart.*\[cause\]: RangeError/s)
})

test('what is thrown need not be an error', async () => {
  const page = await ask(dev, 'text/html', 'POST')
  expect([page.status, page.text.includes('just text')]).toEqual([500, true])
})

test('an HTTP error is answered as it is', async () => {
  const page = await ask(dev, 'text/html', 'PUT')
  expect(page.text).toContain('<p>told</p>')
  expect(page.text).not.toContain('error-page.test.ts')
})

test.each([
  'text/html',
  'application/json',
  'text/plain',
])('in production nothing of it is told, as %s', async (accept) => {
  for (const method of ['GET', 'POST']) {
    const { status, text, headers } = await ask(production, accept, method)
    expect([status, headers['content-type']?.split(';')[0]]).toEqual([500, accept])
    expect(text).not.toMatch(/cart|price|just text|4711|\.ts|node:/)
  }
})

test('under a foreign name, which a web page may have pointed here, the page tells nothing', async () => {
  for (const accept of ['text/html', 'application/json', 'text/plain']) {
    const { status, text } = await dev.ask('/broken/5', { headers: { accept, host: 'evil.example' } })
    expect(status).toBe(500)
    expect(text).toMatch(/^Internal Server Error\n/)
    expect(text).not.toContain('cannot')
  }
})
