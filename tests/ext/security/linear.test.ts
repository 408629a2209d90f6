// Input of the extensions for security and logins is read in linear time, also beyond the limits of a request.
import { describe, expect, test } from '@jest/globals'
import { isOwnPath } from '../../../lib/ext/auth/context.ts'
import { decodePhc } from '../../../lib/ext/auth/phc.ts'
import { addressKey } from '../../../lib/ext/security/rate-limit/address.ts'
import { errorsOf, InvalidInput } from '../../../lib/http/invalid-input.ts'
import { MultiDict } from '../../../lib/http/multidict.ts'
import { fieldsOf } from '../../../lib/http/request/valid.ts'
import { expectLinear } from '../../support/linear.ts'

const pieces = [
  'a',
  ':',
  '0:',
  '::',
  'f',
  '.',
  '1.',
  '%',
  '/',
  '\\',
  '$',
  '$a',
  ',t=1',
  '=',
  '//',
  '/a',
  '?',
  '#',
  '[',
  ' ',
]

describe.each([
  ['an address', addressKey, ['', '::', '0:', '1.2.3.4', '%']],
  ['a path to go on to', isOwnPath, ['', '/', '//', '/\\']],
  ['a password hash', decodePhc, ['', '$argon2id$', '$argon2id$v=19$m=1,t=1,p=1$', '$scrypt$ln=1,r=1,p=1$']],
])('%s is read in linear time', (_, read: (text: string) => unknown, starts) => {
  test.each(pieces)('of many %j', async (piece) => {
    for (const start of starts) {
      for (const end of ['', '!\n']) {
        await expectLinear({ input: (size) => start + piece.repeat(size / piece.length) + end, to: 2 ** 14, run: read })
      }
    }
  })
})

test('fields of one name and of many are gathered in linear time', async () => {
  for (const name of [(n: number) => `f${n}`, () => 'f']) {
    await expectLinear({
      input: (size) => new MultiDict(Array.from({ length: size / 4 }, (_, n) => [name(n), 'a'] as [string, string])),
      to: 2 ** 16,
      run: fieldsOf,
    })
  }
})

test('errors of a schema are described in linear time, and at most a hundred of them', async () => {
  await expectLinear({
    input: (size) => Array.from({ length: size }, (_, n) => ({ message: 'no', path: ['items', n, 'x'.repeat(size)] })),
    to: 2 ** 13,
    run: (issues) => {
      const invalid = new InvalidInput(errorsOf(issues, 'json'))
      expect(invalid.messages.items).toHaveLength(100)
      invalid.toResponse()
    },
  })
})
