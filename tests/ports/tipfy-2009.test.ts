// What the tests and the documentation of tipfy 2009 and 1.0 hold their framework to, written as docs/coming-from.md says: rules,
// url_for, redirects, hooks, get_config, sessions, flashes, secure cookies, messages, middleware.
import { afterAll, describe, expect, test } from '@jest/globals'
import {
  abort,
  BaseConverter,
  type Config,
  EndpointPrefix,
  getConfig,
  type HandlerClass,
  HandlerPrefix,
  MethodNotAllowed,
  makeApp,
  RequestHandler,
  Response,
  Rule,
  redirect,
  redirectTo,
  renderJsonResponse,
  request,
  response,
  urlFor,
} from 'tipfy'
import { messages } from 'tipfy/ext/messages'
import { session, sessionStore } from 'tipfy/ext/session'
import { createClient, memoryDatastore, withRequest } from 'tipfy/testing'

const secretKey = 'a key for the tests of tipfy 2009, 32 bytes'
const datastore = await memoryDatastore()
const apps: ReturnType<typeof makeApp>[] = []
afterAll(() => Promise.all(apps.map((app) => app.close())))

type Hooks = NonNullable<NonNullable<Config['tipfy']>['hooks']>

function appOf(rules: readonly Rule[], hooks: Hooks = {}, sections: Config = {}) {
  const tipfy = { dev: false, logLevel: 'silent' as const, urls: () => rules, hooks, ...sections.tipfy }
  const app = makeApp({ ...sections, tipfy, 'tipfy/ext/session': { secretKey, datastore } })
  apps.push(app)
  return app
}

const url = (endpoint: string, values: object = {}, options: object = {}) =>
  (urlFor as (...args: unknown[]) => string)(endpoint, values, options)
const to = (endpoint: string, values: object = {}, options: object = {}) =>
  (redirectTo as (...args: unknown[]) => Response)(endpoint, values, options)

describe('urls', () => {
  const app = appOf([
    new Rule('/', { endpoint: 'home', handler: 'home:HomeHandler' }),
    new Rule('/people/<string:username>', { endpoint: 'profile', handler: 'profile:ProfileHandler' }),
  ])
  const here = <T>(fn: () => T) => withRequest(app, { headers: { host: 'localhost:8080' } }, fn) as Promise<T>

  test('a path leads to a rule and its values, and no other path', async () => {
    await app.ready()
    const urls = app.urlMap!.bind({ serverName: 'localhost:8080' })
    expect(urls.match('/').rule.handler).toBe('home:HomeHandler')
    expect(urls.match('/people/calvin')).toMatchObject({
      rule: { handler: 'profile:ProfileHandler' },
      args: { username: 'calvin' },
    })
    expect(() => urls.match('/this-path-is-not-mapped')).toThrow(expect.objectContaining({ code: 404 }))
  })

  test('url_for builds paths and full URLs, redirect_to always full ones', async () => {
    await here(() => {
      expect([url('home'), url('profile', { username: 'moe' })]).toEqual(['/', '/people/moe'])
      expect(url('profile', { username: 'moe' }, { full: true })).toBe('http://localhost:8080/people/moe')
      expect(url('home', {}, { anchor: 'top', scheme: 'https' })).toBe('https://localhost:8080/#top')
      const moved = to('profile', { username: 'moe' }, { code: 301 })
      expect([moved.statusCode, moved.headers.get('location')]).toEqual([301, 'http://localhost:8080/people/moe'])
      expect(moved).toBe(response)
    })
  })

  test('redirect takes a URL and a code, and no code that is none of a redirect', async () => {
    await here(() => {
      expect(redirect('http://www.google.com/').statusCode).toBe(302)
      expect(redirect('http://www.google.com/', 301).headers.get('location')).toBe('http://www.google.com/')
      for (const wrong of [404, 405, 304, 300]) {
        expect(() => redirect('/', wrong)).toThrow(expect.objectContaining({ code: 'TIPFY_E_REDIRECT' }))
        expect(() => to('home', {}, { code: wrong })).toThrow(expect.objectContaining({ code: 'TIPFY_E_REDIRECT' }))
      }
    })
  })

  test('render_json_response fills the global response', async () => {
    await here(() => {
      const json = renderJsonResponse({ foo: 'bar' })
      expect([json instanceof Response, json.mimetype, json.data]).toEqual([true, 'application/json', '{"foo":"bar"}'])
    })
  })

  test('the prefixes of 1.0 put a name in front of endpoints and handlers', async () => {
    const rules = [
      new EndpointPrefix('company-', [
        new HandlerPrefix('company:', [
          new Rule('/', { endpoint: 'home', handler: 'Home' }),
          new Rule('/about', { endpoint: 'about', handler: 'Home.about' }),
        ]),
      ]),
    ]
    const prefixed = appOf(rules as never)
    await prefixed.ready()
    expect(prefixed.urlMap!.rules().map(({ path, endpoint, handler }) => [path, endpoint, handler])).toEqual([
      ['/', 'company-home', 'company:Home'],
      ['/about', 'company-about', 'company:Home.about'],
    ])
  })

  test('the converter of regular expressions of 1.0 is a class of four lines', async () => {
    class RegexConverter extends BaseConverter<string> {
      override regex = String(this.arguments.positional[0])
      override partIsolating = false
    }
    class Path extends RequestHandler {
      get({ path }: { path: string }) {
        return path
      }
    }
    const rules = [new Rule('/<regex(".*"):path>', { endpoint: 'home', handler: Path })]
    const client = createClient(appOf(rules, {}, { tipfy: { urlMap: { converters: { regex: RegexConverter } } } }))
    for (const path of ['foo', 'foo/bar', 'foo/bar/baz']) expect((await client.get(`/${path}`)).text).toBe(path)
  })
})

describe('handlers', () => {
  class Named extends RequestHandler {
    get({ name }: { name: string }) {
      return `get-${name}`
    }
    post({ name }: { name: string }) {
      return `post-${name}`
    }
  }

  test('dispatch calls the method of a verb with the values of the rule', () => {
    expect(new Named().dispatch('get', { name: 'test' })).toBe('get-test')
    expect(new Named().dispatch('post', { name: 'test' })).toBe('post-test')
    expect(() => new Named().dispatch('put', { name: 'test' })).toThrow(MethodNotAllowed)
  })

  test('one function may be the method of all verbs', async () => {
    class All extends RequestHandler {
      get() {
        return `Method: ${request.method}`
      }
    }
    for (const verb of ['delete', 'head', 'options', 'post', 'put', 'patch', 'trace'])
      Object.defineProperty(All.prototype, verb, { value: All.prototype.get })
    const client = createClient(appOf([new Rule('/', { endpoint: 'home', handler: All })]))
    for (const method of ['GET', 'DELETE', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'TRACE'])
      expect((await client.request(method, '/')).text).toBe(`Method: ${method}`)
    expect(await client.head('/')).toMatchObject({ status: 200, text: '' })
  })

  test('abort ends with its status, and handleException may mend what was thrown', async () => {
    class Abort extends RequestHandler {
      get({ status }: { status: number }) {
        if (status === 500) throw new Error('booo!')
        abort(status)
      }
    }
    class Mended extends Abort {
      override handleException() {
        return new Response('That was close!')
      }
    }
    const rules = [
      new Rule('/abort/<int:status>', { endpoint: 'abort', handler: Abort }),
      new Rule('/mended/<int:status>', { endpoint: 'mended', handler: Mended }),
    ]
    const client = createClient(appOf(rules))
    for (const status of [400, 403, 404, 500]) expect((await client.get(`/abort/${status}`)).status).toBe(status)
    expect(await client.get('/mended/500')).toMatchObject({ status: 200, text: 'That was close!' })
  })

  test('a relative redirect is left to the client, which makes the URL that 1.0 wrote', async () => {
    class Redirect extends RequestHandler {
      get() {
        return redirect(request.args.get('to', '/'))
      }
    }
    const rules = ['/foo/bar', '/foo/bar/'].map((path, at) => new Rule(path, { endpoint: `r${at}`, handler: Redirect }))
    const client = createClient(appOf(rules))
    const target = async (path: string, to: string) => (await client.get(path, { query: { to } })).location
    expect(await target('/foo/bar/', './baz')).toBe('http://localhost/foo/bar/baz')
    expect(await target('/foo/bar/', '../baz')).toBe('http://localhost/foo/baz')
    expect(await target('/foo/bar', './baz')).toBe('http://localhost/foo/baz')
    expect(await target('/foo/bar', '/baz')).toBe('http://localhost/baz')
  })
})

describe('hooks', () => {
  test('are added at the end or at a place, called in order, and give their results', async () => {
    const hooks = appOf([]).hooks as unknown as {
      add(name: string, hook: Function, position?: number): void
      addMulti(hooks: Record<string, Function[]>): void
      get(name: string): unknown[]
      call(name: string, ...args: unknown[]): Promise<unknown[]>
      iter(name: string, ...args: unknown[]): AsyncGenerator<unknown>
    }
    const adding = (text: string) => (name: string) => name + text
    hooks.add('named', adding('-one'))
    hooks.addMulti({ named: [adding('-two')], other: [adding('-three')] })
    hooks.add('named', adding('-zero'), 0)
    expect(await hooks.call('named', 'x')).toEqual(['x-zero', 'x-one', 'x-two'])
    const results = []
    for await (const result of hooks.iter('other', 'y')) results.push(result)
    expect([results, await hooks.call('nothing'), hooks.get('nothing')]).toEqual([['y-three'], [], []])
  })
})

describe('get_config', () => {
  test('reads what was configured, then the defaults of tipfy, then the fallback', async () => {
    const app = appOf([], {}, { foo: { bar: 'baz', none: null } })
    await withRequest(app, {}, () => {
      expect([getConfig('foo', 'bar'), getConfig('foo', 'hmm'), getConfig('foo', 'hmm', 'default')]).toEqual([
        'baz',
        undefined,
        'default',
      ])
      expect([getConfig('tipfy', 'appsInstalled'), getConfig('nowhere'), getConfig('nowhere', 'key', 3)]).toEqual([
        [],
        {},
        3,
      ])
    })
  })
})

type Methods = Record<string, () => unknown>

/** A client of an application with a page for each function. */
function site(hook: string, pages: Methods) {
  const rules = Object.entries(pages).map(([name, page]) => {
    const handler = class extends RequestHandler {
      get() {
        return page()
      }
    } as HandlerClass
    return new Rule(`/${name}`, { endpoint: name, handler })
  })
  return createClient(appOf(rules, { posInitApp: `tipfy/ext/session:${hook}` }))
}

describe.each(['setSecureCookieSession', 'setDatastoreSession'])('sessions by %s', (hook) => {
  const data = session as unknown as Record<string, unknown>

  test('the cart of the documentation', async () => {
    const client = site(hook, {
      cart: () => {
        const [add, remove] = [request.args.get('add'), request.args.get('remove')]
        const products = session.setDefault('products' as never, [] as never) as unknown as string[]
        if (add !== null) products.push(add)
        if (remove !== null && products.includes(remove)) products.splice(products.indexOf(remove), 1)
        return products.length > 0 ? `Products in cart: ${products.join(', ')}` : 'The cart is empty.'
      },
    })
    const pages = ['add=foo', 'add=bar', 'remove=foo', 'remove=nothing', 'remove=bar']
    const texts = []
    for (const query of pages) texts.push((await client.get(`/cart?${query}`)).text)
    expect(texts).toEqual([
      'Products in cart: foo',
      'Products in cart: foo, bar',
      'Products in cart: bar',
      'Products in cart: bar',
      'The cart is empty.',
    ])
  })

  test('several sessions, each with its backend', async () => {
    const client = site(hook, {
      one: async () => {
        const other = (await sessionStore.getSession('other', { backend: 'datastore' })) as unknown as typeof data
        const third = (await sessionStore.getSession('third', { backend: 'securecookie' })) as unknown as typeof data
        const before = [data.n, other.n, third.n]
        data.n = 1
        other.n = 2
        third.n = 3
        return before
      },
    })
    expect((await client.get('/one')).json()).toEqual([null, null, null])
    expect((await client.get('/one')).json()).toEqual([1, 2, 3])
  })

  test('flashes are shown once, in a box of their own if they have a key', async () => {
    const client = site(hook, {
      flash: () => sessionStore.flash({ body: 'a flash value' }, 'success', 'mine'),
      show: async () => [await sessionStore.getFlashes(), await sessionStore.getFlashes('mine')],
    })
    await client.get('/flash')
    expect((await client.get('/show')).json()).toEqual([[], [{ message: { body: 'a flash value' }, level: 'success' }]])
    expect((await client.get('/show')).json()).toEqual([[], []])
  })

  test('cookies are set and deleted, and signed ones hold any value', async () => {
    const client = site(hook, {
      plain: () => {
        const value = request.cookies.get('test')
        if (value === null) sessionStore.setCookie('test', 'a cookie value')
        else sessionStore.deleteCookie('test')
        return value ?? 'undefined'
      },
      secure: () => {
        const value = sessionStore.getSecureCookie('signed') as { test: string } | undefined
        if (value === undefined) sessionStore.setSecureCookie('signed', { test: 'a secure cookie value' })
        return value?.test ?? 'undefined'
      },
    })
    const texts = async (path: string) => [(await client.get(path)).text, (await client.get(path)).text]
    expect(await texts('/plain')).toEqual(['undefined', 'a cookie value'])
    expect(await texts('/plain')).toEqual(['undefined', 'a cookie value'])
    expect(await texts('/secure')).toEqual(['undefined', 'a secure cookie value'])
    for (const forged of [
      'invalid',
      'foo|bar|baz',
      'eyJmb28iOiJiYXIifQ==|1284849476|847b472f2fabbf1efef55748a394b6f1',
    ]) {
      const cookie = { cookie: `signed="${forged}"` }
      expect(
        (
          await site(hook, { secure: () => String(sessionStore.getSecureCookie('signed')) }).get('/secure', {
            headers: cookie,
          })
        ).text,
      ).toBe('undefined')
    }
  })

  test('messages of this page, and those that a page before left for it', async () => {
    const client = site(hook, {
      set: async () => {
        messages.setFlash('error', 'An error occurred.')
        messages.add('info', 'foo', { title: 'bar' })
        messages.addFormError()
        return messages.get()
      },
      get: () => messages.get(),
    })
    const first = (await client.get('/set')).json() as object[]
    expect(first).toMatchObject([
      { level: 'info', title: 'bar', body: 'foo', life: 5000 },
      { level: 'error', title: 'Error', life: null },
    ])
    expect((await client.get('/get')).json()).toEqual([
      { level: 'error', title: null, body: 'An error occurred.', life: 5000 },
    ])
    expect((await client.get('/get')).json()).toEqual([])
  })
})
