import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeData, encodeData } from '../../../../lib/ext/session/data/codec.ts'
import { mergeChanged, type Sides } from '../../../../lib/ext/session/merge/changed-parts.ts'
import { type Conflict, type Data, mergeData } from '../../../../lib/ext/session/merge/merge.ts'

const long = Array.from({ length: 100 }, (_, n) => ({ n }))

function merging(conflicts: Conflict[] = []) {
  return (sides: Readonly<Sides>, whole = (conflict: Conflict) => conflict): string => {
    const [base, mine, theirs] = sides.map(decodeData) as [Data, Data, Data]
    return encodeData(mergeData(base, mine, theirs, (conflict) => conflicts.push(whole(conflict))))
  }
}

/** Merges data, and returns the sides that were decoded as well. */
function merge(base: Data, mine: Data, theirs: Data): { merged: Data; decoded: string[]; conflicts: Conflict[] } {
  let decoded: string[] = []
  const conflicts: Conflict[] = []
  const text = mergeChanged([base, mine, theirs].map((data) => encodeData(data)) as Sides, (sides, whole) => {
    decoded = sides
    return merging(conflicts)(sides, whole)
  })
  return { merged: decodeData(text), decoded, conflicts }
}

describe('a merge of encoded data', () => {
  test.each([
    ['plain data', long, 1],
    ['data with tags', [new Date(5), ...long], 1n],
    ['data with tags elsewhere', long, new Date(5)],
  ])('decodes no long member that no side changed, of %s', (_, value, other) => {
    const { merged, decoded } = merge({ value, a: other }, { value, a: other, m: 1 }, { value, a: other, t: 1 })
    expect(merged).toEqual({ value, a: other, t: 1, m: 1 })
    for (const side of decoded) {
      expect(Object.keys(decodeData(side))).toContain('value')
      expect(side.length).toBeLessThan(60)
    }
  })

  const map = new Map(long.map((item) => [`key ${item.n}`, item]))
  test.each<[string, Data, Data, Data, Data]>([
    ['a list, added to', { l: long }, { l: [...long, 'm'] }, { l: [...long, 't'] }, { l: [...long, 't', 'm'] }],
    ['a list, put before', { l: long }, { l: ['m', ...long] }, { l: ['t', ...long] }, { l: ['t', 'm', ...long] }],
    [
      'a list in objects, beside a counter',
      { a: { n: 1, l: long } },
      { a: { n: 2, l: [...long, 'm'] } },
      { a: { n: 1, l: [...long, 't'] } },
      { a: { n: 2, l: [...long, 't', 'm'] } },
    ],
    ['an object', { o: { long } }, { o: { long, m: 1 } }, { o: { long, t: 1 } }, { o: { long, t: 1, m: 1 } }],
    [
      'many members, of which one was removed',
      { x: 1, ...Object.fromEntries(map) },
      Object.fromEntries(map),
      { x: 1, ...Object.fromEntries(map), t: 1 },
      { ...Object.fromEntries(map), t: 1 },
    ],
    [
      'a Map',
      { v: map },
      { v: new Map<unknown, unknown>([...map, ['m', 1]]) },
      { v: new Map<unknown, unknown>([...map, ['t', 1]]) },
      { v: new Map<unknown, unknown>([...map, ['t', 1], ['m', 1]]) },
    ],
    [
      'a Set',
      { v: new Set(map.keys()) },
      { v: new Set([...map.keys(), 'm']) },
      { v: new Set([...map.keys(), 't']) },
      { v: new Set([...map.keys(), 't', 'm']) },
    ],
  ])('decodes only the changed part of %s', (_, base, mine, theirs, expected) => {
    const { merged, decoded } = merge(base, mine, theirs)
    expect(merged).toEqual(expected)
    for (const side of decoded) expect(side.length).toBeLessThan(encodeData(base).length / 3)
  })

  test('keeps a list, Map or Set of which the rest was removed', () => {
    const head = 'x'.repeat(70)
    for (const make of [
      (...items: unknown[]) => [head, ...items],
      (...items: unknown[]) => new Set([head, ...items]),
      (...items: unknown[]) => new Map([head, ...items].map((key) => [key, 1])),
    ]) {
      expect(merge({ v: make(1, 2) }, { v: make(1) }, { v: make(2) }).merged).toEqual({ v: make() })
    }
  })

  test('reports a conflict of lists with all of their elements', () => {
    const grown = (by: number) => [...long, ...Array.from({ length: 1100 }, (_, n) => n * by)]
    for (const order of [(list: unknown[]) => list, (list: unknown[]) => list.toReversed()]) {
      const [base, mine, theirs] = [1, 2, 3].map((by) => order(grown(by)))
      const { merged, conflicts } = merge({ a: { list: base } }, { a: { list: mine } }, { a: { list: theirs } })
      expect(merged).toEqual({ a: { list: mine } })
      expect(conflicts).toEqual([{ path: 'session.a.list', base, mine, theirs }])
    }
  })

  test('names an element of a list by its place', () => {
    const side = (n: number) => ({ list: [...long, { id: 7, n }, 'end'] })
    expect(merge(side(1), side(2), side(3)).conflicts).toEqual([
      { path: 'session.list[100].n', base: 1, mine: 2, theirs: 3 },
    ])
  })

  test('decodes a long member that one side changed, removed or added', () => {
    for (const [base, mine, theirs] of [
      [{ long: 'x'.repeat(300) }, { long: 'x'.repeat(300), m: 1 }, { long: 'x'.repeat(301) }],
      [{ long }, { long, m: 1 }, {}],
      [{}, { long, m: 1 }, { long }],
    ] as const) {
      expect(merge(base, mine, theirs).decoded.map(decodeData)).toEqual([base, mine, theirs])
    }
  })

  test('writes data without tags in the form without tags, where the last one is removed', () => {
    const sides: Sides = [
      encodeData({ long, '~a': long, one: new Date(1), other: 1n }),
      encodeData({ long, '~a': long, other: 1n }),
      encodeData({ long, '~a': long, one: new Date(1) }),
    ]
    expect(mergeChanged(sides, merging())).toBe(encodeData({ long, '~a': long }))
  })

  test('decodes all of it where the versions of the data differ, so that it can be migrated', () => {
    const [base, theirs] = [
      { long, $version: 1 },
      { long, $version: 1, t: 1 },
    ]
    const { decoded } = merge(base, { long, $version: 2 }, theirs)
    expect(decoded.map(decodeData)).toEqual([base, { long, $version: 2 }, theirs])
  })

  test.each([
    ['spaces', (text: string) => text.replaceAll(':', ': ')],
    ['an escape in a key', (text: string) => text.replace('"long"', '"lon\\u0067"')],
    ['a key twice', (text: string) => text.replace('{', '{"lon\\u0067":1,')],
  ])('reads the text of another program, with %s, as JSON is read', (_, write) => {
    const sides: Sides = [encodeData({ long }), encodeData({ long, m: 1 }), write(encodeData({ long, t: 1 }))]
    expect(decodeData(mergeChanged(sides, merging()))).toEqual({ long, t: 1, m: 1 })
  })

  test('throws for the text of another program that is broken, as it does without leaving anything out', () => {
    for (const broken of ['{"long":[1,2', '{"long":[{"n":0},{"n":1}', '{"long":[1}]', '{"long"', '{"a":"', '{]}', '']) {
      const sides: Sides = [encodeData({ long, a: 1 }), encodeData({ long, a: 2 }), broken]
      expect(() => mergeChanged(sides, merging())).toThrow()
      expect(() => mergeChanged([broken, sides[1], sides[0]], merging())).toThrow()
    }
  })

  test('is the merge of all of the data', () => {
    const text = fc.constantFrom('a', '"\\', '}],{', '{"~d":', '~u', 'é☃')
    const leaf = fc.oneof(
      fc.constantFrom<unknown>(0, null, true, undefined, -0, 5n, new Date(7)),
      fc.tuple(text, fc.constantFrom(1, 100)).map(([piece, times]) => piece.repeat(times)),
    )
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf,
        fc.array(tie('value'), { maxLength: 5 }),
        fc.dictionary(fc.constantFrom('a', '~a', '__proto__'), tie('value'), { maxKeys: 3 }),
        fc.array(fc.tuple(leaf, tie('value')), { maxLength: 3 }).map((entries) => new Map(entries)),
        fc.array(tie('value'), { maxLength: 3 }).map((members) => new Set(members)),
      ),
    }))
    const key = fc.constantFrom('a', 'b', 'c', '7', '~x', '__proto__', '$version', 'q"')
    // The values of a key on the three sides: the same one, one of its own or none for each, or lists with a common part.
    const own = fc.option(fc.tuple(value), { nil: null })
    const items = fc.array(value, { maxLength: 4 })
    const wrap = fc.constantFrom<(list: unknown[]) => unknown>(
      (list) => list,
      (list) => ({ a: { list, b: list.length } }),
      (list) => Object.fromEntries(list.map((item, n) => [`k${n}`, item])),
      (list) => new Set(list),
      (list) => new Map(list.map((item) => [item, item])),
    )
    const member = fc.oneof(
      fc.tuple(value).map((same) => [same, same, same]),
      fc.array(own, { minLength: 3, maxLength: 3 }),
      fc
        .tuple(wrap, items, fc.array(fc.tuple(items, items), { minLength: 3, maxLength: 3 }))
        .map(([wrap, common, ends]) => ends.map(([first, last]) => [wrap([...first, ...common, ...last])])),
      fc
        .tuple(wrap, items, fc.array(items, { minLength: 3, maxLength: 3 }))
        .map(([wrap, common, ends]) => ends.map((last) => [wrap([...common, ...last])])),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(key, member), { maxLength: 7 }), fc.nat(7), (members, turned) => {
        const sides = [0, 1, 2].map((side) => {
          const there = members.flatMap(([name, values]) => (values[side] ? [[name, values[side][0]] as const] : []))
          if (side === 1) there.push(...there.splice(0, turned))
          return encodeData(Object.fromEntries(there))
        }) as Sides
        const [all, parts]: [Conflict[], Conflict[]] = [[], []]
        expect(mergeChanged(sides, merging(parts))).toBe(merging(all)(sides))
        expect(parts).toEqual(all)
      }),
      { numRuns: 300 },
    )
  })
})
