import { describe, expect, test } from '@jest/globals'
import {
  BaseConverter,
  findDoubtful,
  findIndistinguishable,
  Rule,
  type RuleOptions,
  UrlMap,
} from '../../lib/routing/index.ts'
import { bound, matched } from './outcomes.ts'

class Grouped extends BaseConverter {
  override regex = '(?<own>[a-z])'
}
class Unclosed extends BaseConverter {
  override regex = '(a'
}

describe('a rule that cannot be is an error at start, naming it', () => {
  const cases: [string, string, string, RuleOptions?][] = [
    ['a', 'TIPFY_E_RULE_SLASH', '`a` does not begin with a slash'],
    ['', 'TIPFY_E_RULE_SLASH', 'does not begin with a slash'],
    ['/<', 'TIPFY_E_RULE_MALFORMED', '`/<` cannot be parsed from `<`'],
    ['/a/<x', 'TIPFY_E_RULE_MALFORMED', 'from `<x` on'],
    ['/<1x>', 'TIPFY_E_RULE_MALFORMED', '/<1x>'],
    ['/<int :x>', 'TIPFY_E_RULE_MALFORMED', '/<int :x>'],
    ['/<int(4:x>', 'TIPFY_E_RULE_MALFORMED', '/<int(4:x>'],
    ['/<>', 'TIPFY_E_RULE_MALFORMED', '/<>'],
    ['/<x>/<x>', 'TIPFY_E_RULE_VARIABLE_TWICE', '`/<x>/<x>` has the variable `x` twice'],
    ['/<x>', 'TIPFY_E_RULE_VARIABLE_TWICE', '`x` twice', { subdomain: '<x>' }],
    ['/<nope:x>', 'TIPFY_E_RULE_CONVERTER_UNKNOWN', '`nope`'],
    ['/<toString:x>', 'TIPFY_E_RULE_CONVERTER_UNKNOWN', 'default, string, any, path, int, float, uuid'],
    [
      '/<int(foo=1):x>',
      'TIPFY_E_RULE_CONVERTER',
      '`/<int(foo=1):x>` cannot make its converter `int`: takes no argument `foo`',
    ],
    ['/<int(1,2,3,4,5):x>', 'TIPFY_E_RULE_CONVERTER', 'takes no argument number 5'],
    ['/<int(1,fixedDigits=2):x>', 'TIPFY_E_RULE_CONVERTER', 'got fixedDigits twice'],
    ['/<int(min=a):x>', 'TIPFY_E_RULE_CONVERTER', 'min must be a number, not `a`'],
    ['/<string(length=-1):x>', 'TIPFY_E_RULE_CONVERTER', 'length must be a whole number'],
    ['/<string(length=1.5):x>', 'TIPFY_E_RULE_CONVERTER', 'length must be a whole number'],
    ['/<string(minlength=3,maxlength=2):x>', 'TIPFY_E_RULE_CONVERTER', 'maxlength 2 is less than minlength 3'],
    ['/<path(1):x>', 'TIPFY_E_RULE_CONVERTER', 'takes no argument number 1'],
    ['/<any(a=1):x>', 'TIPFY_E_RULE_CONVERTER', 'takes no argument `a`'],
    ['/<any(a b):x>', 'TIPFY_E_RULE_CONVERTER', 'cannot read `a b`'],
    ['/<any("a):x>', 'TIPFY_E_RULE_CONVERTER', 'cannot read `"a`'],
    ['/<unclosed:x>', 'TIPFY_E_RULE_CONVERTER', 'unclosed'],
    ['/<grouped:x>-<grouped:y>', 'TIPFY_E_RULE_CONVERTER', 'converter `grouped, grouped`: Invalid regular expression'],
    [
      '/<int:x>',
      'TIPFY_E_RULE_DEFAULT',
      '`/<int:x>` has a default for `x` that its converter does not accept',
      { defaults: { x: 'a' } },
    ],
    ['/', 'TIPFY_E_RULE_OPTION', 'Did you mean `methods`?', { method: ['GET'] } as never],
    ['/', 'TIPFY_E_RULE_OPTION', 'Did you mean `endpoint`?', { name: 'home' } as never],
    ['/', 'TIPFY_E_RULE_METHODS', '`methods`', { methods: 'GET' as never }],
  ]
  test.each(cases.map(([path, ...row]) => ({ path, row })))('`$path`', ({ path, row: [code, message, options] }) => {
    const make = () => new UrlMap([new Rule(path, options)], { converters: { unclosed: Unclosed, grouped: Grouped } })
    expect(make).toThrow(expect.objectContaining({ code }))
    expect(make).toThrow(message)
  })

  test('a rule is part of one map', () => {
    const rule = new Rule('/a', { endpoint: 'a' })
    const map = new UrlMap([rule])
    expect(() => new UrlMap([rule])).toThrow(expect.objectContaining({ code: 'TIPFY_E_RULE_BOUND' }))
    expect(map.rules('a')[0]!.map).toBe(map)
    expect(new UrlMap([rule.copy()]).rules()).toHaveLength(1)
  })
})

test('what Werkzeug accepts is accepted, if it makes sense or not', () => {
  const urls = bound([
    new Rule('/same', { endpoint: 'one' }),
    new Rule('/same', { endpoint: 'two' }),
    new Rule('/<any():x>', { endpoint: 'none' }),
    new Rule('/never', { endpoint: 'never', subdomain: '<path:x>' }),
    new Rule('/>', { endpoint: 'angle' }),
    new Rule('/only-a-redirect', { redirectTo: '/same' }),
  ])
  expect(matched(urls, '/same')).toMatchObject({ endpoint: 'one' })
  expect(matched(urls, '/>')).toMatchObject({ endpoint: 'angle' })
  expect(matched(urls, '/never')).toEqual({ error: 404 })
})

test('rules that are hardly intended are reported', () => {
  const doubts = (...rules: Rule[]) => findDoubtful(new UrlMap(rules)).map(({ message }) => message)
  expect(doubts(new Rule('/search?q=<q>'))).toEqual([expect.stringMatching(/^The rule `\/search\?q=<q>` has a `\?`/)])
  expect(doubts(new Rule('/a#top'))).toEqual([expect.stringContaining('`#`')])
  expect(doubts(new Rule('/users/:id'), new Rule('/users/{id}/edit'), new Rule('/files/*'))).toEqual([
    expect.stringContaining('has `:id`, which only matches that very text: a variable is written `<id>`'),
    expect.stringContaining('has `{id}`'),
    expect.stringContaining('a variable is written `<path:rest>`'),
  ])
  expect(doubts(new Rule('/v1/users:batch'), new Rule('/a*b'))).toEqual([])
  expect(doubts(new Rule('/caf%C3%A9'))).toEqual([expect.stringContaining('`%C3` matches only `%25C3`')])
  expect(doubts(new Rule('/a', { methods: ['GET', 'PSOT'] }))).toEqual([expect.stringContaining('PSOT')])
  expect(doubts(new Rule('/a', { endpoint: 'a', alias: true }))).toEqual([expect.stringContaining('is an alias')])
  expect(
    doubts(
      new Rule('/100%/<any("a?",b):x>/café/', { endpoint: 'a', methods: ['get', 'query'] }),
      new Rule('/b/<x>', { endpoint: 'a', alias: true }),
    ),
  ).toEqual([])
})

describe('rules that no path can reach', () => {
  const found = (...rules: Rule[]) => findIndistinguishable(new UrlMap(rules)).map(({ rule }) => rule.endpoint)

  test('are found where an earlier rule accepts all that a later one does', () => {
    expect(found(new Rule('/a/<x>', { endpoint: 'a' }), new Rule('/a/<y>', { endpoint: 'b' }))).toEqual(['b'])
    expect(
      found(new Rule('/<int(max=9):n>', { endpoint: 'a' }), new Rule('/<int(min=10):n>', { endpoint: 'b' })),
    ).toEqual(['b'])
    const [warning] = findIndistinguishable(
      new UrlMap([new Rule('/', { endpoint: 'a' }), new Rule('/', { endpoint: 'b', methods: ['POST'] })]),
    )
    expect(warning!.message).toBe('The rule `/` (b; POST) is never matched: `/` (a) comes first')
  })

  test('are not confused with rules that differ in method, place or purpose', () => {
    expect(
      found(new Rule('/a', { endpoint: 'a', methods: ['GET'] }), new Rule('/a', { endpoint: 'b', methods: ['POST'] })),
    ).toEqual([])
    expect(found(new Rule('/a', { endpoint: 'a', methods: ['GET'] }), new Rule('/a', { endpoint: 'b' }))).toEqual([])
    expect(found(new Rule('/<x>', { endpoint: 'a' }), new Rule('/<int:x>', { endpoint: 'b' }))).toEqual([])
    expect(found(new Rule('/a', { endpoint: 'a' }), new Rule('/a', { endpoint: 'b', subdomain: 'x' }))).toEqual([])
    expect(found(new Rule('/a', { endpoint: 'a' }), new Rule('/a', { endpoint: 'b', buildOnly: true }))).toEqual([])
  })

  test('count what several earlier rules take together', () => {
    const methods = (endpoint: string, ...methods: string[]) => new Rule('/a', { endpoint, methods })
    expect(found(methods('a', 'GET'), methods('b', 'POST'), methods('c', 'POST', 'HEAD'))).toEqual(['c'])
  })
})
