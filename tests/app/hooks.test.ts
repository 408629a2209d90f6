import { describe, expect, test } from '@jest/globals'
import { App, abort, Forbidden, type HookConfig, RequestHandler, Response, Rule, response } from 'tipfy'
import { ask, start } from '../support/application.ts'

class Page extends RequestHandler {
  get() {
    response.headers.set('x-handler', 'ran')
    return 'page'
  }
  post(): never {
    throw new Error('secret inside')
  }
  put() {
    abort(403, 'Not you.')
  }
}

async function withHooks(hooks: HookConfig, work: (running: Awaited<ReturnType<typeof start>>) => Promise<void>) {
  const running = await start([new Rule('/', { endpoint: 'page', handler: Page })], { tipfy: { hooks } })
  try {
    await work(running)
  } finally {
    await running.close()
  }
}

describe('the events', () => {
  test('run in the order of a request, each with its arguments, several in the order given, awaited', async () => {
    const calls: string[] = []
    const later = async (text: string) => {
      await new Promise((resolve) => setImmediate(resolve))
      calls.push(text)
    }
    await withHooks(
      {
        posInitApp: (app) => void calls.push(`posInitApp ${app instanceof App}`),
        preRunApp: [() => later('preRunApp')],
        preInitRequest: [() => later('preInitRequest 1'), () => void calls.push('preInitRequest 2')],
        preDispatchHandler: (request, app) =>
          void calls.push(`preDispatchHandler ${request.path} ${app instanceof App}`),
        preSendResponse: (_request, answer) => later(`preSendResponse ${answer.status}`),
        preHandleException: (error) => void calls.push(`preHandleException ${(error as Error).message}`),
      },
      async ({ ask }) => {
        expect((await ask('/')).text).toBe('page')
        expect((await ask('/none')).status).toBe(404)
      },
    )
    expect(calls).toEqual([
      'posInitApp true',
      'preRunApp',
      'preInitRequest 1',
      'preInitRequest 2',
      'preDispatchHandler / true',
      'preSendResponse 200',
      'preInitRequest 1',
      'preInitRequest 2',
      'preDispatchHandler /none true',
      'preHandleException There is nothing at this address.',
      'preSendResponse 404',
    ])
  })

  test('a response of preDispatchHandler is the answer, and neither the next hook nor the handler runs', async () => {
    let others = 0
    await withHooks(
      { preDispatchHandler: [() => new Response('closed', { status: 503 }), () => void others++] },
      async ({ ask }) => {
        const answer = await ask('/')
        expect(answer).toMatchObject({ status: 503, text: 'closed' })
        expect(answer.headers['x-handler']).toBeUndefined()
      },
    )
    expect(others).toBe(0)
  })

  test('preSendResponse may replace any response, an error too', async () => {
    await withHooks(
      { preSendResponse: (_request, answer) => new Response(`was ${answer.status}`, { status: 200 }) },
      async ({ ask }) => {
        expect((await ask('/')).text).toBe('was 200')
        expect((await ask('/', { method: 'POST' })).text).toBe('was 500')
        expect((await ask('/none')).text).toBe('was 404')
      },
    )
  })

  test('each preSendResponse is given what the one before replaced', async () => {
    const order: string[] = []
    await withHooks(
      {
        preInitRequest: [() => order.push('one'), async () => order.push('two')],
        preDispatchHandler: [() => void order.push('three'), () => void order.push('four')],
        preSendResponse: [
          (_request, answer) => new Response(`${answer.data}, again`),
          async (_request, answer) => new Response(`${answer.data}, and again`),
          () => {},
        ],
      },
      async ({ ask }) => {
        expect((await ask('/')).text).toBe('page, again, and again')
      },
    )
    expect(order).toEqual(['one', 'two', 'three', 'four'])
  })

  test('a preSendResponse that throws is answered by the error, without the hook', async () => {
    let calls = 0
    await withHooks(
      {
        preSendResponse: () => {
          calls++
          throw new Forbidden('No answer for you.')
        },
      },
      async ({ ask }) => {
        expect(await ask('/')).toMatchObject({ status: 403, text: expect.stringContaining('No answer for you.') })
      },
    )
    expect(calls).toBe(1)
  })

  test.each([
    ['throws', () => abort(403), 403],
    ['rejects', async () => abort(403), 403],
    ['returns what the event does not take', () => 'text' as never, 500],
  ] as const)('the error of a preSendResponse that %s has the headers of the others', async (_what, failing, status) => {
    let calls = 0
    const setter = (name: string) => async (_request: unknown, sent: Response) => {
      sent.headers.set(name, `${sent.status}`)
    }
    const hook = () => {
      calls++
      return failing()
    }
    await withHooks({ preSendResponse: [setter('x-before'), hook, setter('x-after')] }, async ({ ask }) => {
      expect(await ask('/')).toMatchObject({ status, headers: { 'x-before': `${status}`, 'x-after': `${status}` } })
    })
    expect(calls).toBe(1)
  })

  test('preHandleException may answer for any error; one that throws is answered by what it threw', async () => {
    await withHooks(
      {
        preHandleException(error) {
          if (error instanceof Forbidden) throw new Error('in the hook')
          return new Response('caught', { status: 418 })
        },
      },
      async ({ ask }) => {
        expect(await ask('/', { method: 'POST' })).toMatchObject({ status: 418, text: 'caught' })
        expect(await ask('/', { method: 'PUT' })).toMatchObject({ status: 500 })
      },
    )
  })

  test.each([
    'preInitRequest',
    'preDispatchHandler',
  ] as const)('a %s that throws is an error of the request, which still ends', async (event) => {
    await withHooks({ [event]: () => abort(403) }, async ({ ask }) => {
      expect((await ask('/')).status).toBe(403)
    })
  })

  test('an uncaught error shows nothing of itself', async () => {
    await withHooks({}, async ({ ask }) => {
      const answer = await ask('/', { method: 'POST' })
      expect(answer.status).toBe(500)
      expect(answer.text).not.toContain('secret inside')
    })
  })
})

describe('app.hooks', () => {
  test('adds at a position, adds several, gives, calls and iterates', async () => {
    const { app, close } = await start([])
    const one = () => 1
    const two = async () => 2
    app.hooks.add('preInitRequest', two)
    app.hooks.add('preInitRequest', one, 0)
    app.hooks.addMulti({ preInitRequest: [() => 3], preRunApp: one })
    expect(app.hooks.get('preInitRequest').slice(0, 2)).toEqual([one, two])
    expect(await app.hooks.call('preInitRequest', app)).toEqual([1, 2, 3])
    for await (const answer of app.hooks.iter('preInitRequest', app)) {
      expect(answer).toBe(1)
      break
    }
    await close()
  })

  test('a hook that names no function stops the start, saying where it was looked for', async () => {
    const broken = (hook: string) => start([], { tipfy: { hooks: { posInitApp: hook } } })
    await expect(broken('nowhere:hook')).rejects.toMatchObject({
      code: 'TIPFY_E_MODULE_NOT_FOUND',
      message: expect.stringContaining('nowhere.ts'),
    })
    await expect(broken('tipfy/ext/sesion:setSecureCookieSession')).rejects.toMatchObject({
      message: expect.stringContaining('tipfy/ext/sesion'),
    })
    for (const [hook, has] of [
      ['tipfy/ext/i18n:setAppHooks', 'its modules are tipfy, tipfy/ext/session,'],
      ['tipfy/ext/messages:setMessages', 'tipfy/ext/messages exports Messages, messages'],
    ] as const) {
      await expect(broken(hook)).rejects.toMatchObject({
        code: 'TIPFY_E_IMPORT_OURS',
        message: expect.stringContaining(has),
      })
    }
    await expect(broken('application:nothing')).rejects.toMatchObject({ code: 'TIPFY_E_EXPORT_NOT_FOUND' })
    await expect(broken('application')).rejects.toMatchObject({
      code: 'TIPFY_E_IMPORT_STRING',
      message: expect.stringContaining('"application" for the configuration\'s posInitApp does not name'),
    })
    await expect(broken('tipfy:Rule')).rejects.toThrow('The hook "tipfy:Rule" of posInitApp is the class Rule')
  })

  test('a hook that is none is an error when it is added', async () => {
    const { app, close } = await start([])
    const add = (event: unknown, hook: unknown) => () => app.hooks.add(event as 'posInitApp', hook as never)
    class Guard {}
    for (const [hook, given] of [
      [undefined, 'undefined'],
      [17, '17'],
      [['module:hook'], 'a list'],
      [{ hook: 1 }, 'an object'],
      [Promise.resolve(), 'a promise'],
      [Guard, 'the class Guard'],
    ]) {
      expect(add('preInitRequest', hook)).toThrow(expect.objectContaining({ code: 'TIPFY_E_NOT_A_HOOK' }))
      expect(add('preInitRequest', hook)).toThrow(`The hook of preInitRequest is ${given}, not a function`)
    }
    expect(add(undefined, () => {})).toThrow(expect.objectContaining({ code: 'TIPFY_E_HOOK_NAME' }))
    await close()
  })
})

test('an application that cannot start answers 503 through its listener, and says why in its log', async () => {
  const { createServer } = await import('node:http')
  const { makeApp } = await import('tipfy')
  const app = makeApp({ tipfy: { logLevel: 'silent', urls: 'nowhere:getRules' } }, { root: import.meta.dirname })
  const server = createServer(app.requestListener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const answer = await ask((server.address() as { port: number }).port, '/')
  expect(answer).toMatchObject({ status: 503, text: 'The application could not start.\n' })
  server.close()
})
