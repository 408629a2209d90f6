// The checks of providers, passkeys and Identity-Aware Proxy at the start, and the packages that an application without them never loads.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { makeApp, Rule } from 'tipfy'
import { requireUser } from 'tipfy/ext/auth'
import { setSecureCookieSession } from 'tipfy/ext/session'
import { key } from '../session/site.ts'

const good = { clientId: 'shop', clientSecret: 'secret', redirectUri: 'https://shop.test/login/google' }
const google = (more: object) => ({ providers: { google: { ...good, ...more } } })

const make = (auth: object, session = {}, rules: Rule[] = [new Rule('/login/google', { endpoint: 'callback' })]) =>
  makeApp({
    tipfy: { dev: false, logLevel: 'silent', urls: () => rules, hooks: { posInitApp: setSecureCookieSession } },
    'tipfy/ext/session': { secretKey: key, ...session },
    'tipfy/ext/auth': auth,
  } as never)

test.each([
  {},
  { redirectUri: 'http://localhost:8080/login/google' },
  { redirectUri: 'http://127.0.0.1/mounted/below/login/google' },
  { parameters: { prompt: 'select_account', response_mode: 'query' } },
  { clientSecret: null, scope: 'email openid' },
  { issuer: 'http://localhost:9000' },
])('the start takes a provider with %j', async (more) => {
  const app = make(google(more))
  await app.ready()
  await app.close()
})

describe('the start stops, naming the key and the remedy', () => {
  test.each<[string, object]>([
    ['providers.google.clientId is missing', google({ clientId: undefined })],
    ['providers.google.clientId is missing', google({ clientId: ' ' })],
    ['providers.google.clientSecret is missing', google({ clientSecret: undefined })],
    ['providers.google.clientSecret is missing', google({ clientSecret: '' })],
    ['providers.google.redirectUri is missing', google({ redirectUri: undefined })],
    ['providers.google.redirectUri must be a URL', google({ redirectUri: '/login/google' })],
    ['providers.google.redirectUri must begin with https://', google({ redirectUri: 'http://shop.test/login/google' })],
    ['providers.google.redirectUri must begin with https://', google({ redirectUri: 'http://localhost.evil.test/x' })],
    ['providers.google.redirectUri must begin with https://', google({ redirectUri: 'javascript:alert(1)' })],
    ['providers.google.redirectUri must have no name', google({ redirectUri: `${good.redirectUri}#x` })],
    ['Write https://shop.test/login/google here', google({ redirectUri: `${good.redirectUri}?from=google` })],
    ['Write https://shop.test/login/google here', google({ redirectUri: 'https://Shop.test:443/login/google' })],
    ['providers.google.issuer must be a URL', google({ issuer: 'accounts.google.com' })],
    ['providers.google.issuer must begin with https://', google({ issuer: 'http://login.test' })],
    ['providers.corp.issuer is missing', { providers: { corp: good } }],
    ['Write what is before /.well-known/', google({ issuer: 'https://login.test/.well-known/openid-configuration' })],
    ['rememberFor must be a number of seconds above 0', { rememberFor: 1e12 }],
    ['passkeys.origins must be a list of one or more', { passkeys: { rpId: 'shop.test', origins: [] } }],
    [
      'iap.keys must be a JWK set of keys for ES256',
      { iap: { audience: '/projects/1/apps/shop', keys: { keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }] } } },
    ],
    ['providers.google.scope must contain openid', google({ scope: 'email' })],
    ['providers.google.parameters.response_mode is form_post', google({ parameters: { response_mode: 'form_post' } })],
    ['providers.google.parameters.state is set by each sign-in', google({ parameters: { state: 'x' } })],
    ['providers.google.parameters.prompt must be a text', google({ parameters: { prompt: 1 } })],
    ['has no key "providers.google.clientID"', google({ clientID: 'x' })],
    ['providers.google must be an object', { providers: { google: 'x' } }],
    ['passkeys.rpId must be a domain', { passkeys: {} }],
    ['passkeys.rpId must be a domain', { passkeys: { rpId: 'https://shop.test' } }],
    ['passkeys.rpId must be a domain', { passkeys: { rpId: 'localhost:8080' } }],
    ['passkeys.rpId must be a domain', { passkeys: { rpId: '127.0.0.1' } }],
    ['has no key "passkeys.rpid". Did you mean "passkeys.rpId"', { passkeys: { rpid: 'shop.test' } }],
    ['passkeys.origins has http://shop.test', { passkeys: { rpId: 'shop.test', origins: ['http://shop.test'] } }],
    ['passkeys.origins has https://evil.test', { passkeys: { rpId: 'shop.test', origins: ['https://evil.test'] } }],
    ['passkeys.origins has https://shop.test/', { passkeys: { rpId: 'shop.test', origins: ['https://shop.test/'] } }],
    ['iap.audience must be the audience', { iap: {} }],
    ['iap.audience must be the audience', { iap: { audience: '' } }],
    ['iap.audience must be the audience', { iap: { audience: ['/projects/1/apps/a'] } }],
    ['iap.keys must be a JWK set', { iap: { audience: '/projects/1/apps/a', keys: 'https://x.test' } }],
    ['iap.keys must be a JWK set', { iap: { audience: '/projects/1/apps/a', keys: { keys: [] } } }],
    ['iap.keys must be a JWK set', { iap: { audience: '/projects/1/apps/a', keys: { keys: ['x'] } } }],
    ['has no key "iap.aud"', { iap: { audience: '/projects/1/apps/a', aud: 'x' } }],
    ['has no key "passwords.algoritm"', { passwords: { algoritm: 'scrypt' } }],
    ['has no key "passwords.scrypt.logcost"', { passwords: { scrypt: { logcost: 5 } } }],
    ['a logCost below 16 × blockSize', { passwords: { scrypt: { logCost: 16, blockSize: 1 } } }],
  ])('%s: %j', (text, section) => {
    expect(() => make(section)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^TIPFY_E_(?:AUTH_CONFIG|CONFIG_)/),
        message: expect.stringContaining(text),
      }),
    )
  })

  test("for cookie.sameSite: 'Strict', with which the browser would come back without its session", () => {
    expect(() => make(google({}), { cookie: { sameSite: 'Strict' } })).toThrow(/sameSite: 'Strict'/)
    expect(() => make({}, { cookie: { sameSite: 'Strict' } })).not.toThrow()
  })

  test('for a page to log in that asks for a login', async () => {
    const rules = [new Rule('/login', { endpoint: 'login', auth: true })]
    const app = makeApp({
      tipfy: {
        dev: false,
        logLevel: 'silent',
        urls: () => rules,
        hooks: { posInitApp: setSecureCookieSession, preDispatchHandler: requireUser },
      },
      'tipfy/ext/session': { secretKey: key },
    })
    await expect(app.ready()).rejects.toMatchObject({
      code: 'TIPFY_E_AUTH_CONFIG',
      message: expect.stringContaining('loginPath is /login, whose rule has `auth`'),
    })
  })

  test.each([
    ['another path', [new Rule('/login/gogle', { endpoint: 'callback' })]],
    ['another method', [new Rule('/login/google', { endpoint: 'callback', methods: ['POST'] })]],
  ])('for a callback where there is only a rule for %s', async (_, rules) => {
    await expect(make(google({}), {}, rules).ready()).rejects.toMatchObject({
      code: 'TIPFY_E_AUTH_CONFIG',
      message: expect.stringContaining('no rule handles GET requests there'),
    })
  })
})

/** Starts an application in a process of its own, in which some packages are not installed; tells which were loaded. */
function start(section: object, ...missing: string[]) {
  const script = `
    import { registerHooks } from 'node:module'
    const seen = []
    const [section, missing] = process.argv.slice(1).map((text) => JSON.parse(text))
    registerHooks({ resolve(name, context, next) {
      if (/^(?:openid-client|@simplewebauthn.server|jose)$/.test(name)) seen.push(name)
      if (!missing.includes(name)) return next(name, context)
      throw Object.assign(new Error("Cannot find package '" + name + "' imported from x"), { code: 'ERR_MODULE_NOT_FOUND' })
    } })
    const { makeApp, Rule } = await import('tipfy')
    const hooks = { posInitApp: 'tipfy/ext/session:setSecureCookieSession', preDispatchHandler: 'tipfy/ext/auth:requireUser' }
    const urls = () => [new Rule('/login/google', { endpoint: 'google' })]
    const config = { tipfy: { dev: false, urls, hooks }, 'tipfy/ext/session': { secretKey: '${key}' } }
    config['tipfy/ext/auth'] = section
    try {
      await makeApp(config, { root: process.cwd() }).ready()
      console.log([...new Set(seen)].join())
    } catch (error) {
      console.log(error.code, error.remedy)
    }`
  const args = [
    '-C',
    'tipfy-source',
    '--input-type=module',
    '-e',
    script,
    JSON.stringify(section),
    JSON.stringify(missing),
  ]
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: join(import.meta.dirname, '../../..'),
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  return stdout.trim() || stderr
}

test('packages are loaded where they are configured, and a missing one is named with the command that installs it', () => {
  expect(start({})).toBe('')
  expect(start(google({}))).toContain('openid-client')
  expect(start(google({}), 'openid-client')).toBe('TIPFY_E_AUTH_PACKAGE Install it: npm install openid-client')
  const passkeys = { passkeys: { rpId: 'shop.test' } }
  expect(start(passkeys, '@simplewebauthn/server')).toBe(
    'TIPFY_E_AUTH_PACKAGE Install it: npm install @simplewebauthn/server',
  )
  expect(start({ iap: { audience: '/projects/1/apps/a' } }, 'jose')).toBe(
    'TIPFY_E_AUTH_PACKAGE Install it: npm install jose',
  )
})
