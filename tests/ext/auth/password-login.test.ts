import { expect, jest, test } from '@jest/globals'
import { makeApp, RequestHandler, Rule, request } from 'tipfy'
import { hashPassword, loginWithPassword } from 'tipfy/ext/auth'
import { sessionStore, setSecureCookieSession } from 'tipfy/ext/session'
import { createClient, type TestClient, withRequest } from 'tipfy/testing'
import { key } from '../session/site.ts'

const cost = (logCost: number) => ({ algorithm: 'scrypt', scrypt: { logCost, blockSize: 8, parallelism: 1 } })

class Login extends RequestHandler {
  get() {
    return sessionStore.csrfToken()
  }
  async post() {
    const form = await request.form()
    const name = form.get('name') ?? ''
    const options = { remember: form.has('remember'), saveHash: (hash: string) => saved.push(hash) }
    const isIn = await loginWithPassword(name, form.get('password') ?? '', users.get(name.toLowerCase()), options)
    return isIn ? `in as ${sessionStore.user}` : 'no'
  }
}

class JsonLogin extends RequestHandler {
  async post() {
    const { name, password } = (await request.json()) as { name: string; password: string }
    return (await loginWithPassword(name, password, users.get('ann'))) ? 'in' : 'no'
  }
}

const saved: string[] = []
const users = new Map<string, { id: string; passwordHash: string | null }>()

async function open({ passwords = cost(4), session = {}, security = {} }: Record<string, object> = {}) {
  const lines: unknown[][] = []
  const app = makeApp({
    tipfy: {
      dev: false,
      logLevel: 'silent',
      urls: () => [
        new Rule('/login', { endpoint: 'login', handler: Login }),
        new Rule('/login/json', { endpoint: 'login/json', handler: JsonLogin }),
      ],
      hooks: { posInitApp: setSecureCookieSession },
    },
    'tipfy/ext/session': { secretKey: key, ...session },
    'tipfy/ext/auth': { passwords },
    'tipfy/ext/security': security,
  } as never)
  await app.ready()
  for (const level of ['info', 'warn'] as const) app.log[level] = ((...args: unknown[]) => lines.push(args)) as never
  await withRequest(app, {}, async () => {
    users.set('ann', { id: 'user-1', passwordHash: await hashPassword('open sesame') })
  })
  users.set('google', { id: 'user-2', passwordHash: null })
  saved.length = 0
  return { app, lines, client: () => createClient(app) }
}

async function tryToLogIn(client: TestClient, form: Record<string, string>) {
  const csrf = (await client.get('/login')).text
  return client.post('/login', { form: { _csrf: csrf, ...form } })
}

test('a name of megabytes, which Unicode would make longer still, is not normalised whole', async () => {
  const { client } = await open()
  const normalize = jest.spyOn(String.prototype, 'normalize')
  try {
    expect((await tryToLogIn(client(), { name: '\ufdfa'.repeat(10_000), password: 'x' })).text).toBe('no')
    const lengths = normalize.mock.results.map(({ value }) => (value as string).length)
    expect(Math.max(...lengths)).toBeLessThan(10_000)
  } finally {
    normalize.mockRestore()
  }
})

test('a body of JSON with other values than texts is a failed login', async () => {
  const { client } = await open({ session: { csrfExempt: ['login/json'] } })
  for (const json of [
    {},
    { name: null, password: null },
    { name: ['ann'], password: ['open sesame'] },
    { name: 'ann', password: {} },
  ]) {
    expect((await client().post('/login/json', { json })).text).toBe('no')
  }
  const json = { name: 'ann', password: 'open sesame' }
  expect((await client().post('/login/json', { json })).text).toBe('in')
})

test('a name and its password log in, in a session with a new id', async () => {
  const { client } = await open()
  const ann = client()
  const response = await tryToLogIn(ann, { name: 'Ann', password: 'open sesame', remember: '1' })
  expect(response.text).toBe('in as user-1')
  expect(ann.cookies.all().some(({ expires }) => (expires ?? 0) > Date.now() + 29 * 86_400_000)).toBe(true)
  expect(saved).toEqual([])
})

test('a hash of another cost is replaced at the login, and not at one that fails', async () => {
  await open()
  const old = users.get('ann')!
  const { client } = await open({ passwords: cost(5) })
  users.set('ann', old)
  await tryToLogIn(client(), { name: 'ann', password: 'no' })
  expect(saved).toEqual([])
  await tryToLogIn(client(), { name: 'ann', password: 'open sesame' })
  expect(saved).toEqual([expect.stringMatching(/^\$scrypt\$ln=5/)])
})

test.each([
  ['a wrong password', 'ann', 'hunter2', 'user-1'],
  ['an unknown name', 'hunter2', 'open sesame', null],
  ['a user without a password', 'google', 'hunter2', 'user-2'],
  ['nothing at all', '', '', null],
])('%s gets the same response, and a line without what was typed', async (_, name, password, user) => {
  const { client, lines } = await open()
  expect((await tryToLogIn(client(), { name, password })).text).toBe('no')
  const failures = lines.filter(([, message]) => message === 'a login has failed')
  expect(failures).toEqual([[{ user, address: '127.0.0.1' }, 'a login has failed']])
  expect(JSON.stringify(lines)).not.toContain('hunter2')
})

test('a form without its token is a 403, unless the endpoint is exempt', async () => {
  const { client } = await open()
  const form = { name: 'ann', password: 'open sesame' }
  expect((await client().post('/login', { form })).status).toBe(403)
  const exempt = await open({ session: { csrfExempt: ['login'] } })
  expect((await exempt.client().post('/login', { form })).text).toBe('in as user-1')
})

test('attempts are limited by name, however it is written, whoever tries; a login begins anew', async () => {
  const { client } = await open({ security: { rateLimit: { policies: { login: { limit: 3, window: 900 } } } } })
  const attempt = async (name: string, password = 'no') => (await tryToLogIn(client(), { name, password })).status
  expect([await attempt('ann'), await attempt('ANN ')]).toEqual([200, 200])
  expect((await tryToLogIn(client(), { name: 'ann', password: 'open sesame' })).text).toBe('in as user-1')
  expect([await attempt('ann'), await attempt('Ann'), await attempt('ann'), await attempt('ann')]).toEqual([
    200, 200, 200, 429,
  ])
  expect(await attempt('ann', 'open sesame')).toBe(429)
  expect(await attempt('google')).toBe(200)
})

test('attempts are limited by address, whatever names are tried', async () => {
  const { client } = await open({ security: { rateLimit: { policies: { loginAddress: { limit: 2, window: 900 } } } } })
  const tries = ['a', 'b', 'c'].map((name) => () => tryToLogIn(client(), { name, password: 'x' }))
  const statuses: number[] = []
  for (const attempt of tries) statuses.push((await attempt()).status)
  expect(statuses).toEqual([200, 200, 429])
})

test('the time of a hash is in the log, once', async () => {
  const { client, lines } = await open()
  for (let at = 0; at < 3; at++) await tryToLogIn(client(), { name: 'ann', password: 'no' })
  const told = lines.filter(([, message]) => /password hash was computed/.test(String(message)))
  expect(told).toEqual([[{ ms: expect.any(Number) }, expect.any(String)]])
})
