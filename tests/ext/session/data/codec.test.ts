import assert from 'node:assert/strict'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeData, encodeData, sameData } from '../../../../lib/ext/session/data/codec.ts'
import { checkValue, maxDepth } from '../../../../lib/ext/session/data/values.ts'

const roundTrip = (data: Record<string, unknown>) => decodeData(encodeData(data))

function errorOf(fn: () => unknown): { code: string; message: string } {
  try {
    fn()
  } catch (error) {
    return error as { code: string; message: string }
  }
  throw new Error('nothing was thrown')
}

function nested(depth: number, leaf: unknown = 1): Record<string, unknown> {
  let value: unknown = leaf
  for (let level = 0; level < depth; level++) value = level % 2 ? { a: value } : [value]
  return { deep: value }
}

describe('what goes in comes out', () => {
  test('each kind of value is read back as what it was', () => {
    const data = {
      text: 'ä€😀\u2028\0',
      list: [1, 'two', null, [true]],
      date: new Date(1_700_000_000_123),
      map: new Map<unknown, unknown>([
        ['k', new Set([1n])],
        [{ key: 1 }, undefined],
      ]),
      set: new Set(['a', new Date(0)]),
      big: -(2n ** 80n),
      bytes: new Uint8Array([0, 255, 7]),
      odd: [Number.NaN, Infinity, -Infinity, -0, undefined],
      nothing: undefined,
    }
    expect(roundTrip(data)).toStrictEqual(data)
    expect(Object.keys(roundTrip(data))).toEqual(Object.keys(data))
  })

  test('an invalid Date stays an invalid Date, a Buffer comes back as a Uint8Array', () => {
    const { date, bytes } = roundTrip({ date: new Date(Number.NaN), bytes: Buffer.from('hi') })
    expect((date as Date).getTime()).toBeNaN()
    expect(bytes).toStrictEqual(new Uint8Array([104, 105]))
  })

  test('plain JSON data is its own encoding', () => {
    const data = { products: ['foo', 'bar'], n: 1.5, user: { id: 'u', admin: false }, none: null }
    expect(encodeData(data)).toBe(JSON.stringify(data))
  })

  test('lone surrogates survive', () => {
    expect(roundTrip({ 'k\ud800': 'v\udc00', list: ['\udfff\ud800', undefined] })).toStrictEqual({
      'k\ud800': 'v\udc00',
      list: ['\udfff\ud800', undefined],
    })
  })

  test('an object without a prototype and values of another realm are taken for what they look like', () => {
    const bare = Object.assign(Object.create(null), { a: structuredClone({ b: new Map([[1, [new Date(5)]]]) }) })
    expect(roundTrip({ bare })).toEqual({ bare: { a: { b: new Map([[1, [new Date(5)]]]) } } })
  })

  test('a million elements round-trip', () => {
    const list = Array.from({ length: 1e6 }, (_, index) => index)
    expect((roundTrip({ list }).list as number[]).length).toBe(1e6)
    expect((roundTrip({ list, set: new Set(list) }).set as Set<number>).size).toBe(1e6)
  })

  test('any data round-trips, and encodes again to the same text', () => {
    const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', '~', '~d', '~~m', '~u'))
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
        fc.double(),
        fc.bigInt(),
        fc.date({ noInvalidDate: true }), // which Node 22's own deepStrictEqual takes for two
        fc.uint8Array(),
        fc.constantFrom(null, undefined, true, false, -0),
        fc.array(tie('value')),
        fc.dictionary(key, tie('value'), { noNullPrototype: true }),
        fc.array(fc.tuple(tie('value'), tie('value'))).map((entries) => new Map(entries)),
        fc.array(tie('value')).map((items) => new Set(items)),
      ),
    }))
    fc.assert(
      fc.property(fc.dictionary(key, value, { noNullPrototype: true }), (data) => {
        const text = encodeData(data)
        assert.deepStrictEqual(decodeData(text), data) // jest's own takes a key `constructor` for a class
        expect(encodeData(decodeData(text))).toBe(text)
      }),
      { numRuns: 500 },
    )
  })
})

describe('keys that mean something elsewhere', () => {
  test('__proto__, constructor and toString are keys like any other and pollute nothing', () => {
    for (const extra of [{}, { typed: undefined }]) {
      const data: Record<string, unknown> = JSON.parse(
        '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"toString":3,"in":{"__proto__":null}}',
      )
      Object.assign(data, extra)
      const back = roundTrip(data)
      expect(Object.keys(back)).toEqual(Object.keys(data))
      expect(Object.getOwnPropertyDescriptor(back, '__proto__')?.value).toEqual({ polluted: 1 })
      expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
      expect(Object.hasOwn(back.in as object, '__proto__')).toBe(true)
      expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    }
  })

  test('data that looks like a tag stays data, in both forms', () => {
    for (const extra of [{}, { typed: undefined }]) {
      const data = { '~d': 0, a: { '~d': 1 }, b: { '~u': 0 }, c: { '~~b': 'AA', x: '~' }, ...extra }
      expect(roundTrip(data)).toStrictEqual(data)
    }
  })
})

describe('what cannot be kept is rejected by path', () => {
  class Friend {}
  class Sub extends Map {}
  const cycle: Record<string, unknown> = {}
  cycle.list = [cycle]
  test.each<[string, Record<string, unknown>, string, RegExp]>([
    ['a class instance', { user: { friend: new Friend() } }, 'session.user.friend', /an instance of Friend/],
    ['an instance of a subclass', { m: new Sub() }, 'session.m', /an instance of Sub/],
    ['a function', { list: [1, { 'odd key': () => 1 }] }, 'session.list[1]["odd key"]', /a function/],
    ['a symbol', { a: new Map([['k', Symbol('s')]]) }, 'session.a.get("k")', /a symbol/],
    ['a symbol key', { a: { [Symbol('s')]: 1 } }, 'session.a', /a symbol for a key/],
    ['a cycle', { c: cycle }, 'session.c.list[0]', /a cycle/],
    ['a promise', { p: Promise.resolve() }, 'session.p', /an instance of Promise/],
    ['a regular expression', { r: /x/ }, 'session.r', /an instance of RegExp/],
    ['another typed array', { f: new Float64Array(1) }, 'session.f', /an instance of Float64Array/],
    ['a boxed string', { s: Object('s') }, 'session.s', /an instance of String/],
  ])('%s', (_, data, path, what) => {
    const error = errorOf(() => encodeData(data))
    expect(error.code).toBe('TIPFY_E_SESSION_VALUE')
    expect(error.message).toContain(`\`${path}\``)
    expect(error.message).toMatch(what)
  })

  test('an assignment is checked with the same words', () => {
    expect(errorOf(() => checkValue([new Friend()], 'user')).message).toContain('`session.user[0]`')
    expect(() => checkValue({ fine: [1n] }, 'user')).not.toThrow()
  })

  test(`depth: ${maxDepth} is kept, 10,000 is a named error, at the assignment as at the save`, () => {
    const fits = nested(maxDepth)
    expect(encodeData(roundTrip(fits))).toBe(encodeData(fits))
    const typed = nested(maxDepth, undefined)
    expect(encodeData(roundTrip(typed))).toBe(encodeData(typed))
    for (const depth of [maxDepth + 1, 10_000]) {
      expect(errorOf(() => encodeData(nested(depth))).code).toBe('TIPFY_E_SESSION_DEPTH')
      expect(errorOf(() => checkValue(nested(depth).deep, 'deep')).code).toBe('TIPFY_E_SESSION_DEPTH')
    }
  })
})

describe('text that is not ours', () => {
  const deep = `${'['.repeat(1e5)}${']'.repeat(1e5)}`
  test.each([
    '',
    '[]',
    'null',
    '1',
    '{',
    '~',
    '~[]',
    '~{"~d":1}',
    '{"a":1}x',
    '~{"a":{"~z":1}}',
    '~{"a":{"~d":"x"}}',
    '~{"a":{"~n":"x"}}',
    '~{"a":{"~d":1,"b":2}}',
    '~{"a":{"~m":[1]}}',
    '~{"a":{"~b":1}}',
    `~{"a":${deep}}`,
  ])('%.40s is a named error', (text) => {
    expect(errorOf(() => decodeData(text)).code).toBe('TIPFY_E_SESSION_DATA')
  })
})

describe('sameData', () => {
  test('looks past the order of keys, and at nothing else', () => {
    const same = (a: Record<string, unknown>, b: Record<string, unknown>) => sameData(encodeData(a), encodeData(b))
    expect(same({ a: 1, b: { c: 2, d: [1n] } }, { b: { d: [1n], c: 2 }, a: 1 })).toBe(true)
    expect(same({ a: [1, 2] }, { a: [2, 1] })).toBe(false)
    expect(same({ a: '1' }, { a: 1 })).toBe(false)
    expect(same({ a: new Set([1, 2]) }, { a: new Set([2, 1]) })).toBe(false)
    expect(same({ a: 1, b: 2 }, { a: 2, b: 1 })).toBe(false)
    expect(same({ a: { b: 1 } }, { a: [{ b: 1 }] })).toBe(false)
    expect(same({ '~u': 0 }, { '~u': undefined })).toBe(false)
  })
})

test('data beside what it was decoded from is encoded as without: untouched, changed and new values of all kinds', () => {
  const text = '{"list":[{"a":1}],"object":{"b":[2]},"n":1,"__proto__":{"c":3}}'
  const changes: ((data: Record<string, unknown>) => void)[] = [
    () => {},
    (data) => (data.n = 2),
    (data) => (data.list = [{ a: 2 }]),
    (data) => delete data.object,
    (data) => (data.when = new Date(5)),
    (data) => (data.object = { b: [undefined, -0, 1n] }),
    (data) => (data['~x'] = 1),
    (data) => (data.moved = data.list),
  ]
  for (const change of changes) {
    const original = decodeData(text)
    const data = { ...original }
    change(data)
    expect(encodeData(data, original)).toBe(encodeData(data))
  }
  const original = decodeData(text)
  for (const wrong of [
    { ...original, f: () => {} },
    { ...original, [Symbol('s')]: 1 },
  ])
    expect(() => encodeData(wrong, original)).toThrow(expect.objectContaining({ code: 'TIPFY_E_SESSION_VALUE' }))
})
