// The needs of sessions before the first request: a key, and a Datastore.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { type Config, makeApp } from 'tipfy'
import { datastoreMode } from '../../../../lib/datastore/mode.ts'
import { secretKeys } from '../../../../lib/ext/session/config/keys.ts'
import { key } from '../site.ts'

const folder = mkdtempSync(join(tmpdir(), 'tipfy-start-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('in development without a key one is made, for the owner alone to read, and kept', () => {
  const data = join(folder, 'new/.tipfy')
  const [made] = secretKeys(null, true, data)
  expect(made).toMatch(/^[\w-]{43}$/)
  expect(secretKeys(undefined, true, data)).toEqual([made])
  expect(statSync(join(data, 'secret')).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(data, 'secret'), 'utf8').trim()).toBe(made)
  expect(readdirSync(data)).toEqual(['secret'])
  expect(secretKeys(key, true, data)).toEqual([key])
})

test('a kept key that is too short is refused, not used', () => {
  writeFileSync(join(folder, 'secret'), 'short')
  expect(() => secretKeys(null, true, folder)).toThrow(expect.objectContaining({ code: 'TIPFY_E_SECRET_KEY' }))
})

test('production refuses keys from examples, and no random one for letters that look like a word', () => {
  const rest = 'Q7xkZ2mVb9Jr4TnLw8HcYp3Fd6Gs1Ae5'
  for (const bad of ['dev-', 'test_', 'devkey', 'development', 'secret', 'change-me-', 'TODO: ', 'my-password-']) {
    expect(() => secretKeys(bad + rest, false, folder)).toThrow(/looks like one from an example/)
  }
  for (const good of ['dEv9', 'teSt4', 'x7tOdO2']) expect(secretKeys(good + rest, false, folder)).toEqual([good + rest])
})

test('an embedded Datastore serves production only if that was said', () => {
  expect(datastoreMode('auto', true, {})).toBe('embedded')
  for (const name of ['DATASTORE_EMULATOR_HOST', 'GOOGLE_CLOUD_PROJECT', 'K_SERVICE', 'GAE_ENV']) {
    for (const dev of [true, false]) expect(datastoreMode('auto', dev, { [name]: 'x' })).toBe('cloud')
  }
  expect(datastoreMode('embedded', false, {})).toBe('embedded')
  expect(datastoreMode('cloud', true, {})).toBe('cloud')
  expect(() => datastoreMode('auto', false, {})).toThrow(expect.objectContaining({ code: 'TIPFY_E_SESSION_DATASTORE' }))
})

test('a Datastore without credentials stops the start, in one line, instead of ending the process at the first request', async () => {
  process.env.GOOGLE_APPLICATION_CREDENTIALS = join(folder, 'no-such-key.json')
  const session = { secretKey: key, datastore: 'cloud' as const }
  const tipfy = { urls: () => [], hooks: { posInitApp: 'tipfy/ext/session:setDatastoreSession' } }
  const app = makeApp({ tipfy, 'tipfy/ext/session': session }, { root: folder })
  await expect(app.ready()).rejects.toMatchObject({
    code: 'TIPFY_E_SESSION_CREDENTIALS',
    message: expect.stringMatching(/no-such-key\.json[^\n]*gcloud auth/),
  })
  delete process.env.GOOGLE_APPLICATION_CREDENTIALS
  await app.close()
})

test('a hook that is called in config.ts, and not named, says so', async () => {
  const { setDatastoreSession, setSecureCookieSession } = await import('../../../../lib/ext/session/index.ts')
  const called = { code: 'TIPFY_E_SESSION_HOOK_CALLED', message: expect.stringContaining('do not call it') }
  await expect((setDatastoreSession as Function)()).rejects.toMatchObject(called)
  expect(() => (setSecureCookieSession as Function)()).toThrow(expect.objectContaining(called))
})

test('two hooks that choose what keeps the sessions stop the start', async () => {
  const posInitApp = ['tipfy/ext/session:setSecureCookieSession', 'tipfy/ext/session:setDatastoreSession']
  for (const hooks of [posInitApp, posInitApp.toReversed(), [posInitApp[0]!, posInitApp[0]!]]) {
    const session = { secretKey: key, dataFolder: join(folder, 'two'), datastore: 'embedded' as const }
    const tipfy = { dev: true, urls: () => [], hooks: { posInitApp: hooks } }
    const app = makeApp({ tipfy, 'tipfy/ext/session': session }, { root: folder })
    await expect(app.ready()).rejects.toMatchObject({ code: 'TIPFY_E_SESSION_HOOKS' })
    await app.close()
  }
})

test.each([
  [{ secretKeys: key }, 'TIPFY_E_CONFIG_KEY', 'secretKey'],
  [{ expiration: '1 day' }, 'TIPFY_E_CONFIG_VALUE', 'expiration'],
  [{ expiration: -1 }, 'TIPFY_E_CONFIG_VALUE', 'expiration'],
  [{ expiration: 1e12 }, 'TIPFY_E_CONFIG_VALUE', 'expiration'],
  [{ absoluteExpiration: 0 }, 'TIPFY_E_CONFIG_VALUE', 'absoluteExpiration'],
  [{ maxCookieSize: 4097 }, 'TIPFY_E_CONFIG_VALUE', '4096'],
  [{ cookie: { maxAge: 0 } }, 'TIPFY_E_SESSION_CONFIG', 'cookie.maxAge'],
  [{ kind: '' }, 'TIPFY_E_CONFIG_VALUE', 'kind'],
  [{ kind: '__kind__' }, 'TIPFY_E_CONFIG_VALUE', 'kind'],
  [{ csrfField: '' }, 'TIPFY_E_CONFIG_VALUE', 'csrfField'],
  [{ csrfHeader: 'a header' }, 'TIPFY_E_CONFIG_VALUE', 'csrfHeader'],
  [{ touchAfter: 2 }, 'TIPFY_E_CONFIG_VALUE', 'touchAfter'],
  [{ datastore: 'mysql' }, 'TIPFY_E_CONFIG_VALUE', 'datastore'],
  [{ onStoreError: 'ignore' }, 'TIPFY_E_CONFIG_VALUE', 'onStoreError'],
  [{ cookie: { sameSite: 'None' } }, 'TIPFY_E_SESSION_CONFIG', 'cookie.secure'],
  [{ cookieName: 'a', idCookieName: 'a' }, 'TIPFY_E_SESSION_CONFIG', 'cookieName'],
  [{ dataVersion: 1.5 }, 'TIPFY_E_SESSION_CONFIG', 'dataVersion'],
  [{ cacheRetiring: { cachePassword: 'x' } }, 'TIPFY_E_CONFIG_VALUE', 'cacheRetiring'],
  [{ cacheRetiring: { cache: 'valkey://a', cachePasword: 'x' } }, 'TIPFY_E_CONFIG_VALUE', 'cacheRetiring'],
  [{ cacheRetiring: { cache: 'valkey://a', cacheCa: 'no PEM' } }, 'TIPFY_E_CONFIG_VALUE', 'cacheRetiring'],
  [{ cacheRetiring: { cache: ['valkey://a', 'valkey://a'] } }, 'TIPFY_E_SESSION_CONFIG', 'servers that differ'],
  [{ cache: 'valkey://a', cacheUser: 'shop' }, 'TIPFY_E_SESSION_CONFIG', 'with a cachePassword'],
  [{ cache: 'valkey://shop@a', cachePassword: '' }, 'TIPFY_E_SESSION_CONFIG', 'with a cachePassword'],
  [{ memcache: 'a', memcacheUser: 'shop' }, 'TIPFY_E_SESSION_CONFIG', 'with a cachePassword'],
  [{ cacheRetiring: { cache: 'valkey://a', cacheUser: 'shop' } }, 'TIPFY_E_SESSION_CONFIG', 'cacheRetiring'],
  [
    { cache: 'valkey://a', cacheUser: 'a', memcacheUser: 'b', cachePassword: 'c' },
    'TIPFY_E_SESSION_CONFIG',
    'memcacheUser',
  ],
  [
    { cache: 'valkey://a', cachePassword: 'secret', memcachePassword: 'c' },
    'TIPFY_E_SESSION_CONFIG',
    'memcachePassword',
  ],
  [
    { cache: ['valkey://a', 'valkey://b'], cacheRetiring: 'valkey://a,b:6379' },
    'TIPFY_E_SESSION_CONFIG',
    'another cache',
  ],
  [{ cache: 'valkey://a', cacheTimeout: 5001 }, 'TIPFY_E_SESSION_CONFIG', 'at most storeTimeout: 5 s'],
  [{ cacheRetiring: 'valkey://a', storeTimeout: 0.04 }, 'TIPFY_E_SESSION_CONFIG', 'cacheTimeout'],
  [{ memcache: 'a,b,a' }, 'TIPFY_E_SESSION_CONFIG', 'servers that differ'],
  [{ secretKey: 'short' }, 'TIPFY_E_SECRET_KEY', '32'],
])('the configuration %j stops the start with %s', (session, code, named) => {
  const config = { tipfy: { dev: true }, 'tipfy/ext/session': { secretKey: key, ...session } } as Config
  expect(() => makeApp(config, { root: folder })).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(named) }),
  )
})

const pem = readFileSync(join(import.meta.dirname, '../../../fixtures/localhost.pem'), 'utf8')
test.each([
  [
    'of no certificate',
    { cache: 'valkeys://a', cacheCa: pem.replace(/^M.*$/gm, 'abcd') },
    'cacheCa must be the text of a PEM file',
  ],
  [
    'whose line ends were escaped',
    { cache: 'valkeys://a', cacheCa: pem.replaceAll('\n', '\\n') },
    'with its line ends',
  ],
  [
    'that was cut',
    { cache: 'valkeys://a', cacheCa: pem + pem.slice(pem.indexOf('-----BEGIN CERT')).slice(0, 300) },
    'PEM file',
  ],
  ['of a cache without TLS', { cache: 'valkey://a', cacheCa: pem }, 'valkeys://host:port'],
  ['of memcached', { memcache: 'a', cacheCa: pem }, 'without TLS'],
  [
    'of a retiring cache without TLS',
    { cacheRetiring: { cache: 'valkey://a', cacheCa: pem } },
    'cacheRetiring.cacheCa',
  ],
  [
    'that the retiring cache replaces',
    { cache: 'valkey://a', cacheCa: pem, cacheRetiring: { cache: 'valkeys://b', cacheCa: pem } },
    'valkeys://host:port',
  ],
])('an authority %s stops the start', (_, session, named) => {
  const config = { tipfy: { dev: true }, 'tipfy/ext/session': { secretKey: key, ...session } } as Config
  expect(() => makeApp(config, { root: folder })).toThrow(named)
})

test.each([
  ['a cache over TLS', { cache: 'valkeys://a', cacheCa: pem }],
  ['a cache that a move leads to', { cache: 'memcached://a', cacheRetiring: 'valkeys://b', cacheCa: pem }],
  ['an environment without a cache', { cache: null, cacheCa: pem, cacheUser: 'shop' }],
  ['a list that changes', { cache: ['valkey://a', 'valkey://b'], cacheRetiring: 'valkey://a' }],
  ['times that nothing waits for', { cache: null, cacheTimeout: 10_000 }],
  ['a user whose password a function gives', { cache: 'valkey://shop@a', cachePassword: () => 'x' }],
])('what belongs together starts: %s', (_, session) => {
  const config = { tipfy: { dev: true }, 'tipfy/ext/session': { secretKey: key, ...session } } as Config
  expect(() => makeApp(config, { root: folder })).not.toThrow()
})
