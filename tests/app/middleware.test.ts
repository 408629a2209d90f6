import { Readable } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import {
  Forbidden,
  type HandlerClass,
  MethodNotAllowed,
  type Middleware,
  makeApp,
  NotFound,
  RequestHandler,
  Response,
  Rule,
  request,
  response,
} from 'tipfy'
import { createClient } from 'tipfy/testing'

function clientFor(handler: HandlerClass, options: object = {}) {
  const urls = () => [new Rule('/<name>', { endpoint: 'page', handler, ...options })]
  return createClient(makeApp({ tipfy: { dev: false, logLevel: 'silent', urls } }, { root: import.meta.dirname }))
}

let calls: string[]
const noting = (name: string, more: Middleware = {}): Middleware => ({
  beforeDispatch: () => void calls.push(`before ${name}`),
  afterDispatch: (_, { status }) => void calls.push(`after ${name} ${status}`),
  ...more,
})

class Page extends RequestHandler {
  get({ name }: { name: string }) {
    calls.push('method')
    if (name === 'fail') throw new Error('failed')
    if (name === 'forbidden') throw new Forbidden('Not you.')
    return `page ${name}`
  }
}

describe('the middleware of a handler class', () => {
  test('runs before the method, and after it in reverse order, with the response', async () => {
    calls = []
    class Wrapped extends Page {
      static override middleware = [noting('one'), noting('two')]
    }
    expect((await clientFor(Wrapped).get('/a')).text).toBe('page a')
    expect(calls).toEqual(['before one', 'before two', 'method', 'after two 200', 'after one 200'])
  })

  test('is inherited, may be async, gets the handler, and its responses replace others', async () => {
    calls = []
    const seen: unknown[] = []
    class Base extends Page {
      static override middleware: readonly Middleware[] = [
        {
          async beforeDispatch(handler) {
            seen.push(handler.constructor.name, request.path)
          },
          async afterDispatch(_, first) {
            return new Response(`${first.data}, replaced`, { status: 201 })
          },
        },
      ]
    }
    class Own extends Base {}
    expect(await clientFor(Own).get('/a')).toMatchObject({ status: 201, text: 'page a, replaced' })
    expect(seen).toEqual(['Own', '/a'])
  })

  test('skips the method and later middleware with a value that beforeDispatch returns', async () => {
    for (const result of [
      new Forbidden(),
      new globalThis.Response('web', { status: 403 }),
      new Response('x', { status: 403 }),
    ]) {
      calls = []
      class Guarded extends Page {
        static override middleware = [noting('one', { beforeDispatch: () => result }), noting('two')]
      }
      expect((await clientFor(Guarded).get('/a')).status).toBe(403)
      expect(calls).toEqual(['after two 403', 'after one 403'])
    }
  })

  test('may return the global response', async () => {
    calls = []
    class Global extends Page {
      static override middleware: Middleware[] = [
        {
          beforeDispatch() {
            response.status = 202
            response.data = 'global'
            return response
          },
        },
      ]
    }
    expect(await clientFor(Global).get('/a')).toMatchObject({ status: 202, text: 'global' })
  })

  test('handles errors of the method in reverse order; what none of it handles goes on', async () => {
    calls = []
    class Handled extends Page {
      static override middleware = [
        noting('one', { handleException: (_, error) => (error instanceof Forbidden ? undefined : 'handled') }),
        noting('two', { handleException: (_, error) => void calls.push(String(error)) }),
      ]
    }
    const client = clientFor(Handled)
    expect(await client.get('/fail')).toMatchObject({ status: 200, text: 'handled' })
    expect(calls).toEqual(['before one', 'before two', 'method', 'Error: failed', 'after two 200', 'after one 200'])
    expect((await client.get('/forbidden')).status).toBe(403)
  })

  test('that would never run is a coded error, and no request gets through', async () => {
    class Guard {
      beforeDispatch() {
        return new Forbidden()
      }
    }
    for (const wrong of [Guard, {}, undefined]) {
      class Broken extends Page {
        static override middleware = [noting('one'), wrong as never]
      }
      calls = []
      const client = clientFor(Broken)
      expect((await client.get('/a')).status).toBe(500)
      expect(calls).toEqual([])
    }
  })

  test('that is no static list is a coded error, and no request gets through', async () => {
    const guard = noting('guard', { beforeDispatch: () => new Forbidden() })
    class Field extends Page {
      middleware = [guard]
    }
    class Single extends Page {
      static override middleware = guard as never
    }
    for (const [handler, given] of [
      [Field, 'a field of its instances'],
      [Single, 'an object'],
    ] as const) {
      calls = []
      let message: unknown
      const urls = () => [new Rule('/', { endpoint: 'page', handler })]
      const preHandleException = (error: unknown) => {
        message = (error as Error).message
      }
      const app = makeApp({ tipfy: { dev: false, logLevel: 'silent', urls, hooks: { preHandleException } } })
      expect((await createClient(app).get('/')).status).toBe(500)
      expect([calls, message]).toEqual([
        [],
        `\`middleware\` of the handler ${handler.name} is ${given}, not a static list, so that none of it runs. Write \`static override middleware = […]\` in the class.`,
      ])
      await app.close()
    }
  })
})

describe('the middleware of a handler that streams', () => {
  const get = async function* () {
    try {
      if (request.args.has('fail')) throw new Error('no first piece')
      yield 'a'
      yield 'b'
    } finally {
      calls.push('finally')
    }
  }

  test('handles an error of the first piece', async () => {
    calls = []
    class Streams extends RequestHandler {
      static override middleware = [{ handleException: (_: RequestHandler, error: unknown) => `caught ${error}` }]
      get() {
        return get()
      }
    }
    const client = clientFor(Streams)
    expect((await client.get('/a', { query: { fail: '1' } })).text).toBe('caught Error: no first piece')
    expect((await client.get('/a')).text).toBe('ab')
  })

  test('may replace the stream, which is ended', async () => {
    calls = []
    const source = Readable.from(['a', 'b'])
    class Streams extends RequestHandler {
      static override middleware = [{ afterDispatch: () => 'whole' }]
      get({ name }: { name: string }) {
        return name === 'node' ? source : get()
      }
    }
    const client = clientFor(Streams)
    expect((await client.get('/generator')).text).toBe('whole')
    expect(calls).toEqual(['finally'])
    expect((await client.get('/node')).text).toBe('whole')
    expect(source.destroyed).toBe(true)
  })
})

describe('handleException of a handler class', () => {
  test('gets the errors of its methods, and its value is taken as theirs', async () => {
    calls = []
    class Careful extends Page {
      override async handleException(error: unknown) {
        if (error instanceof Forbidden) return new NotFound('Nothing here.')
        if ((error as Error).message === 'failed') return { failed: true }
        return undefined
      }
      put() {
        throw new Error('other')
      }
    }
    const client = clientFor(Careful)
    expect((await client.get('/fail')).json()).toEqual({ failed: true })
    expect(await client.get('/forbidden')).toMatchObject({
      status: 404,
      text: expect.stringContaining('Nothing here.'),
    })
    expect((await client.put('/a')).status).toBe(500)
    expect((await client.get('/a')).text).toBe('page a')
  })
})

describe('dispatch', () => {
  class OnlyDispatch extends RequestHandler {
    override dispatch(method: string, args: object) {
      return `${method} ${JSON.stringify(args)}`
    }
  }

  test('of a class without methods is called for every method that the rule allows', async () => {
    const any = clientFor(OnlyDispatch)
    for (const method of ['GET', 'POST', 'DELETE', 'PATCH', 'OPTIONS']) {
      expect((await any.request(method, '/a')).text).toBe(`${method.toLowerCase()} {"name":"a"}`)
    }
    expect((await any.head('/a')).status).toBe(200)
    const some = clientFor(OnlyDispatch, { methods: ['POST'] })
    expect((await some.post('/a')).text).toBe('post {"name":"a"}')
    const rejected = await some.get('/a')
    expect({ status: rejected.status, allow: rejected.headers.get('allow') }).toEqual({
      status: 405,
      allow: 'POST, OPTIONS',
    })
  })

  test('with the name of a method that the class does not have is MethodNotAllowed', async () => {
    expect(() => new Page().dispatch('put', {})).toThrow(MethodNotAllowed)
    class Forwarding extends Page {
      post() {
        return new Page().dispatch('put', {})
      }
    }
    const { status, headers } = await clientFor(Forwarding).post('/a')
    expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: 'GET, HEAD, OPTIONS' })
  })
})

describe('a rule', () => {
  const appOf = (handler: string) => {
    const urls = () => [new Rule('/<name>', { endpoint: 'page', handler })]
    const root = `${import.meta.dirname}/../fixtures/handlers`
    return makeApp({ tipfy: { dev: false, logLevel: 'silent', urls } }, { root })
  }
  const client = (handler: string) => createClient(appOf(handler))

  test('may name a method of a class, which gets every verb', async () => {
    for (const method of ['GET', 'POST']) {
      expect((await client('named:Named.show').request(method, '/ann')).text).toBe(`Named shows ann to ${method}`)
    }
    expect((await client('named:Named').get('/ann')).text).toBe('got ann')
  })

  test('may name a function, which gets the variables', async () => {
    expect((await client('named:plain').get('/ann')).text).toBe('plain ann')
    expect((await client('named:later').post('/ann')).json()).toEqual({ name: 'ann' })
  })

  test('that names a method or an export that is none is a coded error', async () => {
    const none = ['nothing', 'constructor', 'toString', 'dispatch', 'show.name'].map((name) => `named:Named.${name}`)
    for (const handler of [...none, 'named:value', 'named:Other', 'named:plain.method']) {
      expect((await client(handler).get('/ann')).status).toBe(500)
      const rule = new Rule('/', { endpoint: 'page', handler })
      await expect(appOf(handler).handlers.load(rule)).rejects.toMatchObject({ code: 'TIPFY_E_NOT_A_HANDLER' })
    }
  })
})
