// Data of the application beside its sessions: `getDatastore`, `transact`, and what `openDatastore` chooses.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Datastore } from '@google-cloud/datastore'
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type App, type Config, makeApp, RequestHandler, Rule, runOutside } from 'tipfy'
import { closeDatastore, getDatastore, openDatastore, startDatastoreServer, transact } from 'tipfy/datastore'
import { session } from 'tipfy/ext/session'
import { createClient, memoryDatastore } from 'tipfy/testing'

class Visit extends RequestHandler {
  async get() {
    session.set('visited', true)
    const datastore = await getDatastore()
    await datastore.save({ key: datastore.key(['Visit', 'one']), data: { path: '/' } })
    return datastore === (await runOutside(() => getDatastore())) ? 'the same outside' : 'another'
  }
}

const folder = mkdtempSync(join(tmpdir(), 'tipfy-own-'))
const environment = { ...process.env }
const apps: App[] = []
beforeEach(() => {
  for (const name of ['NODE_ENV', 'DATASTORE_EMULATOR_HOST', 'GOOGLE_CLOUD_PROJECT', 'GCLOUD_PROJECT'])
    delete process.env[name]
})
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
  process.env = { ...environment }
})
afterAll(() => rmSync(folder, { recursive: true }))

function make(
  section: Config['tipfy/ext/session'],
  hook: string | null = 'setDatastoreSession',
  more: ((app: App) => Promise<void>)[] = [],
): App {
  const app = makeApp(
    {
      tipfy: {
        dev: true,
        logLevel: 'silent',
        urls: () => [new Rule('/', { endpoint: 'visit', handler: Visit })],
        hooks: hook === null ? {} : { posInitApp: [`tipfy/ext/session:${hook}`, ...more] },
      },
      'tipfy/ext/session': { secretKey: 'Q7xkZ2mVb9Jr4TnLw8HcYp3Fd6Gs1Ae5', ...section },
    },
    { root: folder },
  )
  apps.push(app)
  return app
}

const countOf = async (datastore: Datastore, kind: string) => {
  const [rows] = await datastore.runQuery(datastore.createQuery(kind))
  return rows.length
}

describe('getDatastore', () => {
  test('is the client that a test gives the sessions', async () => {
    const datastore = await memoryDatastore<Datastore>()
    const app = make({ datastore })
    expect((await createClient(app).get('/')).text).toBe('the same outside')
    expect(await getDatastore()).toBe(datastore)
    expect([await countOf(datastore, 'Visit'), await countOf(datastore, 'Session')]).toEqual([1, 1])
  })

  test('is a client on the embedded data of the sessions, and closes with the application', async () => {
    const app = make({ dataFolder: 'embedded' })
    expect((await createClient(app).get('/')).text).toBe('the same outside')
    const datastore = await getDatastore()
    expect([await countOf(datastore, 'Visit'), await countOf(datastore, 'Session')]).toEqual([1, 1])
    await app.close()
    await expect(countOf(datastore, 'Visit')).rejects.toThrow()
  })

  test('is the emulator that the sessions use', async () => {
    const server = await startDatastoreServer({ port: 0, memory: true })
    process.env.DATASTORE_EMULATOR_HOST = `${server.host}:${server.port}`
    const app = make({})
    expect((await createClient(app).get('/')).text).toBe('the same outside')
    const elsewhere = await openDatastore({ mode: 'auto' })
    expect([await countOf(elsewhere, 'Visit'), await countOf(elsewhere, 'Session')]).toEqual([1, 1])
    await closeDatastore(elsewhere)
    await app.close()
    await server.close()
  })

  test('is opened before the first request by a hook of the start that waits for it', async () => {
    const server = await startDatastoreServer({ port: 0, memory: true })
    process.env.DATASTORE_EMULATOR_HOST = `${server.host}:${server.port}`
    const opened: Datastore[] = []
    const app = make({}, 'setDatastoreSession', [async (started) => void opened.push(await getDatastore(started))])
    await app.ready()
    expect(opened).toEqual([await getDatastore(app)])
    await app.close()
    await server.close()
  })

  test.each([
    'setSecureCookieSession',
    null,
  ])('is what the section chooses, where no session is kept there: %s', async (hook) => {
    const app = make({ dataFolder: `cookies-${hook}` }, hook)
    await app.ready()
    const datastore = await getDatastore()
    await datastore.save({ key: datastore.key(['Visit', 'one']), data: {} })
    expect(await countOf(await getDatastore(app), 'Visit')).toBe(1)
    await app.close()
    const again = await openDatastore({ mode: 'auto', dataFolder: join(folder, `cookies-${hook}`) })
    expect(await countOf(again, 'Visit')).toBe(1)
    await closeDatastore(again)
  })

  test('is that of the request, of the only application, or of the one that is named; else an error says so', async () => {
    await expect(getDatastore()).rejects.toMatchObject({ code: 'TIPFY_E_DATASTORE_APP' })
    const [one, two] = [await memoryDatastore<Datastore>(), await memoryDatastore<Datastore>()]
    const first = make({ datastore: one })
    const second = make({ datastore: two })
    await expect(getDatastore()).rejects.toMatchObject({ code: 'TIPFY_E_DATASTORE_APP' })
    await expect(getDatastore({})).rejects.toMatchObject({ code: 'TIPFY_E_DATASTORE_APP' })
    expect([await getDatastore(first), await getDatastore(second)]).toEqual([one, two])
    await createClient(second)
      .get('/')
      .catch(() => {})
    expect([await countOf(one, 'Visit'), await countOf(two, 'Visit')]).toEqual([0, 1])
  })

  test('in production without a Datastore says what to set, and works once it is set', async () => {
    const app = makeApp({ tipfy: { dev: false, logLevel: 'silent', urls: () => [] } }, { root: folder })
    apps.push(app)
    await expect(getDatastore()).rejects.toMatchObject({ code: 'TIPFY_E_SESSION_DATASTORE' })
    const server = await startDatastoreServer({ port: 0, memory: true })
    process.env.DATASTORE_EMULATOR_HOST = `${server.host}:${server.port}`
    expect(await countOf(await getDatastore(), 'Visit')).toBe(0)
    await app.close()
    await server.close()
  })
})

describe('openDatastore', () => {
  test('in production chooses no embedded data by itself', async () => {
    process.env.NODE_ENV = 'production'
    for (const options of [undefined, {}, { mode: 'auto' as const }])
      await expect(openDatastore(options)).rejects.toMatchObject({ code: 'TIPFY_E_SESSION_DATASTORE' })
  })

  test('names a mode that it does not know', async () => {
    await expect(openDatastore({ mode: 'emulator' as 'auto' })).rejects.toMatchObject({
      code: 'TIPFY_E_DATASTORE_MODE',
      message: expect.stringMatching(/`mode` of openDatastore is "emulator"\. Write 'auto', 'embedded' or 'cloud'/),
    })
  })
})

/** Starts an application in a process of its own, in which the client is not installed; returns the error of `work`. */
function startWithoutClient(hook: string, section: object, work: string, env = {}) {
  const script = `
    import { registerHooks } from 'node:module'
    registerHooks({ resolve(name, context, next) {
      if (name !== '@google-cloud/datastore') return next(name, context)
      throw Object.assign(new Error("Cannot find package '" + name + "' imported from x"), { code: 'ERR_MODULE_NOT_FOUND' })
    } })
    const { makeApp } = await import('tipfy')
    const { getDatastore } = await import('tipfy/datastore')
    const hooks = { posInitApp: ['tipfy/ext/session:${hook}', 'tipfy/ext/security:rateLimit'] }
    const app = makeApp({
      tipfy: { dev: true, logLevel: 'silent', urls: () => [], hooks },
      'tipfy/ext/session': { secretKey: 'Q7xkZ2mVb9Jr4TnLw8HcYp3Fd6Gs1Ae5', dataFolder: ${JSON.stringify(join(folder, 'without'))} },
      'tipfy/ext/security': { rateLimit: ${JSON.stringify(section)} },
    }, { root: process.cwd() })
    await (async () => { ${work} })().catch((error) => console.log(error.code, error.message))
    await app.close()`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['-C', 'tipfy-source', '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
    {
      cwd: join(import.meta.dirname, '../../..'),
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', ...env },
    },
  )
  return stdout.trim() || stderr
}

describe('without the client package the error names what needs it', () => {
  const policies = { api: { limit: 9, window: 60, by: 'address' } }
  const needed = 'TIPFY_E_DATASTORE_PACKAGE The package @google-cloud/datastore is not installed: needed by'

  test.each([
    ['setDatastoreSession', {}],
    ['setSecureCookieSession', { DATASTORE_EMULATOR_HOST: '127.0.0.1:1' }],
  ])('getDatastore(), with %s and %j', (hook, env) => {
    const work = 'await app.ready(); await getDatastore()'
    expect(startWithoutClient(hook, { policies }, work, env)).toContain(`${needed} getDatastore()`)
  })

  test("store: 'datastore' of rateLimit", () => {
    const said = startWithoutClient('setDatastoreSession', { policies, store: 'datastore' }, 'await app.ready()')
    expect(said).toContain(`${needed} store: 'datastore' of rateLimit`)
  })
})

describe('transact', () => {
  let datastore: Datastore
  let triesOfAdd = 0
  beforeEach(async () => {
    datastore = await memoryDatastore<Datastore>()
    triesOfAdd = 0
  })
  const key = () => datastore.key(['Counter', 'one'])
  const add = async (n: number, options = {}) =>
    transact(
      async (transaction) => {
        triesOfAdd++
        const [counter = { n: 0 }] = await transaction.get(key())
        transaction.save({ key: key(), data: { n: counter.n + n } })
        return counter.n + n
      },
      { datastore, ...options },
    )
  const aborted = () => Object.assign(new Error('too much contention'), { code: 10 })

  test('loses no update of fifty at once in few tries, and returns what the committed try returned', async () => {
    const results = await Promise.all(Array.from({ length: 50 }, () => add(1)))
    expect(results.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1))
    expect((await datastore.get(key()))[0]).toMatchObject({ n: 50 })
    expect(triesOfAdd).toBeLessThan(180)
  })

  test('a retry that calls it waits for no retry that waits for it', async () => {
    const abortFirst = (fn: () => unknown) => {
      let tries = 0
      return () => {
        if (++tries === 1) throw aborted()
        return fn()
      }
    }
    const inner = abortFirst(() => 'both are committed')
    const outer = abortFirst(() => transact(inner, { datastore }))
    expect(await transact(outer, { datastore })).toBe('both are committed')
  })

  test('uses the Datastore of the application', async () => {
    make({ datastore })
    await transact((transaction, given) => {
      expect(given).toBe(datastore)
      transaction.save({ key: key(), data: { n: 7 } })
    })
    expect((await datastore.get(key()))[0]).toMatchObject({ n: 7 })
  })

  test('begins again after ABORTED, also where it is the cause of an error, and ends with the error of the last try', async () => {
    let tries = 0
    const failing = (attempts: number) =>
      transact(
        () => {
          tries++
          throw tries % 2 === 0 ? aborted() : new Error(`try ${tries}`, { cause: aborted() })
        },
        { datastore, attempts },
      )
    await expect(failing(3)).rejects.toThrow('try 3')
    expect(tries).toBe(3)
    await expect(failing(1)).rejects.toThrow('too much contention')
    expect(tries).toBe(4)
  })

  test('tries no other error again, writes nothing, and keeps no lock', async () => {
    let tries = 0
    const failing = transact(
      async (transaction) => {
        tries++
        await transaction.get(key())
        transaction.save({ key: key(), data: { n: 1 } })
        throw Object.assign(new Error('not enough'), { code: 'STOCK' })
      },
      { datastore },
    )
    await expect(failing).rejects.toMatchObject({ code: 'STOCK' })
    expect([tries, (await datastore.get(key()))[0]]).toEqual([1, undefined])
    expect(await add(2, { attempts: 1 })).toBe(2)
  })

  test.each([
    [
      'a function',
      () => transact('save' as never, { datastore }),
      /given string as `the first argument`\. Give a function/,
    ],
    ['attempts', () => add(1, { attempts: 0 }), /given 0 as `attempts`\. Give a whole number from 1/],
    ['attempts', () => add(1, { attempts: 2.5 }), /given 2.5 as `attempts`/],
    ['a Datastore', () => add(1, { datastore: {} }), /given object as `datastore`\. Give a Datastore client/],
  ])('names a wrong argument: %s', async (_, call, message) => {
    await expect(call()).rejects.toMatchObject({ code: 'TIPFY_E_TRANSACT', message: expect.stringMatching(message) })
  })
})
