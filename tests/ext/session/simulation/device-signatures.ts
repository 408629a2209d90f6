// Keys and signatures of the simulated devices. A real signature costs more than all else that a request does, so in 63 of 64
// seeds a hash with a secret of the key takes its place: as long, over the same text, and impossible to make without that secret.
// The rest of a proof is checked as ever, by the sources as they are.
import {
  createPublicKey as createRealKey,
  generateKeyPairSync,
  hash,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  sign,
  verify as verifyReal,
} from 'node:crypto'
import { registerHooks } from 'node:module'

const realOneIn = 64
const proof = '/lib/ext/session/device/proof.ts'

let isReal = true
/** By the first coordinate of the key. */
const devices = new Map<string, { key: KeyObject; secret: string }>()
const secrets = new WeakMap<KeyObject, string>()

/** Chooses the signatures of a seed. */
export function chooseSignatures(seed: number): void {
  isReal = seed % realOneIn === 0
}

/** Makes the module that checks proofs, if it is imported from now on, use the functions of this file for those of node:crypto. */
export function replaceSignatures(): void {
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier !== 'node:crypto' || context.parentURL?.endsWith(proof) !== true) return next(specifier, context)
      return { url: import.meta.url, shortCircuit: true }
    },
  })
}

const standIn = (secret: string, text: string): Buffer => hash('sha512', secret + text, 'buffer')

/** A device's key. Made once for all seeds, because that takes longer than a seed. */
export class Key {
  readonly #private = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  readonly #secret = randomBytes(32).toString('hex')
  readonly #heads: Readonly<Record<'with' | 'without', string>>

  constructor() {
    const key = createRealKey(this.#private)
    const jwk = key.export({ format: 'jwk' })
    const about = { alg: 'ES256', typ: 'dbsc+jwt' }
    this.#heads = { with: part({ ...about, jwk }), without: part(about) }
    devices.set(jwk.x!, { key, secret: this.#secret })
    secrets.set(key, this.#secret)
  }

  prove(challenge: string, withKey = false): string {
    const text = `${this.#heads[withKey ? 'with' : 'without']}.${part({ jti: challenge })}`
    return `${text}.${this.#sign(text).toString('base64url')}`
  }

  #sign(text: string): Buffer {
    if (!isReal) return standIn(this.#secret, text)
    return sign('sha256', Buffer.from(text), { key: this.#private, dsaEncoding: 'ieee-p1363' })
  }
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

export function createPublicKey(given: { key: JsonWebKey; format: 'jwk' }): KeyObject {
  const known = isReal ? undefined : devices.get(given.key.x!)
  return known?.key ?? createRealKey(given)
}

export function verify(algorithm: string, data: Buffer, options: Parameters<typeof verifyReal>[2], signature: Buffer) {
  const secret = isReal ? undefined : secrets.get((options as { key: KeyObject }).key)
  if (secret === undefined) return verifyReal(algorithm, data, options, signature)
  return signature.equals(standIn(secret, data.toString()))
}
