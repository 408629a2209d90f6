// Whatever is thrown is a 500 and a line in the log, and never the end of the process.
import { expect, test } from '@jest/globals'
import { type Config, NotFound, type Request, RequestHandler, Rule } from 'tipfy'
import { makeLog } from '../../lib/internal/log.ts'
import { type Running, start } from '../support/application.ts'

const refuse = (): never => {
  throw new Error('do not look')
}
const trapped = <T extends object>(target: T): T => new Proxy(target, new Proxy({}, { get: () => refuse }))
const withGetters = (target: object) => {
  for (const name of ['name', 'message', 'stack', 'code', 'cause', 'errors', 'toString', 'then', 'constructor'])
    Object.defineProperty(target, name, { get: refuse })
  return target
}
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
function circle(): Error {
  const error = new Error('a')
  error.cause = new Error('b', { cause: error })
  return error
}
function deep(): Error {
  let error = new Error('the first')
  for (let count = 0; count < 20_000; count++)
    error = Object.assign(new Error('more', { cause: error }), { stack: 'at' })
  return error
}
const custom = { [Symbol.for('nodejs.util.inspect.custom')]: refuse }

const things: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  false: () => false,
  'an empty text': () => '',
  'a bigint': () => 1n,
  'a symbol': () => Symbol('s'),
  'a function': () => refuse,
  'an object': () => ({ a: 1 }),
  'an object of no class': () => Object.create(null),
  'a thenable': () => ({ then: refuse }),
  'a frozen error': () => Object.freeze(new Error('frozen')),
  'a Proxy that refuses': () => trapped({}),
  'an error behind such a Proxy': () => trapped(new Error('x')),
  'a NotFound behind such a Proxy': () => trapped(new NotFound()),
  'a NotFound that can be seen to be one': () => new Proxy(new NotFound(), { get: refuse }),
  'a revoked Proxy': revoked,
  'an object with getters that throw': () => withGetters({}),
  'an error with getters that throw': () => withGetters(new Error('x')),
  'an error that cannot be inspected': () => Object.assign(new Error('x'), custom, { toJSON: refuse }),
  'an error whose message is a symbol': () => Object.assign(new Error('x'), { message: Symbol('m') }),
  'an error whose stack is a number': () => Object.assign(new Error('x'), { stack: 5 }),
  'an error whose code is a bigint': () => Object.assign(new Error('x'), { code: 1n }),
  'an error without a cause': () => new Error('x', { cause: null }),
  'an error with such a cause': () => new Error('x', { cause: trapped({}) }),
  'causes in a circle': circle,
  'twenty thousand causes': deep,
  'a message of ten megabytes': () => new Error('m'.repeat(10_000_000)),
}

const places = [
  'handler',
  'async',
  'generator',
  'async generator',
  'web stream',
  'preDispatchHandler',
  'preSendResponse',
  'errorHandlers',
  'preHandleException',
] as const
type Place = (typeof places)[number]

class Thrower extends RequestHandler {
  get({ place, thing }: { place: string; thing: string }): unknown {
    const make = things[decodeURIComponent(thing)]!
    if (place === 'handler') throw make()
    if (place === 'async')
      return Promise.resolve().then(() => {
        throw make()
      })
    if (place === 'generator')
      return (function* () {
        yield* []
        throw make()
      })()
    if (place === 'async generator')
      return (async function* () {
        yield* []
        throw make()
      })()
    if (place === 'web stream')
      return new ReadableStream({
        pull() {
          throw make()
        },
      })
    if (place === 'errorHandlers') throw new NotFound()
    if (place === 'preHandleException') throw new Error('the first')
    return 'well'
  }
}

/** An application whose hooks throw what the path names where it names them. */
async function begin(dev: boolean, write: (line: string) => void): Promise<Running> {
  let asked = ''
  const throwAt = (place: Place) => {
    const [, at, thing] = asked.split('/').map(decodeURIComponent)
    if (at === place) throw things[thing!]!()
  }
  const config: Config = {
    tipfy: {
      dev,
      logLevel: 'error',
      hooks: {
        preDispatchHandler: (request: Request) => {
          asked = request.rawPath
          throwAt('preDispatchHandler')
        },
        preSendResponse: () => throwAt('preSendResponse'),
        preHandleException: () => throwAt('preHandleException'),
      },
      errorHandlers: { 404: () => throwAt('errorHandlers') },
    },
  }
  const running = await start([new Rule('/<place>/<path:thing>', { endpoint: 'thrower', handler: Thrower })], config)
  Object.assign(running.app.log, makeLog({ dev, level: 'error' }, write))
  return running
}

const all = ['text/html', 'application/json', 'text/plain']

for (const dev of [false, true])
  for (const place of dev ? (['handler', 'web stream'] as const) : places)
    test(`${dev ? 'in development' : 'in production'} anything may be thrown: ${place}`, async () => {
      const lines: string[] = []
      const running = await begin(dev, (line) => lines.push(line))
      try {
        for (const thing of Object.keys(things))
          for (const accept of dev && place === 'handler' ? all : ['text/html']) {
            lines.length = 0
            const path = `/${encodeURIComponent(place)}/${encodeURIComponent(thing)}`
            const { status, text } = await running.ask(path, { headers: { accept } })
            const isLogged = lines.some((line) => line.includes(path) && /error/i.test(line))
            expect({ thing, accept, status, isLogged }).toEqual({ thing, accept, status: 500, isLogged: true })
            if (!dev) expect(text).not.toContain('do not look')
            expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(100_000)
          }
      } finally {
        await running.close()
      }
    })

const logged = (err: unknown): { err: Record<string, unknown> } => {
  const written: string[] = []
  makeLog({ dev: false, level: 'info' }, (line) => written.push(line)).error({ err }, 'failed')
  return JSON.parse(written.join(''))
}

test('in production the log tells what was thrown where it is no error', () => {
  expect(logged('just text').err).toEqual({ message: 'just text' })
  expect(logged({ status: 400 }).err).toEqual({ message: '{ status: 400 }' })
  expect(logged(null).err).toEqual({ message: 'null' })
  expect(logged(new Error('x', { cause: 'why' })).err).toMatchObject({ message: 'x', cause: { message: 'why' } })
})

test('it tells the errors of an AggregateError', () => {
  const errors = [new TypeError('one'), 'two']
  expect(logged(new AggregateError(errors, 'all')).err).toMatchObject({
    message: 'all',
    errors: [{ name: 'TypeError', message: 'one' }, { message: 'two' }],
  })
})

test('of a long message it keeps the beginning, and where it was thrown', () => {
  const { message, stack } = logged(new Error(`start ${'m'.repeat(10_000_000)}`)).err
  expect(message).toMatch(/^start m+ … \d+ characters more … m+$/)
  expect(stack).toMatch(/^Error: start m+ … \d+ characters more … (?:.|\n)*thrown\.test/)
})

test('a field that JSON cannot carry is shown, and takes nothing else with it', () => {
  const circle: { self?: object } = {}
  circle.self = circle
  for (const dev of [false, true]) {
    const written: string[] = []
    makeLog({ dev, level: 'info' }, (line) => written.push(line)).info({ big: 1n, circle, path: '/x' }, 'told')
    expect(written).toEqual([expect.stringMatching(/told.*1n.*Circular.*\/x|1n.*Circular.*\/x.*told/)])
  }
})
