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

test('every query is read as the URL standard reads it', () => {
  const piece = fc.string({ unit: fc.constantFrom('a', '=', '&', '+', '%', '2', '0', 'C', '3', 'é', ' ') })
  fc.assert(
    fc.property(piece, (query) => {
      expect([...args(query)]).toEqual([...new URLSearchParams(query)])
    }),
  )
})
