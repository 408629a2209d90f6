// What JavaScript passes without a compiler: misspelt options, a configuration in place of an application.
import { afterAll, expect, test } from '@jest/globals'
import { makeApp, RequestHandler, Response, Rule, response, runApp, serve, staticFiles, staticRule } from 'tipfy'
import { createClient, withRequest } from 'tipfy/testing'

class Home extends RequestHandler {
  get() {
    return 'home'
  }
}
const tipfy = {
  dev: false,
  logLevel: 'silent' as const,
  urls: () => [new Rule('/', { endpoint: 'home', handler: Home })],
}
const app = makeApp({ tipfy })
afterAll(() => app.close())

const sendFile = (options: object) => withRequest(app, {}, () => response.sendFile('a.txt', options as never))

test.each<[string, () => unknown, string]>([
  [
    'sendFile',
    () => sendFile({ rot: '.' }),
    'The options of sendFile() have no `rot`, perhaps `root` was meant. They are an object with any of root,',
  ],
  [
    'staticRule',
    async () => staticRule('/static', 'public', { maxage: 3 } as never),
    'The options of staticRule() have no `maxage`, perhaps `maxAge` was meant',
  ],
  [
    'staticFiles',
    async () => staticFiles('public', { endpoint: 'files' } as never),
    'The options of staticFiles() have no `endpoint`. They are an object with any of maxAge,',
  ],
  ['makeApp', async () => makeApp({ tipfy }, { rot: '.' } as never), 'The options of makeApp() have no `rot`'],
  [
    'makeApp with a path',
    async () => makeApp({ tipfy }, '.' as never),
    'The options of makeApp() are ".", not an object',
  ],
  ['serve', () => serve(app, { prt: 1 } as never), 'The options of serve() have no `prt`, perhaps `port` was meant'],
  ['serve with a port', () => serve(app, 8080 as never), 'The options of serve() are 8080, not an object'],
  [
    'runApp',
    async () => runApp(app, { worker: 2 } as never),
    'The options of runApp() have no `worker`, perhaps `workers` was meant',
  ],
  [
    'createClient',
    async () => createClient(app, { baseURL: '' } as never),
    'The options of createClient() have no `baseURL`, perhaps `baseUrl` was meant',
  ],
  ['a request', () => createClient(app).post('/', { data: 'x' } as never), 'The options of a request have no `data`'],
  [
    'withRequest',
    () => withRequest(app, { cookie: {} } as never, () => 1),
    'The options of withRequest() have no `cookie`, perhaps `cookies` was meant',
  ],
])('an unknown option of %s is an error that names the nearest', async (_, call, message) => {
  await expect(Promise.resolve().then(call)).rejects.toMatchObject({
    code: 'TIPFY_E_OPTIONS',
    message: expect.stringContaining(message),
  })
})

test('a configuration of which no application was made says so', async () => {
  const config = { tipfy } as never
  for (const [name, call] of [
    ['serve', () => serve(config, { port: 0 })],
    ['runApp', async () => runApp(config, { port: 0 })],
    ['createClient', async () => createClient(config)],
    ['withRequest', () => withRequest(config, {}, () => 1)],
  ] as const)
    await expect(Promise.resolve().then<unknown>(call)).rejects.toMatchObject({
      code: 'TIPFY_E_NOT_AN_APP',
      message: expect.stringContaining(
        `${name}() was given an object, not an application. Make one of the configuration: ${name}(makeApp(config))`,
      ),
    })
})

test('a port that is none is an error, whatever Node would make of it', async () => {
  for (const [port, given] of [
    ['abc', '"abc"'],
    [-1, '-1'],
    [70_000, '70000'],
    [1.5, '1.5'],
  ] as const)
    await expect(serve(app, { port: port as never, host: '127.0.0.1' })).rejects.toThrow(
      `The port is ${given}, which is no port number`,
    )
})

test('a status in place of the options of a response is an error', () => {
  expect(() => new Response('gone', 404 as never)).toThrow('The options of a Response are 404, not an object')
})
