import { describe, expect, test } from '@jest/globals'
import { CookieJar } from '../../lib/testing/cookie-jar.ts'

const here = new URL('https://shop.example/account/orders')

function jarWith(header: string, url = here): CookieJar {
  const jar = new CookieJar()
  jar.store(header, url)
  return jar
}

const sent = (header: string, to: string, from = here) => jarWith(header, from).header(new URL(to))

describe('a cookie goes', () => {
  test.each([
    ['to the host that set it', 'a=1; Path=/', 'https://shop.example/', 'a=1'],
    ['not to a subdomain, unless a domain was named', 'a=1; Path=/', 'https://www.shop.example/', ''],
    ['to subdomains of its domain', 'a=1; Path=/; Domain=shop.example', 'https://www.shop.example/', 'a=1'],
    [
      'to subdomains of a domain with a dot in front',
      'a=1; Path=/; Domain=.shop.example',
      'https://x.shop.example/',
      'a=1',
    ],
    ['not to a host that only ends alike', 'a=1; Path=/; Domain=shop.example', 'https://bookshop.example/', ''],
    ['to the folder of the page that set it, where it names none', 'a=1', 'https://shop.example/account/x', 'a=1'],
    ['not above that folder', 'a=1', 'https://shop.example/', ''],
    ['below its path', 'a=1; Path=/acc', 'https://shop.example/acc/x', 'a=1'],
    ['not to a path that only begins alike', 'a=1; Path=/acc', 'https://shop.example/account', ''],
    ['not to http when it is Secure', 'a=1; Path=/; Secure', 'http://shop.example/', ''],
    ['with a value that has = in it', 'a=b=c; Path=/', 'https://shop.example/', 'a=b=c'],
    ['without a name, as only its value', 'a; Path=/', 'https://shop.example/', 'a'],
    ['nowhere once it has expired', 'a=1; Path=/; Max-Age=0', 'https://shop.example/', ''],
    [
      'nowhere when its date is past',
      'a=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
      'https://shop.example/',
      '',
    ],
    [
      'by Max-Age where there is a date too',
      'a=1; Path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
      'https://shop.example/',
      'a=1',
    ],
  ])('%s', (_, header, to, expected) => {
    expect(sent(header, to)).toBe(expected)
  })
})

describe('a cookie is dropped', () => {
  test.each([
    ['that is of another domain', 'a=1; Domain=other.example', here],
    ['that is Secure and came by http', 'a=1; Secure', new URL('http://shop.example/')],
    ['of no name and no value', '=; Path=/', here],
    ['of more than 4096 bytes', `a=${'b'.repeat(4096)}`, here],
    ['of SameSite=None without Secure', 'a=1; SameSite=None', here],
    ['called __Secure- without Secure', '__Secure-a=1', here],
    ['called __Host- with a path', '__Host-a=1; Secure; Path=/account', here],
    ['called __Host- with a domain', '__Host-a=1; Secure; Path=/; Domain=shop.example', here],
  ])('%s', (_, header, from) => {
    expect(jarWith(header, from).all()).toEqual([])
  })
})

test('a deletion needs the path that the cookie was set with', () => {
  const jar = jarWith('a=1; Path=/')
  jar.store('a=; Path=/account; Max-Age=0', here)
  expect(jar.get('a')).toBe('1')
  jar.store('a=; Path=/; Max-Age=0', here)
  expect(jar.get('a')).toBeUndefined()
})

test('cookies of longer paths are sent first', () => {
  const jar = jarWith('a=root; Path=/')
  jar.store('a=account; Path=/account', here)
  expect(jar.header(here)).toBe('a=account; a=root')
})

test('a test can set cookies of its own', () => {
  const jar = new CookieJar('shop.example')
  jar.set('a', 'forged')
  jar.set('b', '2', { domain: 'shop.example', path: '/account', secure: true })
  expect(jar.header(here)).toBe('b=2; a=forged')
  jar.delete('a')
  expect(jar.header(new URL('http://shop.example/account/x'))).toBe('')
})
