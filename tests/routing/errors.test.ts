import { describe, expect, test } from '@jest/globals'
import {
  BaseConverter,
  EndpointPrefix,
  findDoubtful,
  findIndistinguishable,
  HandlerPrefix,
  Rule,
  type RuleOptions,
  RuleTemplate,
  Submount,
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
      '`/<int(foo=1):x>` cannot make its converter `int`: takes no argument `foo`; it has fixedDigits, min, max, signed.',
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

describe('a wrong argument is an error that names it, what was wanted and what was given', () => {
  const home = () => new Rule('/', { endpoint: 'home' })
  const urls = () => new UrlMap([home()]).bind({ serverName: 'example.org' })
  // Node runs urls.ts without checking its types, so these happen.
  const rule = (path: unknown, ...more: unknown[]) => new Rule(path as string, ...(more as [RuleOptions?]))
  const option = (options: object) => () => rule('/x', options)
  class Home {}
  const cases: [string, () => unknown, string][] = [
    ['no path', () => rule(undefined), 'The path of a rule must be a text, but is undefined'],
    ['a number as path', () => rule(3), 'The path of a rule must be a text, but is 3'],
    [
      'a handler as options',
      () => rule('/x', Home),
      "{ endpoint: 'home', handler: 'home:Home' }, but is the class Home",
    ],
    ['an endpoint as options', () => rule('/x', 'home'), 'The options of the rule `/x` must be an object like'],
    ['a handler that is an object', option({ handler: new Home() }), 'but is an object (Home)'],
    ['an endpoint that is a number', option({ endpoint: 3 }), '`endpoint` of the rule `/x` must be a text, but is 3'],
    ['session as text', option({ session: 'no' }), '`session` of the rule `/x` must be true or false, but is "no"'],
    ['buildOnly as a number', option({ buildOnly: 1 }), '`buildOnly` of the rule `/x` must be true or false, but is 1'],
    ['defaults as a list', option({ defaults: ['a'] }), 'must be an object like { page: 1 }, but is a list'],
    ['redirectTo as a number', option({ redirectTo: 3 }), '`redirectTo` of the rule `/x` must be a text or a function'],
    ['methods of numbers', option({ methods: [1] }), 'has `methods` that are not a list of texts'],
    [
      'a wrapper without a path',
      () => new Submount([home()] as never, undefined as never),
      'The first argument of Submount must be a text, but is a list',
    ],
    [
      'a wrapper without rules',
      () => new Submount('/x', undefined as never),
      "The rules of Submount('/x') must be a list of rules, but is undefined",
    ],
    [
      'a wrapper of one rule',
      () => new EndpointPrefix('x/', home() as never),
      "The rules of EndpointPrefix('x/') must be a list of rules, but is an object (Rule)",
    ],
    [
      'a wrapper of texts',
      () => new HandlerPrefix('x:', ['a'] as never),
      'Item 1 of the rules of HandlerPrefix(\'x:\') must be a Rule, or a wrapper of rules, but is "a"',
    ],
    [
      'a template without rules',
      () => new RuleTemplate(undefined as never),
      'The rules of RuleTemplate must be a list of rules',
    ],
    [
      'a template filled with nothing',
      () => new RuleTemplate([home()])(undefined as never),
      'What fills in a rule template must be an object',
    ],
    [
      'a template filled with undefined',
      () => new RuleTemplate([home()])({ name: undefined as never }),
      '`name` of a rule template must be a text or a number, but is undefined',
    ],
    [
      'a template that was not filled',
      () => new UrlMap([new RuleTemplate([home()]) as never]),
      'A rule of a map must be a Rule, or a wrapper of rules, but is a function',
    ],
    ['a map of one rule', () => new UrlMap(home() as never), 'The rules of a map must be a list of rules'],
    ['a map of text', () => new UrlMap('/' as never), 'The rules of a map must be a list of rules, but is "/"'],
    [
      'an option of a map in snake case',
      () => new UrlMap([], { strict_slashes: true } as never),
      'The map has no option `strict_slashes`. Did you mean `strictSlashes`?',
    ],
    [
      'hostMatching as text',
      () => new UrlMap([], { hostMatching: 'yes' as never }),
      '`hostMatching` of the map must be true or false',
    ],
    [
      'a converter that is no class',
      () => new UrlMap([], { converters: { x: 3 as never } }),
      'The converter `x` must be a class that extends BaseConverter, but is 3',
    ],
    [
      'bind with a text',
      () => new UrlMap([]).bind('example.org' as never),
      'The options of map.bind() must be an object like { serverName: \'example.org\' }, but is "example.org"',
    ],
    [
      'bind without a host',
      () => new UrlMap([]).bind({} as never),
      '`serverName` of map.bind() must be a text, but is undefined',
    ],
    ['match with a number', () => urls().match(3 as never), 'The path of match() must be a text, but is 3'],
    [
      'build without an endpoint',
      () => urls().build(undefined as never),
      'The endpoint of a URL must be a text, but is undefined',
    ],
    [
      'build with a text as values',
      () => urls().build('home', 'x' as never),
      'The values of the URL of \'home\' must be an object or a MultiDict, but is "x"',
    ],
    [
      'an option of build in snake case',
      () => urls().build('home', {}, { force_external: true } as never),
      'build() has no option `force_external`. Did you mean `forceExternal`?',
    ],
  ]
  test.each(cases)('%s', (_, make, message) => {
    expect(make).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^TIPFY_E_RULE_(?:VALUE|OPTION|METHODS)$/) }),
    )
    expect(make).toThrow(message)
  })
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
