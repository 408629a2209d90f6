// A stream is part of its request: what its first piece does counts, what comes later is told that it comes too late.
import { EventEmitter, on, once } from 'node:events'
import { connect } from 'node:net'
import { Readable, Transform } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import {
  abort,
  type Config,
  current,
  type HTTPException,
  makeApp,
  RequestHandler,
  Response,
  Rule,
  request,
  response,
} from 'tipfy'
import { session, sessionStore } from 'tipfy/ext/session'
import { createClient, type TestClient } from 'tipfy/testing'
import { type Running, start } from '../support/application.ts'

const free = session as unknown as Record<string, unknown>
const key = 'Zq3vN8rT2xW6yB9cF4hJ7mP1sD5gK0aL'

function config(get: () => unknown, tipfy: Config['tipfy'] = {}): Config {
  const handler = class extends RequestHandler {
    get(): unknown {
      return get()
    }
  }
  const show = class extends RequestHandler {
    async get() {
      const flashes = await sessionStore.getFlashes()
      return JSON.stringify([free.n ?? null, sessionStore.user, flashes.map(({ message }) => message)])
    }
  }
  return {
    tipfy: {
      dev: false,
      logLevel: 'silent',
      accessLog: false,
      urls: () => [
        new Rule('/', { endpoint: 'stream', handler }),
        new Rule('/show', { endpoint: 'show', handler: show }),
      ],
      ...tipfy,
      hooks: { posInitApp: ['tipfy/ext/session:setSecureCookieSession'], ...tipfy.hooks },
    },
    'tipfy/ext/session': { secretKey: key },
  }
}

let running: Running | undefined
afterEach(async () => {
  await running?.close()
  running = undefined
})

async function serveStream(get: () => unknown, tipfy: Config['tipfy'] = {}): Promise<Running> {
  const { tipfy: section, ...rest } = config(get, tipfy)
  running = await start([], { ...rest, tipfy: section })
  return running
}

const clientOf = (get: () => unknown, tipfy?: Config['tipfy']): TestClient =>
  createClient(makeApp(config(get, tipfy), { root: import.meta.dirname }))

const codeOf = (error: unknown) => (error as { code?: unknown }).code

/** Sources of each kind whose first piece runs `first`, and whose second runs `second`. */
const kinds: Record<string, (first: () => unknown, second?: () => unknown) => unknown> = {
  'an async generator': async function* (first, second) {
    await null
    yield String((await first()) ?? 'one')
    yield String(second?.() ?? 'two')
  },
  'a generator': function* (first, second) {
    yield String(first() ?? 'one')
    yield String(second?.() ?? 'two')
  },
  'a Node stream': (first, second) => {
    const steps = [first, second ?? (() => 'two')]
    return new Readable({
      read() {
        const step = steps.shift()
        this.push(step === undefined ? null : String(step() ?? 'piece'))
      },
    })
  },
  'a Node stream of a generator': (first, second) =>
    Readable.from(
      (async function* () {
        yield String((await first()) ?? 'one')
        yield String(second?.() ?? 'two')
      })(),
    ),
  'a Node stream through another': (first, second) => {
    const steps = [first, second ?? (() => 'two')]
    const source = Readable.from(steps)
    const made = new Transform({
      writableObjectMode: true,
      transform: (step: () => unknown, _encoding, done) => {
        try {
          done(null, String(step() ?? 'piece'))
        } catch (error) {
          done(error as Error)
        }
      },
      writableHighWaterMark: 1,
      readableHighWaterMark: 1,
    })
    return source.pipe(made)
  },
  'a stream of the web': (first, second) => {
    const steps = [first, second ?? (() => 'two')]
    return new ReadableStream(
      {
        async pull(controller) {
          await null
          if (steps.length === 0) controller.close()
          else controller.enqueue(Buffer.from(String(steps.shift()?.() ?? 'piece')))
        },
      },
      { highWaterMark: 0 },
    )
  },
}

describe.each(Object.entries(kinds))('the first piece of %s', (_, make) => {
  test('may still write to the session, and set status, headers and cookies', async () => {
    const client = clientOf(() =>
      make(() => {
        free.n = 1
        sessionStore.user = 'ann'
        sessionStore.flash('hello')
        response.status = 201
        response.headers.set('x-a', 'b')
        response.setCookie('c', 'd')
      }),
    )
    const result = await client.get('/')
    expect([result.status, result.headers.get('x-a'), client.cookies.get('c')]).toEqual([201, 'b', 'd'])
    expect((await client.get('/show')).json()).toEqual([1, 'ann', ['hello']])
  })

  test('may fail like any handler, and then nothing is saved', async () => {
    const client = clientOf(() =>
      make(() => {
        free.n = 1
        throw new Error('no first piece')
      }),
    )
    expect((await client.get('/')).status).toBe(500)
    expect((await client.get('/show')).json()).toEqual([null, null, []])
  })

  test('comes before the hooks, the save and the headers; the rest comes after them', async () => {
    const order: string[] = []
    const client = clientOf(
      () =>
        make(
          () => void order.push('first'),
          () => {
            order.push('second')
            return codeOf(thrownBy(() => response.headers.set('x-late', '1')))
          },
        ),
      {
        hooks: {
          posInitApp: [
            'tipfy/ext/session:setSecureCookieSession',
            (app) => {
              const { saveSession } = app.sessionInterface!
              app.sessionInterface!.saveSession = (...args) => {
                order.push('save')
                return saveSession.apply(app.sessionInterface, args)
              }
            },
          ],
          preSendResponse: () => void order.push('hook'),
        },
      },
    )
    const stream = await client.stream('GET', '/')
    let text = ''
    for await (const piece of stream) text += piece
    expect(order).toEqual(['first', 'hook', 'save', 'second'])
    expect(text).toContain('TIPFY_E_RESPONSE_SENT')
  })
})

function thrownBy(fn: () => unknown): unknown {
  try {
    fn()
  } catch (error) {
    return error
  }
  return undefined
}

test('an abort in the first piece is its error, for GET and HEAD alike', async () => {
  const client = clientOf(async function* () {
    if (request.headers.has('x-ok')) yield 'ok'
    abort(403)
  })
  for (const method of ['GET', 'HEAD']) expect((await client.request(method, '/')).status).toBe(403)
  expect((await client.head('/', { headers: { 'x-ok': '1' } })).status).toBe(200)
})

test('HEAD pulls one piece, saves, and ends the source', async () => {
  const done: string[] = []
  const client = clientOf(async function* () {
    try {
      free.n = 1
      yield 'one'
      done.push('two')
      yield 'two'
    } finally {
      done.push('finally')
    }
  })
  expect((await client.head('/')).status).toBe(200)
  expect(done).toEqual(['finally'])
  expect((await client.get('/show')).json()).toEqual([1, null, []])
})

test('an empty text is a piece: the headers leave with it', async () => {
  let go = () => {}
  const client = clientOf(async function* () {
    response.headers.set('x-a', 'b')
    yield ''
    await new Promise<void>((resolve) => {
      go = resolve
    })
    yield 'late'
  })
  const stream = await client.stream('GET', '/')
  expect([stream.status, stream.headers.get('x-a')]).toEqual([200, 'b'])
  go()
  expect(await stream.next()).toBe('late')
  expect(await stream.next()).toBe(null)
})

test('after the headers, writes to the response throw and reads do not', async () => {
  const late: Record<string, () => unknown> = {
    'headers.set': () => response.headers.set('x-a', 'b'),
    'headers.add': () => response.headers.add('x-a', 'b'),
    'headers.delete': () => response.headers.delete('x-a'),
    'headers.clear': () => response.headers.clear(),
    status: () => Object.assign(current(response), { status: 201 }),
    mimetype: () => Object.assign(current(response), { mimetype: 'text/plain' }),
    setCookie: () => response.setCookie('a', 'b'),
    deleteCookie: () => response.deleteCookie('a'),
    etag: () => Object.assign(current(response), { etag: 'a' }),
    vary: () => response.vary('Accept'),
    cacheControl: () => Object.assign(response.cacheControl, { maxAge: 1 }),
    data: () => Object.assign(current(response), { data: 'other' }),
    stream: () => response.stream(['other']),
    sendFile: () => response.sendFile('/etc/hostname'),
    events: () => response.events(async function* () {}),
  }
  for (const isTouched of [true, false]) {
    const client = clientOf(async function* () {
      if (isTouched) response.headers.set('x-touched', '1')
      yield ' '
      const codes = Object.values(late).map((fn) => codeOf(thrownBy(fn)) ?? null)
      yield JSON.stringify([codes, response.status, response.headers.get('content-type'), response.mimetype])
    })
    const [codes, ...read] = (await client.get('/')).json<unknown[]>()
    expect(codes).toEqual(Object.keys(late).map(() => 'TIPFY_E_RESPONSE_SENT'))
    expect(read).toEqual([200, 'text/html; charset=utf-8', 'text/html'])
  }
})

test('what a timer sets after the response has been sent throws too', async () => {
  let late: unknown
  const done = new Promise<void>((resolve) => {
    running?.close()
    void serveStream(() => {
      const sent = current(response)
      setTimeout(() => {
        late = thrownBy(() => sent.headers.set('x-a', 'b'))
        resolve()
      }, 20)
      return 'whole'
    }).then(({ ask }) => ask('/'))
  })
  await done
  expect(codeOf(late)).toBe('TIPFY_E_RESPONSE_SENT')
})

describe('the global response is the one that is sent, whatever took the place of the first', () => {
  const stream = async function* () {
    response.headers.set('x-first', 'yes')
    response.setCookie('c', 'd')
    yield 'a'
    yield String(codeOf(thrownBy(() => response.setCookie('late', '1'))))
  }
  const fail = () => {
    throw new Error('failed')
  }
  const shown = async (get: () => unknown, tipfy: Config['tipfy'] = {}) => {
    const client = clientOf(get, tipfy)
    const { headers, text } = await client.get('/')
    return [headers.get('x-first'), client.cookies.get('c'), text]
  }
  const wanted = ['yes', 'd', 'aTIPFY_E_RESPONSE_SENT']

  test('by a handler', async () => {
    expect(await shown(() => new Response(stream()))).toEqual(wanted)
  })

  test('by the page of an error', async () => {
    expect(await shown(fail, { errorHandlers: { 500: () => stream() } })).toEqual(wanted)
    const page = () => {
      response.headers.set('x-first', 'yes')
      response.setCookie('c', 'd')
      return 'page'
    }
    expect(await shown(fail, { errorHandlers: { 500: page } })).toEqual(['yes', 'd', 'page'])
  })

  test('by a hook', async () => {
    expect(await shown(fail, { hooks: { preHandleException: () => new Response(stream()) } })).toEqual(wanted)
    expect(await shown(() => 'text', { hooks: { preSendResponse: () => new Response(stream()) } })).toEqual(wanted)
    const hooks: NonNullable<Config['tipfy']>['hooks'] = {
      preSendResponse: [
        () => new Response('other'),
        () => {
          response.headers.set('x-first', 'yes')
          response.setCookie('c', 'd')
        },
      ],
    }
    expect(await shown(() => 'text', { hooks })).toEqual(['yes', 'd', 'other'])
  })

  test('and a change of the one before throws', async () => {
    let before: Response | undefined
    const client = clientOf(
      () => {
        before = current(response)
        return new Response('other')
      },
      { hooks: { preSendResponse: () => void before!.headers.set('x-a', 'b') } },
    )
    expect((await client.get('/')).status).toBe(500)
  })
})

describe('a preSendResponse hook', () => {
  const serve = (hook: (response: Response) => unknown) => {
    const ended: string[] = []
    const client = clientOf(
      async function* () {
        try {
          yield 'a'
          yield 'b'
        } finally {
          ended.push('ended')
        }
      },
      {
        hooks: { preSendResponse: ({ path }, response) => (path === '/' ? (hook(response) as undefined) : undefined) },
      },
    )
    return { client, ended }
  }

  test('may replace a stream, which is ended', async () => {
    const { client, ended } = serve((response) => {
      response.data = 'whole'
    })
    expect((await client.get('/')).text).toBe('whole')
    expect(ended).toEqual(['ended'])
  })

  test('may replace it by another stream, which begins before the save', async () => {
    const { client, ended } = serve((response) =>
      response.stream(
        (async function* () {
          free.n = 2
          yield 'other'
        })(),
      ),
    )
    expect((await client.get('/')).text).toBe('other')
    expect((await client.get('/show')).json()).toEqual([2, null, []])
    while (ended.length === 0) await wait(1)
  })

  test('may send a stream made of it', async () => {
    const { client, ended } = serve((response) => {
      const body = response.body as AsyncIterable<string>
      response.stream(
        (async function* () {
          yield '<'
          for await (const piece of body) yield piece.toUpperCase()
          yield '>'
        })(),
      )
    })
    expect((await client.get('/')).text).toBe('<AB>')
    expect(ended).toEqual(['ended'])
  })

  test('that fails ends the stream', async () => {
    const { client, ended } = serve(() => {
      throw new Error('hook')
    })
    expect((await client.get('/')).status).toBe(500)
    while (ended.length === 0) await wait(1)
  })
})

describe('a client that leaves', () => {
  test('before the first piece does not undo what was written', async () => {
    let begun = () => {}
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve
    })
    let finished: unknown
    const { port, ask } = await serveStream(async function* () {
      if (request.headers.has('x-wait')) {
        free.n = 1
        begun()
        try {
          await wait(60_000, undefined, { signal: request.signal })
        } finally {
          finished = [request.path, free.n]
        }
      }
      yield 'x'
    })
    const saves: unknown[] = []
    const sessions = running!.app.sessionInterface!
    const { saveSession } = sessions
    sessions.saveSession = (context, response, failed) => {
      saves.push([free.n, failed])
      return saveSession.call(sessions, context, response, failed)
    }
    const socket = connect(port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nX-Wait: 1\r\n\r\n')
    await hasBegun
    const left = performance.now()
    socket.destroy()
    while (saves.length === 0) await wait(1)
    expect(performance.now() - left).toBeLessThan(1500)
    expect(saves).toEqual([[1, false]])
    expect(finished).toEqual(['/', 1])
    expect((await ask('/')).text).toBe('x')
  })

  test('later aborts the signal within a second, says why, and lets `finally` run in the request', async () => {
    const source = new EventEmitter().setMaxListeners(0)
    const left: unknown[] = []
    const { port, app } = await serveStream(async function* () {
      const { signal } = request
      try {
        yield 'begun'
        for await (const _ of on(source, 'x', { signal })) yield 'x'
      } finally {
        left.push([request.path, (signal.reason as Error).name, Object.keys(free)])
      }
    })
    const errors: unknown[] = []
    app.log.error = (...args: unknown[]) => void errors.push(args)
    const clients = await Promise.all(
      Array.from({ length: 20 }, async (_, at) => {
        const socket = connect(port, '127.0.0.1')
        socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
        await once(socket, 'data')
        return { socket, end: at % 2 === 0 ? () => socket.destroy() : () => socket.resetAndDestroy() }
      }),
    )
    while (source.listenerCount('x') < 20) await wait(1)
    const begun = performance.now()
    for (const { end } of clients) end()
    while (left.length < 20) await wait(10)
    expect(performance.now() - begun).toBeLessThan(3000)
    expect(left).toEqual(left.map(() => ['/', 'ClientDisconnected', []]))
    expect(source.listenerCount('x')).toBe(0)
    expect(errors).toEqual([])
  })

  test('of the test client is one', async () => {
    let reason: unknown
    const client = clientOf(async function* () {
      yield 'a'
      request.signal.addEventListener('abort', () => {
        reason = [request.path, (request.signal.reason as Error).name]
      })
      yield 'b'
      await new Promise((resolve) => request.signal.addEventListener('abort', resolve))
    })
    const stream = await client.stream('GET', '/')
    let text = ''
    while (text !== 'ab') text += await stream.next()
    await stream.leave()
    while (reason === undefined) await wait(1)
    expect(reason).toEqual(['/', 'ClientDisconnected'])
  })

  test('while a whole response is made aborts its signal, and is no error', async () => {
    let began = () => {}
    const hasBegun = new Promise<void>((resolve) => {
      began = resolve
    })
    const reasons: unknown[] = []
    const { port, app } = await serveStream(async () => {
      began()
      await wait(60_000, undefined, { signal: request.signal })
      return ''
    })
    const errors: unknown[] = []
    app.log.error = (...args: unknown[]) => void errors.push(args)
    app.hooks.add('preHandleException', (error) => void reasons.push((error as HTTPException).name))
    const socket = connect(port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await hasBegun
    socket.destroy()
    while (reasons.length === 0) await wait(1)
    expect([reasons, errors]).toEqual([['ClientDisconnected'], []])
  })
})

test('a thrown value that cannot be looked at, after the client has left, ends nothing else', async () => {
  let asked = 0
  const { port, ask, app } = await serveStream(async () => {
    if (request.headers.has('x-ask')) return 'alive'
    asked++
    await once(request.signal, 'abort')
    const trap = () => {
      throw new Error('trap')
    }
    throw new Proxy({}, { get: trap, getPrototypeOf: trap, has: trap })
  })
  const errors: unknown[] = []
  app.log.error = (...args: unknown[]) => void errors.push(args)
  const socket = connect(port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  while (asked === 0) await wait(1)
  socket.destroy()
  while (errors.length === 0) await wait(1)
  expect((await ask('/', { headers: { 'x-ask': '1' } })).text).toBe('alive')
})

test('a listener of the signal that throws is logged with its request, and ends nothing else', async () => {
  const { port, app, ask } = await serveStream(() => {
    if (request.headers.has('x-ask')) return 'alive'
    return (async function* () {
      request.signal.addEventListener('abort', () => {
        throw new Error('in the listener')
      })
      yield 'begun'
      await new Promise((resolve) => request.signal.addEventListener('abort', resolve))
    })()
  })
  const errors: unknown[][] = []
  app.log.error = (...args: unknown[]) => void errors.push(args)
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /?a=secret HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await once(socket, 'data')
  socket.destroy()
  while (errors.length === 0) await wait(1)
  expect(errors).toEqual([[{ err: new Error('in the listener') }, 'GET /: a listener failed']])
  expect((await ask('/', { headers: { 'x-ask': '1' } })).text).toBe('alive')
})

test('when the server stops the signal tells all streams, and a download may finish', async () => {
  const reasons: unknown[] = []
  let go = () => {}
  const { ask, close } = await serveStream(async function* () {
    const { signal } = request
    yield 'begun'
    if (request.args.has('download')) {
      await new Promise<void>((resolve) => {
        go = resolve
      })
      yield ' to the end'
    } else {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      reasons.push([signal.reason.name, signal.reason.code])
      yield ' stopped'
    }
  })
  const texts = [ask('/'), ask('/'), ask('/?download')].map((asked) => asked.then(({ text }) => text))
  await wait(200)
  const closed = close()
  while (reasons.length < 2) await wait(1)
  go()
  expect(await Promise.all(texts)).toEqual(['begun stopped', 'begun stopped', 'begun to the end'])
  expect(reasons).toEqual(reasons.map(() => ['ServiceUnavailable', 503]))
  await closed
})
