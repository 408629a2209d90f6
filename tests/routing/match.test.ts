import { describe, expect, test } from '@jest/globals'
import { RequestRedirect, Rule, UrlMap } from '../../lib/routing/index.ts'
import { bound, matched } from './outcomes.ts'

describe('slashes', () => {
  const urls = bound([
    new Rule('/a/', { endpoint: 'branch' }),
    new Rule('/leaf', { endpoint: 'leaf' }),
    new Rule('/loose/', { endpoint: 'loose', strictSlashes: false }),
    new Rule('/loose-leaf', { endpoint: 'looseLeaf', strictSlashes: false }),
    new Rule('/posted/', { endpoint: 'posted', methods: ['POST'] }),
    new Rule('/<path:rest>/', { endpoint: 'path', methods: ['PUT'] }),
  ])

  test('a branch asked for without its slash is redirected to it', () => {
    expect(matched(urls, '/a')).toEqual({ redirect: 'http://example.org/a/' })
    expect(matched(urls, '/posted', 'POST')).toEqual({ redirect: 'http://example.org/posted/' })
    expect(matched(urls, '/some/where', 'PUT')).toEqual({ redirect: 'http://example.org/some/where/' })
  })

  test('a leaf has no slash at its end', () => {
    expect(matched(urls, '/leaf/')).toEqual({ error: 405, allow: ['PUT'] })
    expect(matched(bound([new Rule('/leaf', { endpoint: 'leaf' })]), '/leaf/')).toEqual({ error: 404 })
  })

  test('without strictSlashes both forms match', () => {
    for (const path of ['/loose', '/loose/']) expect(matched(urls, path)).toMatchObject({ endpoint: 'loose' })
    for (const path of ['/loose-leaf', '/loose-leaf/'])
      expect(matched(urls, path)).toMatchObject({ endpoint: 'looseLeaf' })
  })

  test('a method that the branch does not have is no reason to redirect', () => {
    expect(matched(bound([new Rule('/posted/', { endpoint: 'posted', methods: ['POST'] })]), '/posted')).toEqual({
      error: 404,
    })
  })

  test('doubled slashes are merged by a redirect, unless the rule or the map says no', () => {
    const rules = () => [
      new Rule('/a/b', { endpoint: 'ab' }),
      new Rule('/c//d', { endpoint: 'cd', mergeSlashes: false }),
      new Rule('/e/f', { endpoint: 'ef', mergeSlashes: false }),
    ]
    const merging = bound(rules())
    expect(matched(merging, '/a///b')).toEqual({ redirect: 'http://example.org/a/b' })
    expect(matched(merging, '/c//d')).toMatchObject({ endpoint: 'cd' })
    expect(matched(merging, '/c/d')).toEqual({ error: 404 })
    expect(matched(merging, '/e//f')).toEqual({ error: 404 })
    expect(matched(bound(rules(), { mergeSlashes: false }), '/a//b')).toEqual({ error: 404 })
  })
})

describe('methods', () => {
  const urls = bound([
    new Rule('/a', { endpoint: 'read', methods: ['get'] }),
    new Rule('/a', { endpoint: 'write', methods: ['POST'] }),
    new Rule('/<x>', { endpoint: 'other', methods: ['PUT'] }),
  ])

  test('rules of one path are chosen by method, and GET includes HEAD', () => {
    expect(matched(urls, '/a', 'GET')).toMatchObject({ endpoint: 'read' })
    expect(matched(urls, '/a', 'head')).toMatchObject({ endpoint: 'read' })
    expect(matched(urls, '/a', 'POST')).toMatchObject({ endpoint: 'write' })
    expect(matched(urls, '/a', 'PUT')).toMatchObject({ endpoint: 'other' })
  })

  test('a 405 tells the methods of every rule that the path fits', () => {
    expect(matched(urls, '/a', 'DELETE')).toEqual({ error: 405, allow: ['GET', 'HEAD', 'POST', 'PUT'] })
  })

  test('rulesFor lists every rule that matches a path with some method, the preferred one first', () => {
    expect(urls.rulesFor('/a').map((rule) => rule.endpoint)).toEqual(['read', 'write', 'other'])
    expect(urls.rulesFor('/b').map((rule) => rule.endpoint)).toEqual(['other'])
    expect(urls.rulesFor('/b/c')).toEqual([])
    const more = bound([new Rule('/n/<int(max=9):n>', { endpoint: 'n' }), new Rule('/n/1/', { endpoint: 'branch' })])
    expect(more.rulesFor('/n/10')).toEqual([])
    expect(more.rulesFor('/n/1').map((rule) => rule.endpoint)).toEqual(['n'])
  })
})

describe('text in paths', () => {
  const urls = bound([
    new Rule('/one/<x>', { endpoint: 'one' }),
    new Rule('/two/<x>/<y>', { endpoint: 'two' }),
    new Rule('/rest/<path:p>', { endpoint: 'rest' }),
    new Rule('/<any("a/b"):x>', { endpoint: 'any' }),
    new Rule('/caf\u00e9', { endpoint: 'nfc' }),
    new Rule('/cafe\u0301', { endpoint: 'nfd' }),
    new Rule('/50%/x?y#z:*', { endpoint: 'odd' }),
    new Rule('/star*/<x>:<y>?', { endpoint: 'odd variables' }),
    new Rule('/branch/<x>/', { endpoint: 'branch' }),
  ])

  test('an encoded slash never splits a segment', () => {
    expect(matched(urls, '/one/a%2Fb')).toEqual({ endpoint: 'one', args: { x: 'a/b' } })
    expect(matched(urls, '/one/%2f')).toEqual({ endpoint: 'one', args: { x: '/' } })
    expect(matched(urls, '/two/a%2Fb')).toEqual({ error: 404 })
    expect(matched(urls, '/two/a%2Fb/c')).toEqual({ endpoint: 'two', args: { x: 'a/b', y: 'c' } })
    expect(matched(urls, '/rest/a%2Fb/c')).toEqual({ endpoint: 'rest', args: { p: 'a/b/c' } })
    expect(matched(urls, '/a%2Fb')).toEqual({ error: 404 })
    expect(matched(urls, '/branch/a%2Fb')).toEqual({ redirect: 'http://example.org/branch/a%2Fb/' })
  })

  test('a malformed % is a bad request, and so are bytes that are not UTF-8', () => {
    for (const path of ['/one/%', '/one/%2', '/one/%zz', '/%E0%A4%A', '/one/%FF', '/one/%C0%AF', '/one/%ED%A0%80']) {
      expect(matched(urls, path)).toEqual({ error: 400 })
    }
  })

  test('text is compared and handed on as it came, composed or not', () => {
    expect(matched(urls, '/caf%C3%A9')).toMatchObject({ endpoint: 'nfc' })
    expect(matched(urls, '/cafe%CC%81')).toMatchObject({ endpoint: 'nfd' })
    expect(matched(urls, '/one/%F0%9F%8D%B0')).toEqual({ endpoint: 'one', args: { x: '🍰' } })
    expect(matched(urls, '/one/e%CC%81')).toEqual({ endpoint: 'one', args: { x: 'e\u0301' } })
  })

  test('characters that mean something to a router mean nothing in a rule', () => {
    expect(matched(urls, '/50%25/x%3Fy%23z%3A%2A')).toMatchObject({ endpoint: 'odd' })
    expect(matched(urls, '/50%25/x%3Fy%23z:*')).toMatchObject({ endpoint: 'odd' })
    expect(matched(urls, '/star*/1:2%3F')).toEqual({ endpoint: 'odd variables', args: { x: '1', y: '2' } })
    expect(matched(urls, '/one/a?b')).toEqual({ endpoint: 'one', args: { x: 'a?b' } })
    expect(matched(urls, '/one/%00%0A%7F')).toEqual({ endpoint: 'one', args: { x: '\0\n\x7f' } })
  })

  test('segments and paths may be of any length and number', () => {
    const long = 'x'.repeat(1_000_000)
    expect(matched(urls, `/one/${long}`)).toEqual({ endpoint: 'one', args: { x: long } })
    expect(matched(urls, `/rest/${'a/'.repeat(500_000)}b`)).toMatchObject({ endpoint: 'rest' })
    const names = Array.from({ length: 60 }, (_, at) => `v${at}`)
    const many = bound([new Rule(`/${names.map((name) => `<int:${name}>`).join('/')}`, { endpoint: 'many' })])
    expect(matched(many, `/${names.map((_, at) => at).join('/')}`)).toEqual({
      endpoint: 'many',
      args: Object.fromEntries(names.map((name, at) => [name, at])),
    })
  })

  test('a variable may be called like a part of every object', () => {
    const own = bound([new Rule('/<__proto__>/<constructor>/<int:toString>', { endpoint: 'own' })])
    const { args } = own.match('/a/b/3')
    expect(Object.entries(args)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['toString', 3],
    ])
    expect(Object.getPrototypeOf(args)).toBe(Object.getPrototypeOf({}))
    expect(own.build('own', JSON.parse('{"__proto__": "a", "constructor": "b", "toString": 3}'))).toBe('/a/b/3')
    expect(() => own.build('own', { constructor: 'b' })).toThrow('`__proto__`, `toString`')
  })
})

describe('redirects', () => {
  test('they keep the query, and name the place where the application lives', () => {
    const map = new UrlMap([new Rule('/a b/', { endpoint: 'a' })])
    const urls = map.bind({ serverName: 'example.org:8080', scheme: 'https', scriptName: '/app', queryArgs: 'q=%20&r' })
    expect(matched(urls, '/a%20b')).toEqual({ redirect: 'https://example.org:8080/app/a%20b/?q=%20&r' })
    const values = map.bind({ serverName: 'example.org', queryArgs: { q: 'ä b', n: [1, 2], none: null } })
    expect(matched(values, '/a%20b')).toEqual({ redirect: 'http://example.org/a%20b/?q=%C3%A4+b&n=1&n=2' })
  })

  test('a query with characters that no header can hold is encoded', () => {
    const urls = new UrlMap([new Rule('/a/', { endpoint: 'a' })]).bind({ serverName: 'a', queryArgs: 'q=日 \n\xe9' })
    expect(matched(urls, '/a')).toEqual({ redirect: 'http://a/a/?q=%E6%97%A5%20%0A\xe9' })
  })

  test('they are a 308 with the location in the headers', () => {
    const urls = bound([new Rule('/a/', { endpoint: 'a' })])
    const thrown = (() => {
      try {
        return urls.match('/a')
      } catch (error) {
        return error as RequestRedirect
      }
    })() as RequestRedirect
    expect(thrown).toBeInstanceOf(RequestRedirect)
    expect(thrown.code).toBe(308)
    expect(thrown.toResponse().headers.get('location')).toBe('http://example.org/a/')
  })

  test('no path leads to another site', () => {
    const urls = bound([new Rule('/<path:p>/', { endpoint: 'p' }), new Rule('/<x>/', { endpoint: 'x' })])
    const hostile = [
      '//evil.example',
      '//evil.example/..',
      '///evil.example',
      '/\\evil.example',
      '/%5Cevil.example',
      '/%2Fevil.example',
      '/%2F%2Fevil.example/x',
      '/a//evil.example',
      '/https:%2F%2Fevil.example',
      '/@evil.example',
      '/%0d%0aLocation:%20x',
    ]
    for (const path of hostile) {
      const outcome = matched(urls, path)
      if (!('redirect' in outcome)) throw new Error(`${path} was not redirected`)
      expect(new URL(outcome.redirect).host).toBe('example.org')
      expect(outcome.redirect).toMatch(/^http:\/\/example\.org\/[^/\\][\x21-\x7e]*$/)
    }
  })

  test('a URL that spells out defaults is redirected to the rule that has them', () => {
    const rules = () => [
      new Rule('/all/', { endpoint: 'all', defaults: { page: 1 } }),
      new Rule('/all/page/<int:page>', { endpoint: 'all' }),
    ]
    expect(matched(bound(rules()), '/all/page/1')).toEqual({ redirect: 'http://example.org/all/' })
    expect(matched(bound(rules()), '/all/page/2')).toEqual({ endpoint: 'all', args: { page: 2 } })
    expect(matched(bound(rules()), '/all/')).toEqual({ endpoint: 'all', args: { page: 1 } })
    expect(matched(bound(rules(), { redirectDefaults: false }), '/all/page/1')).toMatchObject({ endpoint: 'all' })
  })

  test('an alias is redirected to the rule it is an alias of, never to itself', () => {
    const urls = bound([
      new Rule('/old/<int:id>', { endpoint: 'item', alias: true }),
      new Rule('/item/<int:id>', { endpoint: 'item' }),
      new Rule('/alone', { endpoint: 'alone', alias: true }),
    ])
    expect(matched(urls, '/old/7')).toEqual({ redirect: 'http://example.org/item/7' })
    expect(matched(urls, '/item/7')).toEqual({ endpoint: 'item', args: { id: 7 } })
    expect(matched(urls, '/alone')).toMatchObject({ endpoint: 'alone' })
  })
})

test('a request is matched by what it says of itself, and its host is looked at only where rules ask for it', () => {
  const host = () => {
    throw new Error('the host was looked at')
  }
  const request = {
    method: 'GET',
    scheme: 'http',
    rawPath: '/a',
    rawQuery: '',
    get host() {
      return host()
    },
  }
  expect(new UrlMap([new Rule('/a', { endpoint: 'a' })]).matchRequest(request).rule.endpoint).toBe('a')
  const map = new UrlMap([new Rule('/a/', { endpoint: 'a' }), new Rule('/b', { endpoint: 'b', subdomain: '<sub>' })], {
    serverName: 'Example.org',
  })
  const to = (host: string, rawPath: string) => ({ method: 'GET', scheme: 'https', host, rawPath, rawQuery: 'q=1' })
  expect(() => map.matchRequest(to('example.org', '/a'))).toThrow('https://example.org/a/?q=1')
  expect(map.matchRequest(to('www.x.example.org', '/b')).args).toEqual({ sub: 'www.x' })
  expect(() => map.matchRequest(to('other.example', '/a/'))).toThrow(expect.objectContaining({ code: 404 }))
  expect(map.rulesFor(to('x.example.org', '/b')).map((rule) => rule.endpoint)).toEqual(['b'])
  expect(map.bindToRequest(to('x.example.org', '/b')).build('a')).toBe('https://example.org/a/')
})

describe('a request for a path that begins with several slashes', () => {
  const ask = (map: UrlMap, rawPath: string, rawQuery = '') =>
    map.matchRequest({ method: 'GET', scheme: 'https', host: 'shop.example', rawPath, rawQuery })
  const rules = () => [new Rule('/', { endpoint: 'home' }), new Rule('/admin/<path:rest>', { endpoint: 'admin' })]

  test.each([
    ['//admin/x', '', 'https://shop.example/admin/x'],
    ['////admin/x', 'a=1', 'https://shop.example/admin/x?a=1'],
    ['//evil.example/%2e%2e', '', 'https://shop.example/evil.example/..'],
    ['//evil.example%2F@', '', 'https://shop.example/evil.example%2F@'],
    ['//', '', 'https://shop.example/'],
    ['//nowhere', '', 'https://shop.example/nowhere'],
    ['//\\evil.example', '', 'https://shop.example/%5Cevil.example'],
  ])('%s is redirected to our own host', (path, query, location) => {
    expect(() => ask(new UrlMap(rules()), path, query)).toThrow(expect.objectContaining({ code: 308, location }))
  })

  test('is matched as it is where mergeSlashes is off, and a malformed one is a 400', () => {
    expect(ask(new UrlMap(rules(), { mergeSlashes: false }), '//admin/x').args).toEqual({ rest: 'x' })
    expect(() => ask(new UrlMap(rules()), '//%zz')).toThrow(expect.objectContaining({ code: 400 }))
  })

  test('is matched by an adapter as Werkzeug does', () => {
    expect(matched(bound(rules()), '//admin/x')).toEqual({ endpoint: 'admin', args: { rest: 'x' } })
  })
})
