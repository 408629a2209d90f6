// Modules belong to no request, even if one causes their import: the first visitor's values must not become everybody's.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type App, type Config, makeApp } from 'tipfy'
import { createClient } from 'tipfy/testing'
import { project, removeProjects } from '../support/project.ts'

afterAll(removeProjects)

const home = (top: string) => `import { app, getConfig, hasRequest, RequestHandler, request, response } from 'tipfy'
import { session, sessionStore } from 'tipfy/ext/session'
${top}
export class Home extends RequestHandler {
  get() {
    return String(mine)
  }
}
export function hook() {
  return String(mine)
}
`

const files = {
  'app/takes.ts': home('const mine = session.secret'),
  'app/request.ts': home('const mine = request.path'),
  'app/response.ts': home('const mine = response.status'),
  'app/store.ts': home('const mine = sessionStore.user'),
  'app/later.ts': home(
    "await new Promise((resolve) => setImmediate(resolve))\nconst mine = hasRequest() ? 'a request' : 'none'",
  ),
  'app/config.ts': home("const mine = `${getConfig('shop', 'name')} ${app.root}`"),
  'app/timer.ts': home("let mine = ''\nsetTimeout(() => { mine = hasRequest() ? 'a request' : 'none' }, 1)"),
  'hooks.ts': home("const mine = hasRequest() ? 'a request' : 'none'"),
}

let root: string
beforeAll(() => {
  root = project(files)
})

function make(rules: string, config: Config = {}): App {
  return makeApp(
    {
      'tipfy/ext/session': { secretKey: randomBytes(32).toString('hex') },
      ...config,
      tipfy: {
        dev: false,
        logLevel: 'silent',
        hooks: { posInitApp: ['tipfy/ext/session:setSecureCookieSession'] },
        urls: async () => {
          const { Rule } = await import('tipfy')
          const lazy = () => import(`${root}/app/later.ts?lazy`).then(({ Home }) => Home)
          return [
            new Rule('/lazy', { endpoint: 'lazy', handler: lazy }),
            new Rule('/', { endpoint: 'home', handler: rules }),
          ]
        },
      },
    },
    { root },
  )
}

test.each([
  'takes',
  'request',
  'response',
  'store',
])('a module that reads a global of a request when it is imported is an error: %s', async (name) => {
  const app = make(`${name}:Home`)
  const errors: { code?: string }[] = []
  app.hooks.add('preHandleException', (error) => void errors.push(error as object))
  const client = createClient(app)
  await client.session((session) => {
    Object.assign(session, { secret: 'of the first' })
  })
  for (const one of [client, createClient(app)]) expect((await one.get('/')).status).toBe(500)
  expect(errors.map(({ code }) => code)).toEqual(['TIPFY_E_OUTSIDE_REQUEST', 'TIPFY_E_OUTSIDE_REQUEST'])
})

test('modules run outside the request that imports them, beyond an await too, and so do timers that they start', async () => {
  for (const handler of ['later:Home', 'timer:Home']) {
    const client = createClient(make(handler))
    const ask = async () => (await client.get('/')).text
    while ((await ask()) === '') await new Promise((resolve) => setTimeout(resolve, 1))
    expect(await ask()).toBe('none')
    expect((await client.get('/lazy')).text).toBe('none')
  }
})

test('a hook that is added by name in a request is imported outside of it', async () => {
  const app = make('later:Home')
  app.hooks.add('preInitRequest', () => {
    if (app.hooks.get('preDispatchHandler').length === 0) app.hooks.add('preDispatchHandler', 'hooks:hook')
  })
  expect((await createClient(app).get('/')).text).toBe('none')
})

test('`app` and `getConfig` work in a module that is imported, with several applications in the process', async () => {
  const others = [make('later:Home'), make('later:Home')]
  const app = make('config:Home', { shop: { name: 'Teas' } })
  expect((await createClient(app).get('/')).text).toBe(`Teas ${root}`)
  for (const one of [...others, app]) await one.close()
})

test('hooks and error handlers are found where handlers are: in app/, else in the root, else the error lists both', async () => {
  const text = (
    where: string,
  ) => `export const added = (request, response) => { response.headers.set('x-hook', '${where}') }
export const page = () => '${where}'
`
  const folder = project({
    'app/guards.js': text('app'),
    'guards.js': text('root'),
    'other.js': text('root'),
    'app/shop/guards.js': text('shop'),
  })
  const at = (module: string) => {
    const hooks = { preSendResponse: `${module}:added` }
    const tipfy = { dev: false, logLevel: 'silent', urls: () => [], hooks, errorHandlers: { 404: `${module}:page` } }
    return makeApp({ tipfy } as Config, { root: folder })
  }
  for (const [module, where] of Object.entries({ guards: 'app', other: 'root', 'shop.guards': 'shop' })) {
    const { headers, text: body } = await createClient(at(module)).get('/')
    expect([headers.get('x-hook'), body]).toEqual([where, where])
  }
  await expect(at('nowhere').ready()).rejects.toMatchObject({
    code: 'TIPFY_E_MODULE_NOT_FOUND',
    message: expect.stringMatching(/looked for app\/nowhere\.ts, .* nowhere\.ts, /),
  })
})
