import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { html, makeApp, request } from 'tipfy'
import {
  beginPasskey,
  beginPasskeyLogin,
  completePasskey,
  completePasskeyLogin,
  login,
  logout,
  type Passkey,
} from 'tipfy/ext/auth'
import { sessionStore, setDatastoreSession, setSecureCookieSession } from 'tipfy/ext/session'
import { createClient, memoryDatastore } from 'tipfy/testing'
import { hasChromium, openChromium } from '../../support/chromium.ts'
import { key, kinds } from '../session/site.ts'
import { rule } from './rule.ts'

const script = html`<script>
  const headers = { 'content-type': 'application/json' }
  const send = async (path, body) =>
    (await fetch(path, { method: 'POST', headers, body: JSON.stringify(body ?? {}) })).json()
  async function create(answer = '/passkey', change = (given) => given) {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await send('/passkey/begin'))
    const credential = await navigator.credentials.create({ publicKey })
    return send(answer, change(credential.toJSON()))
  }
  async function enter(change = (given) => given) {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await send('/login/begin'))
    const credential = await navigator.credentials.get({ publicKey })
    window.last = change(credential.toJSON())
    return send('/login', window.last)
  }
</script>`

const other: Passkey = { id: 'x', userId: 'eve', publicKey: '', counter: 0, transports: [], isBackedUp: false }

async function open(kind: string, passkeys: object | null = { rpId: 'localhost', rpName: 'Shop' }) {
  const lines: string[] = []
  const kept = new Map<string, Passkey>()
  const app = makeApp({
    tipfy: {
      dev: false,
      logLevel: 'silent',
      urls: () => [
        rule('/', () => script),
        rule('/who', () => ({ user: sessionStore.user })),
        rule('/in', () => login('ann').then(() => 'in')),
        rule('/out', () => logout().then(() => ({}))),
        rule('/passkey/begin', () =>
          beginPasskey({ id: request.args.get('id') ?? 'ann', name: 'Ann' }, [...kept.values()]),
        ),
        rule('/passkey', async () => {
          const made = await completePasskey(await request.json())
          if (made !== null) kept.set(made.id, made)
          return { made }
        }),
        rule('/passkey/known', async () => ({ made: await completePasskey(await request.json(), () => other) })),
        rule('/login/begin', () => beginPasskeyLogin()),
        rule('/login', async () => {
          const used = await completePasskeyLogin(await request.json(), (id) => kept.get(id))
          if (used === null) return { user: null }
          kept.set(used.id, used)
          await login(used.userId)
          return { user: used.userId }
        }),
      ],
      hooks: { posInitApp: kind === 'datastore' ? setDatastoreSession : setSecureCookieSession },
    },
    'tipfy/ext/session': { secretKey: key, datastore: await memoryDatastore() },
    'tipfy/ext/auth': { passkeys },
  } as never)
  await app.ready()
  app.log.warn = ((...args: unknown[]) => lines.push(inspect(args))) as never
  app.log.error = app.log.warn
  return { app, kept, lines }
}

const whereChromium = hasChromium ? describe : describe.skip

whereChromium('passkeys in Chromium', () => {
  let browser: Browser
  let server: Server
  let listener: RequestListener
  let context: BrowserContext
  let page: Page
  let devtools: CDPSession
  let site: Awaited<ReturnType<typeof open>>

  beforeAll(async () => {
    server = createServer((incoming, outgoing) => listener(incoming, outgoing))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    browser = await openChromium()
  })
  afterAll(async () => {
    await browser?.close()
    server.closeAllConnections()
    server.close()
  })
  async function visit(kind: string, passkeys?: object) {
    site = await open(kind, passkeys)
    listener = site.app.requestListener
    context = await browser.newContext()
    page = await context.newPage()
    devtools = await context.newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    await addAuthenticator('internal')
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`)
  }
  beforeEach(() => visit('datastore'))
  afterEach(() => context.close())

  const addAuthenticator = (transport: 'internal' | 'usb') =>
    devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport,
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
  /** Runs a line of the page's script. */
  const run = <Result>(line: string) => page.evaluate(line) as Promise<Result>
  const user = async () => (await run<{ user: string | null }>("send('/who')")).user

  test.each(
    kinds,
  )('with %s sessions a user makes one, and logs in with it without a name or a password', async (kind) => {
    await context.close()
    await visit(kind)
    const { made } = await run<{ made: Passkey }>('create()')
    expect(made).toMatchObject({ userId: 'ann', transports: ['internal'], counter: expect.any(Number) })
    expect(await user()).toBeNull()
    expect(await run('enter()')).toEqual({ user: 'ann' })
    expect(await user()).toBe('ann')
    expect(site.kept.get(made.id)!.counter).toBeGreaterThan(made.counter)
    expect(site.lines).toEqual([])
  })

  test('a user may have several, but not two of one device', async () => {
    await run('create()')
    expect(await run('create().catch((error) => error.name)')).toBe('InvalidStateError')
    await addAuthenticator('usb')
    await run('create()')
    expect(new Set([...site.kept.values()].map(({ userId }) => userId))).toEqual(new Set(['ann']))
    expect(site.kept.size).toBe(2)
    site.kept.delete([...site.kept.keys()][0]!)
    expect(site.kept.size).toBe(1)
  })

  test.each([
    [
      'that was changed',
      "enter((given) => (given.response.signature = given.response.signature.replace(/^..../, 'MEUA'), given))",
    ],
    ['whose id is that of no passkey', "enter((given) => (given.id = given.rawId = 'AAAA', given))"],
    ['of another user', "enter((given) => (given.response.userHandle = btoa('eve').replace(/=/g, ''), given))"],
    ['that is a registration', "create('/login')"],
    ['without a challenge', "enter((given) => (given.response.clientDataJSON = btoa('{}'), given))"],
    ['that is no object', 'enter(() => 5)'],
    ['without a response', 'enter(() => ({ id: 1 }))'],
  ])('a login %s logs nobody in, and the log says why', async (_, line) => {
    await run('create()')
    if (line.startsWith('create')) await addAuthenticator('usb')
    expect(await run(line)).toEqual({ user: null })
    expect(await user()).toBeNull()
    expect(site.lines.filter((one) => one.includes('a passkey was rejected'))).toHaveLength(1)
  })

  test('a response is good once, and only in the session that asked', async () => {
    await run('create()')
    await run('enter()')
    const response = await run<object>('last')
    await run("send('/out')")
    expect(await run("send('/login', last)")).toEqual({ user: null })
    const thief = createClient(site.app, { baseUrl: page.url() })
    expect((await thief.post('/login', { json: response })).json()).toEqual({ user: null })
  })

  test('a counter that goes back, as of a copied key, logs nobody in', async () => {
    const { made } = await run<{ made: Passkey }>('create()')
    site.kept.set(made.id, { ...site.kept.get(made.id)!, counter: 1000 })
    expect(await run('enter()')).toEqual({ user: null })
    expect(site.lines.join()).toMatch(/counter/)
  })

  test('a page of another origin makes none', async () => {
    await context.close()
    await visit('datastore', { rpId: 'localhost', origins: ['http://localhost:1'] })
    expect(await run('create()')).toEqual({ made: null })
    expect(site.lines.join()).toMatch(/origin/)
  })

  test('a passkey whose id is known, as of another user, is none', async () => {
    expect(await run("create('/passkey/known')")).toEqual({ made: null })
    expect(site.lines.join()).toMatch(/there is such a passkey already/)
  })

  test('a registration that was not asked for, or is a login, makes none', async () => {
    await run('create()')
    expect(
      await run(`(async () => {
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await send('/login/begin'))
        return send('/passkey', (await navigator.credentials.get({ publicKey })).toJSON())
      })()`),
    ).toEqual({ made: null })
    expect(await run("send('/passkey', {})")).toEqual({ made: null })
    expect(site.kept.size).toBe(1)
  })
})

test.each([
  ['none', ''],
  ['65 bytes', 'a'.repeat(65)],
  ['33 letters of two bytes', 'ä'.repeat(33)],
])('an id of %s is an error before the browser is asked', async (_, id) => {
  const { app, lines } = await open('securecookie')
  const response = await createClient(app).post('/passkey/begin', { query: { id } })
  expect([response.status, lines.join()]).toEqual([500, expect.stringContaining('TIPFY_E_PASSKEY_USER')])
})

test('without the setting each function says which is missing', async () => {
  const { app, lines } = await open('securecookie', null)
  const client = createClient(app)
  for (const path of ['/passkey/begin', '/login/begin']) expect((await client.post(path)).status).toBe(500)
  for (const path of ['/passkey', '/login']) expect((await client.post(path, { json: {} })).status).toBe(500)
  for (const name of ['beginPasskey', 'beginPasskeyLogin', 'completePasskey', 'completePasskeyLogin']) {
    expect(lines.join()).toContain(`${name} was called, but the configuration has no tipfy/ext/auth.passkeys`)
  }
})
