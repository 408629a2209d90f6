import { expect, test } from '@jest/globals'
import { html } from '../../../lib/http/html.ts'
import { Response } from '../../../lib/http/response/response.ts'
import { fakeRequest, sent } from '../fake.ts'

test('text goes out as HTML in UTF-8, with its length in bytes', () => {
  const out = sent(new Response('grün'))
  expect(out.statusCode).toBe(200)
  expect(out.flat).toEqual(['content-type', 'text/html; charset=utf-8', 'content-length', '5'])
  expect(out.body).toBe('grün')
})

test('bytes go out as they are', () => {
  const out = sent(new Response(Buffer.from([104, 105]), { contentType: 'image/png' }))
  expect([out.header('content-type'), out.header('content-length'), out.body]).toEqual(['image/png', '2', 'hi'])
})

test('a response without a body says so', () => {
  for (const response of [new Response(), new Response(null), new Response('')]) {
    expect([sent(response).header('content-length'), sent(response).body]).toEqual(['0', ''])
  }
})

test('HEAD gets the response of GET without its body', () => {
  const get = sent(new Response('hello'))
  const head = sent(new Response('hello'), fakeRequest('/', { method: 'HEAD' }))
  expect(head.flat).toEqual(get.flat)
  expect(head.body).toBe('')
})

test('204 and 304 carry neither body nor length, 205 an empty one', () => {
  const out = (status: number) => sent(new Response('hello', { status }))
  expect([out(204).header('content-length'), out(204).body]).toEqual([undefined, ''])
  expect([out(304).header('content-length'), out(304).body]).toEqual([undefined, ''])
  expect([out(205).header('content-length'), out(205).body]).toEqual(['0', ''])
})

test('a length that was set by hand is put right', () => {
  const out = sent(new Response('hello', { headers: { 'Content-Length': '99' } }))
  expect(out.flat.filter((text) => text === 'content-length')).toHaveLength(1)
  expect(out.header('content-length')).toBe('5')
})

test('data is what was set, and html`` becomes text', () => {
  const response = new Response()
  expect(response.data).toBe('')
  response.data = html`<p>${'<script>'}</p>`
  expect(response.data).toBe('<p>&lt;script&gt;</p>')
  const bytes = Buffer.from('x')
  response.data = bytes
  expect(response.data).toBe(bytes)
})

test('data that is neither text nor bytes throws', () => {
  const response = new Response()
  for (const data of [1, null, {}, undefined]) {
    expect(() => {
      response.data = data as never
    }).toThrow(expect.objectContaining({ code: 'TIPFY_E_RESPONSE_BODY' }))
  }
  expect(() => response.stream(5 as never)).toThrow(expect.objectContaining({ code: 'TIPFY_E_RESPONSE_BODY' }))
})

test('data cannot be read of a response that streams', () => {
  expect(() => new Response(['a', 'b']).data).toThrow(expect.objectContaining({ code: 'TIPFY_E_RESPONSE_STREAMS' }))
})
