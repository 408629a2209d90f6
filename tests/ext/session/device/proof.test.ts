import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { type DeviceKey, isSignedBy, type Proof, parseProof } from '../../../../lib/ext/session/device/proof.ts'

interface Pair {
  publicKey: KeyObject
  privateKey: KeyObject
}
const ec = (namedCurve = 'P-256'): Pair => generateKeyPairSync('ec', { namedCurve })
const rsa = (modulusLength: number, publicExponent = 65_537): Pair =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent })
const encode = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const jwkOf = ({ publicKey }: Pair) => publicKey.export({ format: 'jwk' })

interface Parts {
  header?: object
  payload?: object
  der?: boolean
}
/** A token as a browser makes it, but for what `parts` changes. */
function token(pair: Pair, alg: string, { header = {}, payload = {}, der = false }: Parts = {}): string {
  const signed = `${encode({ alg, typ: 'dbsc+jwt', ...header })}.${encode({ jti: 'challenge', ...payload })}`
  const key = alg === 'ES256' && !der ? { key: pair.privateKey, dsaEncoding: 'ieee-p1363' as const } : pair.privateKey
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
}

let p256: Pair
let rsa2048: Pair
beforeAll(() => {
  p256 = ec()
  rsa2048 = rsa(2048)
})
const keyOf = (pair: Pair) => (parseProof(token(pair, pair === p256 ? 'ES256' : 'RS256', withKey(pair))) as Proof).key!
const withKey = (pair: Pair, more: object = {}): Parts => ({ header: { jwk: { ...jwkOf(pair), ...more } } })

describe.each(['ES256', 'RS256'])('a proof by %s', (alg) => {
  const pair = () => (alg === 'ES256' ? p256 : rsa2048)

  test('of a registration brings the key that signed it, without members that are not needed', () => {
    const proof = parseProof(token(pair(), alg, withKey(pair(), { kid: 'x', ext: true, alg }))) as Proof
    expect(proof).toMatchObject({ alg, jti: 'challenge' })
    expect(proof.key).toEqual(jwkOf(pair()))
    expect(isSignedBy(proof, proof.key!)).toBe(true)
  })

  test('of a refresh brings none, in quotes or without', () => {
    for (const text of [token(pair(), alg), `"${token(pair(), alg)}"`]) {
      const proof = parseProof(text) as Proof
      expect(proof.key).toBeUndefined()
      expect(isSignedBy(proof, keyOf(pair()))).toBe(true)
    }
  })

  test('is worth nothing with another key, a changed payload or a changed signature', () => {
    const other = alg === 'ES256' ? ec() : rsa(2048)
    expect(isSignedBy(parseProof(token(other, alg)) as Proof, keyOf(pair()))).toBe(false)
    const [head, , signature] = token(pair(), alg).split('.')
    expect(isSignedBy(parseProof(`${head}.${encode({ jti: 'x' })}.${signature}`) as Proof, keyOf(pair()))).toBe(false)
    const bytes = Buffer.from(signature!, 'base64url')
    bytes[9]! ^= 1
    const forged = `${head}.${encode({ jti: 'challenge' })}.${bytes.toString('base64url')}`
    expect(isSignedBy(parseProof(forged) as Proof, keyOf(pair()))).toBe(false)
  })
})

test('a signature in DER, of a wrong length, or by the other kind of key counts as none', () => {
  const proof = parseProof(token(p256, 'ES256', { der: true })) as Proof
  expect(isSignedBy(proof, keyOf(p256))).toBe(false)
  const short = token(p256, 'ES256').slice(0, -4)
  const cut = parseProof(short)
  expect(typeof cut === 'string' || !isSignedBy(cut, keyOf(p256))).toBe(true)
  expect(isSignedBy(parseProof(token(p256, 'ES256')) as Proof, keyOf(rsa2048))).toBe(false)
  expect(isSignedBy(parseProof(token(rsa2048, 'RS256')) as Proof, keyOf(p256))).toBe(false)
})

test.each<[string, () => string | null, string]>([
  ['nothing', () => null, 'none came'],
  ['an empty header', () => '', 'none came'],
  ['a header of more than 4096 characters', () => `${token(p256, 'ES256')}${'A'.repeat(4096)}`, 'it is too long'],
  ['two parts', () => token(p256, 'ES256').split('.').slice(0, 2).join('.'), 'it has not three parts'],
  ['four parts', () => `${token(p256, 'ES256')}.x`, 'it has not three parts'],
  ['an empty part', () => `${encode({})}..x`, 'it is not base64url'],
  ['base64 with padding', () => `${token(p256, 'ES256')}=`, 'it is not base64url'],
  ['other characters', () => `${token(p256, 'ES256')}~`, 'it is not base64url'],
  ['a header that is no JSON', () => `${encode('{')}.${encode({ jti: 'x' })}.AA`, 'it is not JSON'],
  ['a payload that is a list', () => `${encode({ alg: 'ES256' })}.${encode([1])}.AA`, 'it is not JSON'],
  ['another type', () => token(p256, 'ES256', { header: { typ: 'JWT' } }), 'its type is not dbsc+jwt'],
  ['no type', () => token(p256, 'ES256', { header: { typ: undefined } }), 'its type is not dbsc+jwt'],
  ['no algorithm', () => token(p256, 'ES256', { header: { alg: 'none' } }), 'its algorithm is not offered'],
  [
    'an algorithm of shared keys',
    () => token(p256, 'ES256', { header: { alg: 'HS256' } }),
    'its algorithm is not offered',
  ],
  ['one that is not offered', () => token(p256, 'ES256', { header: { alg: 'ES384' } }), 'its algorithm is not offered'],
  ['no challenge', () => token(p256, 'ES256', { payload: { jti: undefined } }), 'it names no challenge'],
  ['a challenge that is no text', () => token(p256, 'ES256', { payload: { jti: { a: 1 } } }), 'it names no challenge'],
  ['an endless challenge', () => token(p256, 'ES256', { payload: { jti: 'x'.repeat(1025) } }), 'it names no challenge'],
])('%s is rejected, and says why', (_, made, why) => {
  expect(parseProof(made())).toBe(why)
})

test.each<[string, string, () => unknown]>([
  ['on another curve', 'ES256', () => jwkOf(ec('P-384'))],
  ['of the other kind', 'ES256', () => jwkOf(rsa2048)],
  ['of points for RS256', 'RS256', () => jwkOf(p256)],
  ['with a point off the curve', 'ES256', () => ({ ...jwkOf(p256), y: Buffer.alloc(32, 1).toString('base64url') })],
  ['with a coordinate of 31 bytes', 'ES256', () => ({ ...jwkOf(p256), x: Buffer.alloc(31, 1).toString('base64url') })],
  ['with its private part', 'ES256', () => ({ ...jwkOf(p256), d: 'AQAB' })],
  ['meant to encrypt', 'ES256', () => ({ ...jwkOf(p256), use: 'enc' })],
  ['of 1024 bits', 'RS256', () => jwkOf(rsa(1024))],
  ['of more than 4096 bits', 'RS256', () => ({ ...jwkOf(rsa2048), n: Buffer.alloc(520, 0xff).toString('base64url') })],
  ['with an exponent of 3', 'RS256', () => jwkOf(rsa(2048, 3))],
  [
    'whose zeros in front hide a small modulus',
    'RS256',
    () => ({ ...jwkOf(rsa2048), n: `${'A'.repeat(300)}${'_'.repeat(40)}` }),
  ],
  ['that is a text', 'ES256', () => 'x'],
])('a key %s is not taken', (_, alg, jwk) => {
  const signer = alg === 'ES256' ? p256 : rsa2048
  expect(parseProof(token(signer, alg, { header: { jwk: jwk() } }))).toBe('its key is none that is taken')
})

test('no header makes it throw', () => {
  const good = token(p256, 'ES256', withKey(p256))
  for (let at = 0; at < good.length; at += 3) {
    for (const char of ['A', '.', '"', '\u{1F600}']) {
      const proof = parseProof(good.slice(0, at) + char + good.slice(at + 1))
      if (typeof proof !== 'string') isSignedBy(proof, (proof.key ?? keyOf(p256)) as DeviceKey)
    }
  }
})
