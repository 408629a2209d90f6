import { types } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeData, encodeData } from '../../../../lib/ext/session/data/codec.ts'
import { same } from '../../../../lib/ext/session/data/equality.ts'
import { CanonicalKeys } from '../../../../lib/ext/session/merge/canonical-keys.ts'
import { type Conflict, type Data, mergeData } from '../../../../lib/ext/session/merge/merge.ts'

// Not structuredClone: under jest its objects are of another realm.
function clone(data: Data): Data {
  return decodeData(encodeData(data))
}

function merge(base: Data, mine: Data, theirs: Data): { merged: Data; conflicts: Conflict[] } {
  const conflicts: Conflict[] = []
  const merged = mergeData(base, mine, theirs, (conflict) => conflicts.push(conflict))
  return { merged, conflicts }
}

/** A text that is equal exactly for values that are the same: the order of an object's keys is no part of it. */
function canonical(value: unknown): string {
  const all = (items: Iterable<unknown>) => [...items].map(canonical).join()
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value)
  if (Array.isArray(value)) return `[${all(value)}]`
  if (types.isDate(value)) return `Date ${value.getTime()}`
  if (types.isUint8Array(value)) return `Bytes ${value.join()}`
  if (types.isMap(value)) return `Map [${all(value.keys())}; ${all(value.values())}]`
  if (types.isSet(value)) return `Set [${all(value)}]`
  const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`)
  return `{${members.sort().join()}}`
}

const value = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom(0, 1, 2, 'a', 'b', null, true, undefined, Number.NaN, -0, 5n),
    fc.integer().map((ms) => new Date(ms)),
    fc.uint8Array({ maxLength: 3 }).map((bytes) => new Uint8Array(bytes)),
  ),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'toString'), tie('value'), { maxKeys: 4 }),
    fc.array(fc.tuple(tie('leaf'), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => new Set(items)),
  ),
})).value
const data = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), value, { maxKeys: 4 })

describe('laws of the merge', () => {
  test('where only mine changed, the result is mine, without conflict', () => {
    fc.assert(
      fc.property(data, data, (base, mine) => {
        const { merged, conflicts } = merge(base, mine, clone(base))
        expect(canonical(merged)).toBe(canonical(mine))
        expect(conflicts).toEqual([])
      }),
      { numRuns: 2000 },
    )
  })

  test('where only theirs changed, the result is theirs, without conflict', () => {
    fc.assert(
      fc.property(data, data, (base, theirs) => {
        const { merged, conflicts } = merge(base, clone(base), theirs)
        expect(canonical(merged)).toBe(canonical(theirs))
        expect(conflicts).toEqual([])
      }),
      { numRuns: 2000 },
    )
  })

  const step = fc.constantFrom('a', 'b', 'c')
  const small = fc.constantFrom<unknown>(1, 'x', null, [1, 2], new Map([[1, 2]]))
  const branch = (inner: fc.Arbitrary<unknown>) => fc.dictionary(step, inner, { maxKeys: 3 })
  const edit = fc.record({
    path: fc.array(step, { minLength: 1, maxLength: 3 }),
    to: fc.option(small, { nil: undefined }),
  })
  const tree = branch(branch(branch(small)))

  test('changes of disjoint paths are all there, whichever comes first', () => {
    fc.assert(
      fc.property(tree, fc.array(edit, { maxLength: 4 }), fc.array(edit, { maxLength: 4 }), (base, left, right) => {
        fc.pre(left.every((a) => right.every((b) => !related(a.path, b.path))))
        const [mine, theirs] = [clone(base), clone(base)]
        for (const { path, to } of left) apply(mine, path, to)
        for (const { path, to } of right) apply(theirs, path, to)
        const one = merge(base, mine, theirs)
        const other = merge(base, theirs, mine)
        expect(canonical(one.merged)).toBe(canonical(other.merged))
        expect([...one.conflicts, ...other.conflicts]).toEqual([])
        const both = clone(base)
        for (const { path, to } of [...left, ...right]) apply(both, path, to)
        expect(canonical(one.merged)).toBe(canonical(both))
      }),
      { numRuns: 2000 },
    )
  })

  test('what is added inside an object that the other side kept stays', () => {
    fc.assert(
      fc.property(tree, fc.array(edit, { maxLength: 4 }), fc.array(step, { maxLength: 2 }), (base, others, path) => {
        const [mine, theirs] = [clone(base), clone(base)]
        for (const { path, to } of others) apply(theirs, path, to)
        const inside = [at(mine, path), at(theirs, path)]
        fc.pre(inside.every(isObject))
        ;(inside[0] as Data).added = 'new'
        const { merged } = merge(base, mine, theirs)
        expect(at(merged, path)).toHaveProperty('added', 'new')
      }),
      { numRuns: 2000 },
    )
  })

  test('elements pushed by both onto a list stay, and what either removed stays removed', () => {
    const list = fc.array(fc.nat(20), { maxLength: 8 })
    fc.assert(
      fc.property(list, list, list, fc.nat(), (base, mine, theirs, at) => {
        const kept = base.filter((_, index) => index !== at % (base.length || 1))
        const added = mine.map((n) => n + 100)
        const others = theirs.map((n) => n + 200)
        expect(merge({ l: base }, { l: [...base, ...added] }, { l: [...kept, ...others] }).merged.l).toEqual([
          ...kept,
          ...others,
          ...added,
        ])
      }),
    )
  })

  function isObject(value: unknown): value is Data {
    return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  }

  function at(data: Data, path: string[]): unknown {
    return path.reduce<unknown>((inner, key) => (inner as Data | undefined)?.[key], data)
  }

  function related(a: string[], b: string[]): boolean {
    return a.every((key, n) => b[n] === undefined || b[n] === key)
  }

  function apply(target: Data, path: string[], to: unknown): void {
    const [key, ...rest] = path as [string, ...string[]]
    if (rest.length > 0) {
      if (isObject(target[key])) apply(target[key], rest, to)
    } else if (to === undefined) delete target[key]
    else target[key] = to
  }
})

describe('a merge', () => {
  test.each<[string, Data, Data, Data, Data, string[]]>([
    ['adds to a list that both made', {}, { l: [1] }, { l: [2] }, { l: [2, 1] }, []],
    ['keeps equal elements that both pushed', { l: [] }, { l: [1] }, { l: [1] }, { l: [1, 1] }, []],
    [
      'changes different members of one element',
      { l: [{ id: 1 }] },
      { l: [{ id: 1, a: 1 }] },
      { l: [{ id: 1, b: 1 }] },
      { l: [{ id: 1, b: 1, a: 1 }] },
      [],
    ],
    [
      'keeps a change of an element beside a removal of another',
      { l: [{ id: 1 }, { id: 2 }] },
      { l: [{ id: 1, n: 1 }, { id: 2 }] },
      { l: [{ id: 1 }] },
      { l: [{ id: 1, n: 1 }] },
      [],
    ],
    ['keeps what one put in place of what the other removed', { l: ['a'] }, { l: [] }, { l: ['b'] }, { l: ['b'] }, []],
    [
      'changes several elements of which the other changed one',
      { l: [{ id: 1 }, { id: 2 }] },
      {
        l: [
          { id: 1, m: 1 },
          { id: 2, m: 1 },
        ],
      },
      { l: [{ id: 1, t: 1 }, { id: 2 }] },
      {
        l: [
          { id: 1, t: 1, m: 1 },
          { id: 2, m: 1 },
        ],
      },
      [],
    ],
    ['lets the later scalar win, and tells', { n: 1 }, { n: 2 }, { n: 3 }, { n: 2 }, ['session.n']],
    ['takes the same change by both for one', { n: 1 }, { n: 2 }, { n: 2 }, { n: 2 }, []],
    ['lets a later deletion win over a change', { o: { a: 1 } }, {}, { o: { a: 2 } }, {}, ['session.o']],
    ['lets a later change win over a deletion', { o: { a: 1 } }, { o: { a: 2 } }, {}, { o: { a: 2 } }, ['session.o']],
    [
      'names nested places',
      { a: { 'b c': [{ d: 1 }] } },
      { a: { 'b c': [{ d: 2 }] } },
      { a: { 'b c': [{ d: 3 }] } },
      { a: { 'b c': [{ d: 2 }] } },
      ['session.a["b c"][0].d'],
    ],
    [
      'merges Maps by key',
      {
        m: new Map([
          [1, 'a'],
          [2, 'b'],
        ]),
      },
      {
        m: new Map([
          [1, 'a'],
          [3, 'c'],
        ]),
      },
      {
        m: new Map([
          [1, 'x'],
          [2, 'b'],
        ]),
      },
      {
        m: new Map([
          [1, 'x'],
          [3, 'c'],
        ]),
      },
      [],
    ],
    [
      'merges Sets by member',
      { s: new Set([1, 2]) },
      { s: new Set([2, 3]) },
      { s: new Set([1, 2, 4]) },
      { s: new Set([2, 4, 3]) },
      [],
    ],
    [
      'tells members of a Set apart by what they hold',
      { s: new Set([{ a: 1 }]) },
      { s: new Set() },
      { s: new Set([{ a: 1 }, { b: 1 }]) },
      { s: new Set([{ b: 1 }]) },
      [],
    ],
  ])('%s', (_, base, mine, theirs, expected, paths) => {
    const { merged, conflicts } = merge(base, mine, theirs)
    expect(canonical(merged)).toBe(canonical(expected))
    expect(conflicts.map(({ path }) => path)).toEqual(paths)
  })

  test('of a long Map by objects and Set of objects, of which one was removed and another added, keeps both', () => {
    const base = {
      map: new Map(Array.from({ length: 20_000 }, (_, n) => [{ n }, n])),
      set: new Set(Array.from({ length: 20_000 }, (_, n) => ({ n }))),
    }
    const [mine, theirs] = [clone(base), clone(base)] as (typeof base)[]
    mine!.map.set({ n: -1 }, -1)
    mine!.set.add({ n: -1 })
    for (const items of [theirs!.map, theirs!.set]) items.delete([...items.keys()][10]!)
    const { merged, conflicts } = merge(base, mine!, theirs!)
    expect(conflicts).toEqual([])
    const { map, set } = merged as typeof base
    for (const items of [map, set]) {
      expect(items.size).toBe(20_000)
      expect([...items.keys()].filter(({ n }) => n === 10 || n === -1)).toEqual([{ n: -1 }])
    }
  })

  test('of lists changed by more than a thousand elements lets the later win, and tells', () => {
    const base = Array.from({ length: 3000 }, (_, n) => n)
    const { merged, conflicts } = merge({ l: base }, { l: base.map((n) => -n) }, { l: base.map((n) => n + 0.5) })
    expect(merged.l).toEqual(base.map((n) => -n))
    expect(conflicts.map(({ path }) => path)).toEqual(['session.l'])
  })

  test('of long lists keeps what both pushed and removed at the ends', () => {
    const base = Array.from({ length: 50_000 }, (_, n) => n)
    const { merged, conflicts } = merge({ l: base }, { l: [...base, 'mine'] }, { l: base.slice(1) })
    expect(merged.l).toEqual([...base.slice(1), 'mine'])
    expect(conflicts).toEqual([])
  })

  test('leaves its inputs alone', () => {
    const base = { a: { b: [1] }, m: new Map([[1, [2]]]) }
    const mine = { a: { b: [1, 2] }, m: new Map([[1, [2, 3]]]) }
    const theirs = { a: { b: [0, 1] }, m: new Map([[1, [1, 2]]]) }
    const before = canonical([base, mine, theirs])
    merge(base, mine, theirs)
    expect(canonical([base, mine, theirs])).toBe(before)
  })
})

test('of a list that one side changed nothing is lost that is in a longest common subsequence', () => {
  const list = fc.array(fc.nat(4), { maxLength: 70 })
  fc.assert(
    fc.property(list, list, (base, mine) => {
      fc.pre(base.length > 0)
      // Theirs replaces every element by one that says which it was: those that mine kept are still there.
      const theirs = base.map((item) => ({ item }))
      const { merged } = merge({ l: base }, { l: mine }, { l: theirs })
      const replaced = (merged.l as unknown[]).filter((item) => typeof item === 'object').length
      expect(replaced).toBeGreaterThanOrEqual(longestCommon(base, mine))
    }),
    { numRuns: 500 },
  )

  function longestCommon(a: number[], b: number[]): number {
    const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
    for (let i = 1; i <= a.length; i++) {
      for (let j = 1; j <= b.length; j++) {
        const longer = Math.max(table[i - 1]![j]!, table[i]![j - 1]!)
        table[i]![j] = a[i - 1] === b[j - 1] ? table[i - 1]![j - 1]! + 1 : longer
      }
    }
    return table[a.length]![b.length]!
  }
})

describe('a large merge', () => {
  test('keeps what both did to each of 25,000 lists', () => {
    const base = Object.fromEntries(Array.from({ length: 25_000 }, (_, n) => [`k${n}`, [n, n + 1, n + 2, n + 3]]))
    const [mine, theirs] = [clone(base), clone(base)] as Record<string, number[]>[]
    for (const list of Object.values(mine!)) list.reverse()
    for (const list of Object.values(theirs!)) list.push(list.shift()!)
    const { merged, conflicts } = merge(base, mine!, theirs!)
    expect(conflicts).toEqual([])
    expect(new Set(merged.k0 as number[])).toEqual(new Set([0, 1, 2, 3]))
  })

  test('that would cost too much lets the later commit win where both changed a list, and reports each', () => {
    const base = Object.fromEntries(
      Array.from({ length: 40 }, (_, list) => [`list${list}`, Array.from({ length: 1000 }, (_, n) => n * 7 + list)]),
    )
    const [mine, theirs] = [clone(base), clone(base)] as Record<string, number[]>[]
    for (const list of Object.values(mine!)) list.reverse()
    for (const list of Object.values(theirs!)) list.sort((a, b) => (a % 5) - (b % 5))
    const { merged, conflicts } = merge(base, mine!, theirs!)
    expect(merged.list39).toEqual(mine!.list39)
    expect(conflicts.map(({ path }) => path)).toContain('session.list39')
    expect(conflicts.map(({ path }) => path)).not.toContain('session.list0')
  })

  test('goes into objects however deep they lie', () => {
    const nested = (inner: Data) => Array.from({ length: 900 }).reduce((data: Data) => ({ in: data, n: 1 }), inner)
    const { merged, conflicts } = merge(nested({}), nested({ a: 1 }), nested({ b: 1 }))
    expect([canonical(merged), conflicts]).toEqual([canonical(nested({ b: 1, a: 1 })), []])
  })
})

describe('canonical keys', () => {
  test('are one for what is equal, and others for what is not', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 12 }), (values) => {
        const canonicalKeys = new CanonicalKeys()
        const again = clone({ values })['values'] as unknown[]
        const keys = values.map((item) => canonicalKeys.of(item))
        expect(again.map((item) => canonicalKeys.of(item))).toEqual(keys)
        for (const [at, one] of values.entries()) {
          for (const [to, other] of again.entries()) {
            const equal = canonical(one) === canonical(other)
            expect(same(one, other)).toBe(equal)
            expect(Object.is(keys[at], keys[to])).toBe(equal)
          }
        }
      }),
    )
  })

  test('are those of texts and of what looks like them in others', () => {
    const values = [
      '#0',
      ['#0'],
      [['#0']],
      '"a',
      'a',
      ['1:a'],
      ['a', 'b'],
      ['a2:"b'],
      1,
      '1',
      1n,
      '1n',
      [1, 2],
      ['1,2'],
      -0,
      '-0',
      null,
      'null',
    ]
    const canonicalKeys = new CanonicalKeys()
    expect(new Set(values.map((item) => canonicalKeys.of(item))).size).toBe(values.length)
  })
})

describe('a merge of stored sessions', () => {
  function mergeTexts(base: string, mine: string, theirs: string) {
    const { merged, conflicts } = merge(decodeData(base), decodeData(mine), decodeData(theirs))
    return { text: encodeData(merged), conflicts }
  }

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
    const { text } = mergeTexts(base, mine, theirs)
    expect(decodeData(text)).toEqual(decodeData(expected))
    expect(text.startsWith('~')).toBe(expected.startsWith('~'))
  })

  test('reports a conflict where it is, and all of what is there', () => {
    const long = (n: number) => Array.from({ length: 1500 }, (_, index) => index * n)
    const around = (inner: object, list: number[]) =>
      encodeData({ a: 1, l: [0, 1, 2, inner, 4], long: [7, ...list, 7] })
    const texts = [around({ x: 1 }, long(2)), around({ x: 2 }, long(3)), around({ x: 3 }, long(5))] as const
    expect(mergeTexts(...texts).conflicts).toEqual([
      { path: 'session.l[3].x', base: 1, mine: 2, theirs: 3 },
      { path: 'session.long', base: [7, ...long(2), 7], mine: [7, ...long(3), 7], theirs: [7, ...long(5), 7] },
    ])
    expect(decodeData(mergeTexts(...texts).text)).toEqual(decodeData(texts[1]))
  })

  test('reports where it is also if theirs changed something before it', () => {
    const [base, mine, theirs] = ['[0,1,2,{"x":1}]', '[0,1,2,{"x":2}]', '[0,9,2,{"x":3}]'].map(
      (list) => `{"l":${list}}`,
    )
    const { text, conflicts } = mergeTexts(base!, mine!, theirs!)
    expect([text, conflicts[0]?.path]).toEqual(['{"l":[0,9,2,{"x":2}]}', 'session.l[3].x'])
  })

  test.each([
    ['mine', '{"a":1,"b":1,"c":1}', '{"c":1,"a":2,"b":1}', '{"a":1,"b":2,"c":1}', '{"c":1,"a":2,"b":2}'],
    ['theirs', '{"a":1,"b":1,"c":1}', '{"a":2,"b":1,"c":1}', '{"c":1,"a":1,"b":2}', '{"c":1,"a":2,"b":2}'],
  ])('keeps the order that %s gave the keys', (_, base, mine, theirs, expected) => {
    expect(mergeTexts(base, mine, theirs).text).toBe(expected)
  })

  test('writes no member of a Set twice', () => {
    const set = (...members: number[]) => encodeData({ set: new Set(members) })
    expect(mergeTexts(set(1, 2), set(1, 2, 3), set(3, 1, 2)).text).toBe(set(3, 1, 2))
  })

  test.each([50_000, 300, 3])('finds a change by %d wherever it is in a long list', (more) => {
    const list = (at = -1) => Array.from({ length: 100 }, (_, n) => 10_000 + n + (n === at ? more : 0))
    const text = (list: number[]) => JSON.stringify({ list })
    for (let at = 0; at < 100; at++) {
      const [mine, theirs] = [list(at), [9, ...list(99 - at)]]
      const both = theirs.map((item, n) => (n === at + 1 ? item + more : item))
      expect(mergeTexts(text(list()), text(mine), text(theirs)).text).toBe(text(both))
    }
  })
})
