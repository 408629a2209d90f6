import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  makeApp,
  NotFound,
  RequestHandler,
  Response,
  Rule,
  redirect,
  redirectTo,
  request,
  response,
  urlFor,
} from 'tipfy'
import { createClient } from 'tipfy/testing'
import { steps } from '../../lib/internal/tracing.ts'
import { type Running, start } from '../support/application.ts'

/** A query as builders of queries return it: no Promise, but `await` runs it. */
class Builder {
  then(resolve: (rows: unknown) => void): void {
    resolve('rows')
  }
}

class Answers extends RequestHandler {
  get({ what }: { what: string }): unknown {
    response.headers.set('x-set', 'by handler')
    response.status = 201
    const answers: Record<string, () => unknown> = {
      nothing: () => undefined,
      global: () => response,
      text: () => '<b>text</b>',
      bytes: () => new Uint8Array([104, 105]),
      object: () => ({ a: [1, 'é'] }),
      array: () => [1, 2],
      own: () => new Response('own', { status: 202 }),
      web: () => new globalThis.Response('web', { status: 203 }),
      exception: () => new NotFound('Returned.'),
      generator: function* () {
        yield 'one '
        yield 'two'
      },
      query: () => ({ then: (resolve: (rows: unknown) => void) => resolve([{ id: 1 }]) }),
      builder: () => new Builder(),
      number: () => 7,
    }
    return answers[what]!()
  }
}

class Blog extends RequestHandler {
  get({ year, month }: { year: number; month: number }) {
    return `${year * 2}/${month}`
  }
  async post() {
    return 'posted'
  }
}

// The types know the endpoints of the example application, not of this test's.
const blog = 'blog' as 'home'

class Guarded extends RequestHandler {
  override dispatch(...args: Parameters<RequestHandler['dispatch']>) {
    response.headers.set('x-guarded', args[0])
    return super.dispatch(...args)
  }
  get() {
    return 'in'
  }
  delete() {
    return redirect('/ü?x="<1>"', 303)
  }
  put() {
    return redirectTo(blog, { year: 2026, month: 2, page: 3 })
  }
  patch() {
    return [urlFor(blog, { year: 1, month: 2 }), urlFor(blog, { year: 1, month: 2 }, { full: true, anchor: 'a b' })]
  }
}

let running: Running
beforeAll(async () => {
  running = await start([
    new Rule('/answers/<what>', { endpoint: 'answers', handler: Answers }),
    new Rule('/blog/<int:year>/<int:month>', { endpoint: 'blog', handler: Blog }),
    new Rule('/guarded', { endpoint: 'guarded', handler: async () => Guarded }),
    new Rule('/narrow', { endpoint: 'narrow', handler: Guarded, methods: ['GET', 'DELETE'] }),
    new Rule('/blog/<slug>', { endpoint: 'entry', handler: Guarded }),
    new Rule('/blog/new', { endpoint: 'new', handler: Blog }),
    new Rule('/split', { endpoint: 'read', handler: Guarded, methods: ['GET'] }),
    new Rule('/split', { endpoint: 'write', handler: Blog }),
    new Rule('/moved', { endpoint: 'moved', redirectTo: '/guarded', methods: ['GET'] }),
  ])
})
afterAll(() => running.close())

// The console of `tipfy dev` and OpenTelemetry listen.
describe.each(['nobody', 'somebody'])('what a handler returns, while %s listens to its steps', (listener) => {
  const listen = () => {}
  beforeAll(() => {
    if (listener === 'somebody') steps.subscribe(listen)
  })
  afterAll(() => void steps.unsubscribe(listen))

  test.each([
    ['nothing', 201, ''],
    ['global', 201, ''],
    ['text', 201, '<b>text</b>'],
    ['bytes', 201, 'hi'],
    ['object', 201, '{"a":[1,"é"]}'],
    ['array', 201, '[1,2]'],
    ['generator', 201, 'one two'],
    ['query', 201, '[{"id":1}]'],
    ['builder', 201, 'rows'],
    ['own', 202, 'own'],
    ['web', 203, 'web'],
  ])('%s becomes the answer', async (what, status, text) => {
    const answer = await running.ask(`/answers/${what}`)
    expect(answer).toMatchObject({ status, text })
    expect(answer.headers['x-set']).toBe(status === 201 ? 'by handler' : undefined)
  })

  test('an exception that is returned answers as one that is thrown', async () => {
    expect(await running.ask('/answers/exception')).toMatchObject({ status: 404 })
  })

  test('anything else is an error', async () => {
    expect((await running.ask('/answers/number')).status).toBe(500)
  })
})

describe('methods', () => {
  test('a handler is called by verb with the variables of its rule, converted', async () => {
    expect((await running.ask('/blog/2013/12')).text).toBe('4026/12')
    expect((await running.ask('/blog/2013/12', { method: 'POST' })).text).toBe('posted')
  })

  test('HEAD is answered by get, with the same headers and no body', async () => {
    const get = await running.ask('/blog/1/2')
    const head = await running.ask('/blog/1/2', { method: 'HEAD' })
    expect(head).toMatchObject({ status: 200, text: '' })
    expect(head.headers['content-length']).toBe(get.headers['content-length'])
  })

  test('OPTIONS, and the Allow of a 405, tell the methods that the class has and the rule permits', async () => {
    const options = await running.ask('/blog/1/2', { method: 'OPTIONS' })
    expect(options.status).toBe(204)
    expect(options.headers.allow).toBe('GET, HEAD, POST, OPTIONS')
    const refused = await running.ask('/blog/1/2', { method: 'DELETE' })
    expect(refused.status).toBe(405)
    expect(refused.headers.allow).toBe('GET, HEAD, POST, OPTIONS')
    expect((await running.ask('/narrow', { method: 'PUT' })).headers.allow).toBe('GET, HEAD, DELETE, OPTIONS')
    expect((await running.ask('/narrow', { method: 'OPTIONS' })).headers.allow).toBe('GET, HEAD, DELETE, OPTIONS')
  })

  test('they leave out methods of a later rule that an earlier one for the same path takes', async () => {
    const refused = await running.ask('/blog/new', { method: 'DELETE' })
    expect(refused).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD, POST, OPTIONS' } })
    expect((await running.ask('/blog/new', { method: 'OPTIONS' })).headers.allow).toBe('GET, HEAD, POST, OPTIONS')
    const split = await running.ask('/split', { method: 'PATCH' })
    expect(split).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD, OPTIONS, POST' } })
    expect((await running.ask('/split', { method: 'POST' })).text).toBe('posted')
  })

  test('a rule that redirects some methods refuses the others', async () => {
    expect(await running.ask('/moved')).toMatchObject({ status: 308, headers: { location: /\/guarded$/ } })
    const refused = await running.ask('/moved', { method: 'POST' })
    expect(refused).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD, OPTIONS' } })
    expect(await running.ask('/moved', { method: 'OPTIONS' })).toMatchObject({
      status: 204,
      headers: { allow: 'GET, HEAD, OPTIONS' },
    })
  })

  test('dispatch may be overridden', async () => {
    expect((await running.ask('/guarded')).headers['x-guarded']).toBe('get')
  })

  test('redirects keep the response they are made on, and stay ASCII', async () => {
    const there = await running.ask('/guarded', { method: 'DELETE' })
    expect(there).toMatchObject({
      status: 303,
      headers: { location: '/%C3%BC?x=%22%3C1%3E%22', 'x-guarded': 'delete' },
    })
    const named = await running.ask('/guarded', { method: 'PUT' })
    expect(named.status).toBe(302)
    expect(named.headers.location).toBe(`http://127.0.0.1:${running.port}/blog/2026/2?page=3`)
  })

  test('urlFor builds paths, and whole URLs with an anchor', async () => {
    const urls = JSON.parse((await running.ask('/guarded', { method: 'PATCH' })).text)
    expect(urls).toEqual(['/blog/1/2', `http://127.0.0.1:${running.port}/blog/1/2#a%20b`])
  })
})

describe('bad requests', () => {
  test('a malformed URL is a 400, an unknown path a 404', async () => {
    expect((await running.ask('/answers/%zz')).status).toBe(400)
    expect((await running.ask('/nowhere')).status).toBe(404)
  })
})

describe("handlers by name ('module:Class')", () => {
  const root = join(import.meta.dirname, '../fixtures/handlers')

  test('are found in app/, then in the root, with dots or slashes for folders', async () => {
    const { ask, close } = await start(
      [
        new Rule('/1', { endpoint: '1', handler: 'one:Hi' }),
        new Rule('/2', { endpoint: 'two:Hi' }),
        new Rule('/3', { endpoint: '3', handler: 'apps.blog:Hi' }),
        new Rule('/4', { endpoint: '4', handler: 'apps/blog:Hi' }),
      ],
      {},
      root,
    )
    expect((await ask('/1')).text).toMatch(/app\/one\.ts$/)
    expect((await ask('/2')).text).toMatch(/two\.js$/)
    expect((await ask('/3')).text).toMatch(/apps\/blog\/index\.ts$/)
    expect((await ask('/4')).text).toMatch(/apps\/blog\/index\.ts$/)
    await close()
  })

  test('a module or class that is missing names the rule and the files looked for', async () => {
    const { app, close } = await start([], {}, root)
    const load = async (handler: string) => app.handlers.load(new Rule('/x', { endpoint: 'x', handler }))
    await expect(load('none:Hi')).rejects.toThrow(
      /There is no module "none" for rule "\/x"; looked for app\/none\.ts, .*none\/index\.mjs/,
    )
    await expect(load('one:Ho')).rejects.toThrow(/app\/one\.ts has no export "Ho" for rule "\/x"; it exports Hi/)
    await close()
  })
})

test.each(['GET', 'Post', 'dELETE'])('a method called %s is an error when the class is loaded', async (given) => {
  class Capitals extends RequestHandler {}
  Object.defineProperty(Capitals.prototype, given, { value: () => 'never' })
  class Derived extends Capitals {
    patch() {}
  }
  const rules = [Capitals, Derived].map((handler) => new Rule(`/${handler.name}`, { endpoint: handler.name, handler }))
  const app = makeApp({ tipfy: { urls: () => rules, logLevel: 'silent' } })
  await app.ready()
  const failures = await app.handlers.loadAll(rules)
  expect(failures.map(({ error }) => (error as Error).message)).toEqual(
    ['Capitals', 'Derived'].map(
      (name) =>
        `The handler ${name} has a method \`${given}\`, which no request calls. Write its name in lower case: \`${given.toLowerCase()}\`.`,
    ),
  )
  await app.close()
})

test('a class can remove a method of the class above it', async () => {
  class Above extends RequestHandler {
    get() {
      return 'read'
    }
    post() {
      return 'written'
    }
  }
  class ReadOnly extends Above {}
  Object.defineProperty(ReadOnly.prototype, 'post', { value: undefined })
  const app = makeApp({
    tipfy: { urls: () => [new Rule('/', { endpoint: 'read', handler: ReadOnly })], logLevel: 'silent' },
  })
  const client = createClient(app)
  const refused = await client.post('/')
  expect([(await client.get('/')).text, refused.status, refused.headers.get('allow')]).toEqual([
    'read',
    405,
    'GET, HEAD, OPTIONS',
  ])
  await app.close()
})

test('a method that is static or a field is an error at the start, not a 405', async () => {
  class Static extends RequestHandler {
    static get() {
      return 'never'
    }
  }
  class Field extends RequestHandler {
    post = () => 'never'
  }
  class Fine extends RequestHandler {
    static readonly get = 'data'
    get() {
      return this.post()
    }
    post = () => 'fine'
  }
  class NeedsRequest extends RequestHandler {
    readonly path = request.path
  }
  const rules = [Static, Field, Fine, NeedsRequest].map(
    (handler) => new Rule(`/${handler.name}`, { endpoint: handler.name, handler }),
  )
  const app = makeApp({ tipfy: { urls: () => rules, logLevel: 'silent' } })
  await app.ready()
  const failures = await app.handlers.loadAll(rules)
  expect(failures.map(({ error }) => error)).toEqual([
    expect.objectContaining({
      code: 'TIPFY_E_METHOD_PLACE',
      message: expect.stringContaining('The handler Static has `get` as a static method, which no request calls'),
    }),
    expect.objectContaining({ message: expect.stringContaining('The handler Field has `post` as a field') }),
  ])
  expect((await createClient(app).get('/Fine')).text).toBe('fine')
  await app.close()
})

test('a method may be called like a verb in capitals beside the verb itself', async () => {
  class Both extends RequestHandler {
    get() {
      return this.GET()
    }
    GET() {
      return 'both'
    }
  }
  const app = makeApp({
    tipfy: { urls: () => [new Rule('/', { endpoint: 'both', handler: Both })], logLevel: 'silent' },
  })
  expect((await createClient(app).get('/')).text).toBe('both')
  await app.close()
})
