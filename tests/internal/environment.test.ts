import { expect, test } from '@jest/globals'
import { secondsToStop } from '../../lib/internal/environment.ts'

test.each([
  ['elsewhere', {}, 10],
  ['on Cloud Run, which allows 10 s', { K_SERVICE: 'shop' }, 8],
  ['on App Engine, which allows 3 s', { GAE_ENV: 'standard' }, 2],
])('the time to stop %s', (_, env, seconds) => {
  expect(secondsToStop(env)).toBe(seconds)
})
