// `request.incoming` where a request has no body: our server hands it over closed, and code that takes it finds it as from any
// other server. Everything is done on one of each.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { finished, PassThrough, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { RequestHandler, Rule, request, response } from 'tipfy'
import { type Running, start } from '../support/application.ts'

type Take = () => IncomingMessage & { signal?: AbortSignal }
let said: string[] = []
/** Handles a request; `leave` breaks its client's connection. */
let handle: (take: Take, leave: () => void) => unknown
let leave: () => void
let done: () => void

class Handler extends RequestHandler {
  async get() {
    try {
      return await handle(() => request.incoming, leave)
    } finally {
      // Events of the end of the connection come after it.
      setTimeout(done, 60)
    }
  }

  post() {
    return this.get()
  }
}

let ours: Running
let plain: Server
beforeAll(async () => {
  ours = await start([new Rule('/', { endpoint: 'x', handler: Handler })])
  plain = createServer(ours.app.requestListener)
  await once(plain.listen(0, '127.0.0.1'), 'listening')
})
afterAll(async () => {
  plain.close()
  await ours.close()
})

const head = 'GET / HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\nX-A: 2\r\n\r\n'

/** The events on each kind of server. */
async function onBoth(fn: typeof handle, sends = head): Promise<[string[], string[]]> {
  handle = fn
  const both: string[][] = []
  for (const port of [ours.port, (plain.address() as AddressInfo).port]) {
    said = []
    const isDone = new Promise<void>((resolve) => {
      done = resolve
    })
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {}).resume()
    socket.write(sends)
    leave = () => socket.resetAndDestroy()
    await isDone
    socket.destroy()
    both.push(said)
  }
  return both as [string[], string[]]
}

function listen(incoming: IncomingMessage): IncomingMessage {
  for (const event of ['end', 'aborted', 'error', 'close']) incoming.on(event, () => said.push(event))
  return incoming
}

const tell = (incoming: IncomingMessage) =>
  said.push(`aborted ${incoming.aborted} destroyed ${incoming.destroyed} ended ${incoming.readableEnded}`)

test.each<[string, string[], typeof handle]>([
  ['that it was answered', ['end', 'close'], (take) => void listen(take())],
  [
    'that its client has gone',
    ['aborted', 'error', 'close'],
    (take, leave) => {
      const closed = once(listen(take()), 'close').catch(() => delay(5))
      leave()
      return closed
    },
  ],
  [
    'that its client has gone, to who asks later',
    ['aborted true destroyed true ended false'],
    async (take, leave) => {
      leave()
      await delay(80)
      tell(take())
    },
  ],
  [
    'the end of its body, and nothing of a client that goes then',
    ['end', 'close', 'aborted false destroyed true ended true'],
    async (take, leave) => {
      await once(listen(take()).resume(), 'close')
      leave()
      await delay(80)
      tell(take())
    },
  ],
  [
    'its end to each of two that read it, one after the other',
    ['end', 'end', 'close'],
    async (take) => {
      take().on('end', () => said.push('end'))
      await delay(5)
      const incoming = listen(take()).on('data', () => {})
      await once(incoming, 'close')
    },
  ],
  [
    'its end to one who comes when another has left',
    ['end', 'close'],
    async (take) => {
      const leave = () => said.push('left')
      take().on('end', leave).off('end', leave)
      await delay(5)
      take().removeAllListeners()
      await delay(5)
      await once(listen(take()).resume(), 'close')
    },
  ],
  [
    'that there is nothing to read',
    ['null', 'end', 'close'],
    async (take) => {
      const incoming = listen(take())
      incoming.on('readable', () => said.push(String(incoming.read())))
      await once(incoming, 'close')
    },
  ],
  [
    'that it was hung up',
    ['aborted', 'close', 'aborted true destroyed true ended false'],
    async (take) => {
      const incoming = listen(take())
      incoming.destroy()
      await once(incoming, 'close')
      tell(incoming)
    },
  ],
  [
    'finished() when its client goes, not before',
    ['waiting', 'finished ECONNRESET'],
    async (take, leave) => {
      const isFinished = new Promise((resolve) =>
        finished(
          take().on('error', () => {}),
          { error: false },
          (error) => resolve(said.push(`finished ${error?.code}`)),
        ),
      )
      await delay(10)
      said.push('waiting')
      leave()
      await isFinished
    },
  ],
])('it tells %s', async (_, expected, fn) => {
  const [ours, plain] = await onBoth(fn)
  expect(ours).toEqual(expected)
  expect(plain).toEqual(expected)
})

test.each<[string, (incoming: IncomingMessage) => Promise<unknown>]>([
  [
    'for await',
    async (incoming) => {
      for await (const chunk of incoming) said.push(String(chunk))
    },
  ],
  ['a pipeline', (incoming) => pipeline(incoming, new Writable({ write: (_chunk, _encoding, done) => done() }))],
  ['pipe', (incoming) => once(incoming.pipe(new PassThrough()).resume(), 'end')],
  ['toArray', (incoming) => incoming.toArray()],
  ['a reader of the web', (incoming) => Readable.toWeb(incoming).getReader().read()],
])('%s comes to its end', async (_, read) => {
  const [ours, plain] = await onBoth(async (take) => {
    await read(take())
    tell(take())
  })
  expect(ours).toEqual(plain)
  expect(ours).toEqual(['aborted false destroyed true ended true'])
})

test('it is the same object each time, and says of the request what Node does', async () => {
  const [ours, plain] = await onBoth((take) => {
    const incoming = take()
    expect(take()).toBe(incoming)
    const { method, url, httpVersion, httpVersionMajor, headers, headersDistinct, rawHeaders, trailers } = incoming
    said.push(
      JSON.stringify([method, url, httpVersion, httpVersionMajor, headers, headersDistinct, rawHeaders, trailers]),
    )
    expect(incoming.socket.remoteAddress).toBe(request.remoteAddr)
    expect(incoming.constructor.name).toBe('IncomingMessage')
    said.push(`readable ${incoming.readable} closed ${incoming.closed}`)
    tell(incoming)
  })
  expect(ours).toEqual(plain)
  expect(ours[0]).toContain('"x-a":["1","2"]')
})

test.each([
  ['GET / HTTP/1.0\r\n\r\n'],
  ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n'],
])('of %j it tells as much', async (sends) => {
  const [ours, plain] = await onBoth((take) => void listen(take()), sends)
  expect(ours).toEqual(plain)
  expect(ours).toContain('close')
})

test('a request with a body is as ever', async () => {
  const sends = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\ntea'
  const read: typeof handle = async (take) => {
    for await (const chunk of listen(take())) said.push(String(chunk))
  }
  const [ours, plain] = await onBoth(read, sends)
  expect(ours).toEqual(['tea', 'end', 'close'])
  expect(plain).toEqual(ours)
})

test('its signal, where Node has one, is aborted when the client goes and not before', async () => {
  const hasSignal = 'signal' in (await import('node:http')).IncomingMessage.prototype
  const gone = await onBoth(async (take, leave) => {
    const { signal } = take()
    said.push(`${signal?.aborted}`)
    leave()
    await delay(80)
    said.push(`${signal?.aborted} ${take().signal?.aborted}`)
  })
  for (const each of gone)
    expect(each).toEqual(hasSignal ? ['false', 'true true'] : ['undefined', 'undefined undefined'])

  let signal: AbortSignal | undefined
  const answered = await onBoth((take) => {
    signal = take().signal
    response.headers.set('connection', 'close')
    setTimeout(() => said.push(`${signal?.aborted}`), 50)
  })
  for (const each of answered) expect(each).toEqual([hasSignal ? 'false' : 'undefined'])
})
