import { expect, test } from '@jest/globals'
import { compileTrust } from '../../../lib/http/request/origin.ts'
import type { TrustedProxies } from '../../../lib/http/request/settings.ts'
import { fakeRequest } from '../fake.ts'

const forwarded = {
  'X-Forwarded-For': '6.6.6.6, 1.2.3.4, 10.0.0.2',
  'X-Forwarded-Proto': 'http, https, https',
  'X-Forwarded-Host': 'evil.example, shop.example, shop.example',
}
const behind = (trusted: TrustedProxies, headers: Record<string, string> = forwarded, names?: string[]) =>
  fakeRequest('/', { headers, remoteAddress: '10.0.0.1', settings: { trust: compileTrust(trusted, names) } })

test('forwarded headers of a peer that is not trusted are not believed', () => {
  for (const trusted of [null, 0, [], '192.168.0.0/16'] as const) {
    const request = behind(trusted)
    expect([request.scheme, request.host, request.remoteAddr]).toEqual(['http', 'localhost', '10.0.0.1'])
  }
})

test('each trusted hop is believed about the one before it, and no further', () => {
  expect(behind(1).remoteAddr).toBe('10.0.0.2')
  expect(behind(2).remoteAddr).toBe('1.2.3.4')
  expect(behind('10.0.0.0/8').remoteAddr).toBe('1.2.3.4')
})

test('the scheme and host are those that the farthest trusted proxy saw', () => {
  const request = behind(['10.0.0.0/8'], forwarded, ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'])
  expect([request.scheme, request.isSecure, request.host]).toEqual(['https', true, 'shop.example'])
})

test('X-Forwarded-Host counts only where it is asked for by name', () => {
  const headers = { Host: 'shop.example', 'X-Forwarded-Host': 'evil.example' }
  expect(behind(1, headers).url).toBe('http://shop.example/')
  expect(behind('10.0.0.1', headers).host).toBe('shop.example')
  expect(behind(1, headers, ['x-forwarded-host']).host).toBe('evil.example')
  expect(behind(0, headers, ['x-forwarded-host']).host).toBe('shop.example')
})

test('a header that is not named is not read', () => {
  const request = behind(1, forwarded, [])
  expect([request.scheme, request.host, request.remoteAddr]).toEqual(['http', 'localhost', '10.0.0.1'])
  expect(behind(2, forwarded, ['x-forwarded-proto']).scheme).toBe('https')
})

test('no other forwarded header is read, of whatever proxy', () => {
  const request = behind(1, {
    Forwarded: 'for=6.6.6.6;host=evil.example;proto=https',
    'X-Forwarded-Port': '444',
    'X-Forwarded-Prefix': '/evil',
    'X-Forwarded-Server': 'evil.example',
    'X-Forwarded-Ssl': 'on',
    'Front-End-Https': 'on',
    'X-Real-IP': '6.6.6.6',
    'Client-IP': '6.6.6.6',
    'X-Host': 'evil.example',
    'X-Original-URL': '/evil',
    'X-Rewrite-URL': '/evil',
    'X-HTTP-Method-Override': 'DELETE',
  })
  expect([request.url, request.remoteAddr, request.method]).toEqual(['http://localhost/', '10.0.0.1', 'GET'])
})

test.each([
  ['1.2.3.4:5678', '1.2.3.4'],
  ['[2001:db8::1]:5678', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['2001:db8::1', '2001:db8::1'],
  ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
  ['unknown', '10.0.0.1'],
  ['', '10.0.0.1'],
  ['1.2.3.4:', '10.0.0.1'],
  ['<script>', '10.0.0.1'],
  ['1.2.3', '10.0.0.1'],
])('the address of a client forwarded as %j is %s', (entry, address) => {
  expect(behind(1, { 'X-Forwarded-For': `6.6.6.6, ${entry}` }).remoteAddr).toBe(address)
})

test('addresses with ports are known as proxies', () => {
  const headers = { 'X-Forwarded-For': '6.6.6.6, 1.2.3.4:1, 10.0.0.2:2, [::ffff:10.0.0.3]:3' }
  expect(behind('10.0.0.0/8', headers).remoteAddr).toBe('1.2.3.4')
})

test('a single value of the nearest proxy counts for all', () => {
  expect(behind(3, { 'X-Forwarded-For': '9.9.9.9', 'X-Forwarded-Proto': 'https' }).scheme).toBe('https')
})

test('a scheme that is neither http nor https is not taken', () => {
  expect(behind(1, { 'X-Forwarded-Proto': 'javascript' }).scheme).toBe('http')
})

test('the host is in lower case, without the port that goes without saying', () => {
  const host = (Host: string, encrypted = false) => fakeRequest('/', { headers: { Host }, encrypted }).host
  expect(host('EXAMPLE.com:80')).toBe('example.com')
  expect(host('example.com:443', true)).toBe('example.com')
  expect(host('example.com:443')).toBe('example.com:443')
  expect(host('[::1]:8080')).toBe('[::1]:8080')
})

test.each([
  'a b',
  'a/b',
  'a@b',
  'a,b',
  'a:b',
  '.a',
  'a:123456',
  '<x>',
  'a\\b',
  '[x]',
])('a host like %j is a 400', (Host) => {
  expect(() => fakeRequest('/', { headers: { Host } }).host).toThrow(expect.objectContaining({ code: 400 }))
})

test('with a serverName only it and hosts under it are served', () => {
  const host = (Host: string, serverName: string) =>
    fakeRequest('/', { headers: { Host }, settings: { serverName } }).host
  expect(host('shop.example', 'shop.example')).toBe('shop.example')
  expect(host('www.shop.example:8080', 'shop.example')).toBe('www.shop.example:8080')
  expect(host('localhost:8080', 'localhost:8080')).toBe('localhost:8080')
  for (const other of ['evil.example', 'notshop.example', 'shop.example.evil.example']) {
    expect(() => host(other, 'shop.example')).toThrow(expect.objectContaining({ code: 400, name: 'BadHost' }))
  }
})

test.each([
  '10/8',
  '10',
  '192.168',
  '10.0.0',
  '1.2.3.4.5',
])('the short address %s is not taken for another one', (address) => {
  expect(() => compileTrust([address])).toThrow('10.0.0.0/8')
})

test('proxies that cannot be read stop the start, naming the key', () => {
  expect(() => compileTrust('nonsense')).toThrow(expect.objectContaining({ code: 'TIPFY_E_CONFIG_VALUE' }))
})

test('a request of HTTP/1.0 without a Host asks for the socket that it came to', () => {
  const request = fakeRequest('/', { headers: { Host: '' } })
  Object.assign(request.incoming.socket, { localAddress: '::1', localPort: 8080 })
  expect(request.url).toBe('http://[::1]:8080/')
})
