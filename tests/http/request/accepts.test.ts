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
