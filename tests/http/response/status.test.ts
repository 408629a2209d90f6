import { expect, test } from '@jest/globals'
import { Response } from '../../../lib/http/response/response.ts'

test('status and statusCode are one', () => {
  const response = new Response()
  expect(response.status).toBe(200)
  response.statusCode = 404
  expect([response.status, response.statusCode]).toEqual([404, 404])
})

test.each([0, 100, 199, 600, 200.5, Number.NaN, '404', null])('%j is not a status', (status) => {
  expect(() => new Response('', { status: status as number }).status).toThrow(
    expect.objectContaining({ code: 'TIPFY_E_STATUS' }),
  )
})

test('an error shows a status of text in quotes', () => {
  expect(() => new Response('', { status: '404' as never })).toThrow("'404' is not a status code")
})
