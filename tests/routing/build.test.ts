import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { MultiDict } from '../../lib/http/multidict.ts'
import { BaseConverter, BuildError, Rule, UrlMap, ValidationError } from '../../lib/routing/index.ts'
import { bound, built } from './outcomes.ts'

class Even extends BaseConverter<number> {
  override toUrl(value: number) {
    if (value % 2 !== 0) throw new ValidationError()
    return String(value)
  }
}

const rules = () => [
  new Rule('/', { endpoint: 'home' }),
  new Rule('/archive/<int:year>/<month>', { endpoint: 'archive' }),
  new Rule('/all/', { endpoint: 'all', defaults: { page: 1 } }),
  new Rule('/all/page/<int:page>', { endpoint: 'all' }),
  new Rule('/item/<int:id>', { endpoint: 'item', methods: ['GET'] }),
  new Rule('/item/<int:id>/edit', { endpoint: 'item', methods: ['POST'] }),
  new Rule('/cdn/<path:file>', { endpoint: 'cdn', buildOnly: true, subdomain: 'cdn' }),
]

test('values without a variable become the query, lists once for each, nothing for null', () => {
  const urls = bound(rules())
  expect(urls.build('home', { q: 'a b&=é', list: [1, 2], no: null, none: undefined })).toBe(
    '/?q=a+b%26%3D%C3%A9&list=1&list=2',
  )
  expect(urls.build('home', { q: "/?:@!$'()*,;~" })).toBe("/?q=/?:@!$'()*,;~")
  expect(urls.build('home', { q: 1 }, { appendUnknown: false })).toBe('/')
})

test('a query can be given as it came', () => {
  const urls = bound(rules())
  const args = new MultiDict([
    ['page', '2'],
    ['tag', 'tea'],
    ['tag', 'milk'],
    ['__proto__', 'x'],
  ])
  expect(urls.build('home', args)).toBe('/?page=2&tag=tea&tag=milk&__proto__=x')
  expect(
    urls.build(
      'item',
      new MultiDict([
        ['id', '7'],
        ['q', ''],
      ]),
    ),
  ).toBe('/item/7?q=')
  expect(urls.build('home', new URLSearchParams('a=1&b=x&a=2'))).toBe('/?a=1&a=2&b=x')
})

test('a Date is written so that Date reads it back, whatever the time zone of the machine', () => {
  const urls = bound(rules())
  const since = new Date(Date.UTC(2026, 10, 30, 12, 30, 0, 5))
  const built = urls.build('home', { since, list: [since] })
  expect(built).toBe('/?since=2026-11-30T12:30:00.005Z&list=2026-11-30T12:30:00.005Z')
  expect(() => urls.build('home', { since: new Date('x') })).toThrow('with `since`: an invalid Date has no text')
})

test('the query can be sorted', () => {
  expect(bound(rules(), { sortParameters: true }).build('home', { b: 2, a: [3, 1] })).toBe('/?a=1&a=3&b=2')
  const backwards = (one: readonly [string, unknown], other: readonly [string, unknown]) => (one[0] < other[0] ? 1 : -1)
  expect(bound(rules(), { sortParameters: backwards }).build('home', { a: 1, b: 2 })).toBe('/?b=2&a=1')
})

test('what a path cannot hold is encoded', () => {
  const urls = bound(rules())
  expect(urls.build('archive', { year: 2009, month: 'ü ?#%[]\\"<>' })).toBe(
    '/archive/2009/%C3%BC%20%3F%23%25%5B%5D%5C%22%3C%3E',
  )
  expect(urls.build('archive', { year: 1, month: "a+b&c=d;e,f@g:h!$'()*~" })).toBe("/archive/1/a+b&c=d;e,f@g:h!$'()*~")
  expect(urls.build('archive', { year: 1, month: '\uD800' })).toBe('/archive/1/%EF%BF%BD')
})

test('defaults choose the rule', () => {
  const urls = bound(rules())
  expect(urls.build('all')).toBe('/all/')
  expect(urls.build('all', { page: 1 })).toBe('/all/')
  expect(urls.build('all', { page: 2 })).toBe('/all/page/2')
})

test('a method chooses the rule; without one, that of the adapter comes first', () => {
  const map = new UrlMap(rules())
  const urls = map.bind({ serverName: 'example.org', method: 'POST' })
  expect(urls.build('item', { id: 1 })).toBe('/item/1/edit')
  expect(urls.build('item', { id: 1 }, { method: 'HEAD' })).toBe('/item/1')
  expect(built(urls, 'item', { id: 1 }, { method: 'PUT' })).toBeNull()
  expect(map.bind({ serverName: 'example.org', method: 'PUT' }).build('item', { id: 1 })).toBe('/item/1')
})

test('absolute forms have scheme, host and the place of the application', () => {
  const urls = new UrlMap(rules()).bind({ serverName: 'example.org:8080', scheme: 'https', scriptName: '/app' })
  expect(urls.build('home')).toBe('/app/')
  expect(urls.build('home', {}, { forceExternal: true })).toBe('https://example.org:8080/app/')
  expect(urls.build('home', {}, { forceExternal: true, scheme: 'http' })).toBe('http://example.org:8080/app/')
  expect(urls.build('home', {}, { forceExternal: true, scheme: '' })).toBe('//example.org:8080/app/')
  expect(urls.build('cdn', { file: 'a/b.js' })).toBe(
    'https://cdn.example.org:8080/app/a/b.js'.replace('/a/', '/cdn/a/'),
  )
})

test('a host that its converter rejects leaves the URL to the next rule, whatever the path', () => {
  const urls = bound(
    [new Rule('/<any(a,b):x>', { endpoint: 'e', subdomain: '<even:n>' }), new Rule('/all', { endpoint: 'e' })],
    { converters: { even: Even } },
  )
  expect(urls.build('e', { x: 'nope', n: 1 })).toBe('/all?x=nope&n=1')
})

describe('a URL that cannot be built', () => {
  const urls = bound(rules())
  const failure = (...args: Parameters<typeof urls.build>): BuildError => {
    try {
      throw new Error(`built ${urls.build(...args)}`)
    } catch (error) {
      if (error instanceof BuildError) return error
      throw error
    }
  }

  test('for a wrong endpoint, tells the nearest', () => {
    const error = failure('archiv', { year: 1 })
    expect(error.code).toBe('TIPFY_E_BUILD')
    expect(error.message).toContain("'archiv' with `year`")
    expect(error.message).toContain("Did you mean 'archive'?")
    expect(error.suggested?.endpoint).toBe('archive')
  })

  test('for a missing value, names it', () => {
    expect(failure('archive', { year: 1 }).message).toContain('Did you forget `month`?')
  })

  test('for another method, tells the methods', () => {
    expect(failure('item', { id: 1 }, { method: 'DELETE' }).message).toContain('It is for GET, HEAD.')
  })

  test('for a value that its converter does not take, tells why', () => {
    const error = failure('archive', { year: 'soon', month: '1' })
    expect(error.message).toContain('"soon" is not an integer')
    expect(error.cause).toBeInstanceOf(TypeError)
  })

  test('and for an empty map', () => {
    expect(() => bound([]).build('home')).toThrow('The map has no rules.')
  })
})

test('rules can be listed and asked for their variables', () => {
  const map = new UrlMap(rules())
  expect(map.rules('all').map((rule) => rule.path)).toEqual(['/all/', '/all/page/<int:page>'])
  expect(map.rules()).toHaveLength(7)
  expect(map.rules('none')).toEqual([])
  expect(map.isEndpointExpecting('archive', 'year', 'month')).toBe(true)
  expect(map.isEndpointExpecting('archive', 'day')).toBe(false)
})

test('rules can be added later', () => {
  const map = new UrlMap([new Rule('/<x>', { endpoint: 'x' })])
  const urls = map.bind({ serverName: 'example.org' })
  expect(urls.match('/a').rule.endpoint).toBe('x')
  map.add(new Rule('/a', { endpoint: 'a' }))
  expect(urls.match('/a').rule.endpoint).toBe('a')
  expect(urls.build('a')).toBe('/a')
})

test('rules and maps show themselves in short', () => {
  const map = new UrlMap([
    new Rule('/a', { endpoint: 'a', methods: ['GET'], handler: class Page {} }),
    new Rule('/b/<x>', { endpoint: 'b' }),
  ])
  expect(inspect(map)).toBe('UrlMap [\n  /a (GET, HEAD) -> a\n  /b/<x> -> b\n]')
  expect(inspect(map.rules('b'))).toBe('[ Rule { /b/<x> -> b } ]')
  expect(JSON.parse(JSON.stringify(map)).rules[0]).toMatchObject({
    path: '/a',
    handler: '[Page]',
    methods: ['GET', 'HEAD'],
  })
})

test('a value without a text cannot be built, as variable or in the query: a promise, an object, a function', () => {
  const urls = bound([new Rule('/<x>', { endpoint: 'x' }), new Rule('/p/<path:p>', { endpoint: 'p' })])
  for (const [value, described] of [
    [Promise.resolve('a'), 'a promise'],
    [{}, 'an object'],
    [() => 'a', 'a function'],
  ] as const) {
    expect(() => urls.build('x', { x: value })).toThrow(`${described} has no text`)
    expect(() => urls.build('p', { p: value })).toThrow(`${described} has no text`)
    expect(() => urls.build('x', { x: 'a', q: ['b', value] })).toThrow(`${described} has no text`)
  }
  expect(urls.build('x', { x: new URL('http://a.example/'), q: 1n })).toBe('/http://a.example/?q=1')
})
