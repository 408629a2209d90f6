import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeData, encodeData, sameData } from '../../../../lib/ext/session/data/codec.ts'
import { type Conflict, type Data, mergeData } from '../../../../lib/ext/session/merge/merge.ts'
import { mergeTexts } from '../../../../lib/ext/session/merge-texts.ts'

function merge(base: string, mine: string, theirs: string) {
  const conflicts: Conflict[] = []
  const text = mergeTexts(base, mine, theirs, (conflict) => conflicts.push(conflict()))
  return { text, conflicts }
}

function mergeValues(base: string, mine: string, theirs: string) {
  const conflicts: Conflict[] = []
  const sides = [base, mine, theirs].map(decodeData) as [Data, Data, Data]
  return { text: encodeData(mergeData(...sides, (conflict) => conflicts.push(conflict()))), conflicts }
}

describe('a merge of texts', () => {
  // Values whose texts begin or end alike, so that it has to be found out where one ends.
  const atom = fc.constantFrom<unknown>(1, 11, 12, 112, 2, '', 'a', 'aa', '1', '"', '\\', ',', ']}', true, null)
  const typedAtom = fc.oneof(atom, fc.constantFrom<unknown>(undefined, 1n, 11n, Number.NaN, new Date(1), new Date(11)))
  const keys = fc.constantFrom('a', 'aa', 'b', '1', '~', '~d', '__proto__', 'é', '"', '')

  function values(leaf: fc.Arbitrary<unknown>) {
    return fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('value'), { maxLength: 6 }),
        fc.dictionary(keys, tie('value'), { maxKeys: 5 }),
      ),
    })).value
  }

  /** Some changes to a value, made by the numbers drawn. */
  function changed(value: unknown, draw: () => number, fresh: () => unknown): unknown {
    const choice = draw() % 8
    if (choice === 0) return fresh()
    if (Array.isArray(value)) {
      const list = value.map((item) => (draw() % 4 === 0 ? changed(item, draw, fresh) : item))
      for (let edits = draw() % 3; edits > 0; edits--) list.splice(draw() % (list.length + 1), draw() % 2, fresh())
      if (choice === 1) list.splice(draw() % (list.length + 1), 1)
      if (choice === 2) list.push(fresh())
      return choice === 3 ? list.reverse() : list
    }
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
      return choice < 4 ? fresh() : value
    }
    const members = Object.entries(value).map(([key, item]) => [
      key,
      draw() % 3 === 0 ? changed(item, draw, fresh) : item,
    ])
    if (choice < 4) members.splice(draw() % (members.length + 1), draw() % 2, [['a', 'c', 'dd'][draw() % 3]!, fresh()])
    if (choice === 5) members.reverse()
    return Object.fromEntries(members)
  }

  test.each([
    ['JSON', atom],
    ['typed', typedAtom],
  ])('is that of the %s values', (_, leaf) => {
    const value = values(leaf)
    const numbers = fc.infiniteStream(fc.nat(1000))
    fc.assert(
      fc.property(
        fc.dictionary(keys, value, { maxKeys: 6 }),
        numbers,
        fc.infiniteStream(value),
        (base, stream, more) => {
          const draw = () => stream.next().value as number
          const fresh = () => more.next().value as unknown
          const change = () => {
            const data = changed(base, draw, fresh)
            return encodeData(
              typeof data === 'object' && !Array.isArray(data) && data?.constructor === Object ? (data as Data) : base,
            )
          }
          const texts = [encodeData(base), change(), change()] as [string, string, string]
          fc.pre(texts[0] !== texts[1] && texts[0] !== texts[2])
          const [one, other] = [merge(...texts), mergeValues(...texts)]
          expect(sameData(one.text, other.text) || [one.text, texts]).toBe(true)
          expect(new Set(one.conflicts)).toEqual(new Set(other.conflicts))
        },
      ),
      { numRuns: 1500 },
    )
  })

  test.each<[string, string, string, string, string]>([
    ['of changes that lie apart', '{"a":1,"b":2,"c":3}', '{"a":9,"b":2,"c":3}', '{"a":1,"b":2}', '{"a":9,"b":2}'],
    ['of numbers that begin alike', '{"l":[1]}', '{"l":[12]}', '{"l":[1,2]}', '{"l":[12,2]}'],
    [
      'of members that begin alike',
      '{"a":1,"b":1,"c":1}',
      '{"a":2,"b":1,"c":2}',
      '{"a":1,"b":12,"c":1}',
      '{"a":2,"b":12,"c":2}',
    ],
    ['of entries that come twice', '{"l":[1,2,1,2]}', '{"l":[1,2]}', '{"l":[0,1,2,1,2]}', '{"l":[0,1,2]}'],
    [
      'of other order by one',
      '{"l":[{"a":1,"b":2}]}',
      '{"l":[{"b":2,"a":1}]}',
      '{"l":[{"a":1,"b":3}]}',
      '{"l":[{"a":1,"b":3}]}',
    ],
    [
      'of the same key added in two places',
      '{"k":1,"l":2}',
      '{"a":[1],"k":1,"l":2}',
      '{"k":1,"l":2,"a":[2]}',
      '{"a":[2,1],"k":1,"l":2}',
    ],
    [
      'of what another program wrote with spaces',
      '{ "a": 1, "b": [1, 2] }',
      '{"a":1,"b":[1,2,3]}',
      '{"a": 5, "b": [1, 2]}',
      '{"a":5,"b":[1,2,3]}',
    ],
    [
      'of what another program wrote with spaces before values',
      '{"a": {"b": 1,"c": 2},"d": 1}',
      '{"a":{"b":1,"c":2},"d":2}',
      '{"a": {"b": 1,"c": 3},"d": 1}',
      '{"a":{"b":1,"c":3},"d":2}',
    ],
    [
      'of what another program escaped',
      '{"\\u0061":"\\u00e9","b":1}',
      '{"a":"é","b":2}',
      '{"\\u0061":"\\u00e9","b":1,"c":1}',
      '{"a":"é","b":2,"c":1}',
    ],
    [
      'of what another program ended with a new line',
      '{"a":1,"b":1}',
      '{"a":2,"b":1}',
      '{"a":1,"b":3}\n',
      '{"a":2,"b":3}',
    ],
    ['of what another program began with a space', ' {"l":[1,2]}', '{"l":[1]}', '{"l":[1,2,3]}', '{"l":[1,3]}'],
    [
      'of tags that another program escaped',
      '~{"s":{"\\u007Es":[1,2]}}',
      '~{"s":{"~s":[1]}}',
      '~{"s":{"~s":[1,2,3]}}',
      '~{"s":{"~s":[1,3]}}',
    ],
    ['of texts with and without tags', '{"a":1}', '~{"a":{"~n":"1"}}', '{"a":1,"b":2}', '~{"a":{"~n":"1"},"b":2}'],
    ['that has no tag any more', '~{"a":{"~n":"1"},"b":1}', '~{"a":{"~n":"1"}}', '{"b":1}', '{}'],
    [
      'of keys that look like a tag',
      '{"~d":1}',
      '{"~d":1,"a":1}',
      '~{"~~d":1,"b":{"~d":0}}',
      '~{"~~d":1,"b":{"~d":0},"a":1}',
    ],
    ['of such a key alone', '~{"~~d":1,"b":{"~u":0}}', '{"~d":1}', '~{"~~d":2,"b":{"~u":0}}', '{"~d":2}'],
    [
      'of Maps',
      '~{"m":{"~m":[[1,2],[3,4]]}}',
      '~{"m":{"~m":[[1,2],[3,4],[5,6]]}}',
      '~{"m":{"~m":[[3,4]]}}',
      '~{"m":{"~m":[[3,4],[5,6]]}}',
    ],
    [
      'of Maps to which both added the same key in two places',
      '~{"m":{"~m":[[1,2],[3,4]]}}',
      '~{"m":{"~m":[[9,1],[1,2],[3,4]]}}',
      '~{"m":{"~m":[[1,2],[3,4],[9,2]]}}',
      '~{"m":{"~m":[[1,2],[3,4],[9,1]]}}',
    ],
    [
      'of Sets to which both added the same',
      '~{"s":{"~s":[1,2]}}',
      '~{"s":{"~s":[1,2,3]}}',
      '~{"s":{"~s":[3,1,2]}}',
      '~{"s":{"~s":[3,1,2]}}',
    ],
    [
      'of a key that looks like a tag, escaped',
      '{"x":{"\\u007ed":1}}',
      '~{"x":{"~~d":2},"b":{"~n":"1"}}',
      '{"x":{"\\u007ed":1,"y":1}}',
      '~{"x":{"~~d":2,"y":1},"b":{"~n":"1"}}',
    ],
    ['of a Set and a list', '{"x":[1]}', '~{"x":{"~s":[1]}}', '{"x":[1,2]}', '~{"x":{"~s":[1]}}'],
  ])('%s', (_, base, mine, theirs, expected) => {
    const { text } = merge(base, mine, theirs)
    expect(decodeData(text)).toEqual(decodeData(expected))
    expect(text.startsWith('~')).toBe(expected.startsWith('~'))
    expect(sameData(encodeData(decodeData(text)), mergeValues(base, mine, theirs).text)).toBe(true)
  })

  test('tells of a conflict where it is, and all of what is there', () => {
    const long = (n: number) => Array.from({ length: 1500 }, (_, index) => index * n)
    const around = (inner: object, list: number[]) =>
      encodeData({ a: 1, l: [0, 1, 2, inner, 4], long: [7, ...list, 7] })
    const texts = [around({ x: 1 }, long(2)), around({ x: 2 }, long(3)), around({ x: 3 }, long(5))] as const
    expect(merge(...texts).conflicts).toEqual([
      { path: 'session.l[3].x', base: 1, mine: 2, theirs: 3 },
      { path: 'session.long', base: [7, ...long(2), 7], mine: [7, ...long(3), 7], theirs: [7, ...long(5), 7] },
    ])
    expect(decodeData(merge(...texts).text)).toEqual(decodeData(texts[1]))
  })

  test('tells where it is also if theirs changed something before it', () => {
    const [base, mine, theirs] = ['[0,1,2,{"x":1}]', '[0,1,2,{"x":2}]', '[0,9,2,{"x":3}]'].map(
      (list) => `{"l":${list}}`,
    )
    const { text, conflicts } = merge(base!, mine!, theirs!)
    expect([text, conflicts[0]?.path]).toEqual(['{"l":[0,9,2,{"x":2}]}', 'session.l[3].x'])
  })

  test.each([
    ['mine', '{"a":1,"b":1,"c":1}', '{"c":1,"a":2,"b":1}', '{"a":1,"b":2,"c":1}', '{"c":1,"a":2,"b":2}'],
    ['theirs', '{"a":1,"b":1,"c":1}', '{"a":2,"b":1,"c":1}', '{"c":1,"a":1,"b":2}', '{"c":1,"a":2,"b":2}'],
  ])('keeps the order that %s gave the keys', (_, base, mine, theirs, expected) => {
    expect(merge(base, mine, theirs).text).toBe(expected)
  })

  test('writes no member of a Set twice', () => {
    const set = (...members: number[]) => encodeData({ set: new Set(members) })
    expect(merge(set(1, 2), set(1, 2, 3), set(3, 1, 2)).text).toBe(set(3, 1, 2))
  })

  test.each([50_000, 7000, 300, 20, 3])('finds a change by %d wherever it is in a long list', (more) => {
    const list = (at = -1) => Array.from({ length: 400 }, (_, n) => 10_000 + n + (n === at ? more : 0))
    const text = (list: number[]) => JSON.stringify({ list })
    for (let at = 0; at < 400; at++) {
      const [mine, theirs] = [list(at), [9, ...list(399 - at)]]
      const both = theirs.map((item, n) => (n === at + 1 ? item + more : item))
      expect(merge(text(list()), text(mine), text(theirs)).text).toBe(text(both))
    }
  })

  test('goes into objects however deep they lie', () => {
    const nested = (inner: object) =>
      encodeData(Array.from({ length: 900 }).reduce((data: object) => ({ in: data, n: 1 }), inner) as Data)
    const { text, conflicts } = merge(nested({}), nested({ a: 1 }), nested({ b: 1 }))
    expect([text, conflicts]).toEqual([nested({ b: 1, a: 1 }), []])
  })
})

describe('a merge of texts of two sessions of 1 MiB', () => {
  const many = (count: number, item: (n: number) => unknown) => Array.from({ length: count }, (_, n) => item(n))
  const entries = (count: number, item: (n: number) => unknown) =>
    many(count, (n) => [`key${n}`, item(n)] as const) as [string, unknown][]

  /** In ms of CPU. */
  function leastTime(texts: readonly [string, string, string]): number {
    const taken = many(15, () => {
      const start = process.cpuUsage()
      expect(merge(...texts).conflicts).toEqual([])
      return process.cpuUsage(start).user / 1000
    }) as number[]
    return Math.min(...taken)
  }

  // biome-ignore lint/suspicious/noExplicitAny: what is in there the row tells
  test.each<[string, Data, (data: any) => void, (data: any) => void]>([
    [
      'with lines of an order',
      { lines: many(15_000, (id) => ({ id, name: `thing number ${id}`, price: id * 1.5, tags: ['a'] })) },
      ({ lines }) => lines.push({ id: -1 }),
      ({ lines }) => lines.splice(100, 1),
    ],
    [
      'with 60,000 members',
      Object.fromEntries(entries(60_000, (n) => n)),
      (data) => {
        data.key5 = 'mine'
      },
      (data) => {
        delete data.key50000
      },
    ],
    [
      'with 60,000 members inside, changed in many places',
      { inside: Object.fromEntries(entries(60_000, (n) => n)) },
      ({ inside }) => {
        for (let n = 0; n < 60_000; n += 3000) inside[`key${n}`] = 'mine'
      },
      ({ inside }) => {
        for (let n = 1000; n < 60_000; n += 3000) inside[`key${n}`] = 'theirs'
      },
    ],
    [
      'with a Map of 60,000',
      { map: new Map(entries(60_000, (n) => n)) },
      ({ map }) => map.set('mine', 1),
      ({ map }) => map.delete('key7'),
    ],
    [
      'with a Set of 60,000 texts',
      { set: new Set(many(60_000, (n) => `member ${n}`)) },
      ({ set }) => set.add('mine'),
      ({ set }) => set.delete('member 7'),
    ],
    [
      'with 6,000 lists, each of which both made longer',
      Object.fromEntries(entries(6_000, (n) => [n, n + 1, `thing number ${n} `.repeat(7)])),
      (data) => {
        for (const list of Object.values(data) as unknown[][]) list.push('mine')
      },
      (data) => {
        for (const list of Object.values(data) as unknown[][]) list.push('theirs')
      },
    ],
  ])('%s takes less than 50 ms of CPU', (_, base, changeMine, changeTheirs) => {
    const text = encodeData(base)
    const [mine, theirs] = [decodeData(text), decodeData(text)]
    changeMine(mine)
    changeTheirs(theirs)
    const texts = [text, encodeData(mine), encodeData(theirs)] as const
    expect(text.length).toBeGreaterThan(800_000)
    expect(sameData(merge(...texts).text, mergeValues(...texts).text)).toBe(true)
    expect(leastTime(texts)).toBeLessThan(50)
  })

  test('takes no longer for 400 kB in 900 levels', () => {
    const nested = (inner: object) =>
      encodeData(
        Array.from({ length: 900 }).reduce((data: object) => ({ in: data, text: 'x'.repeat(400) }), inner) as Data,
      )
    expect(leastTime([nested({}), nested({ a: 1 }), nested({ b: 1 })])).toBeLessThan(50)
  })
})
