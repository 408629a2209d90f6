// ID tokens of a user who signs in: those that count, and those that do not. The provider here says whatever a test
// wants, as a certified one would not.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { makeApp } from 'tipfy'
import { beginSignIn, completeSignIn } from 'tipfy/ext/auth'
import { setSecureCookieSession } from 'tipfy/ext/session'
import { createClient, type TestClient } from 'tipfy/testing'
import { key as secretKey } from '../session/site.ts'
import { rule } from './rule.ts'

const clientSecret = 'a secret of the tests, of 32 characters'
const redirectUri = 'https://shop.test/back'
const now = () => Math.floor(Date.now() / 1000)

let server: Server
let issuer: string
let own: { privateKey: CryptoKey; publicKey: CryptoKey }
let foreign: CryptoKey
/** The response of the token endpoint. */
let respond: () => Promise<{ status?: number; body: object }>
let metadata: object
/** The response of the userinfo endpoint. */
let userInfo: { status?: number; body: object }

beforeAll(async () => {
  own = await generateKeyPair('ES256')
  foreign = (await generateKeyPair('ES256')).privateKey
  server = createServer(async (incoming, outgoing) => {
    const send = (body: object, status = 200) =>
      outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (incoming.url === '/.well-known/openid-configuration') return send(metadata)
    if (incoming.url === '/keys')
      return send({ keys: [{ ...(await exportJWK(own.publicKey)), kid: 'one', alg: 'ES256' }] })
    const { status, body } = incoming.url === '/userinfo' ? userInfo : await respond()
    send(body, status)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://localhost:${(server.address() as AddressInfo).port}`
})
beforeEach(() => {
  metadata = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  }
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

async function open() {
  const app = makeApp({
    tipfy: {
      dev: false,
      logLevel: 'silent',
      urls: () => [
        rule('/begin', () => beginSignIn('shop', { next: '/cart' })),
        rule('/back', async () => (await completeSignIn('shop'))?.identity ?? 'That did not work.'),
      ],
      hooks: { posInitApp: setSecureCookieSession },
    },
    'tipfy/ext/session': { secretKey },
    'tipfy/ext/auth': { providers: { shop: { issuer, clientId: 'shop', clientSecret, redirectUri } } },
  } as never)
  await app.ready()
  return createClient(app, { baseUrl: 'https://shop.test' })
}

interface Given {
  claims?: JWTPayload
  header?: object
  key?: () => CryptoKey | Uint8Array
}

/** Begins to sign in, and has the provider say who it is. */
async function begin(client: TestClient, { claims, header, key = () => own.privateKey }: Given = {}): Promise<string> {
  const { searchParams } = new URL((await client.get('/begin')).location!)
  const [state, nonce] = [searchParams.get('state')!, searchParams.get('nonce')!]
  const payload = { iss: issuer, aud: 'shop', sub: 'ann-1', nonce, iat: now(), exp: now() + 600, ...claims }
  respond = async () => {
    const jwt = new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
    return { body: { access_token: 'x', token_type: 'Bearer', id_token: await jwt.sign(key()) } }
  }
  return `/back?code=x&state=${state}`
}

test.each<[string, JWTPayload]>([
  ['that is good', {}],
  ['that ended less than 30 seconds ago, as clocks differ', { exp: now() - 5 }],
  ['for several clients, of which this one asked', { aud: ['shop', 'other'], azp: 'shop' }],
])('an ID token %s signs in', async (_, claims) => {
  const client = await open()
  const identity = (await client.get(await begin(client, { claims }))).json()
  expect(identity).toMatchObject({ id: `${issuer}#ann-1`, email: null, name: null })
})

test.each<[string, typeof userInfo]>([
  ['fails', { status: 500, body: {} }],
  ['speaks of another person', { body: { sub: 'bob-1', name: 'Bob', email: 'bob@shop.test', email_verified: true } }],
  ['tells what the ID token tells otherwise', { body: { sub: 'ann-1', iss: 'https://evil.test', nonce: 'x' } }],
])('a userinfo endpoint that %s changes no identity', async (_, said) => {
  metadata = { ...metadata, userinfo_endpoint: `${issuer}/userinfo` }
  userInfo = said
  const client = await open()
  const identity = (await client.get(await begin(client))).json()
  expect(identity).toMatchObject({ id: `${issuer}#ann-1`, email: null, name: null, claims: { iss: issuer } })
})

test.each<[string, Given]>([
  ['of another issuer', { claims: { iss: 'https://evil.test' } }],
  ['for another client', { claims: { aud: 'other' } }],
  ['that another client asked for', { claims: { aud: ['shop', 'other'], azp: 'other' } }],
  ['with another nonce', { claims: { nonce: 'x' } }],
  ['without a nonce', { claims: { nonce: undefined } }],
  ['that has ended', { claims: { exp: now() - 60 } }],
  ['that never ends', { claims: { exp: undefined } }],
  ['that is not yet good', { claims: { nbf: now() + 90 } }],
  ['of no subject', { claims: { sub: undefined } }],
  ['signed by another key', { key: () => foreign }],
  ['of a key that the provider does not have', { header: { kid: 'two' } }],
  ['signed with the secret of the client', { header: { alg: 'HS256' }, key: () => Buffer.from(clientSecret) }],
])('an ID token %s signs nobody in', async (_, given) => {
  const client = await open()
  expect((await client.get(await begin(client, given))).text).toBe('That did not work.')
})

test('a response without an ID token, or with one that is not signed, signs nobody in', async () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  for (const id_token of [undefined, `${part({ alg: 'none' })}.${part({ iss: issuer, aud: 'shop', sub: 'ann-1' })}.`]) {
    const client = await open()
    const back = await begin(client)
    respond = async () => ({ body: { access_token: 'x', token_type: 'Bearer', id_token } })
    expect((await client.get(back)).text).toBe('That did not work.')
  }
})

test('a provider that fails while it is asked for the token is a 503, and the same callback is good later', async () => {
  const client = await open()
  const back = await begin(client)
  const good = respond
  respond = async () => ({ status: 503, body: {} })
  expect((await client.get(back)).status).toBe(503)
  respond = good
  expect((await client.get(back)).json()).toMatchObject({ subject: 'ann-1' })
})

test('metadata of another issuer are a 503', async () => {
  metadata = { ...metadata, issuer: 'https://evil.test' }
  expect((await (await open()).get('/begin')).status).toBe(503)
})
