import { expect, test } from '@jest/globals'
import { html } from '../../lib/http/escape.ts'
import { Response } from '../../lib/http/response.ts'
import { sendResponse } from '../../lib/http/send.ts'
import { FakeOutgoing, fakeRequest } from './fake.ts'

function sent(response: Response, request = fakeRequest()): FakeOutgoing {
  const outgoing = new FakeOutgoing()
  sendResponse(response, request, outgoing.outgoing)
  return outgoing
}

test('text goes out as HTML in UTF-8, with its length in bytes', () => {
  const out = sent(new Response('grün'))
  expect(out.statusCode).toBe(200)
  expect(out.flat).toEqual(['content-type', 'text/html; charset=utf-8', 'content-length', '5'])
  expect(out.body).toBe('grün')
})

test('HEAD is answered as GET, less the body', () => {
  const out = sent(new Response('hello'), fakeRequest('/', { method: 'HEAD' }))
  expect(out.header('content-length')).toBe('5')
  expect(out.body).toBe('')
})

test('204 and 304 carry neither body nor length', () => {
  for (const status of [204, 304]) {
    const out = sent(new Response('hello', { status }))
    expect([out.header('content-length'), out.body]).toEqual([undefined, ''])
  }
})

test('html`` escapes what is put in', () => {
  const response = new Response()
  response.data = html`<p>${'<script>'}</p>`
  expect(response.data).toBe('<p>&lt;script&gt;</p>')
})
