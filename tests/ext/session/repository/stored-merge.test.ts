import { describe, expect, test } from '@jest/globals'
import { decodeData } from '../../../../lib/ext/session/data/codec.ts'
import { decodeCurrent } from '../../../../lib/ext/session/data/migrate.ts'
import { Counters } from '../../../../lib/ext/session/repository/counters.ts'
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
