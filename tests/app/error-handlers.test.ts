import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { abort, type HTTPException, html, InvalidInput, NotFound, RequestHandler, Response, Rule } from 'tipfy'
import { type Running, start } from '../support/application.ts'

class Broken extends RequestHandler {
  get(): never {
    throw new Error('inside')
  }
}

class Own extends RequestHandler {
  get(): never {
    abort(new Response('My own.', { status: 404 }))
  }
  put(): never {
    throw new NotFound('Not mine.', { response: new Response('My own.', { status: 404 }) })
  }
}

let running: Running
beforeAll(async () => {
  running = await start(
    [new Rule('/broken', { endpoint: 'broken', handler: Broken }), new Rule('/own', { endpoint: 'own', handler: Own })],
    {
      tipfy: {
        errorHandlers: {
          404: (error) => html`<p>Nothing here: ${error.description}`,
          405: () => ({ wrong: 'method' }),
          500: async () => 'Sorry.',
        },
      },
    },
  )
})
afterAll(() => running.close())

test('a status has the page that the configuration gives it, with the status and headers of the error', async () => {
  expect(await running.ask('/none')).toMatchObject({
    status: 404,
    text: '<p>Nothing here: There is nothing at this address.',
  })
  expect(await running.ask('/broken', { method: 'PUT' })).toMatchObject({
    status: 405,
    headers: { allow: 'GET, HEAD, OPTIONS' },
    text: '{"wrong":"method"}',
  })
  expect(await running.ask('/broken')).toMatchObject({ status: 500, text: 'Sorry.' })
})

test('an error that its page returns becomes the response that it would be without, for programs as for browsers', async () => {
  class Input extends RequestHandler {
    post() {
      throw new InvalidInput([{ path: ['title'], message: 'Too short.', in: 'json' }])
    }
  }
  const rules = () => [new Rule('/input', { endpoint: 'input', handler: Input })]
  const plain = await start(rules(), {})
  const own = await start(rules(), {
    tipfy: { errorHandlers: { 404: (error: HTTPException) => error, 422: (error: HTTPException) => error } },
  })
  for (const accept of ['application/json', 'text/html', 'text/plain']) {
    for (const [path, method] of [
      ['/input', 'POST'],
      ['/none', 'GET'],
    ] as const) {
      const [wanted, made] = await Promise.all(
        [plain, own].map((one) => one.ask(path, { method, headers: { accept } })),
      )
      expect(made).toMatchObject({ status: wanted!.status, text: wanted!.text })
      expect(made!.headers['content-type']).toBe(wanted!.headers['content-type'])
    }
  }
  await Promise.all([plain.close(), own.close()])
})

test('a class cannot make a page: tipfy 1.0 took one', async () => {
  class Handle404 extends RequestHandler {}
  const starting = start([], { tipfy: { errorHandlers: { 404: Handle404 as never } } })
  await expect(starting).rejects.toMatchObject({
    code: 'TIPFY_E_NOT_A_HOOK',
    message: expect.stringContaining('The hook of errorHandlers.404 is the class Handle404'),
  })
})

test('a response that an error brings is the answer, and no failure of the server', async () => {
  const codes: unknown[] = []
  running.app.hooks.add('preHandleException', (error) => void codes.push((error as { code: unknown }).code))
  for (const method of ['GET', 'PUT']) {
    expect(await running.ask('/own', { method })).toMatchObject({ status: 404, text: 'My own.' })
  }
  expect(codes).toEqual([404, 404])
})

test('a page that cannot be sent is a plain 500, and the process goes on', async () => {
  const failing = await start([new Rule('/broken', { endpoint: 'broken', handler: Broken })], {
    tipfy: {
      errorHandlers: {
        404: () => new Response().sendFile('/nowhere/404.html'),
        500: () =>
          new Response(
            (async function* () {
              await null
              throw new Error('no page')
              // biome-ignore lint/correctness/noUnreachable: what makes it a generator
              yield ''
            })(),
          ),
      },
    },
  })
  for (const path of ['/none', '/broken', '/none']) {
    expect(await failing.ask(path)).toMatchObject({ status: 500, text: 'Internal Server Error' })
  }
  await failing.close()
})

test('a handler that cannot be found stops the start', async () => {
  await expect(start([], { tipfy: { errorHandlers: { 503: 'nowhere:page' } } })).rejects.toThrow(/errorHandlers\.503/)
  await expect(start([], { tipfy: { errorHandlers: { 200: 'nowhere:page' } } })).rejects.toThrow(
    /by status, 400 to 599/,
  )
})
