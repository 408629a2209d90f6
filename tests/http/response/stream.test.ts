import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { NotFound } from '../../../lib/http/exceptions.ts'
import { html } from '../../../lib/http/html.ts'
import type { Handle } from '../live.ts'
import { type Live, live, raw } from '../live.ts'

let server: Live
let handle: Handle
beforeAll(async () => {
  server = await live((request, response) => handle(request, response))
})
afterAll(() => server.close())

const get = () => fetch(server.url)
const close = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'

test.each<[string, () => unknown]>([
  ['a Node stream', () => Readable.from(['a', 'é'])],
  ['a Node stream of bytes', () => Readable.from([Buffer.from('aé')], { objectMode: false })],
  ['a stream of the web', () => new Blob(['aé']).stream()],
  [
    'a generator',
    () =>
      (function* () {
        yield 'a'
        yield Buffer.from('é')
      })(),
  ],
  [
    'an async generator',
    () =>
      (async function* () {
        yield 'a'
        yield 'é'
      })(),
  ],
  ['a Set', () => new Set(['a', 'é'])],
])('%s is sent piece by piece', async (_, make) => {
  handle = () => make()
  const reply = await get()
  expect(await reply.text()).toBe('aé')
  expect(reply.headers.get('transfer-encoding')).toBe('chunked')
})

test('a stream keeps the status, headers and cookies of the response', async () => {
  handle = (_, response) => {
    response.status = 201
    response.mimetype = 'text/plain'
    response.setCookie('a', 'b')
    return response.stream(['x'])
  }
  const reply = await get()
  expect([reply.status, reply.headers.get('content-type'), reply.headers.get('set-cookie')]).toEqual([
    201,
    'text/plain; charset=utf-8',
    'a=b; Path=/',
  ])
})

test('an empty stream is an empty response', async () => {
  handle = () => Readable.from([])
  expect(await (await get()).text()).toBe('')
})

test('streaming leaves room for listeners of others, so that Node warns of no leak', async () => {
  let room: number | undefined
  server.server.prependOnceListener('request', (_, outgoing) => {
    // As many as development has: the request's end, the access log, the console.
    for (let n = 0; n < 3; n++) outgoing.on('close', () => {})
    handle = () =>
      (async function* () {
        yield 'a'
        room = outgoing.getMaxListeners() - outgoing.listenerCount('close')
        yield 'b'
      })()
  })
  expect(await (await get()).text()).toBe('ab')
  expect(room).toBeGreaterThan(0)
})

test('a source that fails before its first piece is a 500', async () => {
  handle = () =>
    (async function* () {
      await null
      throw new Error('no source')
      // biome-ignore lint/correctness/noUnreachable: what makes it a generator
      yield ''
    })()
  expect((await get()).status).toBe(500)
  expect(await server.failure()).toMatchObject({ message: 'no source' })
  handle = () =>
    new Readable({
      read() {
        this.destroy(new Error('no source'))
      },
    })
  expect((await get()).status).toBe(500)
  expect(await server.failure()).toMatchObject({ message: 'no source' })
})

test('what html returns is a piece, first or later, of every kind of source', async () => {
  const pieces = () => [html`<p>${'<'}</p>`, html`<p>${'&'}</p>`]
  async function* generator() {
    yield* pieces()
  }
  const set = () => new Set(pieces())
  for (const source of [set, generator, () => Readable.from(pieces()), () => ReadableStream.from(pieces())]) {
    handle = source
    expect(await (await get()).text()).toBe('<p>&lt;</p><p>&amp;</p>')
  }
})

test('an iterable whose first piece is neither text nor bytes is a 500', async () => {
  for (const iterable of [new Map([['a', 1]]), new Set([1]), Readable.from([{}])]) {
    handle = () => iterable
    expect((await get()).status).toBe(500)
    expect(await server.failure()).toMatchObject({ code: 'TIPFY_E_STREAM_CHUNK' })
  }
  handle = () => Readable.from(['the only piece'])
  expect(await (await get()).text()).toBe('the only piece')
})

test('a source that fails on the way breaks the connection, so that the half is not taken for the whole', async () => {
  handle = () =>
    (async function* () {
      yield 'half'
      throw new Error('failed on the way')
    })()
  await expect(get().then((reply) => reply.text())).rejects.toThrow()
  expect(await server.failure()).toMatchObject({ message: 'failed on the way' })
  const reply = await raw(server.port, close)
  expect(reply).toContain('half')
  expect(reply).not.toContain('\r\n0\r\n\r\n')
  await server.failure()
})

test('a source that is destroyed on the way breaks the connection', async () => {
  handle = () => {
    let sent = false
    return new Readable({
      read() {
        if (sent) this.destroy()
        else this.push('half')
        sent = true
      },
    })
  }
  await expect(get().then((reply) => reply.text())).rejects.toThrow()
  expect(await server.failure()).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
})

test.each([
  ['a number', [1]],
  ['an object', [{}]],
])('%s as a piece breaks the connection, not the process', async (_, pieces) => {
  handle = () => Readable.from(['x', ...pieces])
  await expect(get().then((reply) => reply.text())).rejects.toThrow()
  expect(await server.failure()).toMatchObject({ code: 'TIPFY_E_STREAM_CHUNK' })
})

test.each([
  'ab',
  'abcd',
])('a stream of another length than its Content-Length breaks the connection: %s', async (text) => {
  handle = (_, response) => {
    response.headers.set('content-length', 3)
    return response.stream([text])
  }
  expect(await raw(server.port, close)).not.toContain('abcd')
  expect(await server.failure()).toMatchObject({ code: 'TIPFY_E_STREAM_LENGTH' })
})

test('a stream of the length of its Content-Length is sent with it', async () => {
  handle = (_, response) => {
    response.headers.set('content-length', 3)
    return response.stream(['ab', 'c'])
  }
  const reply = await get()
  expect([reply.headers.get('content-length'), await reply.text()]).toEqual(['3', 'abc'])
})

test('204 and 304 end the source without a piece of it', async () => {
  for (const status of [204, 304]) {
    const source = new Readable({
      read() {
        throw new Error('read')
      },
    })
    handle = (_, response) => {
      response.status = status
      return source
    }
    expect(await (await get()).text()).toBe('')
    expect(source.destroyed).toBe(true)
  }
})

test('HEAD pulls the first piece, which may fail or set headers, and ends the source', async () => {
  const done: string[] = []
  handle = (request, response) =>
    (async function* () {
      try {
        if (request.rawPath === '/none') throw new NotFound()
        response.headers.set('x-a', 'b')
        yield 'a'
        done.push('second')
        yield 'b'
      } finally {
        done.push('finally')
      }
    })()
  const response = await fetch(server.url, { method: 'HEAD' })
  expect([response.status, response.headers.get('x-a'), await response.text()]).toEqual([200, 'b', ''])
  expect((await fetch(`${server.url}/none`, { method: 'HEAD' })).status).toBe(404)
  expect(await server.failure()).toMatchObject({ code: 404 })
  expect(done).toEqual(['finally', 'finally'])
})

test('a client that goes away stops the source', async () => {
  let asked = 0
  const cleanedUp = new Promise<void>((resolve) => {
    handle = () =>
      (async function* () {
        try {
          for (;;) {
            asked++
            yield 'x'.repeat(100_000)
          }
        } finally {
          resolve()
        }
      })()
  })
  const socket = connect(server.port, '127.0.0.1')
  socket.write(close)
  await once(socket, 'data')
  socket.destroy()
  await cleanedUp
  // Nothing was asked for that the client could not take: a few socket buffers, not memory without end.
  expect(asked).toBeLessThan(1000)
})

test.each<[string, (stopped: () => void) => unknown]>([
  [
    'a Node stream',
    (stopped) =>
      new Readable({
        read() {},
        destroy(_, done) {
          stopped()
          done(null)
        },
      }),
  ],
  ['a stream of the web', (stopped) => new ReadableStream({ cancel: stopped })],
])('%s that waits for its first piece is stopped too', async (_, make) => {
  let begun = () => {}
  const running = new Promise<void>((resolve) => {
    begun = resolve
  })
  const stopped = new Promise<void>((resolve) => {
    handle = () => {
      begun()
      return make(resolve)
    }
  })
  const socket = connect(server.port, '127.0.0.1')
  socket.write(close)
  await running
  socket.destroy()
  await stopped
})

test('a stream that another response replaces is ended', async () => {
  const source = new Readable({ read() {} })
  handle = (_, response) => {
    response.stream(source)
    return new Response('other')
  }
  expect(await (await get()).text()).toBe('other')
  expect(source.destroyed).toBe(true)
})

test.each<[string, (response: Parameters<Handle>[1]) => unknown]>([
  ['text that is returned', () => 'other'],
  ['bytes that are returned', () => Buffer.from('other')],
  ['JSON that is returned', () => ['other']],
  ['html that is returned', () => html`other`],
  [
    'text that is set',
    (response) => {
      response.data = 'other'
    },
  ],
])('a stream that %s replaces is ended', async (_, replace) => {
  const source = new Readable({ read() {} })
  handle = (_, response) => {
    response.stream(source)
    return replace(response)
  }
  expect(await (await get()).text()).toContain('other')
  expect(source.destroyed).toBe(true)
})

test('a client that left before the response is no failure', async () => {
  let reply = () => {}
  const begun = new Promise<IncomingMessage>((begin) => {
    handle = async (request) => {
      begin(request.incoming)
      await new Promise<void>((resolve) => {
        reply = resolve
      })
      return 'x'.repeat(100_000)
    }
  })
  const socket = connect(server.port, '127.0.0.1')
  socket.write(close)
  const incoming = await begun
  socket.destroy()
  await new Promise((resolve) => incoming.once('close', resolve))
  reply()
  handle = () => 'next'
  expect(await (await get()).text()).toBe('next')
  expect(server.failures).toEqual([])
})

test('a stream with a tag that the client has is not begun', async () => {
  const source = new Readable({
    read() {
      throw new Error('read')
    },
  })
  handle = (_, response) => {
    response.etag = 'v1'
    response.makeConditional()
    return source
  }
  const reply = await fetch(server.url, { headers: { 'if-none-match': '"v1"' } })
  expect([reply.status, source.destroyed]).toEqual([304, true])
})

test('a stream or web response that was read already is an error, not an empty response', async () => {
  const stream = Readable.from(['all of it'])
  for await (const _ of stream);
  const web = new Response('all of it')
  await web.text()
  for (const returned of [stream, web]) {
    const server = await live(() => returned)
    expect((await fetch(server.url)).status).toBe(500)
    expect(await server.failure()).toMatchObject({ code: 'TIPFY_E_RESPONSE_CONSUMED' })
    await server.close()
  }
})

test('what fetch gives is passed on, and not called compressed any more', async () => {
  handle = (request, response) => {
    if (request.rawPath === '/far') {
      response.setCookie('a', 'b')
      response.compress = true
      return 'far '.repeat(1000)
    }
    return fetch(`${server.url}/far`)
  }
  const far = await fetch(`${server.url}/far`)
  const near = await get()
  expect(await near.text()).toBe(await far.text())
  expect([near.status, near.headers.get('set-cookie')]).toEqual([200, 'a=b; Path=/'])
})
