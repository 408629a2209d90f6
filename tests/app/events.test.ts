// Server-sent events, by the test client and in a browser.
import { EventEmitter, on } from 'node:events'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type EventOptions, type EventSourceFunction, makeApp, RequestHandler, Rule, request, response } from 'tipfy'
import { session } from 'tipfy/ext/session'
import { type ClientStream, createClient } from 'tipfy/testing'
import { type Running, start } from '../support/application.ts'
import { hasChromium, openChromium } from '../support/chromium.ts'

const free = session as unknown as Record<string, unknown>
const secretKey = 'Zq3vN8rT2xW6yB9cF4hJ7mP1sD5gK0aL'

let running: Running | undefined
afterEach(async () => {
  await running?.close()
  running = undefined
})

const rulesFor = (make: EventSourceFunction, options?: EventOptions, before: () => unknown = () => {}) => [
  new Rule('/', {
    endpoint: 'events',
    handler: class extends RequestHandler {
      get() {
        before()
        return response.events(make, options)
      }
    },
  }),
  new Rule('/show', {
    endpoint: 'show',
    handler: class extends RequestHandler {
      get() {
        return JSON.stringify(free.n ?? null)
      }
    },
  }),
]

function clientOf(...args: Parameters<typeof rulesFor>) {
  const tipfy = {
    dev: false,
    logLevel: 'silent' as const,
    urls: () => rulesFor(...args),
    hooks: { posInitApp: 'tipfy/ext/session:setSecureCookieSession' },
  }
  return createClient(makeApp({ tipfy, 'tipfy/ext/session': { secretKey } }, { root: import.meta.dirname }))
}

async function textOf(stream: ClientStream): Promise<string> {
  let text = ''
  for await (const piece of stream) text += piece
  return text
}

test('events are written as the HTML standard reads them', async () => {
  const client = clientOf(async function* () {
    yield 'plain'
    yield { data: 'two\nlines\r\nthree\rfour' }
    yield { event: 'order', id: 7, data: { name: 'tea', n: 1 }, retry: 500 }
    yield { id: '' }
    yield { data: 0 }
  })
  expect(await textOf(await client.stream('GET', '/'))).toBe(
    ':\n\n' +
      'data: plain\n\n' +
      'data: two\ndata: lines\ndata: three\ndata: four\n\n' +
      'event: order\nid: 7\nretry: 500\ndata: {"name":"tea","n":1}\n\n' +
      'id: \n\n' +
      'data: 0\n\n',
  )
})

test('the headers keep them from being stored, compressed or held back', async () => {
  const client = clientOf(async function* () {})
  const { headers, status } = await client.get('/', { headers: { 'accept-encoding': 'gzip, br' } })
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('text/event-stream')
  expect(headers.get('cache-control')).toBe('no-store, no-transform')
  expect(headers.get('x-accel-buffering')).toBe('no')
  expect([headers.get('content-encoding'), headers.get('content-length')]).toEqual([null, null])
})

test('the session is saved and the headers leave before the events begin; later writes throw', async () => {
  let go = () => {}
  const client = clientOf(
    async function* () {
      await new Promise<void>((resolve) => {
        go = resolve
      })
      try {
        free.n = 2
      } catch (error) {
        yield { data: (error as { code: string }).code }
      }
    },
    { retry: 1500 },
    () => {
      free.n = 1
    },
  )
  const stream = await client.stream('GET', '/')
  expect(await stream.next()).toBe('retry: 1500\n\n')
  expect((await client.get('/show')).json()).toBe(1)
  go()
  expect(await stream.next()).toBe('data: TIPFY_E_SESSION_SENT\n\n')
})

test('comments keep the connection alive while there are no events', async () => {
  let go = () => {}
  const client = clientOf(
    async function* () {
      await new Promise<void>((resolve) => {
        go = resolve
      })
      yield 'late'
    },
    { keepAlive: 0.01 },
  )
  const stream = await client.stream('GET', '/')
  let text = ''
  while (!text.startsWith(':\n\n:\n\n:\n\n')) text += await stream.next()
  go()
  while (!text.endsWith('data: late\n\n')) text += await stream.next()
})

test('a client that connects again says which event was its last', async () => {
  const client = clientOf(async function* (_, lastEventId) {
    yield lastEventId
  })
  const ask = async (id: string) =>
    textOf(await client.stream('GET', '/', { headers: { 'last-event-id': Buffer.from(id).toString('latin1') } }))
  expect(await ask('7')).toContain('data: 7\n')
  expect(await ask('ä')).toContain('data: ä\n')
  expect(await textOf(await client.stream('GET', '/'))).toContain('data: \n')
})

test.each([{ id: 'a\nb' }, { event: 'a\rb' }, { id: 'a\0' }])('%j breaks the response off', async (event) => {
  const client = clientOf(async function* () {
    yield event
  })
  await expect(client.stream('GET', '/').then(textOf)).rejects.toThrow()
})

test('a function that throws at once breaks the response off, after its headers', async () => {
  const client = clientOf(() => {
    throw new Error('no events')
  })
  const stream = await client.stream('GET', '/')
  expect(stream.status).toBe(200)
  await expect(textOf(stream)).rejects.toThrow()
})

describe('the end of events', () => {
  const source = new EventEmitter()

  test('when the page leaves: the signal ends what waits, and `finally` runs in the request', async () => {
    const done: unknown[] = []
    const client = clientOf(async function* (signal) {
      try {
        for await (const [data] of on(source, 'news', { signal })) yield { data }
      } finally {
        done.push([request.path, (signal.reason as Error).name])
      }
    })
    const stream = await client.stream('GET', '/')
    await stream.next()
    while (source.listenerCount('news') === 0) await new Promise(setImmediate)
    source.emit('news', { n: 1 })
    expect(await stream.next()).toBe('data: {"n":1}\n\n')
    await stream.leave()
    while (done.length === 0) await new Promise(setImmediate)
    expect(done).toEqual([['/', 'ClientDisconnected']])
    expect(source.listenerCount('news')).toBe(0)
  })

  test('when the server stops: at once, also where the signal was not passed on', async () => {
    let go = () => {}
    const done: unknown[] = []
    const rules = rulesFor(async function* (signal) {
      try {
        yield 'begun'
        await new Promise<void>((resolve) => {
          go = resolve
        })
        yield 'too late'
      } finally {
        done.push([request.path, (signal.reason as Error).name])
      }
    })
    running = await start(rules, { tipfy: { shutdownTimeout: 600 } })
    const answered = running.ask('/')
    await new Promise((resolve) => setTimeout(resolve, 100))
    const begun = performance.now()
    await running.close()
    expect((await answered).text).toBe(':\n\ndata: begun\n\n')
    expect(performance.now() - begun).toBeLessThan(10_000)
    go()
    while (done.length === 0) await new Promise(setImmediate)
    expect(done).toEqual([['/', 'ServiceUnavailable']])
  })
})

const whereChromium = hasChromium ? test : test.skip

whereChromium('a page in a browser gets its events, and the ones that it missed after a break', async () => {
  let connections = 0
  const rules = [
    new Rule('/', {
      endpoint: 'page',
      handler: class extends RequestHandler {
        get() {
          return '<!doctype html><title>Events</title>'
        }
      },
    }),
    new Rule('/events', {
      endpoint: 'events',
      handler: class extends RequestHandler {
        get() {
          return response.events(
            async function* (signal, lastEventId) {
              connections++
              let id = Number(lastEventId)
              yield { event: 'order', id: ++id, data: { id, connection: connections } }
              yield { event: 'order', id: ++id, data: { id, connection: connections } }
              // The first connection breaks; the second stays until the page leaves.
              if (connections > 1) await new Promise((resolve) => signal.addEventListener('abort', resolve))
            },
            { retry: 10 },
          )
        }
      },
    }),
  ]
  running = await start(rules)
  const browser = await openChromium()
  try {
    const page = await browser.newPage()
    await page.goto(`http://localhost:${running.port}/`)
    const orders = await page.evaluate(`new Promise((resolve) => {
      const orders = []
      const source = new EventSource('/events')
      source.addEventListener('order', ({ data, lastEventId }) => {
        orders.push([lastEventId, JSON.parse(data)])
        if (orders.length === 4) { source.close(); resolve(orders) }
      })
    })`)
    expect(orders).toEqual([1, 2, 3, 4].map((id) => [String(id), { id, connection: id > 2 ? 2 : 1 }]))
  } finally {
    await browser.close()
  }
})
