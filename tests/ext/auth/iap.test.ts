import { beforeAll, describe, expect, jest, test } from '@jest/globals'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { makeApp, RequestHandler, Rule } from 'tipfy'
import { iapIdentity, requireIap } from 'tipfy/ext/auth'
import { createClient } from 'tipfy/testing'

const audience = '/projects/123/apps/shop'
const issuer = 'https://cloud.google.com/iap'
const now = () => Math.floor(Date.now() / 1000)

let privateKey: CryptoKey
let foreign: CryptoKey
let publicKey: JWK
beforeAll(async () => {
  const pair = await generateKeyPair('ES256')
  privateKey = pair.privateKey
  publicKey = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }
  foreign = (await generateKeyPair('ES256')).privateKey
})

interface Token {
  claims?: object
  header?: object
  key?: CryptoKey | Uint8Array
}

/** A token as the proxy makes it, but for what is given. */
const token = ({ claims = {}, header = {}, key = privateKey }: Token = {}) =>
  new SignJWT({
    iss: issuer,
    aud: audience,
    sub: 'accounts.google.com:1234',
    email: 'ann@shop.test',
    iat: now(),
    exp: now() + 600,
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
    .sign(key)

async function open(iap: object = { audience, keys: { keys: [publicKey] } }) {
  const lines: string[] = []
  const handler = class extends RequestHandler {
    async get() {
      expect(iapIdentity()).toBe(iapIdentity())
      return { identity: await iapIdentity() }
    }
  }
  const app = makeApp({
    tipfy: {
      dev: false,
      logLevel: 'silent',
      urls: () => [new Rule('/', { endpoint: 'home', handler })],
      hooks: { preDispatchHandler: requireIap },
    },
    'tipfy/ext/auth': { iap },
  } as never)
  await app.ready()
  app.log.warn = ((...args: unknown[]) => lines.push(JSON.stringify(args))) as never
  const client = createClient(app)
  const get = (jwt?: string) =>
    client.get('/', { headers: jwt === undefined ? {} : { 'x-goog-iap-jwt-assertion': jwt } })
  return { lines, get }
}

test('a request through the proxy has the identity that it signed', async () => {
  const { get } = await open()
  const { identity } = (await get(await token())).json<{ identity: object }>()
  expect(identity).toMatchObject({
    id: `${issuer}#accounts.google.com:1234`,
    issuer,
    subject: 'accounts.google.com:1234',
    email: 'ann@shop.test',
  })
})

describe('a request gets a 403, and the log says why, without its token', () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  test.each<[string, () => Promise<string> | string | undefined]>([
    ['without the header', () => undefined],
    ['with an empty one', () => ''],
    ['with text that is no token', () => 'a.b.c'],
    ['for another audience', () => token({ claims: { aud: '/projects/123/apps/other' } })],
    ['without an audience', () => token({ claims: { aud: undefined } })],
    ['of another issuer', () => token({ claims: { iss: 'https://evil.test' } })],
    ['that is too old', () => token({ claims: { exp: now() - 31 } })],
    ['that never ends', () => token({ claims: { exp: undefined } })],
    ['from the future', () => token({ claims: { nbf: now() + 90 } })],
    ['that was made in the future', () => token({ claims: { iat: now() + 90 } })],
    ['of nobody', () => token({ claims: { sub: undefined } })],
    ['signed by another key', () => token({ key: foreign })],
    ['of a key that is not known', () => token({ header: { kid: 'two' } })],
    [
      'with the public key as a shared secret',
      () => token({ header: { alg: 'HS256' }, key: Buffer.from(JSON.stringify(publicKey)) }),
    ],
    ['without a signature', async () => `${part({ alg: 'none', kid: 'one' })}.${(await token()).split('.')[1]}.`],
    [
      'that was changed',
      async () => {
        const [head, , signature] = (await token()).split('.')
        return `${head}.${part({ iss: issuer, aud: audience, sub: 'eve', iat: now(), exp: now() + 600 })}.${signature}`
      },
    ],
  ])('%s', async (_, make) => {
    const { get, lines } = await open()
    const jwt = await make()
    expect((await get(jwt)).status).toBe(403)
    expect(lines).toHaveLength(1)
    if (jwt) expect(lines.join()).not.toContain(jwt)
  })
})

test("Google's keys are fetched, once; a 503 where that fails", async () => {
  const fetched = jest.spyOn(globalThis, 'fetch').mockImplementation(async () => Response.json({ keys: [publicKey] }))
  try {
    const { get } = await open({ audience })
    expect((await get(await token())).status).toBe(200)
    expect((await get(await token())).status).toBe(200)
    expect(fetched).toHaveBeenCalledTimes(1)
    expect(String(fetched.mock.calls[0]![0])).toBe('https://www.gstatic.com/iap/verify/public_key-jwk')
    fetched.mockRejectedValue(new TypeError('fetch failed'))
    const other = await open({ audience })
    const response = await other.get(await token())
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '10'])
  } finally {
    fetched.mockRestore()
  }
})
