import { expect, test } from '@jest/globals'
import { fakeRequest } from '../fake.ts'

const accept = (accept: string) => fakeRequest('/', { headers: { accept } })

test('the type the client would rather have is chosen, by short or whole name', () => {
  const request = accept('text/html;q=0.5, application/json')
  expect(request.accepts('html', 'json')).toBe('json')
  expect(request.accepts('text/html', 'png')).toBe('text/html')
  expect(request.accepts('png')).toBeNull()
  expect(request.accepts()).toEqual(['application/json', 'text/html'])
})

test('without preferences the first that is offered wins', () => {
  expect(fakeRequest('/').accepts('html', 'json')).toBe('html')
  expect(accept('*/*').accepts('json', 'html')).toBe('json')
})

test('JSON is wanted where it is preferred to HTML', () => {
  expect(accept('application/json').wantsJson).toBe(true)
  expect(accept('text/html,application/xhtml+xml,*/*;q=0.8').wantsJson).toBe(false)
  expect(accept('*/*').wantsJson).toBe(false)
  expect(accept('image/png').wantsJson).toBe(false)
})

test('JSON is wanted by a client that sent JSON and takes both alike', () => {
  const sent = (accept: string) =>
    fakeRequest('/', { headers: { accept, 'content-type': 'application/json; charset=utf-8' } }).wantsJson
  expect(['*/*', 'application/problem+json', 'text/html', 'text/plain'].map(sent)).toEqual([true, true, false, false])
  expect(fakeRequest('/', { headers: { 'content-type': 'application/json' } }).wantsJson).toBe(true)
})

test('languages, encodings and charsets are negotiated too', () => {
  const request = fakeRequest('/', {
    headers: { 'accept-language': 'de-AT, en;q=0.5', 'accept-encoding': 'gzip, br;q=0.1', 'accept-charset': 'utf-8' },
  })
  expect(request.acceptsLanguages('en', 'de')).toBe('de')
  expect(request.acceptsEncodings('br', 'gzip')).toBe('gzip')
  expect(request.acceptsCharsets('latin1')).toBeNull()
  expect(request.acceptsLanguages()).toEqual(['de-AT', 'en'])
  expect(request.acceptsEncodings()).toEqual(['gzip', 'br', 'identity'])
  expect(request.acceptsCharsets()).toEqual(['utf-8'])
  expect(request.accepts()).toEqual(['*/*'])
})

test('a type with a charset means the type', () => {
  expect(accept('application/json;charset=utf-8').accepts('html', 'json')).toBe('json')
  expect(accept('text/html; charset=utf-8;q=0.5, application/json; q=0.9').accepts('html', 'json')).toBe('json')
  expect(accept('text/html;level=1').accepts('html')).toBeNull()
})

test('a language of three parts is looked for in two before one', () => {
  const languages = (header: string) => fakeRequest('/', { headers: { 'accept-language': header } })
  expect(languages('zh-Hant-TW, en;q=0.5').acceptsLanguages('en', 'zh-Hant')).toBe('zh-Hant')
  expect(languages('zh-Hant-TW;q=0.4, en;q=0.5').acceptsLanguages('zh-Hant', 'en')).toBe('en')
  expect(languages('zh-Hant-TW').acceptsLanguages('zh')).toBe('zh')
  expect(languages('zh-Hant-TW').acceptsLanguages()).toEqual(['zh-Hant-TW'])
})
