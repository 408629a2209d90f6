import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  type Config,
  MultiDict,
  makeApp,
  RequestHandler,
  Rule,
  redirect,
  redirectTo,
  request,
  response,
  urlFor,
} from 'tipfy'
import { session, sessionStore } from 'tipfy/ext/session'
import { createClient, memoryDatastore } from 'tipfy/testing'

class Echo extends RequestHandler {
  async get() {
    const { method, url, remoteAddr, scheme } = request
    const headers = { ...request.incoming.headers, 'x-list': request.headers.getAll('x-list') }
    return { method, url, remoteAddr, scheme, headers, args: [...request.args] }
  }
  async post() {
    const files = [...(await request.files())].map(([name, file]) => [name, file.filename, file.size])
    return { form: [...(await request.form())], files, type: request.headers.get('content-type') }
  }
  async put() {
    return { json: await request.json() }
  }
  async patch() {
    return { text: await request.text() }
  }
  delete() {
    response.status = 204
  }
}

class Jump extends RequestHandler {
  get({ code }: { code: number }) {
    return redirect('/echo?from=jump', code)
  }
  post({ code }: { code: number }) {
    return redirect('/echo', code)
  }
}

class Loop extends RequestHandler {
  get() {
    return redirectTo('loop' as 'home')
  }
}

class Cart extends RequestHandler {
  get() {
    const products = session.setDefault('products', [])
    const toAdd = request.args.get('add')
    if (toAdd !== null) products.push(toAdd)
    return { products, user: sessionStore.user }
  }
}

class Broken extends RequestHandler {
  async *pieces() {
    yield 'begun'
    throw new Error('broken off')
  }
  get() {
    return this.pieces()
  }
}

class Where extends RequestHandler {
  get({ tenant }: { tenant: string }) {
    return `${tenant} ${urlFor('where' as 'home', { tenant } as never, { full: true })}`
  }
}

const rules = () => [
  new Rule('/echo', { endpoint: 'echo', handler: Echo }),
  new Rule('/jump/<int:code>', { endpoint: 'jump', handler: Jump }),
  new Rule('/loop', { endpoint: 'loop', handler: Loop }),
  new Rule('/cart', { endpoint: 'cart', handler: Cart }),
  new Rule('/broken', { endpoint: 'broken', handler: Broken }),
  new Rule('/where', { endpoint: 'where', handler: Where, subdomain: '<tenant>' }),
]

function makeTestApp(config: Config = {}) {
  return makeApp({
    ...config,
    tipfy: { dev: false, logLevel: 'silent', accessLog: false, urls: rules, ...config.tipfy },
  })
}

describe('the client', () => {
  const app = makeTestApp({ tipfy: { serverName: 'localhost' } })
  const client = createClient(app, { headers: { 'x-always': 'yes' } })
  afterAll(() => app.close())

  test('makes the application ready by itself', async () => {
    expect((await client.get('/echo')).status).toBe(200)
  })

  test('sends a query, headers and the address of its choice', async () => {
    const query = { one: 1, many: ['a', 'b'], odd: 'ä&=' }
    const options = { query, headers: { 'X-Own': 'mine', 'x-list': ['a', 'b'] }, remoteAddress: '10.1.2.3' }
    const seen = (await client.get('/echo?zero=0', options)).json<Record<string, unknown>>()
    expect(seen).toMatchObject({
      method: 'GET',
      remoteAddr: '10.1.2.3',
      scheme: 'http',
      headers: { 'x-always': 'yes', 'x-own': 'mine', 'x-list': ['a', 'b'], host: 'localhost' },
      args: [
        ['zero', '0'],
        ['one', '1'],
        ['many', 'a'],
        ['many', 'b'],
        ['odd', 'ä&='],
      ],
    })
  })

  test('sends forms', async () => {
    const answer = await client.post('/echo', { form: { name: 'Ann & Bob', tag: ['x', 'y'] } })
    expect(answer.json()).toEqual({
      form: [
        ['name', 'Ann & Bob'],
        ['tag', 'x'],
        ['tag', 'y'],
      ],
      files: [],
      type: 'application/x-www-form-urlencoded',
    })
  })

  test('sends multipart forms with files', async () => {
    const multipart = { title: 'A picture', picture: new File(['12345'], 'p.png', { type: 'image/png' }) }
    const sent = (await client.post('/echo', { multipart })).json()
    expect(sent).toMatchObject({ form: [['title', 'A picture']], files: [['picture', 'p.png', 5]] })
  })

  test('sends every value of fields that repeat a name, and of lists', async () => {
    const repeated: [string, string][] = [
      ['tag', 'x'],
      ['name', 'Ann'],
      ['tag', 'y'],
    ]
    const web = new FormData()
    for (const [name, value] of repeated) web.append(name, value)
    for (const form of [new MultiDict(repeated), new URLSearchParams(repeated), web as never])
      expect((await client.post('/echo', { form })).json()).toMatchObject({ form: repeated })
    expect((await client.get('/echo', { query: new MultiDict(repeated) })).json()).toMatchObject({ args: repeated })
    const files = [new File(['1'], 'a.txt'), new File(['12'], 'b.txt')]
    const sent = (await client.post('/echo', { multipart: { tag: ['x', 'y'], file: files } })).json()
    expect(sent).toMatchObject({
      form: [
        ['tag', 'x'],
        ['tag', 'y'],
      ],
      files: [
        ['file', 'a.txt', 1],
        ['file', 'b.txt', 2],
      ],
    })
  })

  test('takes headers as fetch does, and those of a request in place of its own', async () => {
    const names = async (headers: never) =>
      (await client.get('/echo', { headers })).json<{ headers: Record<string, unknown> }>().headers
    expect(await names(new Headers({ 'X-Own': '1' }) as never)).toMatchObject({ 'x-own': '1', 'x-always': 'yes' })
    expect(
      await names([
        ['X-List', 'a'],
        ['x-list', 'b'],
      ] as never),
    ).toMatchObject({ 'x-list': ['a', 'b'] })
    expect(await names({ 'X-ALWAYS': 'no' } as never)).toMatchObject({ 'x-always': 'no' })
    expect(await names({ 'x-always': [] } as never)).not.toHaveProperty('x-always')
  })

  test('a request has one body', async () => {
    await expect(client.post('/echo', { json: { a: 1 }, form: { b: 2 } })).rejects.toThrow(
      'The body of a request must be one of form, json, multipart, body, but is "form and json". Leave one out.',
    )
  })

  test('sends JSON, text and bytes', async () => {
    expect((await client.put('/echo', { json: { a: [1, 'é'] } })).json()).toEqual({ json: { a: [1, 'é'] } })
    expect((await client.patch('/echo', { body: 'é' })).json()).toEqual({ text: 'é' })
    expect((await client.patch('/echo', { body: Buffer.from('bytes') })).json()).toEqual({ text: 'bytes' })
  })

  test('asks with every method', async () => {
    const statuses = []
    for (const method of ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'] as const) {
      statuses.push((await client[method]('/echo', method === 'put' ? { json: 1 } : {})).status)
    }
    expect(statuses).toEqual([200, 200, 200, 200, 204, 200, 204])
    expect(await client.head('/echo')).toMatchObject({ status: 200, text: '' })
    expect((await client.options('/echo')).headers.get('allow')).toContain('PATCH')
  })

  test('sends paths as they are written, and encodes what no request line can hold', async () => {
    expect((await client.get('/%zz')).status).toBe(400)
    expect((await client.get('/a/../echo')).status).toBe(404)
    expect((await client.get('/nothing here/é')).status).toBe(404)
  })

  test('asks other hosts, and by https, when given a whole URL', async () => {
    expect((await client.get('https://shop.localhost/where')).text).toBe('shop https://shop.localhost/where')
    expect((await client.get('http://elsewhere.example/where')).status).toBe(400)
    expect((await client.get(new URL('https://shop.localhost/where'))).text).toBe('shop https://shop.localhost/where')
    const based = createClient(app, { baseUrl: new URL('https://shop.localhost/ignored') })
    expect((await based.get('/where')).text).toBe('shop https://shop.localhost/where')
  })

  test('gives redirects as they are, unless told to follow', async () => {
    const answer = await client.get('/jump/302')
    expect(answer).toMatchObject({ status: 302, location: 'http://localhost/echo?from=jump', history: [] })
    const followed = await client.get('/jump/302', { followRedirects: true })
    expect(followed).toMatchObject({ status: 200, url: 'http://localhost/echo?from=jump' })
    expect(followed.history.map(({ status }) => status)).toEqual([302])
  })

  test.each([
    [301, 'GET'],
    [302, 'GET'],
    [303, 'GET'],
    [307, 'POST'],
    [308, 'POST'],
  ])('follows a %i after a POST with a %s', async (code, method) => {
    const answer = await client.post(`/jump/${code}`, { form: { a: 1 }, followRedirects: true })
    expect(answer.json()).toMatchObject(method === 'GET' ? { method: 'GET' } : { form: [['a', '1']] })
  })

  test('stops in a circle of redirects', async () => {
    await expect(client.get('/loop', { followRedirects: true })).rejects.toThrow('More than 20 redirects from /loop')
  })

  test('rejects when an answer breaks off', async () => {
    await expect(client.get('/broken')).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  test('serves requests at once without mixing them up', async () => {
    const asked = Array.from({ length: 50 }, (_, n) => client.get('/echo', { query: { n } }))
    const seen = (await Promise.all(asked)).map((answer) => answer.json<{ args: unknown }>().args)
    expect(seen).toEqual(Array.from({ length: 50 }, (_, n) => [['n', String(n)]]))
  })

  test('rejects with why the application cannot start', async () => {
    const broken = makeTestApp({ tipfy: { urls: 'nowhere:getRules' } })
    await expect(createClient(broken).get('/')).rejects.toMatchObject({ code: 'TIPFY_E_MODULE_NOT_FOUND' })
    await broken.close()
  })
})

describe.each(['setSecureCookieSession', 'setDatastoreSession'])('the client with %s', (hook) => {
  let app: ReturnType<typeof makeApp>
  beforeAll(async () => {
    const datastore = await memoryDatastore()
    app = makeTestApp({
      tipfy: { hooks: { posInitApp: [`tipfy/ext/session:${hook}`] } },
      'tipfy/ext/session': { secretKey: 'a secret of the tests: 0123456789 abcdef', datastore },
    })
  })
  afterAll(() => app.close())

  test('keeps its cookies from request to request, apart from those of other clients', async () => {
    const [one, other] = [createClient(app), createClient(app)]
    await one.get('/cart?add=foo')
    expect((await one.get('/cart?add=bar')).json()).toMatchObject({ products: ['foo', 'bar'] })
    expect((await other.get('/cart')).json()).toMatchObject({ products: [] })
    one.cookies.clear()
    expect((await one.get('/cart')).json()).toMatchObject({ products: [] })
  })

  test('lets a test set up a session that is not there yet, and look at what a request left', async () => {
    const client = createClient(app)
    await client.session((session, store) => {
      session.products = ['tea']
      store.user = 'ann'
    })
    expect((await client.get('/cart?add=milk')).json()).toEqual({ products: ['tea', 'milk'], user: 'ann' })
    expect(await client.session((session) => session.get('products'))).toEqual(['tea', 'milk'])
  })

  test('lets a test await inside of the session, and destroy it', async () => {
    const client = createClient(app)
    await client.get('/cart?add=foo')
    await client.session(async (_, store) => {
      await store.destroy()
    })
    expect(client.cookies.all()).toEqual([])
  })

  test('sets no cookie when a test only looks', async () => {
    const client = createClient(app)
    expect(await client.session((session) => session.size)).toBe(0)
    expect(client.cookies.all()).toEqual([])
  })

  test('rejects with what a test throws inside of the session, and saves nothing then', async () => {
    const client = createClient(app)
    const thrown = client.session((session) => {
      session.products = ['lost']
      throw new RangeError('of the test')
    })
    await expect(thrown).rejects.toThrow('of the test')
    expect((await client.get('/cart')).json()).toMatchObject({ products: [] })
  })
})

test('a client says what is missing when an application has no sessions', async () => {
  const app = makeTestApp()
  await expect(createClient(app).session(() => {})).rejects.toMatchObject({ code: 'TIPFY_E_SESSION_HOOK' })
  await app.close()
})
