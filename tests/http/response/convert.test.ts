import { Readable } from 'node:stream'
import { runInNewContext } from 'node:vm'
import { expect, test } from '@jest/globals'
import { NotFound } from '../../../lib/http/exceptions.ts'
import { html } from '../../../lib/http/html.ts'
import { MultiDict } from '../../../lib/http/multidict.ts'
import { makeResponse } from '../../../lib/http/response/convert.ts'
import { Response as TipfyResponse } from '../../../lib/http/response/response.ts'
import { fakeRequest } from '../fake.ts'

function current(): TipfyResponse {
  const response = new TipfyResponse('before', { status: 201, headers: { 'x-a': '1' } })
  response.setCookie('a', 'b')
  return response
}

function made(returned: unknown, response = current()): TipfyResponse {
  return makeResponse(returned, response, fakeRequest()) as TipfyResponse
}

test('nothing, or the response itself, is the response as it stands', () => {
  const response = current()
  expect(made(undefined, response)).toBe(response)
  expect(made(response, response)).toBe(response)
  expect(response.data).toBe('before')
})

test.each([
  ['text', 'x', 'x'],
  ['html``', html`<b>${'<'}</b>`, '<b>&lt;</b>'],
  ['bytes', Buffer.from('x'), Buffer.from('x')],
  ['a safe string of another library', Object.assign(new String('<b>'), { isEscaped: true }), '<b>'],
])('%s is the body of the response, whose status, headers and cookies stay', (_, returned, data) => {
  const response = current()
  expect(made(returned, response)).toBe(response)
  expect(response.data).toEqual(data)
  expect([response.status, response.headers.get('x-a'), response.headers.has('set-cookie')]).toEqual([201, '1', true])
  expect(response.contentType).toBe('text/html; charset=utf-8')
})

test.each([
  ['an object', { a: 1 }, '{"a":1}'],
  ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
  ['an array', [1, null], '[1,null]'],
  ['an object of another realm', runInNewContext('({ a: [1] })'), '{"a":[1]}'],
  ['an array of another realm', runInNewContext('[1]'), '[1]'],
])('%s is JSON', (_, returned, data) => {
  const response = made(returned)
  expect([response.data, response.contentType, response.status]).toEqual([data, 'application/json; charset=utf-8', 201])
})

test.each([
  ['Symbol.asyncIterator', { async *[Symbol.asyncIterator]() {} }],
  ['Symbol.iterator', { *[Symbol.iterator]() {} }],
])('a plain object with %s is a stream, not JSON', (_, returned) => {
  expect(made(returned).body).toBe(returned)
})

test('a promise in JSON is an error that says where, not an empty object', () => {
  const at = (value: unknown) => {
    try {
      return made(value).data
    } catch (error) {
      return (error as Error).message
    }
  }
  const rows = Promise.resolve([1])
  expect(at({ page: 1, lists: [{}, { rows }] })).toContain('at `lists.1.rows`')
  expect(at({ query: { then: () => {} } })).toContain('at `query`')
  expect(at({ empty: {}, text: '{}', date: { rows, toJSON: () => ({}) } })).toBe('{"empty":{},"text":"{}","date":{}}')
})

test('an element of a library of views that is not rendered is an error that names it, not JSON', () => {
  const react = { $$typeof: Symbol.for('react.transitional.element'), type: 'p', key: null, props: { children: 'x' } }
  const preact = { type: 'p', props: { id: 'a' }, key: undefined, __k: null, constructor: undefined, __v: 1 }
  const vue = { __v_isVNode: true, __v_skip: true, type: 'p', props: null, children: 'x' }
  const lit = { _$litType$: 1, strings: ['<p></p>'], values: [] }
  expect(() => made(react)).toThrow('an element of React that is not rendered. Return the text')
  expect(() => made([{ page: preact }])).toThrow('of Preact that is not rendered, at `0.page`')
  expect(() => made(vue)).toThrow('of Vue that is not rendered.')
  expect(() => made(lit)).toThrow('of lit that is not rendered.')
  const described = { type: 'p', props: { children: 'x' }, $$typeof: 'text' }
  expect(made(described).data).toBe(JSON.stringify(described))
})

test('JSON keeps a type that the handler has given it', () => {
  const response = current()
  response.contentType = 'application/problem+json'
  expect(made({ title: 'x' }, response).contentType).toBe('application/problem+json')
  const byHeader = new TipfyResponse('', { headers: { 'Content-Type': 'application/geo+json' } })
  expect(made([], byHeader).contentType).toBe('application/geo+json')
})

test.each([
  ['a Node stream', Readable.from([])],
  ['a web stream', new ReadableStream()],
  ['a generator', (function* () {})()],
  ['a Map', new Map()],
])('%s streams', (_, returned) => {
  expect(made(returned).body).toBe(returned)
})

test('an ArrayBuffer is bytes, a Blob a stream of a known length, with the type that the handler or the Blob gives', async () => {
  const bytes = made(new TextEncoder().encode('abc').buffer)
  expect([bytes.data, bytes.contentType]).toEqual([new TextEncoder().encode('abc'), 'text/html; charset=utf-8'])
  const file = made(new File(['ab', 'c'], 'a.png', { type: 'image/png' }))
  expect([file.status, file.contentType, file.headers.get('content-length')]).toEqual([201, 'image/png', '3'])
  expect(await new Response(file.body as ReadableStream).text()).toBe('abc')
  const typed = current()
  typed.mimetype = 'text/csv'
  expect(made(new Blob(['a'], { type: 'text/plain' }), typed).contentType).toBe('text/csv; charset=utf-8')
  expect(made(new Blob(['a'])).contentType).toBe('text/html; charset=utf-8')
})

test('a Response takes a Blob and an ArrayBuffer, too', async () => {
  const file = new TipfyResponse(new Blob(['abc'], { type: 'text/csv' }), { status: 201 })
  expect([file.status, file.contentType, file.headers.get('content-length')]).toEqual([201, 'text/csv', '3'])
  expect(await new Response(file.body as ReadableStream).text()).toBe('abc')
  const named = new TipfyResponse(new Blob(['abc'], { type: 'text/csv' }), { mimetype: 'text/plain' })
  expect(named.contentType).toBe('text/plain; charset=utf-8')
  const bytes = new TipfyResponse(new Uint8Array([1, 2]).buffer)
  expect(bytes.data).toEqual(new Uint8Array([1, 2]))
  bytes.data = new Uint8Array([3]).buffer
  expect(bytes.data).toEqual(new Uint8Array([3]))
})

test('another response is taken as a copy, so that one kept for all does not gather the cookies of each', () => {
  const kept = new TipfyResponse('kept', { status: 202 })
  const response = made(kept)
  response.setCookie('session', 'secret')
  expect([response.data, response.status]).toEqual(['kept', 202])
  expect(kept.headers.has('set-cookie')).toBe(false)
})

test('a web Response is taken with its status, headers and cookies, and not ours', async () => {
  const web = new Response('web', { status: 203, headers: { 'x-b': '2' } })
  web.headers.append('set-cookie', 'c=1')
  web.headers.append('set-cookie', 'd=2')
  const response = made(web)
  expect([response.status, response.headers.get('x-b'), response.headers.get('x-a')]).toEqual([203, '2', null])
  expect(response.headers.getAll('set-cookie')).toEqual(['c=1', 'd=2'])
  expect(response.contentType).toBe('text/plain;charset=UTF-8')
  expect(await new Response(response.body as ReadableStream).text()).toBe('web')
  expect(made(new Response(null, { status: 204 })).contentType).toBe('')
})

test('an HTTPException becomes its response, and a response in it a copy', () => {
  expect(made(new NotFound()).status).toBe(404)
  const kept = new TipfyResponse('x')
  const reply = made(new NotFound('', { response: kept }))
  expect([reply.data, reply === kept]).toEqual(['x', false])
})

test.each([
  ['null', null, 'null'],
  ['a number', 1, 'number'],
  ['true', true, 'boolean'],
  ['a function', () => {}, 'function'],
  ['a Date', new Date(), 'Date'],
  ['an error', new TypeError(), 'TypeError'],
  ['an object of a class', new (class Cart {})(), 'Cart'],
  ['fields of a query', new MultiDict(), 'MultiDict'],
  ['headers of the web', new Headers(), 'Headers'],
  ['a query of the web', new URLSearchParams(), 'URLSearchParams'],
  ['a form of the web', new FormData(), 'FormData'],
  ['a list of numbers', new Uint16Array(2), 'Uint16Array'],
])('%s is rejected by name', (_, returned, given) => {
  expect(() => made(returned)).toThrow(expect.objectContaining({ code: 'TIPFY_E_HANDLER_RETURNED' }))
  expect(() => made(returned)).toThrow(given)
})

test('a Map, a Set or headers in JSON are an error that says where: they would be empty objects', () => {
  const shown = (value: object) => () => made({ list: [{ value }] })
  expect(shown(new Map([['a', 1]]))).toThrow('with an object (Map) in it, at `list.0.value`. Write')
  expect(shown(new Set(['a']))).toThrow('with an object (Set) in it')
  expect(shown(new Headers({ a: '1' }))).toThrow('with an object (Headers) in it')
  expect(shown(new URLSearchParams('a=1'))).toThrow('with an object (URLSearchParams) in it')
  expect(shown(pieces())).toThrow(expect.objectContaining({ code: 'TIPFY_E_JSON_VALUE' }))
  for (const [value, text] of [
    [new Map(), '{}'],
    [{}, '{}'],
    [new MultiDict([['a', '1']]), '{"a":["1"]}'],
    [Object.assign(new Set(['a']), { toJSON: () => ['a'] }), '["a"]'],
    [[], '[]'],
  ] as const)
    expect(made({ value, empty: {} }).data).toBe(`{"value":${text},"empty":{}}`)
})

function* pieces() {
  yield 1
}

test('JSON that cannot be written is an error, not an empty response', () => {
  const loop: Record<string, unknown> = {}
  loop.loop = loop
  expect(() => made(loop)).toThrow(/circular/i)
  expect(() => made({ big: 1n })).toThrow(/BigInt/)
  const order = { lines: [{ price: 3 }, { price: 3n }] }
  expect(() => made(order)).toThrow(expect.objectContaining({ code: 'TIPFY_E_JSON_VALUE' }))
  expect(() => made(order)).toThrow('with a BigInt in it, at `lines.1.price`. Write a BigInt as text')
  const cart: { user: { cart?: unknown } } = { user: {} }
  cart.user.cart = cart
  expect(() => made({ same: cart.user, cart })).toThrow('with a circular reference in it, at `cart.user.cart`')
  const failing = { toJSON: () => Object.fromEntries(null as never) }
  expect(() => made({ failing })).toThrow(TypeError)
})

test('a file is found before the response, or is a 404', async () => {
  const response = current()
  response.sendFile(import.meta.filename)
  expect(await makeResponse(undefined, response)).toBe(response)
  expect(response.etag).not.toBeNull()
  await expect(makeResponse(undefined, new TipfyResponse().sendFile('/none'))).rejects.toMatchObject({ code: 404 })
})
