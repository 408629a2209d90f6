import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fakeRequest } from '../fake.ts'

const args = (query: string) => fakeRequest(`/?${query}`).args

test('the first value of a name counts, and all can be had', () => {
  const found = args('a=1&b=2&a=3')
  expect(found.get('a')).toBe('1')
  expect(found.getAll('a')).toEqual(['1', '3'])
  expect([...found]).toEqual([
    ['a', '1'],
    ['b', '2'],
    ['a', '3'],
  ])
  expect([...found.keys()]).toEqual(['a', 'b'])
  expect(found.size).toBe(3)
})

test('what is not there is null, or the fallback', () => {
  expect(args('').get('a')).toBeNull()
  expect(args('').get('a', 'x')).toBe('x')
  expect(args('').has('a')).toBe(false)
})

test('a value is converted, and falls back if it cannot be', () => {
  expect(args('n=12').get('n', 0, Number)).toBe(12)
  expect(args('n=x').get('n', 0, Number)).toBe(0)
  expect(args('n={').get('n', null, JSON.parse)).toBeNull()
})

test('a blank value is no number, though Number and BigInt take it for zero', () => {
  for (const blank of ['', '%20', '+%09']) {
    expect(args(`n=${blank}`).get('n', 1, Number)).toBe(1)
    expect(args(`n=${blank}`).get('n', 1n, BigInt)).toBe(1n)
    expect(args(`n=${blank}&n=2`).getAll('n', Number)).toEqual([2])
  }
  expect([args('n=0').get('n', 1, Number), args('n=0').get('n', 1n, BigInt)]).toEqual([0, 0n])
  expect(args('n=').get('n', 1, (text) => text.length)).toBe(0)
  expect(args('n=').get('n', true, Boolean)).toBe(false)
})

test('an invalid date is none', () => {
  const date = (text: string) => new Date(text)
  for (const text of ['', 'soon']) expect(args(`d=${text}`).get('d', null, date)).toBeNull()
  expect(args('d=2026-01-02').get('d', null, date)).toEqual(new Date('2026-01-02'))
  expect(args('d=soon&d=2026-01-02').getAll('d', date)).toEqual([new Date('2026-01-02')])
})

test('all values are converted, but those that cannot be', () => {
  const ids: number[] = args('id=1&id=x&id=3&n=2').getAll('id', Number)
  expect(ids).toEqual([1, 3])
  expect(args('j={&j=null&j=[1]').getAll('j', JSON.parse)).toEqual([null, [1]])
  expect(args('').getAll('id', Number)).toEqual([])
})

test('values without = or without a name are kept', () => {
  expect([...args('a&=b&&c=')]).toEqual([
    ['a', ''],
    ['', 'b'],
    ['c', ''],
  ])
})

test('broken percent signs and bytes are read as well as can be', () => {
  expect(args('a=%zz&b=%&c=%ff').toObject()).toEqual({ a: '%zz', b: '%', c: '\ufffd' })
})

test('names of Object.prototype are names like any other', () => {
  const found = args('__proto__=1&constructor=2&toString=3')
  expect(found.get('__proto__')).toBe('1')
  expect(Object.entries(found.toObject())).toEqual([
    ['__proto__', '1'],
    ['constructor', '2'],
    ['toString', '3'],
  ])
  expect(args('').get('toString')).toBeNull()
})

// The standard's own steps, byte by byte: Node 22's URLSearchParams goes wrong on some broken ones.
function standard(query: string): [string, string][] {
  const decode = (text: string) => {
    const bytes: number[] = []
    const from = new TextEncoder().encode(text.replaceAll('+', ' '))
    for (let at = 0; at < from.length; at++) {
      const hex = /^%([0-9a-f]{2})$/i.exec(String.fromCharCode(...from.slice(at, at + 3)))
      bytes.push(hex === null ? from[at]! : Number.parseInt(hex[1]!, 16))
      if (hex !== null) at += 2
    }
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array(bytes))
  }
  const pieces = query.split('&').filter((piece) => piece !== '')
  return pieces.map((piece) => {
    const at = piece.indexOf('=')
    return at === -1 ? [decode(piece), ''] : [decode(piece.slice(0, at)), decode(piece.slice(at + 1))]
  })
}

test('every query is read as the URL standard reads it', () => {
  const unit = fc.constantFrom('a', '=', '&', '+', '%', '2', '0', 'C', '3', '%C3', '%A9', '%F0%9F', 'é', ' ')
  fc.assert(
    fc.property(fc.string({ unit }), (query) => {
      expect([...args(query)]).toEqual(standard(query))
    }),
    { numRuns: 500 },
  )
})
