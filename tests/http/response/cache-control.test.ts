import { expect, test } from '@jest/globals'
import { Response } from '../../../lib/http/response/response.ts'

test('directives are written as they are set', () => {
  const response = new Response()
  response.cacheControl.public = true
  response.cacheControl.maxAge = 60
  response.cacheControl.staleWhileRevalidate = 30
  expect(response.headers.get('cache-control')).toBe('public, max-age=60, stale-while-revalidate=30')
  response.cacheControl.public = false
  response.cacheControl.maxAge = 5
  expect(String(response.cacheControl)).toBe('max-age=5, stale-while-revalidate=30')
})

test('directives are read from the header, whether written by a name or as a whole', () => {
  const response = new Response('', { headers: { 'Cache-Control': 'No-Store, MAX-AGE="7", private' } })
  const { noStore, maxAge, sMaxage, immutable } = response.cacheControl
  expect([noStore, maxAge, response.cacheControl.private, sMaxage, immutable]).toEqual([true, 7, true, null, false])
})

test('a list of names keeps its quotes where another directive is written', () => {
  const response = new Response('', { headers: { 'Cache-Control': 'private="x-a, x-b", community="UCI", max-age=1' } })
  response.cacheControl.maxAge = 60
  expect(String(response.cacheControl)).toBe('private="x-a, x-b", community=UCI, max-age=60')
})

test('ages are whole seconds that caches can read', () => {
  const age = (seconds: number) => {
    const response = new Response()
    response.cacheControl.maxAge = seconds
    return response.cacheControl.maxAge
  }
  expect([3.9, -20, Number.NaN, Number.POSITIVE_INFINITY, 1e21].map(age)).toEqual([3, 0, 0, 2 ** 31, 2 ** 31])
})

test('the header goes with its last directive', () => {
  const response = new Response()
  response.cacheControl.noStore = true
  response.cacheControl.noStore = false
  expect(response.headers.has('cache-control')).toBe(false)
})
