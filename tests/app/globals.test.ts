import { AsyncLocalStorage } from 'node:async_hooks'
import { EventEmitter, once } from 'node:events'
import { Agent, createServer, get as httpGet } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  app,
  bindContext,
  current,
  getConfig,
  hasRequest,
  OutsideRequestError,
  Request,
  RequestFinishedError,
  RequestHandler,
  Rule,
  request,
  response,
  runOutside,
} from 'tipfy'
import { ask, type Running, start } from '../support/application.ts'

const late: { error?: unknown; ran: Promise<void>; run: () => void } = { ran: Promise.resolve(), run: () => {} }
const shared = new EventEmitter()
const outcome: Record<string, unknown> = {}

/** Answers with what the global says after many ways of waiting, each of which has lost contexts before. */
class Wander extends RequestHandler {
  async post() {
    const name = request.args.get('name')
    const seen: unknown[] = [request.args.get('name')]
    for await (const _ of request.incoming) seen.push(request.args.get('name'))
    await new Promise<void>((resolve) => setTimeout(resolve, 5))
    seen.push(request.args.get('name'))
    await new Promise<void>((resolve) => setImmediate(() => process.nextTick(resolve)))
    seen.push(request.args.get('name'))
    const heard = new Promise<void>((resolve) => {
      shared.on(
        `ping ${name}`,
        bindContext(() => {
          seen.push(request.args.get('name'))
          resolve()
        }),
      )
    })
    runOutside(() => shared.emit(`ping ${name}`))
    await heard
    await pooled(name!, () => seen.push(request.args.get('name')))
    queueMicrotask(() => seen.push(request.args.get('name')))
    await Promise.resolve()
      .then(() => Promise.reject(new Error('ignored')))
      .catch(() => seen.push(request.args.get('name')))
    response.headers.set('x-name', name!)
    response.data = [...new Set(seen)].join('|')
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 4 })
const upstream = createServer((_, outgoing) => void setImmediate(() => outgoing.end('pooled')))

function pooled(_name: string, then: () => void): Promise<void> {
  const { port } = upstream.address() as AddressInfo
  return new Promise((resolve) => {
    httpGet({ port, agent }, (incoming) => {
      incoming.resume().on('end', () => {
        then()
        resolve()
      })
    })
  })
}

class Late extends RequestHandler {
  get() {
    late.ran = new Promise((resolve) => {
      late.run = bindContext(() => {
        try {
          outcome.late = request.path
        } catch (error) {
          late.error = error
        }
        resolve()
      })
    })
    return 'ok'
  }
}

class Look extends RequestHandler {
  get() {
    outcome.isRequest = request instanceof Request
    outcome.has = 'args' in request && !('nothing' in request)
    const real = current(request)
    outcome.same = Object.is(real, current(request)) && !Object.is(real, request)
    const { toString: one } = request
    outcome.methodsKeepIdentity = Object.is(one, request.toString)
    outcome.inspected = inspect(request) === inspect(current(request))
    Object.assign(request, { colour: 'red' })
    outcome.keys = Object.keys(request).includes('colour') && Object.keys({ ...request }).includes('colour')
    outcome.written = (current(request) as unknown as { colour: string }).colour
    outcome.deleted = Reflect.deleteProperty(request, 'colour') && !('colour' in request)
    try {
      Object.assign(request, { path: '/elsewhere' })
    } catch (error) {
      outcome.refused = (error as Error).name
    }
    response.status = 201
    outcome.set = current(response).status === 201 && !Object.hasOwn(current(response), 'status')
    Object.defineProperty(response, 'status', { value: 202, writable: true })
    response.status = 200
    outcome.hidden = Object.getOwnPropertyDescriptor(current(response), 'status')?.value === 200
    Reflect.deleteProperty(response, 'status')
    outcome.app = current(app) === running.app
    return 'ok'
  }
}

/** Freezes what all requests share, as libraries do that freeze whatever they are given. */
class Freeze extends RequestHandler {
  get() {
    const attempts = [
      Object.freeze,
      Object.seal,
      Object.preventExtensions,
      (it: object) => Object.setPrototypeOf(it, null),
    ]
    const left = [request, response, app].flatMap((global) =>
      attempts.filter((attempt) => {
        try {
          attempt(global)
          return true
        } catch (error) {
          return !(error instanceof TypeError)
        }
      }),
    )
    const keys = [request, response, app].map(
      (global) => Object.keys({ ...global }).length > 0 || global instanceof Object,
    )
    return JSON.stringify([left.length, keys])
  }
}

const outer = new AsyncLocalStorage<string>()

class Outer extends RequestHandler {
  async get() {
    const before = outer.getStore()
    await new Promise((resolve) => setImmediate(resolve))
    return `${before} ${outer.getStore()} ${hasRequest()}`
  }
}

let running: Running
beforeAll(async () => {
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  running = await start(
    [
      new Rule('/wander', { endpoint: 'wander', handler: Wander }),
      new Rule('/late', { endpoint: 'late', handler: Late }),
      new Rule('/look', { endpoint: 'look', handler: Look }),
      new Rule('/freeze', { endpoint: 'freeze', handler: Freeze }),
      new Rule('/outer', { endpoint: 'outer', handler: Outer }),
    ],
    { bazaar: { currency: 'EUR' } },
  )
})
afterAll(async () => {
  await running.close()
  agent.destroy()
  upstream.close()
})

describe('inside a request', () => {
  test('200 interleaved requests over streams, timers, emitters and pooled connections never see each other', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, at) =>
        running.ask(`/wander?name=n${at}`, { method: 'POST', body: 'x'.repeat(10_000) }),
      ),
    )
    expect(answers.map(({ text }) => text)).toEqual(Array.from({ length: 200 }, (_, at) => `n${at}`))
    expect(answers.map(({ headers }) => headers['x-name'])).toEqual(Array.from({ length: 200 }, (_, at) => `n${at}`))
  })

  test("what the caller of the listener had stored is there in the request, and nothing of the request in the caller's code", async () => {
    const caller: unknown[] = []
    const server = createServer((incoming, outgoing) => {
      outer.run('outer', () => {
        running.app.requestListener(incoming, outgoing)
        caller.push(hasRequest(), outer.getStore())
      })
      caller.push(hasRequest(), outer.getStore())
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { text } = await ask((server.address() as AddressInfo).port, '/outer')
    server.close()
    expect(text).toBe('outer outer true')
    expect(caller).toEqual([false, 'outer', false, undefined])
  })

  test('a global behaves as the object it stands for', async () => {
    await running.ask('/look')
    expect(outcome).toMatchObject({
      isRequest: true,
      has: true,
      same: true,
      methodsKeepIdentity: true,
      inspected: true,
      keys: true,
      written: 'red',
      deleted: true,
      refused: 'TipfyError',
      set: true,
      hidden: true,
      app: true,
    })
  })

  test('a global cannot be frozen, which would break it for all requests', async () => {
    for (const _ of [1, 2]) expect((await running.ask('/freeze')).text).toBe('[0,[true,true,true]]')
  })

  test('work that outlives its request is told so, with the request named', async () => {
    await running.ask('/late')
    await new Promise((resolve) => setImmediate(resolve))
    late.run()
    await late.ran
    expect(late.error).toBeInstanceOf(RequestFinishedError)
    expect((late.error as Error).message).toMatch(
      /^`request` was used after its request ended: request \d+ \(GET \/late\) finished \d+ s ago\. Await/,
    )
  })
})

describe('outside a request', () => {
  test('any use of a request global is refused by name, with the remedy', () => {
    expect(() => request.path).toThrow(OutsideRequestError)
    expect(() => request.path).toThrow(/`request` was used outside a request\. Use it in code that a request runs/)
    expect(() => 'path' in response).toThrow(/`response`/)
    expect(() => {
      response.data = 'x'
    }).toThrow(OutsideRequestError)
    expect(() => delete (response as Partial<typeof response>).body).toThrow(OutsideRequestError)
    expect(hasRequest()).toBe(false)
  })

  test('probing by tools never throws', async () => {
    expect(await request).toBe(request)
    expect(inspect(request)).toBe('[request: no request]')
    expect(JSON.stringify({ request })).toBe('{"request":{}}')
    expect(String(response)).toBe('[object Object]')
    expect(Object.keys(request)).toEqual([])
    expect(request).not.toEqual({ a: 1 })
    expect(request instanceof Request).toBe(false)
    expect(() => expect(request).toEqual(1)).toThrow(/Expected: 1/)
  })

  test('the only application of a process, and its configuration, can be had anywhere', () => {
    expect(app.root).toBe(running.app.root)
    expect(getConfig('bazaar', 'currency')).toBe('EUR')
    expect(getConfig('bazaar', 'none', 'fallback')).toBe('fallback')
  })
})
