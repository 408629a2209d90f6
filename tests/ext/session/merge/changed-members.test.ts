import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeData, encodeData } from '../../../../lib/ext/session/data/codec.ts'
import { mergeChanged } from '../../../../lib/ext/session/merge/changed-members.ts'
import { type Conflict, type Data, mergeData } from '../../../../lib/ext/session/merge/merge.ts'

type Sides = [base: string, mine: string, theirs: string]

const long = Array.from({ length: 100 }, (_, n) => ({ n }))

function merging(conflicts: Conflict[] = []) {
  return (...sides: Sides): string => {
    const [base, mine, theirs] = sides.map(decodeData) as [Data, Data, Data]
    return encodeData(mergeData(base, mine, theirs, (conflict) => conflicts.push(conflict)))
  }
}

/** Merges data, and returns the sides that were decoded as well. */
function merge(base: Data, mine: Data, theirs: Data): { merged: Data; decoded: Data[] } {
  let decoded: Data[] = []
  const text = mergeChanged([base, mine, theirs].map((data) => encodeData(data)) as Sides, (...sides) => {
    decoded = sides.map(decodeData)
    return merging()(...sides)
  })
  return { merged: decodeData(text), decoded }
}

describe('a merge of encoded data', () => {
  test.each([
    ['plain data', long, 1],
    ['data with tags', [new Date(5), ...long], 1n],
    ['data with tags elsewhere', long, new Date(5)],
  ])('decodes no long member that no side changed, of %s', (_, value, other) => {
    const { merged, decoded } = merge({ value, a: other }, { value, a: other, m: 1 }, { t: 1, value, a: other })
    expect(merged).toEqual({ t: 1, value, a: other, m: 1 })
    for (const side of decoded) expect(JSON.stringify(Object.keys(side))).toContain('value')
    for (const side of decoded) expect(side.value).not.toEqual(value)
  })

  test('decodes a long member that one side changed, removed or added', () => {
    for (const [base, mine, theirs] of [
      [{ long }, { long, m: 1 }, { long: [...long, 1] }],
      [{ long }, { long, m: 1 }, {}],
      [{}, { long, m: 1 }, { long }],
    ] as const) {
      expect(merge(base, mine, theirs).decoded).toEqual([base, mine, theirs])
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
    expect(merge(base, { long, $version: 2 }, theirs).decoded).toEqual([base, { long, $version: 2 }, theirs])
  })

  test.each([
    ['spaces', (text: string) => text.replaceAll(':', ': ')],
    ['an escape in a key', (text: string) => text.replace('"long"', '"lon\\u0067"')],
    ['a key twice', (text: string) => text.replace('{', '{"lon\\u0067":1,')],
  ])('reads the text of another program, with %s, as JSON is read', (_, write) => {
    const sides: Sides = [encodeData({ long }), encodeData({ long, m: 1 }), write(encodeData({ long, t: 1 }))]
    expect(decodeData(mergeChanged(sides, merging()))).toEqual({ long, t: 1, m: 1 })
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
      ),
    }))
    const key = fc.constantFrom('a', 'b', 'c', '7', '~x', '__proto__', '$version', 'q"')
    // The values of a key on the three sides: the same one, or one of its own or none for each.
    const own = fc.option(fc.tuple(value), { nil: null })
    const member = fc.oneof(
      fc.tuple(value).map((same) => [same, same, same]),
      fc.array(own, { minLength: 3, maxLength: 3 }),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(key, member), { maxLength: 7 }), fc.nat(7), (members, turned) => {
        const sides = [0, 1, 2].map((side) => {
          const there = members.flatMap(([name, values]) => (values[side] ? [[name, values[side][0]] as const] : []))
          if (side === 1) there.push(...there.splice(0, turned))
          return encodeData(Object.fromEntries(there))
        }) as Sides
        const [whole, parts]: [Conflict[], Conflict[]] = [[], []]
        expect(mergeChanged(sides, merging(parts))).toBe(merging(whole)(...sides))
        expect(parts).toEqual(whole)
      }),
      { numRuns: 300 },
    )
  })
})
