import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { serializeCookie } from '../../../lib/http/cookies.ts'
import { fakeRequest } from '../fake.ts'

const cookies = (cookie: string) => fakeRequest('/', { headers: { cookie } }).cookies

test('cookies are read by name; of two with one name the first counts', () => {
  const found = cookies('a=1; b=2;a=3')
  expect([found.get('a'), found.get('b'), found.get('c')]).toEqual(['1', '2', null])
  expect(found.getAll('a')).toEqual(['1', '3'])
})

test('quotes around a value are taken off, percent signs decoded, broken ones left', () => {
  expect(cookies('a="x y"; b=%C3%A9; c=%zz; d="').toObject()).toEqual({ a: 'x y', b: 'é', c: '%zz', d: '"' })
})

test("what Python's servers wrote in quotes is read", () => {
  const header = 'a="foo\\054bar"; b="\\342\\230\\203"; c="say \\"hi\\" \\\\"; d=plain\\054; e="C:\\new"'
  expect(cookies(header).toObject()).toEqual({ a: 'foo,bar', b: '☃', c: 'say "hi" \\', d: 'plain\\054', e: 'C:new' })
})

test('names and values that a script has set beyond ASCII arrive in UTF-8', () => {
  const header = (text: string) => Buffer.from(text).toString('latin1')
  expect(cookies(header('größe=zwölf; a="ü"; b=ä%20')).toObject()).toEqual({ größe: 'zwölf', a: 'ü', b: 'ä ' })
  expect(cookies('a=\xe4').get('a')).toBe('ä')
  expect(cookies('a=ä☃').get('a')).toBe('ä☃')
})

test('a name keeps everything around it but spaces and tabs: what another site may set is not read as __Host-', () => {
  for (const other of ['\xa0', '\xc2\xa0', '\ufeff', '\xef\xbb\xbf', '\u3000', '\v', '\f']) {
    const found = cookies(`${other}__Host-id=evil; __Host-id${other}=evil; \t__Host-id \t= good\t `)
    expect(found.getAll('__Host-id')).toEqual(['good'])
  }
  expect(cookies('a=\xa0b\xa0').get('a')).toBe('\xa0b\xa0')
})

test('pieces without = are skipped', () => {
  expect([...cookies('nonsense; =x; a=b=c')]).toEqual([
    ['', 'x'],
    ['a', 'b=c'],
  ])
})

test('what was set is what is read', () => {
  const text = fc
    .string({ unit: 'binary' })
    .filter((value) => !/[\x00-\x08\x0a-\x1f\x7f;]/.test(value) && value.isWellFormed())
  fc.assert(
    fc.property(text, (value) => {
      const sent = serializeCookie('name', value).split(';')[0]!
      expect(cookies(`first=1; ${sent}; last=2`).get('name')).toBe(value)
    }),
  )
})

test('no Cookie header ever throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (header) => {
      cookies(header).get('a')
    }),
  )
})
