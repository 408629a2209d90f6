import { expect, test } from '@jest/globals'
import { makeApp } from 'tipfy'
import { checkPassword, hashPassword, needsRehash } from 'tipfy/ext/auth'
import { withRequest } from 'tipfy/testing'

test('a script without an application hashes a password, as the defaults say', async () => {
  const hash = await hashPassword('open sesame')
  expect(await checkPassword('open sesame', hash)).toBe(true)
  expect(await checkPassword('close sesame', hash)).toBe(false)
  expect(needsRehash(hash)).toBe(false)

  const cheap = { passwords: { algorithm: 'scrypt', scrypt: { logCost: 12 } } } as const
  const app = makeApp({ tipfy: { urls: () => [], logLevel: 'silent' }, 'tipfy/ext/auth': cheap })
  await withRequest(app, {}, async () => {
    expect(await checkPassword('open sesame', hash)).toBe(true)
    expect(needsRehash(hash)).toBe(true)
  })
  await app.close()
})
