import { expect, test } from '@jest/globals'
import { serializeCookie } from '../../../lib/http/cookies.ts'
import { Response } from '../../../lib/http/response/response.ts'

const cookies = (response: Response) => response.headers.getAll('set-cookie')

test('a cookie has the attributes it was given', () => {
  expect(serializeCookie('a', 'b')).toBe('a=b; Path=/')
  expect(
    serializeCookie('a', 'b', {
      path: '/x',
      domain: '.example.com',
      maxAge: 60.5,
      expires: new Date(0),
      secure: true,
      httpOnly: true,
      sameSite: 'None',
      partitioned: true,
    }),
  ).toBe(
    'a=b; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Domain=example.com; Path=/x; Secure; HttpOnly; SameSite=None; Partitioned',
  )
})

test('what a cookie cannot hold is encoded', () => {
  expect(serializeCookie('a', 'x y,"é%\\')).toBe('a=x%20y%2C%22%C3%A9%25%5C; Path=/')
  expect(serializeCookie('a', '\ud800')).toBe('a=%EF%BF%BD; Path=/')
})

test.each([
  ['an empty name', '', 'x', {}],
  ['a name with =', 'a=b', 'x', {}],
  ['a name with a line end', 'a\r\n', 'x', {}],
  ['a value with a line end', 'a', 'x\r\nSet-Cookie: b=c', {}],
  ['a value with NUL', 'a', '\0', {}],
  ['a value with ;', 'a', 'x; Domain=evil.example', {}],
  ['a value that is an object', 'a', { b: 1 } as never, {}],
  ['a value that is undefined', 'a', undefined as never, {}],
  ['a date as a number', 'a', 'x', { expires: 5 }],
  ['an option that there is not', 'a', 'x', { httponly: true } as never],
  ['a name that is no text', undefined as never, 'x', {}],
  ['a path with ;', 'a', 'x', { path: '/; Domain=evil.example' }],
  ['a path with a line end', 'a', 'x', { path: '/\n' }],
  ['a path that is none', 'a', 'x', { path: 'x' }],
  ['a domain with ;', 'a', 'x', { domain: 'a.example; Secure' }],
  ['a domain with a line end', 'a', 'x', { domain: 'a\r\nb' }],
  ['a broken date', 'a', 'x', { expires: new Date('x') }],
  ['a broken age', 'a', 'x', { maxAge: Number.NaN }],
  ['an unknown SameSite', 'a', 'x', { sameSite: 'Some' }],
  ['SameSite=None without Secure', 'a', 'x', { sameSite: 'None' }],
  ['Partitioned without Secure', 'a', 'x', { partitioned: true }],
  ['__Secure- without Secure', '__Secure-a', 'x', {}],
  ['__Host- without Secure', '__Host-a', 'x', {}],
  ['__host- with a path', '__host-a', 'x', { secure: true, path: '/a' }],
  ['__Host- with a domain', '__Host-a', 'x', { secure: true, domain: 'a.example' }],
  ['more than 4096 bytes', 'a', 'x'.repeat(4096), {}],
])('%s is rejected', (_, name, value, options) => {
  expect(() => serializeCookie(name, value, options as object)).toThrow(
    expect.objectContaining({ code: 'TIPFY_E_COOKIE' }),
  )
})

test('4096 bytes of name and value are kept', () => {
  expect(serializeCookie('a', 'x'.repeat(4095))).toHaveLength('a='.length + 4095 + '; Path=/'.length)
})

test('SameSite is read in small letters too, as other libraries write it, and sent as browsers do', () => {
  expect(serializeCookie('a', 'x', { sameSite: 'lax' })).toBe('a=x; Path=/; SameSite=Lax')
  expect(serializeCookie('a', 'x', { sameSite: 'strict' })).toBe('a=x; Path=/; SameSite=Strict')
  expect(serializeCookie('a', 'x', { sameSite: 'none', secure: true })).toBe('a=x; Path=/; Secure; SameSite=None')
  expect(() => serializeCookie('a', 'x', { sameSite: 'none' })).toThrow('SameSite=None needs Secure')
})

test('a cookie set again replaces the one before, unless its path or domain differ', () => {
  const response = new Response()
  response.setCookie('a', '1')
  response.setCookie('b', '1')
  response.setCookie('a', '2')
  response.setCookie('a', '3', { path: '/x' })
  expect(cookies(response)).toEqual(['b=1; Path=/', 'a=2; Path=/', 'a=3; Path=/x'])
})

test('a deletion has what the browser needs to find the cookie', () => {
  const response = new Response()
  response.setCookie('a', '1', { path: '/x', domain: 'a.example' })
  response.deleteCookie('a', { path: '/x', domain: 'a.example' })
  expect(cookies(response)).toEqual(['a=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Domain=a.example; Path=/x'])
})

test.each([
  ['__Host-a', {}],
  ['__Secure-a', {}],
  ['a', { sameSite: 'None' as const }],
  ['a', { sameSite: 'none' as const }],
  ['a', { partitioned: true }],
])('the deletion of %s with %j is Secure, or the browser would drop it', (name, options) => {
  const response = new Response()
  response.deleteCookie(name, options)
  expect(cookies(response)[0]).toMatch(/; Secure/)
})

test('an error for an unknown option names the nearest one', () => {
  expect(() => serializeCookie('a', 'b', { max_age: 60 } as never)).toThrow(/max_age: did you mean maxAge\?/)
})
