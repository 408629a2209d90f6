import { createDecipheriv, hkdfSync } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { Encryption } from '../../../../lib/ext/session/cookies/encryption.ts'

const secret = 'a-secret-of-the-tests-0123456789abcdef'
const box = (name = 'a', kind = 'session') => new Encryption(name, kind)

test('what is sealed opens under the same name, kind, time and secret alone', () => {
  const sealed = box().seal('text €', 'now', secret)
  expect(box().open(sealed, 'now', secret)).toBe('text €')
  expect(box('b').open(sealed, 'now', secret)).toBeUndefined()
  expect(box('a', 'value').open(sealed, 'now', secret)).toBeUndefined()
  expect(box('a|session', '').open(sealed, 'now', secret)).toBeUndefined()
  expect(box().open(sealed, 'later', secret)).toBeUndefined()
  expect(box().open(sealed, 'now', `${secret}2`)).toBeUndefined()
})

test('with any byte changed, cut or added it does not open, and nothing throws', () => {
  const sealed = Buffer.from(box().seal('text', 'now', secret), 'base64url')
  const opened = (bytes: Buffer) => box().open(bytes.toString('base64url'), 'now', secret)
  for (let at = 0; at < sealed.length; at++) {
    const broken = Buffer.from(sealed)
    broken[at]! ^= 1
    expect(opened(broken)).toBeUndefined()
    expect(opened(sealed.subarray(0, at))).toBeUndefined()
  }
  expect(opened(Buffer.concat([sealed, Buffer.from([0])]))).toBeUndefined()
})

test('each is made with a nonce of its own, under a key that is not what signs', () => {
  const sealed = Array.from({ length: 100 }, () => Buffer.from(box().seal('text', 'now', secret), 'base64url'))
  expect(new Set(sealed.map((bytes) => bytes.subarray(0, 12).toString('hex'))).size).toBe(100)
  const [one] = sealed
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'tipfy cookie encryption', 32))
  const decipher = createDecipheriv('aes-256-gcm', key, one!.subarray(0, 12), { authTagLength: 16 })
  decipher.setAAD(Buffer.from('a|session|now'))
  decipher.setAuthTag(one!.subarray(-16))
  expect(decipher.update(one!.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8')).toBe('text')
})
