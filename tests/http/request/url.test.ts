import { expect, test } from '@jest/globals'
import { fakeRequest } from '../fake.ts'

test('path is decoded, rawPath and rawQuery are as requested', () => {
  const request = fakeRequest('/a%20b/%C3%A9?x=%20y')
  expect([request.path, request.rawPath, request.rawQuery]).toEqual(['/a b/é', '/a%20b/%C3%A9', 'x=%20y'])
})

test('a path that cannot be decoded is left as it came', () => {
  expect(fakeRequest('/%zz').path).toBe('/%zz')
})

test('url is the whole URL', () => {
  expect(fakeRequest('/a?b=c').url).toBe('http://localhost/a?b=c')
  expect(fakeRequest('/?phone=%2B49').url).toBe('http://localhost/?phone=%2B49')
  expect(fakeRequest('/a', { encrypted: true, headers: { Host: 'example.com:8443' } }).url).toBe(
    'https://example.com:8443/a',
  )
})

test('a request for a whole URL has its path and its host, not those of the Host header', () => {
  const request = fakeRequest('http://Other.example:80?x=1', { headers: { Host: 'localhost' } })
  expect([request.rawPath, request.rawQuery, request.host]).toEqual(['/', 'x=1', 'other.example'])
  expect(fakeRequest('https://o.example/a/b?c').rawPath).toBe('/a/b')
})

test('doubled slashes and dots stay as they were requested', () => {
  expect(fakeRequest('//evil.example/a').rawPath).toBe('//evil.example/a')
  expect(fakeRequest('/a/../b').rawPath).toBe('/a/../b')
  expect(fakeRequest('//evil.example/a').url).toBe('http://localhost//evil.example/a')
})

test('OPTIONS * has no path but the star', () => {
  expect(fakeRequest('*', { method: 'OPTIONS' }).rawPath).toBe('*')
})
