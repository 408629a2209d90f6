// A browser's proof that it holds a device's key: a JWS of type dbsc+jwt (https://w3c.github.io/webappsec-dbsc/#format-jwt).
// Parsing and verifying are two steps, so that no signature is looked at before the session and the challenge are.
import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import type { DeviceKey } from '../data/device-state.ts'

export type { DeviceKey } from '../data/device-state.ts'

/** The algorithms that are offered to browsers, in the order of preference. */
export const proofAlgorithms = ['ES256', 'RS256'] as const
export type ProofAlgorithm = (typeof proofAlgorithms)[number]

/** A proof whose signature has not been looked at. */
export interface Proof {
  alg: ProofAlgorithm
  /** The challenge that it responds to. */
  jti: string
  /** The key that it brings: at registration it must, at a refresh it must not. */
  key: DeviceKey | undefined
  readonly signed: string
  readonly signature: Buffer
}

/** The reason why a proof is rejected. */
export type ProofRejection =
  | 'none came'
  | 'it is too long'
  | 'it has not three parts'
  | 'it is not base64url'
  | 'it is not JSON'
  | 'its type is not dbsc+jwt'
  | 'its algorithm is not offered'
  | 'its key is none that is taken'
  | 'it names no challenge'

const maxLength = 4096
const maxChallenge = 1024
const minModulusBits = 2048
const maxModulusBits = 4096

/** @param header the value of `Secure-Session-Response`: the token, in quotes or without */
export function parseProof(header: string | null): Proof | ProofRejection {
  if (header === null || header === '') return 'none came'
  if (header.length > maxLength) return 'it is too long'
  const token = header.startsWith('"') && header.endsWith('"') ? header.slice(1, -1) : header
  const parts = token.split('.')
  if (parts.length !== 3) return 'it has not three parts'
  const [head, payload, signature] = parts.map(decode)
  if (!head || !payload || !signature) return 'it is not base64url'
  const [about, claims] = [parse(head), parse(payload)]
  if (about === null || claims === null) return 'it is not JSON'
  if (about.typ !== 'dbsc+jwt') return 'its type is not dbsc+jwt'
  const { alg } = about
  if (!proofAlgorithms.includes(alg as ProofAlgorithm)) return 'its algorithm is not offered'
  const key = about.jwk === undefined ? undefined : readKey(about.jwk, alg as ProofAlgorithm)
  if (key === null) return 'its key is none that is taken'
  const { jti } = claims
  if (typeof jti !== 'string' || jti === '' || jti.length > maxChallenge) return 'it names no challenge'
  return { alg: alg as ProofAlgorithm, jti, key, signed: `${parts[0]}.${parts[1]}`, signature }
}

/** Returns true if the proof was signed by `key`. */
export function isSignedBy(proof: Proof, key: DeviceKey): boolean {
  if ((proof.alg === 'ES256') !== (key.kty === 'EC')) return false
  const imported = importKey(key)
  if (imported === null) return false
  // Of ES256 a signature is two numbers of 32 bytes (RFC 7518, section 3.4), and not the DER of other protocols.
  const length = key.kty === 'EC' ? 64 : imported.asymmetricKeyDetails!.modulusLength! / 8
  if (proof.signature.length !== length) return false
  const options = key.kty === 'EC' ? { key: imported, dsaEncoding: 'ieee-p1363' as const } : imported
  return verify('sha256', Buffer.from(proof.signed), options, proof.signature)
}

/** Returns undefined for what is not base64url in its one right form. */
function decode(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length > 0 && bytes.toString('base64url') === text ? bytes : undefined
}

function parse(bytes: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** Returns null for a key of another kind, curve or size, for one not meant to sign, and for a private one. */
function readKey(given: unknown, alg: ProofAlgorithm): DeviceKey | null {
  if (typeof given !== 'object' || given === null) return null
  const jwk = given as Record<string, unknown>
  if (privateMembers.some((name) => name in jwk) || (jwk.use !== undefined && jwk.use !== 'sig')) return null
  const { kty, crv, x, y, n, e } = jwk
  let key: DeviceKey
  if (alg === 'ES256') {
    if (kty !== 'EC' || crv !== 'P-256' || !isBytes(x, 32, 32) || !isBytes(y, 32, 32)) return null
    key = { kty, crv, x, y }
  } else {
    // The usual exponent alone, 65537: small ones are a known weakness, large ones cost time.
    if (kty !== 'RSA' || e !== 'AQAB' || !isBytes(n, minModulusBits / 8, maxModulusBits / 8)) return null
    key = { kty, n, e }
  }
  return importKey(key) === null ? null : key
}

function isBytes(text: unknown, min: number, max: number): text is string {
  if (typeof text !== 'string' || text.length > 2 * max) return false
  const bytes = decode(text)
  return bytes !== undefined && bytes.length >= min && bytes.length <= max
}

/** Returns null for numbers that are no key: a point off the curve, a modulus of another size. */
function importKey(key: DeviceKey): KeyObject | null {
  try {
    const imported = createPublicKey({ key: key as JsonWebKey, format: 'jwk' })
    if (key.kty === 'EC') return imported
    const bits = imported.asymmetricKeyDetails?.modulusLength ?? 0
    return bits >= minModulusBits && bits <= maxModulusBits && bits % 8 === 0 ? imported : null
  } catch {
    return null
  }
}
