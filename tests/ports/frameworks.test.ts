// What the suites of Flask, Werkzeug, Express, Koa, Fastify, Hono, Starlette and h3 hold their frameworks to, asked of one
// application of ours. Where we differ on purpose, docs/coming-from.md says why.
import { afterAll, describe, expect, test } from '@jest/globals'
import {
  abort,
  HTTPException,
  type MultiDict,
  makeApp,
  RequestHandler,
  Response,
  Rule,
  redirect,
  request,
  response,
  urlFor,
  type Verb,
} from 'tipfy'
import { createClient } from 'tipfy/testing'

class Teapot extends HTTPException {
  static override readonly code = 418
}

/** Pairs as text, one after the other. */
const shown = (pairs: MultiDict) => [...pairs].map(([name, value]) => `${name}=${value}`).join(' & ')

const pages: Record<string, () => unknown> = {
  query: () => shown(request.args),
  cookies: () => shown(request.cookies),
  json: async () => ({ got: await request.json() }),
  text: () => request.text(),
  form: async () => {
    const files = [...(await request.files())].map(
      ([name, { filename, mimetype, size }]) => `${name}=${filename} (${mimetype}, ${size})`,
    )
    return [shown(await request.form()), ...files].filter(Boolean).join(' & ')
  },
  accepts: () => [request.accepts('html', 'json'), request.acceptsLanguages('en', 'pt-BR'), request.wantsJson],
  redirect: () => redirect(request.args.get('to', '/')),
  abort: () => abort(request.args.get('status', 0, Number), '<b>'),
  cookie: () => {
    const { name = 'a', value = '', ...options } = request.args.toObject()
    response.setCookie(name, value, options as object)
  },
  header: () => void response.headers.set('x-test', request.args.get('value', '')),
  status: () => {
    response.status = request.args.get('status', 0, Number)
    return 'body'
  },
  tagged: () => {
    response.etag = 'tag'
    response.makeConditional()
    return 'hello'
  },
  dated: () => {
    response.lastModified = new Date(Date.UTC(2026, 0, 1))
    response.makeConditional()
    return 'hello'
  },
  number: () => 1,
  nothing: () => undefined,
  list: () => ['a', 1],
  bytes: () => new Uint8Array([104, 105]),
  pieces: function* () {
    yield 'a'
    yield Buffer.from('b')
  },
  web: () => {
    const headers = new Headers([...'ab'].map((name) => ['set-cookie', `${name}=1`]))
    return new globalThis.Response('web', { status: 201, headers })
  },
  own: () => {
    throw new Teapot('short and stout')
  },
  status500: () => {
    throw Object.assign(new Error('secret'), { status: 404, statusCode: 404 })
  },
  dropped: () => {
    response.setCookie('a', '1')
    throw new Teapot()
  },
}

class Page extends RequestHandler {
  override dispatch(_: Verb, { name }: Readonly<Record<string, unknown>>) {
    const page = pages[String(name)]
    return page === undefined ? abort(404) : page()
  }
}

const app = makeApp({
  tipfy: { dev: false, logLevel: 'silent', urls: () => [new Rule('/<name>', { endpoint: 'page', handler: Page })] },
})
const client = createClient(app, { headers: { accept: 'text/plain' } })
afterAll(() => app.close())

type Fields = Record<string, string>
const get = (path: string, headers: Fields = {}) => client.get(path, { headers })
const post = (path: string, body: string | Uint8Array, type: string) =>
  client.post(path, { body, headers: { 'content-type': type } })

describe('queries and cookies', () => {
  test.each([
    ['', ''],
    ['a=1&a=2&b=3', 'a=1 & a=2 & b=3'],
    ['a&b=&c=x=y', 'a= & b= & c=x=y'],
    ['a=1+2&b=%2B', 'a=1 2 & b=+'],
    ['a=%&b=%zz&c=%ff', 'a=% & b=%zz & c=\ufffd'],
    ['a=1;b=2', 'a=1;b=2'],
    ['a[]=1&a[b]=2', 'a[]=1 & a[b]=2'],
    ['__proto__=1', '__proto__=1'],
    ['&&a=1&', 'a=1'],
  ])('the query %j', async (query, pairs) => {
    expect((await get(`/query?${query}`)).text).toBe(pairs)
  })

  test.each([
    ['a=1;b=2;;c=3;', 'a=1 & b=2 & c=3'],
    ['a="1 2"; b="x\\"y"; c="\\303\\244"', 'a=1 2 & b=x"y & c=ä'],
    ['a=%C3%A4; b=100%; c=%zz', 'a=ä & b=100% & c=%zz'],
    ['x; a=b=c==', 'a=b=c=='],
    ['a=1; a=2; __proto__=3', 'a=1 & a=2 & __proto__=3'],
  ])('the cookies %j', async (cookie, pairs) => {
    expect((await get('/cookies', { cookie })).text).toBe(pairs)
  })

  test.each<[Fields, unknown[]]>([
    [{ accept: '*/*' }, ['html', 'en', false]],
    [{ accept: 'text/html;q=0.5, application/json' }, ['json', 'en', true]],
    [{ accept: 'text/html;q=0, */*' }, ['json', 'en', true]],
    [
      { accept: 'text/*, application/json;q=0.3', 'accept-language': 'pt-br;q=0.9, en;q=0.1' },
      ['html', 'pt-BR', false],
    ],
    [{ accept: 'image/png', 'accept-language': 'en-US' }, [null, 'en', false]],
  ])('negotiation by %j', async (headers, chosen) => {
    expect((await get('/accepts', headers)).json()).toEqual(chosen)
  })
})

describe('bodies', () => {
  test.each([
    ['{"a":1}', 'application/json', 200],
    [' [1]\n', 'Application/JSON; charset=utf-8', 200],
    ['\ufeffnull', 'application/vnd.api+json', 200],
    ['', 'application/json', 400],
    ["{'a':1}", 'application/json', 400],
    ['[1,]', 'application/json', 400],
    ['{"__proto__":{"a":1}}', 'application/json', 400],
    [Buffer.from('{"a":"ä"}', 'utf16le'), 'application/json; charset=utf-16', 400],
    ['{}', 'text/plain', 415],
  ])('the JSON %j of the type %s is a %i', async (body, type, status) => {
    expect((await post('/json', body, type)).status).toBe(status)
  })

  const part = (head: string, text: string) => `--X\r\n${head}\r\n\r\n${text}\r\n`
  const form = 'Content-Disposition: form-data'
  const urlencoded = 'application/x-www-form-urlencoded'
  const multipart = 'multipart/form-data; boundary="X"'
  test.each([
    [urlencoded, 'a=1&a=2&b=x+y', 'a=1 & a=2 & b=x y'],
    ['text/plain', 'a=1', ''],
    [multipart, `${part(`${form}; name="a"`, '1')}--X--\r\n`, 'a=1'],
    [
      multipart,
      `before\r\n${part(`${form}; name="f"; filename="C:\\d\\ä.txt"`, 'a--X')}--X--`,
      'f=ä.txt (text/plain, 4)',
    ],
    [multipart, `${part(`${form}; name="f"; filename=""\r\nContent-Type: image/png`, '')}--X--`, ''],
  ])('the form of the type %s with %j', async (type, body, sent) => {
    expect((await post('/form', body, type)).text).toBe(sent)
  })

  test.each([
    ['multipart/form-data', part(`${form}; name="a"`, '1')],
    ['multipart/form-data; boundary=X', part(`${form}; name="a"`, '1')],
    ['multipart/form-data; boundary=X', '--X\nno form\n--X--\n'],
  ])('a broken form of the type %s is a 400', async (type, body) => {
    expect((await post('/form', body, type)).status).toBe(400)
  })

  test('text is in the charset of its type, and an unknown one a 415', async () => {
    expect((await post('/text', new Uint8Array([0xe4]), 'text/plain; charset=latin1')).text).toBe('ä')
    expect((await post('/text', 'x', 'text/plain; charset=none')).status).toBe(415)
  })
})

describe('responses', () => {
  test.each([
    ['number', 500, null],
    ['nothing', 200, ''],
    ['list', 200, '["a",1]'],
    ['bytes', 200, 'hi'],
    ['pieces', 200, 'ab'],
    ['web', 201, 'web'],
    ['own', 418, "418 I'm a Teapot\n\nshort and stout\n"],
    ['status500', 500, null],
  ])('the page %s is a %i', async (name, status, text) => {
    const sent = await get(`/${name}`)
    expect(sent.status).toBe(status)
    if (text !== null) expect(sent.text).toBe(text)
    expect(sent.text).not.toContain('secret')
  })

  test('cookies of the web stay apart, and those before an error are not sent', async () => {
    expect((await get('/web')).headers.getSetCookie()).toEqual(['a=1', 'b=1'])
    expect((await get('/dropped')).headers.getSetCookie()).toEqual([])
  })

  test.each([
    ['/a b?c=ä#d', '/a%20b?c=%C3%A4#d'],
    ['/a%20b', '/a%20b'],
    ['../x', '../x'],
    ['?a=1', '?a=1'],
    ['/\\evil.example', '/%5Cevil.example'],
    ['/a\r\nSet-Cookie: b', '/a%0D%0ASet-Cookie:%20b'],
    ['http://bücher.example/ä', 'http://xn--bcher-kva.example/%C3%A4'],
  ])('a redirect to %j', async (to, location) => {
    const sent = await client.get('/redirect', { query: { to } })
    expect([sent.status, sent.headers.get('location'), sent.headers.get('set-cookie')]).toEqual([302, location, null])
  })

  test.each([400, 401, 402, 404, 409, 418, 422, 429, 451, 500, 503, 507])('abort(%i)', async (status) => {
    const plain = await get(`/abort?status=${status}`)
    expect([plain.status, plain.text.endsWith('\n\n<b>\n')]).toEqual([status, true])
    const page = await get(`/abort?status=${status}`, { accept: 'text/html' })
    expect(page.text).toContain('<p>&lt;b&gt;</p>')
  })

  test.each(['a\r\nb', 'a\nb', 'a\0b', '€'])('the header %j is no header', async (value) => {
    expect((await client.get('/header', { query: { value } })).status).toBe(500)
  })

  test.each<[Fields, string | null]>([
    [{ name: 'a', value: 'x y,"ä"' }, 'a=x%20y%2C%22%C3%A4%22; Path=/'],
    [{ name: 'a', domain: '.example.org', sameSite: 'lax' }, 'a=; Domain=example.org; Path=/; SameSite=Lax'],
    [{ name: 'a', value: 'x; Domain=evil.example' }, null],
    [{ name: 'a b' }, null],
    [{ name: 'a', path: '/;x' }, null],
    [{ name: '__Host-a' }, null],
  ])('the cookie %j', async (query, cookie) => {
    const sent = await client.get('/cookie', { query })
    expect([sent.status, sent.headers.get('set-cookie')]).toEqual([cookie === null ? 500 : 200, cookie])
  })

  test.each([
    [204, null],
    [205, '0'],
    [304, null],
  ])('%i has no body', async (status, length) => {
    const { status: sent, text, headers } = await get(`/status?status=${status}`)
    expect([sent, text, headers.get('content-length')]).toEqual([status, '', length])
  })

  test.each([0, 101, 199, 600, 200.5])('%d is no status', async (status) => {
    expect((await get(`/status?status=${status}`)).status).toBe(500)
  })

  test.each<[Fields, number, string | null]>([
    [{ 'if-none-match': '"tag"' }, 304, ''],
    [{ 'if-none-match': '"a", W/"tag"' }, 304, ''],
    [{ 'if-none-match': '*' }, 304, ''],
    [{ 'if-none-match': '"a"' }, 200, 'hello'],
    [{ 'if-match': '"a"' }, 412, null],
    [{ range: 'bytes=1-2' }, 206, 'el'],
    [{ range: 'bytes=-2' }, 206, 'lo'],
    [{ range: 'bytes=3-99' }, 206, 'lo'],
    [{ range: 'bytes=9-' }, 416, null],
    [{ range: 'bytes=2-1' }, 200, 'hello'],
    [{ range: 'lines=1-2' }, 200, 'hello'],
    [{ range: 'bytes=0-0,2-2' }, 200, 'hello'],
    [{ range: 'bytes=0-0', 'if-range': '"tag"' }, 206, 'h'],
    [{ range: 'bytes=0-0', 'if-range': '"a"' }, 200, 'hello'],
  ])('with %j a tagged page is a %i', async (headers, status, text) => {
    const sent = await get('/tagged', headers)
    expect(sent.status).toBe(status)
    if (text !== null) expect(sent.text).toBe(text)
  })

  test('a date is a condition of whole seconds, and none when it is broken', async () => {
    const status = async (date: string) => (await get('/dated', { 'if-modified-since': date })).status
    expect(await status('Thu, 01 Jan 2026 00:00:00 GMT')).toBe(304)
    expect(await status('Wed, 31 Dec 2025 23:59:59 GMT')).toBe(200)
    expect(await status('yesterday')).toBe(200)
  })
})

test('requests at once keep to themselves, however they wait', async () => {
  pages.mixed = async () => {
    const name = request.args.get('n')
    response.headers.set('x-n', name ?? '')
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 5))
    await Promise.all([null, new Promise((resolve) => setImmediate(resolve))])
    return [request.args.get('n'), response.headers.get('x-n'), (urlFor as Function)('page', { name })]
  }
  const names = Array.from({ length: 100 }, (_, at) => String(at))
  const sent = await Promise.all(names.map((n) => get(`/mixed?n=${n}`)))
  expect(sent.map((one) => one.json())).toEqual(names.map((n) => [n, n, `/${n}`]))
  expect(sent.every((one, at) => one.headers.get('x-n') === names[at])).toBe(true)
})

test('a response that many requests return gathers nothing of them', async () => {
  const shared = new Response('shared', { status: 202 })
  pages.shared = () => shared
  pages.touched = () => {
    response.setCookie('mine', 'x')
    return shared
  }
  await get('/touched')
  const sent = await get('/shared')
  expect([sent.status, sent.text, sent.headers.get('set-cookie')]).toEqual([202, 'shared', null])
})
