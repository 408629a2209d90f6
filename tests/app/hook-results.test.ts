// The values that hooks return. A guard that is written like a handler must never fail open.
import { describe, expect, test } from '@jest/globals'
import {
  Forbidden,
  type HookConfig,
  html,
  makeApp,
  NotFound,
  type Request,
  RequestHandler,
  Response,
  Rule,
  response,
} from 'tipfy'
import { createClient } from 'tipfy/testing'

let ran = 0
class Page extends RequestHandler {
  get() {
    ran++
    return 'page'
  }
}

function clientWith(hooks: object, config: object = {}) {
  ran = 0
  const urls = () => [
    new Rule('/', { endpoint: 'page', handler: Page }),
    new Rule('/folder/', { endpoint: 'folder', handler: Page }),
  ]
  const app = makeApp(
    { tipfy: { dev: false, logLevel: 'silent', urls, hooks: hooks as HookConfig, ...config } },
    { root: import.meta.dirname },
  )
  const errors: unknown[] = []
  app.hooks.add('preHandleException', (error) => void errors.push(error))
  return { app, client: createClient(app), errors }
}

describe('a preDispatchHandler hook', () => {
  test.each<[string, () => unknown, { status: number; text: string }]>([
    ['an HTTPException', () => new Forbidden('No.'), { status: 403, text: expect.stringContaining('No.') as never }],
    ['a web Response', () => new globalThis.Response('web', { status: 402 }), { status: 402, text: 'web' }],
    ['a Response', () => new Response('ours', { status: 418 }), { status: 418, text: 'ours' }],
    ['a text', () => 'text', { status: 200, text: 'text' }],
    ['html', () => html`<b>${'&'}</b>`, { status: 200, text: '<b>&amp;</b>' }],
    ['an object', () => ({ a: 1 }), { status: 200, text: '{"a":1}' }],
    ['bytes', () => new Uint8Array([104, 105]), { status: 200, text: 'hi' }],
    [
      'the global response',
      () => Object.assign(response, { status: 451, data: 'global' }) && response,
      { status: 451, text: 'global' },
    ],
    [
      'a generator',
      () =>
        (function* () {
          yield 'piece'
        })(),
      { status: 200, text: 'piece' },
    ],
  ])('may return %s, and no handler runs', async (_, make, expected) => {
    for (const hook of [make, async () => make()]) {
      const { client } = clientWith({ preDispatchHandler: [hook, () => void ran++] })
      expect(await client.get('/')).toMatchObject(expected)
      expect(ran).toBe(0)
    }
  })

  test.each<[string, () => unknown, string]>([
    ['a number', () => 403, 'number'],
    ['false', () => false, 'boolean'],
    ['null', () => null, 'null'],
    ['a function', () => () => {}, 'function'],
    ['an object of a class', () => new Date(), 'Date'],
  ])('that returns %s is a coded error, and no handler runs', async (_, make, given) => {
    for (const hook of [make, async () => make()]) {
      const { client, errors } = clientWith({ preDispatchHandler: hook })
      expect((await client.get('/')).status).toBe(500)
      expect(errors[0]).toMatchObject({
        code: 'TIPFY_E_HOOK_RETURNED',
        message: expect.stringMatching(
          new RegExp(`of preDispatchHandler returned ${given}\\. Return nothing, or what a handler may return\\.$`),
        ),
      })
      expect(ran).toBe(0)
    }
  })

  test('runs before a 404 and a 405, with no rule', async () => {
    const rules: unknown[] = []
    const { client } = clientWith({ preDispatchHandler: (request: Request) => void rules.push(request.rule) })
    await client.get('/none')
    await client.post('/')
    expect(rules).toEqual([null, expect.anything()])
  })

  test('runs before a redirect of a slash only where the configuration asks for it, and may replace it', async () => {
    const hooks = { preDispatchHandler: () => new Forbidden() }
    expect(await clientWith(hooks).client.get('/folder')).toMatchObject({ status: 308 })
    expect(await clientWith(hooks).client.get('/folder/')).toMatchObject({ status: 403 })
    expect(await clientWith(hooks, { hooksForRedirects: true }).client.get('/folder')).toMatchObject({ status: 403 })
  })
})

describe.each(['preSendResponse', 'preHandleException'] as const)('a %s hook', (event) => {
  const path = event === 'preSendResponse' ? '/' : '/none'

  test('may return a response of ours or of the web, or an HTTPException', async () => {
    const results = [new Response('ours'), new globalThis.Response('web'), new NotFound('Thrown.')]
    for (const result of results) {
      const { client } = clientWith({ [event]: () => result })
      expect((await client.get(path)).text).toMatch(/^(ours|web)$|Thrown\./)
    }
  })

  test('that returns anything else is a coded error: the id of an error tracker is no response', async () => {
    for (const result of ['1f0c', 7, {}, null]) {
      const { app, client } = clientWith({ [event]: async () => result })
      const logged: unknown[] = []
      Object.assign(app.log, { error: ({ err }: { err: unknown }) => logged.push(err) })
      expect((await client.get(path)).status).toBe(500)
      expect(logged[0]).toMatchObject({
        code: 'TIPFY_E_HOOK_RETURNED',
        message: expect.stringContaining('or a Response or an HTTPException'),
      })
      if (event === 'preHandleException') expect((logged[0] as Error).cause).toBeInstanceOf(NotFound)
    }
  })

  test('that replaces a response leaves its own for the next request as it was', async () => {
    const kept = new Response('kept')
    const { client } = clientWith({ [event]: [() => kept] })
    await client.get(path)
    expect((await client.get(path)).text).toBe('kept')
  })
})

test('a response from a hook that takes none is a coded error: a guard at the wrong event would let everything through', async () => {
  const early = clientWith({ preInitRequest: () => new Forbidden() })
  expect((await early.client.get('/')).status).toBe(500)
  expect(early.errors[0]).toMatchObject({ code: 'TIPFY_E_HOOK_RETURNED' })
  expect(ran).toBe(0)
  for (const event of ['posInitApp', 'preRunApp']) {
    await expect(clientWith({ [event]: () => new Forbidden() }).app.ready()).rejects.toMatchObject({
      code: 'TIPFY_E_HOOK_RETURNED',
      message: expect.stringMatching(/ of \w+ returned Forbidden\. Return nothing\.$/),
    })
  }
})

describe('preRunApp', () => {
  test('may return a wrapper of requestListener, also for a server that took the listener before', async () => {
    const { createServer } = await import('node:http')
    const { ask } = await import('../support/application.ts')
    const wrap = (name: string) => (app: { requestListener: (...args: never[]) => void }) => {
      const inner = app.requestListener as (
        incoming: unknown,
        outgoing: { setHeader(name: string, value: string): void },
      ) => void
      return (incoming: unknown, outgoing: { setHeader(name: string, value: string): void }) => {
        outgoing.setHeader(`x-${name}`, 'wrapped')
        inner(incoming, outgoing)
      }
    }
    const { app, client } = clientWith({ preRunApp: [wrap('one'), wrap('two'), () => 7] })
    const server = createServer(app.requestListener).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { headers, text } = await ask((server.address() as { port: number }).port, '/')
    expect({ one: headers['x-one'], two: headers['x-two'], text }).toEqual({
      one: 'wrapped',
      two: 'wrapped',
      text: 'page',
    })
    expect((await client.get('/')).headers.get('x-two')).toBe('wrapped')
    server.close()
  })
})

declare module 'tipfy' {
  interface HookTypes {
    order_paid: (order: { id: number }) => void | Promise<unknown> | string
  }
}

describe('events of the application itself', () => {
  test('are added, called and iterated, async ones awaited', async () => {
    const { app } = clientWith({})
    const paid: number[] = []
    app.hooks.add('order_paid', async ({ id }) => paid.push(id))
    app.hooks.addMulti({ order_paid: [() => 'two'] })
    expect(await app.hooks.call('order_paid', { id: 5 })).toEqual([1, 'two'])
    expect(paid).toEqual([5])
    for await (const result of app.hooks.iter('order_paid', { id: 6 })) {
      expect(result).toBe(2)
      break
    }
    expect(app.hooks.has('order_paid')).toBe(true)
    // @ts-expect-error another event has no type, and no hooks
    expect([app.hooks.has('never'), app.hooks.get('never'), await app.hooks.call('toString')]).toEqual([false, [], []])
    // @ts-expect-error the parameter has a type
    await app.hooks.call('order_paid', { id: 'five' })
  })

  test('that are mistyped events of tipfy, or stand in config.ts, are coded errors', () => {
    const { app } = clientWith({})
    for (const name of ['preDispatchHandlr', 'pre_dispatch_handler', 'preInit']) {
      expect(() => app.hooks.add(name as never, (() => {}) as never)).toThrow(
        /Did you mean "pre(DispatchHandler|InitRequest)"/,
      )
    }
    expect(() => clientWith({ beforeRequest: () => {} })).toThrow(
      expect.objectContaining({ code: 'TIPFY_E_HOOK_NAME' }),
    )
  })
})
