import { describe, expect, test } from '@jest/globals'
import {
  EndpointPrefix,
  HandlerPrefix,
  Rule,
  type RuleFactory,
  RuleTemplate,
  Subdomain,
  Submount,
  UrlMap,
} from '../../lib/routing/index.ts'
import { bound, matched } from './outcomes.ts'

const rulesOf = (...factories: RuleFactory[]) => new UrlMap(factories).rules()

describe('wrappers', () => {
  test('nest in each other, the inner ones nearer to the rule', () => {
    const [rule] = rulesOf(
      new Submount('/shop/', [
        new EndpointPrefix('shop/', [
          new Subdomain('<lang>', [
            new HandlerPrefix('apps.shop:', [
              new Submount('/<int:id>', [new Rule('/show', { endpoint: 'show', handler: 'Show' })]),
            ]),
          ]),
        ]),
      ]),
    )
    expect(rule).toMatchObject({
      path: '/shop/<int:id>/show',
      endpoint: 'shop/show',
      subdomain: '<lang>',
      handler: 'apps.shop:Show',
    })
    expect([...rule!.compiled.converters.keys()]).toEqual(['lang', 'id'])
  })

  test('a rule without a handler has its own endpoint for one, whatever prefix the endpoint gets', () => {
    const wrapped = () => [new HandlerPrefix('blog:', [new Rule('/', { endpoint: 'Index' })])]
    expect(rulesOf(new EndpointPrefix('blog/', wrapped()))[0]).toMatchObject({
      endpoint: 'blog/Index',
      handler: 'blog:Index',
    })
  })

  test('a handler that is a class or a function stays as it is', () => {
    class Index {}
    const [rule] = rulesOf(new HandlerPrefix('blog:', [new Rule('/', { endpoint: 'index', handler: Index })]))
    expect(rule!.handler).toBe(Index)
  })

  test('everything else that a rule says is kept', () => {
    const redirectTo = () => '/'
    const options = { methods: ['PUT'], defaults: { a: 1 }, strictSlashes: false, mergeSlashes: false, redirectTo }
    const flags = { buildOnly: true, alias: true, session: false, host: 'h' }
    const [rule] = rulesOf(new Submount('/x', [new Rule('/y', { endpoint: 'e', ...options, ...flags })]))
    expect(rule).toMatchObject({ ...options, ...flags, methods: new Set(['PUT']), path: '/x/y' })
  })

  test('a class of one’s own may make rules too', () => {
    const pages = {
      *getRules() {
        for (const name of ['a', 'b']) yield new Rule(`/${name}`, { endpoint: name })
      },
    }
    expect(rulesOf(new Submount('/pages', [pages])).map((rule) => rule.path)).toEqual(['/pages/a', '/pages/b'])
  })

  test('wrapped rules are copies: the same list can be wrapped twice', () => {
    const rules = [new Rule('/', { endpoint: 'index' })]
    const urls = bound([new Submount('/a', rules), new EndpointPrefix('b/', [new Submount('/b', rules)])])
    expect(matched(urls, '/a/')).toMatchObject({ endpoint: 'index' })
    expect(matched(urls, '/b/')).toMatchObject({ endpoint: 'b/index' })
  })
})

describe('RuleTemplate', () => {
  const resource = new RuleTemplate([
    new Rule('/$name/', { endpoint: '$name.list', handler: 'handlers:${name}s' }),
    new Rule('/$name/<$converter:id>', {
      endpoint: '$name.show',
      subdomain: '$name',
      defaults: { kind: '$name', n: 1 },
    }),
    new Rule('/old-$name', { redirectTo: '/$name/', endpoint: 'costs$$' }),
  ])

  test('fills in every text of its rules', () => {
    const [list, show, old] = rulesOf(resource({ name: 'user', converter: 'int' }))
    expect(list).toMatchObject({ path: '/user/', endpoint: 'user.list', handler: 'handlers:users' })
    expect(show).toMatchObject({ path: '/user/<int:id>', subdomain: 'user', defaults: { kind: 'user', n: 1 } })
    expect(old).toMatchObject({ path: '/old-user', redirectTo: '/user/', endpoint: 'costs$' })
  })

  test('may be filled in many times, and wrapped', () => {
    const urls = bound([
      new Submount('/api', [
        resource({ name: 'user', converter: 'int' }),
        resource({ name: 'page', converter: 'path' }),
      ]),
    ])
    expect(matched(urls, '/api/page/')).toMatchObject({ endpoint: 'page.list' })
    expect(urls.build('user.list')).toBe('/api/user/')
  })

  test('a placeholder without a value is an error that names the rule', () => {
    expect(() => rulesOf(resource({ name: 'user' }))).toThrow(
      '`/$name/<$converter:id>` was filled in without a value for `$converter`',
    )
  })
})
