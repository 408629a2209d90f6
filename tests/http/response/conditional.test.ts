import { expect, test } from '@jest/globals'
import { parseRange } from '../../../lib/http/conditional.ts'
import { Response } from '../../../lib/http/response/response.ts'
import { fakeRequest, sent } from '../fake.ts'

const day = new Date('2026-01-02T00:00:00.500Z')
const before = 'Thu, 01 Jan 2026 00:00:00 GMT'
const same = 'Fri, 02 Jan 2026 00:00:00 GMT'

function reply(headers: Record<string, string>, method = 'GET', change: (response: Response) => void = () => {}) {
  const response = new Response('0123456789').makeConditional()
  response.etag = 'v1'
  response.lastModified = day
  change(response)
  return sent(response, fakeRequest('/', { headers, method }))
}

test.each([
  ['nothing', {}, 200],
  ['the tag it has', { 'If-None-Match': '"v1"' }, 304],
  ['the tag among others', { 'If-None-Match': '"v0", W/"v1"' }, 304],
  ['another tag', { 'If-None-Match': '"v2"' }, 200],
  ['the tag without its quotes', { 'If-None-Match': 'v0, v1' }, 304],
  ['the weak tag without its quotes', { 'If-None-Match': 'W/v1' }, 304],
  ['another tag without quotes', { 'If-None-Match': 'v2' }, 200],
  ['any tag', { 'If-None-Match': '*' }, 304],
  ['another tag, and a date', { 'If-None-Match': '"v2"', 'If-Modified-Since': same }, 200],
  ['the date', { 'If-Modified-Since': same }, 304],
  ['an earlier date', { 'If-Modified-Since': before }, 200],
  ['no date at all', { 'If-Modified-Since': 'yesterday' }, 200],
  ['the tag it must have', { 'If-Match': '"v1"' }, 200],
  ['any tag it must have', { 'If-Match': '*' }, 200],
  ['a tag it has not', { 'If-Match': '"v2"' }, 412],
  ['a weak tag, where only a strong one counts', { 'If-Match': 'W/"v1"' }, 412],
  ['an unmodified date', { 'If-Unmodified-Since': same }, 200],
  ['an earlier unmodified date', { 'If-Unmodified-Since': before }, 412],
  ['If-Match before If-Unmodified-Since', { 'If-Match': '"v1"', 'If-Unmodified-Since': before }, 200],
  ['If-Match before If-None-Match', { 'If-Match': '"v2"', 'If-None-Match': '"v1"' }, 412],
  // `fetch` sends it along with every condition that a program sets.
  ['the tag, and no-cache', { 'If-None-Match': '"v1"', 'Cache-Control': 'no-cache' }, 304],
  ['both, and both say the same', { 'If-Match': '"v1"', 'If-None-Match': '"v1"' }, 304],
] as [string, Record<string, string>, number][])('a request with %s', (_, headers, status) => {
  expect(reply(headers).statusCode).toBe(status)
  expect(reply(headers, 'HEAD').statusCode).toBe(status)
})

test('conditions apply only to GET and HEAD: other methods have acted already', () => {
  expect(reply({ 'If-None-Match': '"v1"' }, 'POST').statusCode).toBe(200)
})

test('only a 200 is', () => {
  const out = reply({ 'If-None-Match': '"v1"' }, 'GET', (response) => {
    response.status = 404
  })
  expect(out.statusCode).toBe(404)
})

test('a 304 keeps what caches need and says nothing of content', () => {
  const out = reply({ 'If-None-Match': '"v1"' }, 'GET', (response) => {
    response.cacheControl.maxAge = 5
    response.setCookie('a', 'b')
    response.headers.set('Content-Language', 'en')
    response.vary('Cookie')
  })
  expect(out.flat.filter((_, at) => at % 2 === 0).sort()).toEqual([
    'cache-control',
    'etag',
    'last-modified',
    'set-cookie',
    'vary',
  ])
  expect(out.body).toBe('')
})

test('without a tag or a date one is made of the body', () => {
  const tag = (body: string) => sent(new Response(body).makeConditional()).header('etag')!
  expect(tag('a')).toMatch(/^"[\w-]+"$/)
  expect(tag('b')).not.toBe(tag('a'))
  const again = sent(new Response('a').makeConditional(), fakeRequest('/', { headers: { 'If-None-Match': tag('a') } }))
  expect(again.statusCode).toBe(304)
})

test('a response that did not ask for it is sent as it is', () => {
  const response = new Response('x')
  response.etag = 'v1'
  expect(sent(response, fakeRequest('/', { headers: { 'If-None-Match': '"v1"' } })).statusCode).toBe(200)
})

test('a tag gets its quotes, once', () => {
  const response = new Response()
  const tag = (text: string) => {
    response.etag = text
    return response.etag
  }
  expect([tag('a'), tag('"a"'), tag('W/"a"'), tag('a"b')]).toEqual(['"a"', '"a"', 'W/"a"', '"ab"'])
  response.etag = null
  expect(response.headers.has('etag')).toBe(false)
})

const ranged = (range: string, more: Record<string, string> = {}, method = 'GET') =>
  reply({ Range: range, ...more }, method)

test.each([
  ['bytes=0-3', '0123', 'bytes 0-3/10'],
  ['bytes=7-', '789', 'bytes 7-9/10'],
  ['bytes=-2', '89', 'bytes 8-9/10'],
  ['bytes=-99', '0123456789', 'bytes 0-9/10'],
  ['bytes=8-99', '89', 'bytes 8-9/10'],
  ['bytes=0-0', '0', 'bytes 0-0/10'],
  ['BYTES = 4-5', '45', 'bytes 4-5/10'],
  ['bytes=4-5, 0-1, 2-3', '012345', 'bytes 0-5/10'],
  ['bytes=1-2, 99-', '12', 'bytes 1-2/10'],
  ['bytes=,1-2 , ,', '12', 'bytes 1-2/10'],
  ['bytes=8-99999999999999999999', '89', 'bytes 8-9/10'],
])('%s gets its part', (range, body, contentRange) => {
  const out = ranged(range)
  expect([out.statusCode, out.body, out.header('content-range'), out.header('content-length')]).toEqual([
    206,
    body,
    contentRange,
    String(body.length),
  ])
})

test.each([
  'bytes=0-1,5-6',
  'bytes=5-2',
  'bytes=',
  'bytes=-',
  'bytes=a-b',
  'lines=0-1',
  'nonsense',
  'bytes=1-2;3',
])('%s gets the whole', (range) => {
  expect([ranged(range).statusCode, ranged(range).body]).toEqual([200, '0123456789'])
})

test.each([
  'bytes=10-',
  'bytes=99-100',
  'bytes=-0',
  'bytes=99999999999999999999-',
])('%s is a 416 that tells the size', (range) => {
  const out = ranged(range)
  expect([out.statusCode, out.header('content-range'), out.header('etag')]).toEqual([416, 'bytes */10', undefined])
})

test('a range of many spaces costs no more than it has characters', () => {
  const cost = (length: number) => {
    const header = `bytes=${' '.repeat(length)}x`
    const { user } = process.cpuUsage()
    for (let left = 3_000_000; left > 0; left -= length) parseRange(header)
    return process.cpuUsage().user - user
  }
  expect(cost(30_000)).toBeLessThan(20 * (cost(300) + 10_000))
})

test('conditions come before ranges', () => {
  expect(ranged('bytes=99-', { 'If-None-Match': '"v1"' }).statusCode).toBe(304)
  expect(ranged('bytes=0-1', { 'If-Match': '"v2"' }).statusCode).toBe(412)
})

test.each([
  ['"v1"', 206],
  ['"v2"', 200],
  ['W/"v1"', 200],
  [same, 206],
  [before, 200],
  ['nonsense', 200],
])('If-Range %s', (ifRange, status) => {
  expect(ranged('bytes=0-1', { 'If-Range': ifRange }).statusCode).toBe(status)
})

test('HEAD and POST have no ranges', () => {
  expect(ranged('bytes=0-1', {}, 'HEAD').header('content-length')).toBe('10')
  expect(ranged('bytes=0-1', {}, 'POST').statusCode).toBe(200)
})

test('ranges count in bytes, not in characters', () => {
  const out = sent(new Response('äöü').makeConditional(), fakeRequest('/', { headers: { Range: 'bytes=2-3' } }))
  expect([out.body, out.header('content-range')]).toEqual(['ö', 'bytes 2-3/6'])
})

test('a request tells its conditions', () => {
  const request = fakeRequest('/', {
    headers: {
      'If-None-Match': 'W/"a", "b"',
      'If-Modified-Since': same,
      'If-Range': '"c"',
      Range: 'bytes=5-,-3',
      'If-Match': '*',
    },
  })
  expect([...request.ifNoneMatch]).toEqual(['W/"a"', '"b"'])
  expect([request.ifNoneMatch.has('"a"'), request.ifNoneMatch.hasWeak('"a"'), request.ifNoneMatch.has('"b"')]).toEqual([
    false,
    true,
    true,
  ])
  expect([request.ifNoneMatch.hasWeak('a'), request.ifNoneMatch.has('b'), request.ifNoneMatch.has('a')]).toEqual([
    true,
    true,
    false,
  ])
  expect([request.ifMatch.any, request.ifMatch.size]).toEqual([true, 0])
  expect(request.ifModifiedSince).toEqual(new Date(same))
  expect([request.ifUnmodifiedSince, request.ifRange]).toEqual([null, '"c"'])
  expect(request.range).toEqual({
    unit: 'bytes',
    ranges: [
      [5, null],
      [null, 3],
    ],
  })
})

test('dates are read in the three forms of HTTP', () => {
  for (const date of [same, 'Friday, 02-Jan-26 00:00:00 GMT', 'Fri Jan  2 00:00:00 2026']) {
    expect(fakeRequest('/', { headers: { 'If-Modified-Since': date } }).ifModifiedSince).toEqual(new Date(same))
  }
})

test('dates that no calendar has are ignored', () => {
  for (const date of ['Mon, 31 Feb 2020 00:00:00 GMT', 'Fri, 02 Jan 2026 24:00:00 GMT', 'Fri Feb 30 00:00:00 2026']) {
    expect(fakeRequest('/', { headers: { 'If-Modified-Since': date } }).ifModifiedSince).toBeNull()
  }
})
