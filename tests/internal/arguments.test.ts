// Arguments of a wrong type, which JavaScript passes to public functions, methods and setters.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  abort,
  bindContext,
  getConfig,
  HTTPException,
  html,
  MethodNotAllowed,
  makeApp,
  NotFound,
  RequestHandler,
  Response,
  Rule,
  redirect,
  request,
  response,
  runOutside,
  serve,
  staticRule,
  TipfyError,
  UrlMap,
  urlFor,
} from 'tipfy'
import { messages } from 'tipfy/ext/messages'
import { session, sessionStore } from 'tipfy/ext/session'
import { createClient, withRequest } from 'tipfy/testing'

class Home extends RequestHandler {
  get() {
    return 'home'
  }
}
const urls = () => [
  new Rule('/', { endpoint: 'home', handler: Home }),
  new Rule('/<int:id>', { endpoint: 'item', handler: Home }),
]
const app = makeApp({
  tipfy: {
    dev: false,
    logLevel: 'silent',
    urls,
    hooks: { posInitApp: ['tipfy/ext/session:setSecureCookieSession'] },
  },
  'tipfy/ext/session': { secretKey: 'q8Rz2LmV7xTc4KpW9sYd1FgH6jNb3EaU5iOoQq' },
})
beforeAll(() => app.ready())
afterAll(() => app.close())

// biome-ignore lint/suspicious/noExplicitAny: what JavaScript may pass
type Anything = any
type Call = (value: Anything) => unknown

const inRequest = (call: () => unknown) => withRequest(app, { path: '/?page=2', cookies: { c: '1' } }, call)

const wrong: [string, unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['a number', 3],
  ['NaN', Number.NaN],
  ['a text', 'x'],
  ['a text with a line break', 'a\r\nb'],
  ['half a surrogate pair', '\ud800'],
  ['true', true],
  ['an object', {}],
  ['an object without a prototype', Object.create(null)],
  ['a list', [1]],
  ['a symbol', Symbol('s')],
  ['a bigint', 1n],
  ['a function', () => {}],
  ['an invalid date', new Date(Number.NaN)],
  ['a promise', Promise.resolve(1)],
  ['a map', new Map()],
]

const setter = (of: object, name: string): [string, Call] => [
  `${String(name)} =`,
  (value) => Reflect.set(of, name, value),
]
const method = (of: object, name: string, ...rest: unknown[]): [string, Call] => [
  `${name}()`,
  (value) => (of as Anything)[name](value, ...rest),
]
const option = (of: object, name: string, before: unknown[], key: string): [string, Call] => [
  `${key} of ${name}()`,
  (value) => (of as Anything)[name](...before, { [key]: value }),
]

const calls: [string, Call][] = [
  ...['data', 'status', 'contentType', 'mimetype', 'etag', 'lastModified'].map((name) => setter(response, name)),
  ['cacheControl.maxAge =', (value) => Object.assign(response.cacheControl, { maxAge: value })],
  ...['vary', 'stream', 'events', 'sendFile', 'deleteCookie'].map((name) => method(response, name)),
  method(response, 'setCookie', 'value'),
  ['the value of a cookie', (value) => response.setCookie('a', value)],
  ['the options of a cookie', (value) => response.setCookie('a', 'b', value)],
  ...['path', 'domain', 'maxAge', 'expires', 'sameSite'].map((key) => option(response, 'setCookie', ['a', 'b'], key)),
  ...['path', 'domain', 'sameSite'].map((key) => option(response, 'deleteCookie', ['a'], key)),
  ...['root', 'download', 'mimetype', 'maxAge'].map((key) => option(response, 'sendFile', ['a'], key)),
  ...['get', 'getAll', 'has', 'delete', 'set', 'add', 'deleteWhere', 'forEach'].map((name): [string, Call] => [
    `response.headers.${name}()`,
    (value) => (response.headers as Anything)[name](value, 'x'),
  ]),
  ...['get', 'getAll', 'has'].map((name): [string, Call] => [
    `request.headers.${name}()`,
    (value) => (request.headers as Anything)[name](value),
  ]),
  ['new Response()', (value) => new Response(value)],
  ['the options of a Response', (value) => new Response('', value)],
  ['the headers of a Response', (value) => new Response('', { headers: value })],
  ...['accepts', 'acceptsLanguages', 'acceptsEncodings', 'acceptsCharsets', 'json', 'addLogFields'].map((name) =>
    method(request, name),
  ),
  ['args.forEach()', (value) => request.args.forEach(value)],
  ['the conversion of args.get()', (value) => request.args.get('page', 1, value)],
  ['the conversion of args.getAll()', (value) => request.args.getAll('page', value)],
  ...['get', 'set', 'has', 'setDefault', 'pop', 'delete', 'assign'].map((name) => method(session, name, 1)),
  ...['user', 'expiration'].map((name) => setter(sessionStore, name)),
  ...[
    'regenerate',
    'destroy',
    'update',
    'getSession',
    'flash',
    'getFlashes',
    'setCookie',
    'deleteCookie',
    'setSecureCookie',
    'getSecureCookie',
  ].map((name) => method(sessionStore, name, 'x')),
  ...['backend', 'expiration', 'path', 'maxAge', 'sameSite', 'prefix'].map((key) =>
    option(sessionStore, 'getSession', ['theme'], key),
  ),
  ...['path', 'domain', 'maxAge', 'sameSite'].map((key) => option(sessionStore, 'setSecureCookie', ['a', 'b'], key)),
  option(sessionStore, 'getSecureCookie', ['a'], 'maxAge'),
  ['the level of a flash', (value) => sessionStore.flash('m', value)],
  ['the options of a message', (value) => messages.add('info', 'body', value)],
  ['urlFor()', (value) => urlFor(value as 'home')],
  ['the values of urlFor()', (value) => urlFor('item' as 'home', value)],
  ['the options of urlFor()', (value) => urlFor('home', {}, value)],
  ['anchor of urlFor()', (value) => urlFor('home', {}, { anchor: value })],
  ['redirect()', (value) => redirect(value)],
  ['the code of redirect()', (value) => redirect('/', value)],
  ['abort()', (value) => abort(value)],
  ['the description of abort()', (value) => abort(404, value)],
  ['the options of an HTTP error', (value) => new NotFound('', value)],
  ...['headers', 'response', 'retryAfter'].map((key): [string, Call] => [
    `${key} of an HTTP error`,
    (value) => new NotFound('', { [key]: value }).toResponse(),
  ]),
  ['new MethodNotAllowed()', (value) => new MethodNotAllowed(value).toResponse()],
  ['html()', (value) => html(value)],
  ['html.raw()', (value) => html.raw(value).toString()],
  ['html.url()', (value) => html.url(value)],
  ['getConfig()', (value) => getConfig(value)],
  ['bindContext()', (value) => bindContext(value)],
  ['runOutside()', (value) => runOutside(value)],
  ['staticRule()', (value) => staticRule(value, 'public')],
  ['new Rule()', (value) => new Rule(value, { endpoint: 'a', handler: Home })],
  ['auth of a Rule', (value) => new Rule('/', { endpoint: 'a', handler: Home, auth: value })],
  ['map.bind()', (value) => new UrlMap(urls()).bind(value)],
  ['adapter.match()', (value) => new UrlMap(urls()).bind({ serverName: 'a.example' }).match(value)],
  ['adapter.rulesFor()', (value) => new UrlMap(urls()).bind({ serverName: 'a.example' }).rulesFor(value)],
  ['the options of build()', (value) => new UrlMap(urls()).bind({ serverName: 'a.example' }).build('home', {}, value)],
  ['root of makeApp()', (value) => makeApp({}, { root: value })],
  ['hooks.add()', (value) => app.hooks.add(value, () => undefined)],
  ['hooks.addMulti()', (value) => app.hooks.addMulti(value)],
  ['client.get()', (value) => createClient(app).get(value)],
  ['client.request()', (value) => createClient(app).request(value, '/')],
  ['client.session()', (value) => createClient(app).session(value)],
  ...['headers', 'query', 'form', 'json', 'multipart', 'body'].map((key): [string, Call] => [
    `${key} of a request`,
    (value) => createClient(app).post('/', { [key]: value }),
  ]),
  ['a field of a form', (value) => createClient(app).post('/', { form: { a: value } })],
  ['baseUrl of a client', (value) => createClient(app, { baseUrl: value })],
  ['cookies.set()', (value) => createClient(app).cookies.set(value, value)],
  ['cookies.store()', (value) => createClient(app).cookies.store(value, value)],
  ['the function of withRequest()', (value) => withRequest(app, {}, value)],
]

test.each(calls)('%s takes a value or throws an error of tipfy, never one of JavaScript', async (_, call) => {
  const raw: string[] = []
  for (const [name, value] of wrong) {
    try {
      await inRequest(() => call(value))
    } catch (error) {
      if (!(error instanceof TipfyError || error instanceof HTTPException)) raw.push(`${name}: ${error}`)
    }
  }
  expect(raw).toEqual([])
})

test.each<[string, Call, unknown, string]>([
  [
    'etag',
    (v) => (response.etag = v),
    3,
    '`response.etag` must be a text, or null for none, but is 3. Write String(value)',
  ],
  [
    'lastModified',
    (v) => (response.lastModified = v),
    'x',
    '`response.lastModified` must be a valid Date, or null for none, but is "x". Write new Date(milliseconds)',
  ],
  ['vary', (v) => response.vary(v), 3, 'A header of response.vary() must be a text, but is 3'],
  ['headers.get', (v) => response.headers.get(v), 3, 'The name of a header must be a text, but is 3'],
  ['session.get', (v) => session.get(v), 3, 'A key of a session must be a text, but is 3'],
  [
    'accepts',
    (v) => request.accepts(v),
    ['json', 'html'],
    "must be a text, but is a list. Write request.accepts('json', 'html'), or request.accepts(...list)",
  ],
  ['args.get', (v) => request.args.get('page', 1, v), 'int', 'must be a function, but is "int"'],
  ['html', (v) => html(v), 'text', 'The argument of html must be a template, but is "text". Write html`'],
  ['getFlashes', (v) => sessionStore.getFlashes(v), { withCategories: true }, 'The key of getFlashes() must be a text'],
  [
    'getSession',
    (v) => sessionStore.getSession('theme', v),
    { maxage: 3 },
    'The options of getSession() have no `maxage`',
  ],
  [
    'an option of getSession',
    (v) => sessionStore.getSession('theme', v),
    { sameSite: 'lax' },
    "`sameSite` of getSession() must be 'Strict', 'Lax' or 'None', but is \"lax\". Correct it in the call.",
  ],
  [
    'destroyAllFor',
    (v) => sessionStore.destroyAllFor('ann', v),
    { exceptcurrent: true },
    'The options of destroyAllFor() have no `exceptcurrent`, perhaps `exceptCurrent` was meant',
  ],
  ['assign', (v) => session.assign(v), new Map([['a', 1]]), 'Object.fromEntries() makes it of a Map'],
  ['MethodNotAllowed', (v) => new MethodNotAllowed(v), 'GET', "must be a list, but is \"GET\". Write ['GET', 'POST']"],
])('the error of %s names what was given and the remedy', async (_, call, value, message) => {
  await expect(inRequest(() => call(value))).rejects.toThrow(message)
})

test('a host that is no text is an error before the server listens', async () => {
  await expect(serve(app, { port: 0, host: 3 as never })).rejects.toThrow('`host` of serve() must be a text, but is 3')
})
