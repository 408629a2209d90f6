import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Response } from '../../../lib/http/response/response.ts'
import { type Live, live } from '../live.ts'

let server: Live
let off: Live
let handle: (response: Response) => unknown
const long = 'hello '.repeat(1000)

beforeAll(async () => {
  server = await live((_, response) => handle(response))
  off = await live((_, response) => handle(response), { compress: false })
})
afterAll(() => Promise.all([server.close(), off.close()]))

async function get(make: typeof handle, accept = 'gzip, br', where = server) {
  handle = make
  const reply = await fetch(where.url, { headers: { 'accept-encoding': accept } })
  return { coding: reply.headers.get('content-encoding'), text: await reply.text(), headers: reply.headers }
}

test('long text is compressed, by the coding the client would rather have', async () => {
  const br = await get(() => long, 'gzip;q=0.5, br')
  expect([br.coding, br.text, br.headers.get('vary')]).toEqual(['br', long, 'Accept-Encoding'])
  expect(Number(br.headers.get('content-length'))).toBeLessThan(200)
  expect((await get(() => long, 'gzip')).coding).toBe('gzip')
})

test('a client that accepts no coding gets none, and Vary says so', async () => {
  for (const accept of ['identity', 'zstd', 'gzip;q=0', 'identity, gzip;q=0.5']) {
    const plain = await get(() => long, accept)
    expect([plain.coding, plain.headers.get('vary')]).toEqual([null, 'Accept-Encoding'])
  }
})

test('streams are compressed as they come', async () => {
  const { coding, text, headers } = await get(() => [long, long].values())
  expect([coding, text === long + long, headers.get('transfer-encoding')]).toEqual(['br', true, 'chunked'])
})

test.each<[string, typeof handle]>([
  ['short', () => 'hello'],
  [
    'an image',
    (response) => {
      response.mimetype = 'image/png'
      return long
    },
  ],
  [
    'a stream of events',
    (response) => {
      response.mimetype = 'text/event-stream'
      return [long].values()
    },
  ],
  [
    'encoded already',
    (response) => {
      response.headers.set('content-encoding', 'identity')
      return long
    },
  ],
  [
    'not to be transformed',
    (response) => {
      response.cacheControl.noTransform = true
      return long
    },
  ],
  [
    'told not to be',
    (response) => {
      response.compress = false
      return long
    },
  ],
])('what is %s is not compressed', async (_, make) => {
  const reply = await get(make)
  expect([null, 'identity']).toContain(reply.coding)
})

test('what may hold a secret of a session is left alone, unless the handler says otherwise', async () => {
  const withCookie = (response: Response) => {
    response.setCookie('a', 'b')
    return long
  }
  const fromSession = (response: Response) => {
    response.vary('Cookie')
    return long
  }
  expect((await get(withCookie)).coding).toBeNull()
  expect((await get(fromSession)).coding).toBeNull()
  const told = await get((response) => {
    response.compress = true
    return fromSession(response)
  })
  expect(told.coding).toBe('br')
})

test('an application can leave it, and a response still ask for it', async () => {
  expect((await get(() => long, 'gzip', off)).coding).toBeNull()
  const told = await get(
    (response) => {
      response.compress = true
      return long
    },
    'gzip',
    off,
  )
  expect(told.coding).toBe('gzip')
})

test('a strong tag becomes weak, for the bytes are others', async () => {
  const reply = await get((response) => {
    response.etag = 'a'
    return long
  })
  expect(reply.headers.get('etag')).toBe('W/"a"')
})

test('the 304 and the 206 of what is compressed tell caches so, as its 200 does', async () => {
  handle = (response) => {
    response.data = long
    response.etag = 'v1'
    return response.makeConditional()
  }
  const ask = async (headers: Record<string, string>) => {
    const reply = await fetch(server.url, { headers: { 'accept-encoding': 'gzip', ...headers } })
    await reply.arrayBuffer()
    return [reply.status, reply.headers.get('vary'), reply.headers.get('etag')]
  }
  expect(await ask({})).toEqual([200, 'Accept-Encoding', 'W/"v1"'])
  expect(await ask({ 'if-none-match': 'W/"v1"' })).toEqual([304, 'Accept-Encoding', 'W/"v1"'])
  expect(await ask({ 'if-none-match': '"v1"', 'accept-encoding': 'identity' })).toEqual([
    304,
    'Accept-Encoding',
    '"v1"',
  ])
  expect(await ask({ range: 'bytes=0-3' })).toEqual([206, 'Accept-Encoding', '"v1"'])
})
