import { afterEach, expect, test } from '@jest/globals'
import { type App, app as current, makeApp, RequestHandler, Rule, request, response } from 'tipfy'
import { createClient, withRequest } from 'tipfy/testing'

const names = {
  request: [
    'body',
    'query',
    'params',
    'ip',
    'get',
    'header',
    'hostname',
    'originalUrl',
    'protocol',
    'secure',
    'values',
  ],
  response: [
    'json',
    'send',
    'render',
    'redirect',
    'set',
    'header',
    'setHeader',
    'cookie',
    'clearCookie',
    'end',
    'write',
  ],
}
const globals = { request, response } as unknown as Record<string, Record<string, unknown>>

let app: App | undefined
afterEach(() => app?.close())
const open = () => {
  app = makeApp({ tipfy: { urls: () => [] } })
  return app
}

test.each(
  Object.entries(names).flatMap(([of, list]) => list.map((name) => [of, name] as const)),
)('%s.%s, a name of other frameworks, says what it is in tipfy', async (of, name) => {
  const caught = await withRequest(open(), {}, () => {
    try {
      return globals[of]![name]
    } catch (error) {
      return error
    }
  })
  expect(caught).toMatchObject({ code: 'TIPFY_E_FOREIGN_NAME' })
  expect((caught as Error).message).toMatch(
    new RegExp(`^\`${of}\\.${name}\` is a name of other frameworks\\. In tipfy it is .`),
  )
})

test('a hook may give a request a property of such a name', async () => {
  class Home extends RequestHandler {
    get() {
      return { query: globals.request!.query }
    }
  }
  const setQuery = (real: object) => void Object.assign(real, { query: { page: '1' } })
  const urls = () => [new Rule('/', { endpoint: 'home', handler: Home })]
  app = makeApp({ tipfy: { urls, hooks: { preDispatchHandler: setQuery } } })
  expect((await createClient(app).get('/')).json()).toEqual({ query: { page: '1' } })
})

test('other names that are not there are undefined, and tools that look at an object see it', async () => {
  await withRequest(open(), {}, () => {
    expect([globals.request!.user, globals.response!.locals, 'query' in request]).toEqual([undefined, undefined, false])
    expect(Object.keys(request)).not.toContain('query')
    expect(() => String(`${JSON.stringify(request)}`)).not.toThrow()
  })
})

test('the application outside a request says how many the process has', async () => {
  expect(() => current.settings).toThrow(/outside a request, and this process has none\. In a script, make one first/)
  const two = [open(), makeApp({ tipfy: { urls: () => [] } })]
  expect(() => current.settings).toThrow(/this process has 2, of which no request chooses one/)
  await two[1]!.close()
  expect(current.settings.dev).toBe(two[0]!.settings.dev)
})
