import { expect, test } from '@jest/globals'
import { Rule, type RuleOptions, UrlMap } from '../../lib/routing/index.ts'
import { matched } from './outcomes.ts'

function locationOf(path: string, redirectTo: RuleOptions['redirectTo'], requested: string, scriptName = '/'): string {
  const map = new UrlMap([new Rule(path, { redirectTo })])
  const outcome = matched(map.bind({ serverName: 'example.org', scriptName, queryArgs: 'q=1' }), requested)
  if ('redirect' in outcome) return outcome.redirect
  throw new Error(JSON.stringify(outcome))
}

test('a text takes values between < and >, and is relative to the application', () => {
  expect(locationOf('/old/<int:id>', 'item/<id>', '/old/007')).toBe('http://example.org/item/7')
  expect(locationOf('/old/<int:id>', '/item/<id>?from=<id>#top', '/old/7')).toBe('http://example.org/item/7?from=7#top')
  expect(locationOf('/old/<x>', 'new/<x>', '/old/%C3%BC%20%25', '/app')).toBe('http://example.org/app/new/%C3%BC%20%25')
  expect(locationOf('/old/<x>', '../<x>', '/old/a', '/app/one')).toBe('http://example.org/app/a')
})

test('a function gets the adapter and the values', () => {
  const map = new UrlMap([
    new Rule('/foo/<slug>', { endpoint: 'foo' }),
    new Rule('/old/<int:id>', { redirectTo: (urls, { id }) => urls.build('foo', { slug: `foo-${id}` }) }),
  ])
  const urls = map.bind({ serverName: 'example.org', scheme: 'https' })
  expect(matched(urls, '/old/7')).toEqual({ redirect: 'https://example.org/foo/foo-7' })
})

test('only the rule’s own text may name another site', () => {
  expect(locationOf('/docs/<path:p>', 'https://docs.example/<p>', '/docs/a/b')).toBe('https://docs.example/a/b')
  expect(locationOf('/docs/<p>', '//docs.example/<p>', '/docs/a')).toBe('http://docs.example/a')
  expect(locationOf('/docs', () => 'https://docs.example/', '/docs')).toBe('https://docs.example/')
})

test('what a URL cannot hold is percent-encoded, and no header is split', () => {
  expect(locationOf('/old', () => 'http://x.example/ä "b"\r\nA: b', '/old')).toBe(
    'http://x.example/%C3%A4%20%22b%22%0D%0AA:%20b',
  )
  expect(locationOf('/old', () => '/ä "b"\r\nA: b', '/old')).toMatch(/^[\x21-\x7e]+$/)
  expect(locationOf('/old', 'https://x.example/é', '/old')).toBe('https://x.example/%C3%A9')
})

test('a function that gives no text is an error that names the rule', () => {
  for (const [given, shown] of [
    [undefined, 'undefined'],
    [Promise.resolve('/a'), 'a promise'],
    [7, 'number'],
  ]) {
    expect(() => locationOf('/old', () => given as string, '/old')).toThrow(
      `\`redirectTo\` of the rule \`/old\` returned ${shown}`,
    )
  }
})

test('what came from the request never does', () => {
  const hostile = [
    'https://evil.example',
    'https:/evil.example',
    '%2F%2Fevil.example',
    '%2Fevil.example',
    '%5Cevil.example',
    'javascript:alert(1)',
    '.%2F%2Fevil.example',
    '..%2F%2Fevil.example',
    '%09%2Fevil.example',
  ]
  const templates = [
    'https://docs.example<p>',
    'https://<p>/x',
    '//docs.example<p>',
    '//<p>/x',
    '<p>',
    '/<p>',
    '//<p>',
    '\\<p>',
    './<p>',
    (_: unknown, { p }: Record<string, unknown>) => `/${p}`,
    (_: unknown, { p }: Record<string, unknown>) => `//${p}`,
  ]
  for (const path of hostile) {
    for (const template of templates) {
      const location = locationOf('/go/<path:p>', template, `/go/${path}`)
      expect(location).toMatch(/^http:\/\/example\.org\/(?![/\\])/)
      expect(new URL(location).host).toBe('example.org')
    }
  }
})

test('a text with a name that the rule does not have is an error at start', () => {
  expect(() => new UrlMap([new Rule('/old/<id>', { redirectTo: '/new/<it>' })])).toThrow(
    'The rule `/old/<id>` redirects to `/new/<it>`, but has no variable `it`',
  )
})
