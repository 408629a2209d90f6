import { expect, test } from '@jest/globals'
import { compileTrust } from '../../../lib/http/request/origin.ts'
import { fakeRequest } from '../fake.ts'

const forwarded = {
  'X-Forwarded-For': '6.6.6.6, 1.2.3.4, 10.0.0.2',
  'X-Forwarded-Proto': 'http, https, https',
  'X-Forwarded-Host': 'evil.example, shop.example, shop.example',
}
const behind = (trusted: Parameters<typeof compileTrust>[0], headers: Record<string, string> = forwarded) =>
  fakeRequest('/', { headers, remoteAddress: '10.0.0.1', settings: { trust: compileTrust(trusted) } })

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
  const request = behind(['10.0.0.0/8'])
  expect([request.scheme, request.isSecure, request.host]).toEqual(['https', true, 'shop.example'])
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

test('with a serverName only it and hosts under it are answered for', () => {
  const host = (Host: string, serverName: string) =>
    fakeRequest('/', { headers: { Host }, settings: { serverName } }).host
  expect(host('shop.example', 'shop.example')).toBe('shop.example')
  expect(host('www.shop.example:8080', 'shop.example')).toBe('www.shop.example:8080')
  expect(host('localhost:8080', 'localhost:8080')).toBe('localhost:8080')
  for (const other of ['evil.example', 'notshop.example', 'shop.example.evil.example']) {
    expect(() => host(other, 'shop.example')).toThrow(expect.objectContaining({ code: 400, name: 'BadHost' }))
  }
})

test('proxies that cannot be read stop the start, naming the key', () => {
  expect(() => compileTrust('nonsense')).toThrow(expect.objectContaining({ code: 'TIPFY_E_CONFIG_VALUE' }))
})

test('a request of HTTP/1.0 without a Host asks for the socket that it came to', () => {
  const request = fakeRequest('/', { headers: { Host: '' } })
  Object.assign(request.incoming.socket, { localAddress: '::1', localPort: 8080 })
  expect(request.url).toBe('http://[::1]:8080/')
})
