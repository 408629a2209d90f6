import { describe, expect, test } from '@jest/globals'
import { decodeData } from '../../../../lib/ext/session/data/codec.ts'
import { decodeCurrent, isCurrentText } from '../../../../lib/ext/session/data/migrate.ts'
import { newCounters } from '../../../../lib/ext/session/repository/counters.ts'
import { defaultRepositorySettings } from '../../../../lib/ext/session/repository/settings.ts'
import { StoredMerge } from '../../../../lib/ext/session/repository/stored-merge.ts'

describe('a merge of sessions of which the form has changed', () => {
  const migration = {
    dataVersion: 2,
    migrate: ({ name, ...others }: Record<string, unknown>) => ({ ...others, names: [name] }),
  }
  const settings = {
    ...defaultRepositorySettings,
    decode: (text: string) => decodeCurrent(text, migration),
    isCurrent: (text: string) => isCurrentText(text, migration),
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
    const merged = new StoredMerge(settings, newCounters()).merge(base, mine, theirs)
    expect(decodeData(merged)).toEqual({ names: ['b'], $version: 2, n: 1 })
  })

  test.each([
    ['{"$version":2}', true],
    ['{"a":1,"$version":2,"b":1}', true],
    ['~{"$version":2,"a":{"~n":"1"}}', true],
    ['{"$version":20}', false],
    ['{"$version":1}', false],
    ['{"$version":"2"}', false],
    ['{}', false],
    ['{"a":{"$version":2}}', false],
    ['{"a":"\\"$version\\":2"}', false],
    ['{ "$version": 1 }', false],
  ])('knows whether %s is in it', (text, expected) => {
    expect(isCurrentText(text, migration)).toBe(expected)
    expect(isCurrentText(text, { ...migration, dataVersion: null })).toBe(true)
  })
})
