import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { type App, makeApp, RequestHandler, Rule } from 'tipfy'
import { limit, type RateLimitConfig } from 'tipfy/ext/security'
import { session } from 'tipfy/ext/session'
import { createClient, memoryDatastore } from 'tipfy/testing'
import { project, removeProjects, run } from '../support/project.ts'

class Marks extends RequestHandler {
  get() {
    const marks = session.setDefault('marks', [])
    marks.push('one')
    return String(marks.length)
  }
}

declare module 'tipfy/ext/session' {
  interface SessionData {
    marks: string[]
  }
}

async function make(handlers: object = {}, rateLimit: Partial<RateLimitConfig> = {}): Promise<App> {
  return makeApp({
    tipfy: {
      dev: false,
      logLevel: 'silent',
      urls: () =>
        Object.entries({ '/': Marks, ...handlers }).map(
          ([path, handler]) => new Rule(path, { endpoint: path, handler }),
        ),
      hooks: { posInitApp: 'tipfy/ext/session:setDatastoreSession' },
    },
    'tipfy/ext/security': { rateLimit },
    'tipfy/ext/session': {
      secretKey: 'Q7xkZ2mVb9Jr4TnLw8HcYp3Fd6Gs1Ae5',
      expiration: 3600,
      datastore: await memoryDatastore(),
    },
  })
}

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())
afterAll(removeProjects)

test('datastore sessions are opened, saved and merged while the timers of the test stand still', async () => {
  const app = await make()
  const client = createClient(app)
  expect((await client.get('/')).text).toBe('1')
  await Promise.all([client.get('/'), client.get('/'), client.get('/')])
  expect((await client.get('/')).text).toBe('5')
  await app.close()
})

test('the time of the test is that of the sessions: they expire by it', async () => {
  const app = await make()
  const client = createClient(app)
  await client.get('/')
  jest.advanceTimersByTime(3_590_000)
  expect((await client.get('/')).text).toBe('2')
  jest.advanceTimersByTime(3_610_000)
  expect((await client.get('/')).text).toBe('1')
  await app.close()
})

class Limited extends RequestHandler {
  async get() {
    await limit('mail', 'ann')
    return 'sent'
  }
}

test.each([
  'memory',
  'datastore',
] as const)('a rate limit ends by the time of the test, counted in %s', async (store) => {
  jest.useRealTimers()
  // Google's client, which the counts in Datastore are kept by, waits for the global setImmediate.
  jest.useFakeTimers({ doNotFake: ['setImmediate'] })
  const app = await make({ '/limited': Limited }, { store, policies: { mail: { limit: 2, window: 60 } } })
  const client = createClient(app)
  const statuses: number[] = []
  for (const wait of [0, 0, 0, 59_000, 1_000]) {
    jest.advanceTimersByTime(wait)
    statuses.push((await client.get('/limited')).status)
  }
  expect(statuses).toEqual([200, 200, 429, 429, 200])
  await app.close()
})

test.each([
  ['of sinon', "createRequire(createRequire(repository).resolve('@jest/fake-timers')).resolve('@sinonjs/fake-timers')"],
  ['of node:test', "'node:test'"],
])('fake timers %s stop no session either, in a process of its own', async (_, module) => {
  const folder = project({
    'fake.ts': `import { createRequire } from 'node:module'
import { makeApp, RequestHandler, Rule } from 'tipfy'
import { session } from 'tipfy/ext/session'
import { createClient, memoryDatastore } from 'tipfy/testing'

class Visits extends RequestHandler {
  get() {
    return session.has('visited') ? 'again' : session.set('visited', true) && 'first'
  }
}
const repository = '${import.meta.dirname}'
const { default: timers, mock } = await import(${module})
const toFake = ['Date', 'setTimeout', 'setInterval', 'setImmediate', 'performance', 'queueMicrotask']
const clock = mock?.timers ?? timers.install({ toFake })
mock?.timers.enable({ apis: ['Date', 'setTimeout', 'setInterval', 'setImmediate'] })
const app = makeApp({
  tipfy: {
    dev: false,
    urls: () => [new Rule('/', { endpoint: 'visits', handler: Visits })],
    hooks: { posInitApp: 'tipfy/ext/session:setDatastoreSession' },
  },
  'tipfy/ext/session': { secretKey: 'x'.repeat(20) + 'Q7xkZ2mVb9Jr', expiration: 60, datastore: await memoryDatastore() },
})
const client = createClient(app)
const texts = []
for (const wait of [0, 59_000, 61_000]) {
  clock.tick(wait)
  texts.push((await client.get('/')).text)
}
await app.close()
console.log(texts.join(' '))
`,
  })
  const { stdout, stderr } = await run(join(folder, 'fake.ts'), [], { cwd: folder })
  expect({ stdout, stderr }).toEqual({ stdout: 'first again first\n', stderr: '' })
})
