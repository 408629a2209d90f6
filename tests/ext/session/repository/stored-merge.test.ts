import { describe, expect, test } from '@jest/globals'
import { decodeData } from '../../../../lib/ext/session/data/codec.ts'
import { decodeCurrent } from '../../../../lib/ext/session/data/migrate.ts'
import { Counters } from '../../../../lib/ext/session/repository/counters.ts'
import { defaultRepositorySettings } from '../../../../lib/ext/session/repository/settings.ts'
import { DecodedTexts, StoredMerge } from '../../../../lib/ext/session/repository/stored-merge.ts'

describe('a merge of sessions of which the form has changed', () => {
  const migration = {
    dataVersion: 2,
    migrate: ({ name, ...others }: Record<string, unknown>) => ({ ...others, names: [name] }),
  }
  const settings = {
    ...defaultRepositorySettings,
    decode: (text: string) => decodeCurrent(text, migration),
  }
  const old = '{"name":"a","$version":1}'
  const current = '{"names":["a"],"$version":2}'
  const mine = '{"names":["a"],"$version":2,"n":1}'

  test.each([
    ['it was already', current, '{"names":["b"],"$version":2}'],
    ['it was in an older one and still is', old, '{"name":"b","$version":1}'],
    ['it was in an older one', old, '{"names":["b"],"$version":2}'],
    ['it is in an older one again', current, '{"name":"b","$version":1}'],
    ['it has no version any more', current, '{"name":"b"}'],
    ['it is in a newer one', current, '{"name":"b","$version":20}'],
    ['another program wrote it', current, '{"name": "b", "$version": 1}'],
  ])('brings what is stored into today’s form where %s', (_, base, theirs) => {
    const merged = new StoredMerge(settings, new Counters()).merge(base, mine, theirs)
    expect(decodeData(merged)).toEqual({ names: ['b'], $version: 2, n: 1 })
  })
})

describe('merges one after the other, that remember the data of texts', () => {
  test('decode a text that they have merged or made once', () => {
    const decoded: string[] = []
    const decode = (text: string) => {
      decoded.push(text)
      return decodeData(text)
    }
    const texts = new DecodedTexts()
    const merge = (mine: string, theirs: string) =>
      new StoredMerge({ ...defaultRepositorySettings, decode }, new Counters(), texts).merge('{"a":[1]}', mine, theirs)
    const first = merge('{"a":[1,2]}', '{"a":[1,3]}')
    expect(first).toBe('{"a":[1,3,2]}')
    expect(merge('{"a":[1,4]}', first)).toBe('{"a":[1,3,2,4]}')
    expect(decoded.sort()).toEqual(['{"a":[1,2]}', '{"a":[1,3]}', '{"a":[1,4]}', '{"a":[1]}'])
  })

  test('hand out nothing that the application could change', () => {
    const settings = {
      ...defaultRepositorySettings,
      onConflict: ({ base, mine, theirs }: { base: unknown; mine: unknown; theirs: unknown }) => {
        for (const value of [base, mine, theirs])
          if (typeof value === 'object') Object.assign(value as object, { x: null, 0: 0 })
      },
    }
    const texts = new DecodedTexts()
    const run = () => {
      const attempt = new StoredMerge(settings, new Counters(), texts)
      const dated = (ms: number) => `~{"k":{"~m":[[1,{"x":{"~d":${ms}}}]]},"n":${ms}}`
      const whole = (text: string) => `{"k":${text}}`
      const result = attempt.merge(whole('[{"x":1}]'), whole('{"x":2}'), whole('{"x":3}'))
      expect(attempt.merge(dated(1), dated(2), dated(3))).toBe(dated(2))
      attempt.report()
      return result
    }
    const first = run()
    for (let again = 0; again < 3; again++) expect(run()).toBe(first)
  })
})
