import { expect, test } from '@jest/globals'
import { TipfyError } from 'tipfy'

test('an error carries its code, and its message ends with the remedy', () => {
  const error = new TipfyError('TIPFY_E_OUTSIDE_REQUEST', { name: 'session', where: '' })
  expect(error.code).toBe('TIPFY_E_OUTSIDE_REQUEST')
  expect(error.message).toMatch(/^`session` was used outside a request\. Use it in code that a request runs/)
})
