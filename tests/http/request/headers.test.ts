import { expect, test } from '@jest/globals'
import { fakeRequest } from '../fake.ts'

const request = fakeRequest('/', { headers: { 'X-One': '1', Accept: 'a' } })

test('headers are found without regard to case', () => {
  expect([request.headers.get('x-ONE'), request.headers.has('ACCEPT')]).toEqual(['1', true])
  expect([request.headers.get('none'), request.headers.get('none', 'x'), request.headers.has('none')]).toEqual([
    null,
    'x',
    false,
  ])
})

test('names of Object.prototype are not headers', () => {
  expect([request.headers.get('constructor'), request.headers.has('toString')]).toEqual([null, false])
})

test('each line can be had as it came', () => {
  expect([...request.headers]).toEqual([
    ['host', 'localhost'],
    ['x-one', '1'],
    ['accept', 'a'],
  ])
  expect(request.headers.getAll('X-One')).toEqual(['1'])
})
