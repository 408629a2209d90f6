// Werkzeug's own answers, recorded: what `Map` of Werkzeug 3.1.8 says to 300 maps of rules.
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import { Rule, type RuleOptions, UrlMap } from '../../lib/routing/index.ts'
import { built, matched } from './outcomes.ts'

interface Vector {
  map: Record<string, unknown>
  rules: Record<string, unknown>[]
  match: { host: string; method: string; path: string; query: string; expect: object }[]
  build: {
    endpoint: string
    values: Record<string, unknown>
    method: string | null
    external: boolean
    expect: string | null
  }[]
}

const file = new URL('../vectors/routing.json.gz', import.meta.url)
const { server_name: serverName, vectors } = JSON.parse(gunzipSync(readFileSync(file)).toString()) as {
  server_name: string
  vectors: Vector[]
}

const camel = (options: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()),
      value,
    ]),
  )

test('every match and every build of the recorded maps is as Werkzeug has it', () => {
  const wrong: object[] = []
  for (const { map: mapOptions, rules, match, build } of vectors) {
    const make = ({ rule, ...options }: Record<string, unknown>) =>
      new Rule(rule as string, camel(options) as RuleOptions)
    const map = new UrlMap(rules.map(make), camel(mapOptions))
    for (const one of match) {
      const subdomain =
        'default_subdomain' in mapOptions ? one.host.slice(0, -serverName.length).replace(/\.$/, '') : undefined
      const urls = map.bind({ serverName, subdomain, queryArgs: one.query })
      const outcome = matched(urls, one.path, one.method)
      if (!isDeepStrictEqual(outcome, one.expect)) wrong.push({ ...one, outcome, rules })
    }
    for (const one of build) {
      const subdomain = 'default_subdomain' in mapOptions ? (mapOptions.default_subdomain as string) : undefined
      const { endpoint, values, method, external: forceExternal } = one
      const outcome = built(map.bind({ serverName, subdomain }), endpoint, values, { method, forceExternal })
      if (!isDeepStrictEqual(outcome, one.expect)) wrong.push({ ...one, outcome, rules })
    }
  }
  expect(wrong.slice(0, 5)).toEqual([])
})
