// `tipfy check` finds what stops the start of `tipfy serve`, and opens nothing.
import { afterAll, expect, test } from '@jest/globals'
import { bin, project, removeProjects, run, tipfy } from '../support/project.ts'

afterAll(removeProjects)

const urls = (options: string) => `import { Rule } from 'tipfy'
export const getRules = () => [
  new Rule('/', { endpoint: 'home', handler: 'home:Home' ${options} }),
  new Rule('/login/google', { endpoint: 'google', handler: 'home:Home' }),
]
`
const session = { secretKey: 'Zq3vT8xK1mB6nW9cR2yL5pD7hF4jG0sA' }
const setSession = 'tipfy/ext/session:setSecureCookieSession'
const api = { limit: 100, window: 60, by: 'address' }
const limits = (more: object, policy: object = {}) => ({
  'tipfy/ext/security': { rateLimit: { policies: { api: { ...api, ...policy } }, ...more } },
})

/** Makes a project of a configuration, and of options of its first rule. */
function shop(hooks: object, sections: object = {}, options = ''): string {
  const config = { tipfy: { dev: false, hooks }, 'tipfy/ext/session': session, ...sections }
  return project({ 'config.ts': `export const config = ${JSON.stringify(config)}\n`, 'urls.ts': urls(options) })
}

const limited = { posInitApp: [setSession, 'tipfy/ext/security:rateLimit'] }
const found: [string, string, string, RegExp][] = [
  [
    'a rule with auth and no hook that checks it',
    shop({ posInitApp: setSession }, {}, ', auth: true'),
    'urls',
    /rule `\/` has the option `auth`, but nothing checks it/,
  ],
  [
    'a rule for bound sessions where none is bound',
    shop({ posInitApp: setSession }, {}, ", deviceBound: 'required'"),
    'urls',
    /rule `\/` has deviceBound/,
  ],
  [
    'a rate limit of an endpoint that is not there',
    shop(limited, limits({}, { endpoints: ['hom'] })),
    'tipfy/ext/security',
    /policies\.api\.endpoints must be endpoints of the rules, like "home", but is "hom"/,
  ],
  [
    'rate limits of which none has a key',
    shop(limited, limits({ policies: {} })),
    'tipfy/ext/security',
    /policies with `by`/,
  ],
  ['rate limits in no cache', shop(limited, limits({ store: 'cache' })), 'tipfy/ext/security', /Add the key `cache`/],
  [
    'rate limits in the Datastore of sessions that are chosen later',
    shop({ posInitApp: [...limited.posInitApp].reverse() }, limits({ store: 'datastore' })),
    'tipfy/ext/security',
    /Add the hook 'tipfy\/ext\/session:setDatastoreSession' before this one/,
  ],
  [
    'an exemption of an endpoint that is not there',
    shop({}, { 'tipfy/ext/session': { ...session, csrfExempt: ['hme'] } }),
    'tipfy/ext/session',
    /csrfExempt must be endpoints of the rules, like "home", but is "hme"/,
  ],
  [
    'a page to log in that asks for a login',
    shop(
      { posInitApp: setSession, preDispatchHandler: 'tipfy/ext/auth:requireUser' },
      { 'tipfy/ext/auth': { loginPath: '/' } },
      ', auth: true',
    ),
    'tipfy/ext/auth',
    /loginPath is \/, whose rule has `auth`/,
  ],
  [
    'a hook of a request among those of the start',
    shop({ posInitApp: [setSession, 'tipfy/ext/session:checkCsrf'] }),
    'hooks',
    /The hook checkCsrf is in the event posInitApp, but belongs to preDispatchHandler/,
  ],
]

test.each(found)('check finds %s', async (_, cwd, where, problem) => {
  const { stdout, status } = await tipfy(['check', '--json'], { cwd })
  expect(JSON.parse(stdout).problems).toEqual([{ where, problem: expect.stringMatching(problem) }])
  expect(status).toBe(1)
})

const google = { clientId: 'a', clientSecret: 'b', redirectUri: 'https://shop.test/login/google' }

test.each([
  ['openid-client', { providers: { google } }],
  ['@simplewebauthn/server', { passkeys: { rpId: 'shop.test' } }],
  ['jose', { iap: { audience: '/projects/1/apps/a' } }],
])('check finds that %s is not installed', async (name, auth) => {
  const hidden = `import { registerHooks } from 'node:module'
registerHooks({ resolve(name, context, next) {
  if (name !== '${name}') return next(name, context)
  throw Object.assign(new Error("Cannot find package '" + name + "'"), { code: 'ERR_MODULE_NOT_FOUND' })
} })`
  const flags = ['-C', 'tipfy-source', '--import', `data:text/javascript,${encodeURIComponent(hidden)}`]
  const cwd = shop({ posInitApp: setSession }, { 'tipfy/ext/auth': auth })
  const { stdout } = await run(bin, ['check', '--json'], { cwd, flags })
  expect(JSON.parse(stdout).problems).toEqual([
    { where: 'tipfy/ext/auth', problem: expect.stringContaining(`Install it: npm install ${name}`) },
  ])
})

test('check finds that production has no Datastore, and where one is named does not', async () => {
  const cwd = shop({ posInitApp: 'tipfy/ext/session:setDatastoreSession' })
  const problemsWith = async (env: Record<string, string>) => {
    const none = { GOOGLE_CLOUD_PROJECT: '', GCLOUD_PROJECT: '', DATASTORE_EMULATOR_HOST: '', K_SERVICE: '' }
    return JSON.parse((await tipfy(['check', '--json'], { cwd, env: { ...none, ...env } })).stdout).problems
  }
  expect(await problemsWith({})).toEqual([
    { where: 'sessions', problem: expect.stringMatching(/no Datastore.*Set GOOGLE_CLOUD_PROJECT/) },
  ])
  expect(await problemsWith({ GOOGLE_CLOUD_PROJECT: 'shop' })).toEqual([])
})

test('check warns of a page to log in that no rule handles, and of sections without the name of their module', async () => {
  const hooks = { posInitApp: setSession, preDispatchHandler: 'tipfy/ext/auth:requireUser' }
  const { stderr, status } = await tipfy(['check'], { cwd: shop(hooks, { security: {} }, ', auth: true') })
  expect(stderr).toMatch(/Rules with `auth` redirect pages to \/login, and no rule handles it/)
  expect(stderr).toMatch(/The configuration has a section 'security', .* Did you mean 'tipfy\/ext\/security'\?/)
  expect(status).toBe(0)
})

test('check only warns of rules whose protection a hook of the application may add', async () => {
  const cwd = project({
    'config.ts': "export const config = { tipfy: { hooks: { posInitApp: 'start:guard' } } }\n",
    'start.ts': `import { requireUser } from 'tipfy/ext/auth'
export const guard = (app) => app.hooks.add('preDispatchHandler', requireUser)
`,
    'urls.ts': urls(', auth: true'),
  })
  const { stderr, status } = await tipfy(['check'], { cwd })
  expect(stderr).toMatch(/^warn: Unless a hook of the application adds it: The rule `\/` has the option `auth`/m)
  expect(status).toBe(0)
})

test('check names a module that cannot be imported once, however many rules name it', async () => {
  const cwd = project({ 'urls.ts': urls(''), 'app/home.ts': "import './nowhere.ts'\n" })
  const { stdout, stderr } = await tipfy(['check'], { cwd })
  expect(stdout.match(/nowhere/g)).toHaveLength(1)
  expect(stderr).toBe('tipfy: 1 problem found.\n')
})
