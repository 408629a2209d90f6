import { types } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeData, encodeData } from '../../../../lib/ext/session/data/codec.ts'
import { Effort, same } from '../../../../lib/ext/session/merge/equality.ts'
import { alignLists, stays } from '../../../../lib/ext/session/merge/lists.ts'
import { type Conflict, type Data, mergeData } from '../../../../lib/ext/session/merge/merge.ts'
import { Identities } from '../../../../lib/ext/session/merge-identities.ts'
import { named } from '../../../../lib/ext/session/merge-names.ts'
import { mergeTexts } from '../../../../lib/ext/session/merge-texts.ts'

// Not structuredClone: under jest its objects are of another realm.
function clone(data: Data): Data {
  return decodeData(encodeData(data))
}

type Merge = (base: Data, mine: Data, theirs: Data) => { merged: Data; conflicts: Conflict[] }

const ofValues: Merge = (base, mine, theirs) => {
  const conflicts: Conflict[] = []
  const merged = mergeData(base, mine, theirs, (conflict) => conflicts.push(conflict()))
  return { merged, conflicts }
}

const ofTexts: Merge = (base, mine, theirs) => {
  const conflicts: Conflict[] = []
  const texts = [base, mine, theirs].map(encodeData) as [string, string, string]
  const merged = mergeTexts(...texts, (conflict) => conflicts.push(conflict()))
  return { merged: decodeData(merged), conflicts }
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

const both: [string, Merge][] = [
  ['values', ofValues],
  ['texts', ofTexts],
]

describe.each(both)('laws of the merge of %s', (_, merge) => {
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

describe.each(both)('a merge of %s', (_, merge) => {
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

describe('to find what became of a list', () => {
  test('finds a longest common subsequence of a list', () => {
    const list = fc.array(fc.nat(4), { maxLength: 70 })
    fc.assert(
      fc.property(list, list, (base, mine) => {
        const edits = alignLists(base, mine, new Effort())
        if (edits === 'unchanged') return expect(mine).toEqual(base)
        if (edits === 'unclear') throw new Error('unclear')
        const kept = base.length - edits.fates.filter((fate) => fate !== stays).length
        expect(kept).toBe(longestCommon(base, mine))
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
})

describe('a merge of two sessions of 1 MiB', () => {
  const lines = Array.from({ length: 15_000 }, (_, id) => ({
    id,
    name: `thing number ${id}`,
    price: id * 1.5,
    tags: ['a'],
  }))
  const numbers = Array.from({ length: 260 }, (_, list) => [
    `list${list}`,
    Array.from({ length: 1000 }, (_, n) => (n * 7 + list) % 900),
  ])

  test.each<[string, Data, (data: Data) => void, (data: Data) => void]>([
    [
      'with a few changes',
      { lines },
      ({ lines }) => (lines as object[]).push({ id: -1 }),
      ({ lines }) => (lines as object[]).splice(100, 1),
    ],
    [
      'with every list shuffled by both',
      Object.fromEntries(numbers),
      (data) => {
        for (const list of Object.values(data)) (list as number[]).reverse()
      },
      (data) => {
        for (const list of Object.values(data)) (list as number[]).sort((a, b) => (a % 7) - (b % 7))
      },
    ],
    [
      'with Sets of numbers, texts and big integers of which a few were changed',
      {
        numbers: new Set(Array.from({ length: 60_000 }, (_, n) => n)),
        texts: new Set(Array.from({ length: 35_000 }, (_, n) => `text${n}`)),
        integers: new Set(Array.from({ length: 30_000 }, (_, n) => BigInt(n))),
      },
      (data) => {
        for (const set of Object.values(data) as Set<unknown>[]) set.add('mine')
      },
      (data) => {
        for (const set of Object.values(data) as Set<unknown>[]) set.delete([...set][10])
      },
    ],
    [
      'with lists in one another',
      { deep: Array.from({ length: 900 }).reduce((inner: unknown, _, n) => ['x'.repeat(1100), inner, n], 'start') },
      (data) => changeInnermost(data.deep, 'mine'),
      (data) => changeInnermost(data.deep, 'theirs'),
    ],
    [
      'with a Map by objects and a Set of objects shuffled by both',
      {
        map: new Map(lines.slice(0, 12_000).map((line) => [{ by: line.id, of: line.name }, line.price])),
        set: new Set(lines.slice(0, 12_000).map((line) => ({ id: line.id, name: line.name }))),
      },
      (data) => {
        data.map = new Map([...(data.map as Map<unknown, unknown>)].reverse())
        data.set = new Set([...(data.set as Set<unknown>)].reverse())
      },
      (data) => {
        data.map = new Map([...(data.map as Map<unknown, unknown>)].slice(1))
        data.set = new Set([...(data.set as Set<unknown>)].slice(1))
      },
    ],
  ])('%s takes less than 50 ms of CPU', (_, base, changeMine, changeTheirs) => {
    const [mine, theirs] = [clone(base), clone(base)]
    changeMine(mine)
    changeTheirs(theirs)
    expect(encodeData(base).length).toBeGreaterThan(900_000)
    const taken = Array.from({ length: 15 }, () => {
      const start = process.cpuUsage()
      ofValues(base, mine, theirs)
      return process.cpuUsage(start).user / 1000
    })
    expect(Math.min(...taken)).toBeLessThan(50)
  })

  // So many small ones were once beyond what a merge may cost, and the later won where both could stay.
  test('keeps what both did to each of 25,000 lists', () => {
    const base = Object.fromEntries(Array.from({ length: 25_000 }, (_, n) => [`k${n}`, [n, n + 1, n + 2, n + 3]]))
    const [mine, theirs] = [clone(base), clone(base)] as Record<string, number[]>[]
    for (const list of Object.values(mine!)) list.reverse()
    for (const list of Object.values(theirs!)) list.push(list.shift()!)
    const { merged, conflicts } = ofValues(base, mine!, theirs!)
    expect(conflicts).toEqual([])
    expect(new Set(merged.k0 as number[])).toEqual(new Set([0, 1, 2, 3]))
  })

  function changeInnermost(list: unknown, to: string): void {
    while (Array.isArray((list as unknown[])[1])) list = (list as unknown[])[1]
    ;(list as unknown[])[1] = to
  }
})

describe('to tell values apart', () => {
  test('equal ones have one number, others have others', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 12 }), (values) => {
        const identities = new Identities(new Effort())
        const again = clone({ values })['values'] as unknown[]
        const ids = values.map((item) => identities.of(item))
        expect(again.map((item) => identities.of(item))).toEqual(ids)
        for (const [at, one] of values.entries()) {
          for (const [to, other] of again.entries()) {
            const equal = canonical(one) === canonical(other)
            expect(same(one, other, new Effort())).toBe(equal)
            expect(ids[at] === ids[to]).toBe(equal)
          }
        }
      }),
    )
  })

  test('long texts that differ only in the middle do', () => {
    const identities = new Identities(new Effort())
    const text = (middle: string) => [`${'a'.repeat(100)}${middle}${'a'.repeat(100)}`]
    expect(['x', 'y', 'x'].map((middle) => identities.of(text(middle)))).toEqual([0, 1, 0])
  })

  // Counted, not timed: each step is bounded, and so is their number.
  test('ends when it has cost too much', () => {
    const alike = Array.from({ length: 3000 }, (_, at) => [`${'a'.repeat(100)}${at + 1000}${'a'.repeat(100)}`])
    const effort = new Effort()
    const identities = new Identities(effort)
    expect(alike.map((item) => identities.of(item)).at(-1)).toBe(null)
    expect(effort.spent).toBe(true)
    const [base, mine, theirs] = [new Set(alike), new Set(clone({ alike })['alike'] as unknown[]), new Set([[1]])]
    expect(named(base, theirs, mine, new Effort())).toBe(null)
    const { merged, conflicts } = ofValues({ s: base }, { s: theirs }, { s: mine })
    expect([merged, conflicts.length]).toEqual([{ s: theirs }, 0])
  })
})
