import { describe, expect, test } from '@jest/globals'
import { Rule, UrlMap } from '../../lib/routing/index.ts'
import { bound, matched } from './outcomes.ts'

describe('subdomains', () => {
  const rules = () => [
    new Rule('/', { endpoint: 'home' }),
    new Rule('/', { endpoint: 'api', subdomain: 'api' }),
    new Rule('/<x>', { endpoint: 'user', subdomain: '<name>' }),
    new Rule('/<x>', { endpoint: 'language', subdomain: '<string(length=2):lang>' }),
    new Rule('/number', { endpoint: 'number', subdomain: 'n-<int:n>' }),
  ]

  test('fixed ones come before those with variables, and those in the order of their converters', () => {
    expect(matched(bound(rules(), {}, 'api'), '/')).toMatchObject({ endpoint: 'api' })
    expect(matched(bound(rules(), {}, 'api'), '/x')).toEqual({ endpoint: 'user', args: { name: 'api', x: 'x' } })
    expect(matched(bound(rules(), {}, 'n-5'), '/number')).toEqual({ endpoint: 'number', args: { n: 5 } })
    expect(matched(bound(rules(), {}, 'n-5'), '/x')).toMatchObject({ endpoint: 'user', args: { name: 'n-5' } })
    expect(matched(bound(rules(), {}, 'nobody'), '/')).toEqual({ error: 404 })
  })

  test('the default subdomain is that of rules, and of bindings, that name none', () => {
    const map = new UrlMap(rules(), { defaultSubdomain: 'www' })
    expect(matched(map.bind({ serverName: 'example.org' }), '/')).toMatchObject({ endpoint: 'home' })
    expect(matched(map.bind({ serverName: 'example.org', subdomain: '' }), '/')).toEqual({ error: 404 })
    expect(map.bind({ serverName: 'example.org', subdomain: 'api' }).build('home')).toBe('http://www.example.org/')
  })

  test('URLs of another subdomain are absolute, those of the own one are not', () => {
    const urls = bound(rules(), {}, 'api')
    expect(urls.build('api')).toBe('/')
    expect(urls.build('home')).toBe('http://example.org/')
    expect(urls.build('user', { name: 'joe', x: 'a' })).toBe('http://joe.example.org/a')
    expect(urls.build('user', { name: 'api', x: 'a' })).toBe('/a')
  })

  test.each([
    ['example.org', 'api.example.org', 'api', 'http://example.org/'],
    ['example.org', 'api.example.org:8080', 'api', 'http://example.org:8080/'],
    ['example.org', 'example.org:8080', 'home', 'http://example.org:8080/'],
    ['example.org:8080', 'api.example.org:8080', 'api', 'http://example.org:8080/'],
    ['Example.org:80', 'api.example.org', 'api', 'http://example.org/'],
    ['example.org:443', 'example.org', 'home', 'http://example.org/'],
    ['example.org:8080', 'api.example.org', undefined, undefined],
    ['example.org', 'api.other.org', undefined, undefined],
  ])('of the server name %s, the host %s is %s', (serverName, host, endpoint, home) => {
    const map = new UrlMap(rules(), { serverName })
    const request = { method: 'GET', scheme: 'http', rawPath: '/', rawQuery: '', host }
    if (endpoint === undefined) expect(() => map.matchRequest(request)).toThrow(expect.objectContaining({ code: 404 }))
    else {
      expect(map.matchRequest(request).rule.endpoint).toBe(endpoint)
      expect(map.bindToRequest(request).build('home', {}, { forceExternal: true })).toBe(home)
    }
  })

  test('a redirect stays on the subdomain', () => {
    const urls = bound([new Rule('/a/', { endpoint: 'a', subdomain: '<x>' })], {}, 'de')
    expect(matched(urls, '/a')).toEqual({ redirect: 'http://de.example.org/a/' })
  })
})

describe('hosts', () => {
  const map = new UrlMap(
    [
      new Rule('/', { endpoint: 'home', host: 'example.org' }),
      new Rule('/', { endpoint: 'shop', host: '<shop>.shops.example' }),
      new Rule('/a/', { endpoint: 'a', host: '<shop>.shops.example' }),
      new Rule('/', { endpoint: 'port', host: 'example.org:<int:port>' }),
      new Rule('/both', { endpoint: 'both', host: 'one.example' }),
      new Rule('/both', { endpoint: 'both', host: 'two.example' }),
    ],
    { hostMatching: true },
  )
  const on = (serverName: string) => map.bind({ serverName })

  test('rules are found by the whole host', () => {
    expect(matched(on('example.org'), '/')).toMatchObject({ endpoint: 'home' })
    expect(matched(on('EXAMPLE.org'), '/')).toMatchObject({ endpoint: 'home' })
    expect(matched(on('toys.shops.example'), '/')).toEqual({ endpoint: 'shop', args: { shop: 'toys' } })
    expect(matched(on('example.org:8080'), '/')).toEqual({ endpoint: 'port', args: { port: 8080 } })
    expect(matched(on('other.example'), '/')).toEqual({ error: 404 })
    expect(matched(on('toys.shops.example'), '/a')).toEqual({ redirect: 'http://toys.shops.example/a/' })
  })

  test('of several hosts the own one is preferred for URLs', () => {
    expect(on('two.example').build('both')).toBe('/both')
    expect(on('example.org').build('both')).toBe('http://one.example/both')
    expect(on('example.org').build('shop', { shop: 'toys' })).toBe('http://toys.shops.example/')
  })

  test('names in other scripts are compared in ASCII, and an invalid host is rejected', () => {
    const own = new UrlMap([new Rule('/', { endpoint: 'x', host: 'xn--bcher-kva.example' })], { hostMatching: true })
    expect(matched(own.bind({ serverName: 'bücher.example' }), '/')).toMatchObject({ endpoint: 'x' })
    expect(() => own.bind({ serverName: 'b\u0000ü.example' })).toThrow(expect.objectContaining({ code: 400 }))
    expect(() => own.bind({ serverName: 'a', subdomain: 'b' })).toThrow(
      expect.objectContaining({ code: 'TIPFY_E_BIND_SUBDOMAIN' }),
    )
    expect(own.bind({ serverName: '[::1]:8080' }).serverName).toBe('[::1]:8080')
  })
})
