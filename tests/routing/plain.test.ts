// Paths without variables are found by one lookup where nothing else has to be decided: the outcome must be that of the search.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { HTTPException, NotFound } from '../../lib/http/exceptions.ts'
import { type RequestRedirect, Rule, type RuleOptions, UrlMap, type UrlMapOptions } from '../../lib/routing/index.ts'

const words = ['', 'a', 'b', 'a%', 'ü', '\ud800']
const shape = fc
  .array(fc.constantFrom(...words, '<x>', '<int:n>', '<path:p>'), { minLength: 1, maxLength: 3 })
  .map((parts) => {
    let count = 0
    return `/${parts.map((part) => part.replace(/(\w)>/, (_, name) => `${name}${count++}>`)).join('/')}`
  })
const options: fc.Arbitrary<Partial<RuleOptions>> = fc.record(
  {
    methods: fc.constantFrom(['GET'], ['POST'], ['GET', 'POST']),
    strictSlashes: fc.boolean(),
    mergeSlashes: fc.boolean(),
    defaults: fc.constantFrom({ x0: '1' }, { y: 1 }),
    alias: fc.boolean(),
    buildOnly: fc.boolean(),
    redirectTo: fc.constant('/elsewhere'),
  },
  { requiredKeys: [] },
)
const noneOrOne = options.map((given) => Object.fromEntries(Object.entries(given).slice(0, 1)) as Partial<RuleOptions>)
const rules = fc.array(fc.tuple(shape, fc.constantFrom('one', 'two'), fc.oneof(noneOrOne, options)), {
  minLength: 1,
  maxLength: 6,
})
const mapOptions: fc.Arbitrary<UrlMapOptions> = fc.record(
  { strictSlashes: fc.boolean(), mergeSlashes: fc.boolean(), redirectDefaults: fc.boolean() },
  { requiredKeys: [] },
)
const segment = fc.constantFrom(...words, '1', 'a%25', '%C3%BC', '%2F')
const paths = fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`)

function outcome(map: UrlMap, path: string, method: string): unknown {
  try {
    const { rule, args } = map.bind({ serverName: 'here.test' }).match(path, method)
    return [rule.path, rule.endpoint, rule.methods, args]
  } catch (error) {
    if (!(error instanceof HTTPException)) throw error
    return [error.code, (error as RequestRedirect).location, error.message]
  }
}

test('for whatever rules and paths', () => {
  const made = (
    list: readonly (readonly [string, string, Partial<RuleOptions>])[],
    more: Rule[],
    map: UrlMapOptions,
  ) => {
    try {
      return new UrlMap(
        [...list.map(([path, endpoint, given]) => new Rule(path, { endpoint, ...given } as never)), ...more],
        map,
      )
    } catch {
      return null // rules that no map takes
    }
  }
  let plain = 0
  fc.assert(
    fc.property(
      rules,
      mapOptions,
      fc.array(paths, { minLength: 1, maxLength: 8 }),
      fc.constantFrom('GET', 'POST'),
      (list, map, asked, method) => {
        const quick = made(list, [], map)
        // A rule of a subdomain has every path searched for.
        const searched = made(list, [new Rule('/', { endpoint: 'other', subdomain: 'other' })], map)
        if (quick === null || searched === null) return
        expect(searched.compile().plain.size).toBe(0)
        plain += quick.compile().plain.size
        for (const path of [...asked, ...list.map(([written]) => written)]) {
          expect(outcome(quick, path, method)).toEqual(outcome(searched, path, method))
        }
      },
    ),
    { numRuns: 1000 },
  )
  expect(plain).toBeGreaterThan(100)
})

test('not where domains count', () => {
  const list = () => [new Rule('/a', { endpoint: 'a' })]
  const there = { serverName: 'here.test', subdomain: 'x' }
  expect(() => new UrlMap(list()).bind(there).match('/a')).toThrow(NotFound)
  expect(new UrlMap(list()).compile().plain.size).toBe(1)
  expect(new UrlMap(list(), { defaultSubdomain: 'www' }).compile().plain.size).toBe(0)
  expect(
    new UrlMap([new Rule('/a', { endpoint: 'a', host: 'b.test' })], { hostMatching: true }).compile().plain.size,
  ).toBe(0)
})
