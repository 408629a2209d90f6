// Listeners on what a request hands out run in that request, whenever they are called.
import { once } from 'node:events'
import { connect } from 'node:net'
import { PassThrough, pipeline, Readable, Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { Busboy } from '@fastify/busboy'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { hasRequest, RequestHandler, Rule, request } from 'tipfy'
import { type Running, start } from '../support/application.ts'

let running: Running
let post: () => unknown
/** The records of the listeners: an event, and the request that they ran in. */
let seen: string[]
let errors: unknown[][]

class Handler extends RequestHandler {
  get() {
    return post()
  }
  post() {
    return post()
  }
}

beforeEach(async () => {
  seen = []
  errors = []
  running = await start([new Rule('/<id>', { endpoint: 'post', handler: Handler })])
  running.app.log.error = (...args: unknown[]) => void errors.push(args)
})
afterEach(() => running.close())

const note = (event: string) => () => void seen.push(`${event} ${hasRequest() ? request.path : 'nowhere'}`)

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await wait(1)
}

/** Sends a body in small pieces on a connection that other requests use before and after it. */
async function send(path: string, body: Buffer, type = 'text/plain') {
  const socket = connect(running.port, '127.0.0.1').on('error', () => {})
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.write('GET /before HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await once(socket, 'data')
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`,
  )
  const step = Math.ceil(body.length / 4)
  for (let at = 0; at < body.length; at += step) {
    socket.write(body.subarray(at, at + step))
    await wait(2)
  }
  return { socket, text: () => text }
}

const sizes = [10, 300_000]
const form = (size: number) =>
  Buffer.from(
    `--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b\r\n` +
      `Content-Disposition: form-data; name="f"; filename="f"\r\n\r\n${'x'.repeat(size)}\r\n--b--\r\n`,
  )

/** Ways to read a body by listeners; each calls `done` at the end. */
const readers: Record<string, (source: Readable, done: () => void) => unknown> = {
  'data and end': (source, done) => source.on('data', note('data')).on('end', note('end')).on('end', done),
  readable: (source, done) =>
    source
      .on('readable', () => {
        note('readable')()
        while (source.read() !== null);
      })
      .on('end', done),
  close: (source, done) => source.on('close', note('close')).on('close', done).resume(),
  pipe: (source, done) => {
    const target = new Writable({
      write(_chunk, _encoding, next) {
        note('write')()
        next()
      },
      final(next) {
        note('final')()
        next()
      },
    })
    source.pipe(target).on('finish', note('finish')).on('close', note('close')).on('close', done)
  },
  pipeline: (source, done) =>
    pipeline(source, new PassThrough().on('data', note('data')), (error) => {
      note(`pipeline ${error ?? 'done'}`)()
      done()
    }),
  busboy: (source, done) => {
    const busboy = new Busboy({ headers: { 'content-type': 'multipart/form-data; boundary=b' } })
    busboy.on('field', note('field'))
    busboy.on('file', (_name, file) => file.on('data', note('file')).on('end', note('file end')))
    busboy.on('finish', note('finish'))
    busboy.on('finish', done)
    source.pipe(busboy)
  },
}

describe.each(['incoming', 'stream()'] as const)('listeners of request.%s', (name) => {
  describe.each(Object.entries(readers))('by %s', (_, read) => {
    test.each(sizes)('run in their request (%i bytes)', async (size) => {
      post = () => {
        if (request.method === 'GET') return ''
        const source = name === 'incoming' ? request.incoming : request.stream()
        return new Promise<string>((resolve) => {
          read(source, () => resolve('done'))
        })
      }
      const { socket, text } = await send('/mine', form(size), 'multipart/form-data; boundary=b')
      await until(() => text().endsWith('done'))
      socket.destroy()
      expect(seen.length).toBeGreaterThan(0)
      expect(seen.filter((line) => !line.endsWith(' /mine'))).toEqual([])
      expect(errors).toEqual([])
    })
  })

  test('that throw end their request, are logged with it, and end nothing else', async () => {
    post = () => {
      if (request.method === 'GET') return 'alive'
      const source = name === 'incoming' ? request.incoming : request.stream()
      return new Promise((resolve) => {
        source.on('end', resolve).on('data', () => {
          throw new Error('in a listener')
        })
      })
    }
    const { socket } = await send('/mine', Buffer.alloc(10, 'x'))
    if (!socket.closed) await once(socket, 'close')
    expect(errors[0]).toEqual([{ err: new Error('in a listener') }, 'POST /mine: a listener failed'])
    expect((await running.ask('/other')).text).toBe('alive')
  })
})

test('a `close` listener of a request whose client leaves runs in it, with and without a body', async () => {
  for (const method of ['GET', 'POST']) {
    seen = []
    let begun = false
    post = () => {
      begun = true
      request.incoming.on('close', note('close')).on('error', note('error'))
      return new Promise((resolve) => request.incoming.on('close', () => resolve('')))
    }
    const socket = connect(running.port, '127.0.0.1').on('error', () => {})
    const length = method === 'POST' ? 'Content-Length: 10\r\n' : ''
    socket.write(`${method} /mine HTTP/1.1\r\nHost: localhost\r\n${length}\r\n`)
    await until(() => begun)
    socket.resetAndDestroy()
    await until(() => seen.includes('close /mine'))
    expect(seen.filter((line) => !line.endsWith(' /mine'))).toEqual([])
  }
  expect(errors).toEqual([])
})

test('a `close` listener that uses a global after the end is logged, and ends nothing else', async () => {
  post = () => {
    const { incoming } = request
    incoming.on('close', () => setTimeout(() => incoming.emit('late'), 20)).on('late', () => request.path)
    return 'sent'
  }
  expect((await running.ask('/mine')).text).toBe('sent')
  await until(() => errors.length > 0)
  expect(errors).toEqual([
    [{ err: expect.objectContaining({ name: 'RequestFinishedError' }) }, 'GET /mine: a listener failed'],
  ])
})

const sources: Record<string, () => unknown> = {
  'destroy() and close of a Node stream': () => {
    const pieces = ['x']
    return new Readable({
      read() {
        const piece = pieces.pop()
        if (piece !== undefined) this.push(piece)
      },
      destroy(error, done) {
        note('destroy')()
        done(error)
      },
    }).on('close', note('close'))
  },
  'cancel() of a web stream': () =>
    new ReadableStream({
      start: (controller) => controller.enqueue(Buffer.from('x')),
      cancel: note('cancel'),
    }),
  'finally of a generator': async function* () {
    try {
      yield 'x'
      await new Promise((resolve) => request.signal.addEventListener('abort', resolve))
    } finally {
      note('finally')()
    }
  },
  'abort of its signal': async function* () {
    request.signal.addEventListener('abort', note('abort'))
    request.signal.onabort = note('onabort')
    yield 'x'
    await new Promise((resolve) => request.signal.addEventListener('abort', resolve))
  },
}

test.each(Object.entries(sources))('%s runs in the request whose client has left', async (_, source) => {
  post = source
  for (const pieces of [1, 2]) {
    seen = []
    const socket = connect(running.port, '127.0.0.1').on('error', () => {})
    socket.write('GET /mine HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(socket, 'data')
    if (pieces === 1) socket.destroy()
    else socket.resetAndDestroy()
    await until(() => seen.length > 0)
    await wait(20)
    expect(seen.filter((line) => !line.endsWith(' /mine'))).toEqual([])
  }
  expect(errors).toEqual([])
})
