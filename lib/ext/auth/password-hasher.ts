// Hashes of passwords: argon2id (RFC 9106) or scrypt (RFC 7914), written as PHC strings, by node:crypto alone.
import * as crypto from 'node:crypto'
import { ServiceUnavailable } from '../../http/exceptions.ts'
import { TipfyError } from '../../internal/errors.ts'
import {
  checkedSettings,
  type GivenPasswordSettings,
  isArgon2Cost,
  isScryptCost,
  type PasswordSettings,
} from './password-settings.ts'
import { type Cost, decodePhc, encodePhc, type Phc } from './phc.ts'
import { Semaphore } from './semaphore.ts'

const saltLength = 16
const hashLength = 32
/** UTF-16 units that NFC makes one of, at most: https://www.unicode.org/faq/normalization.html#12 */
const maxComposed = 4
/** More marks in a row than any language has: https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format. To sort n takes n². */
const manyMarks = /\p{M}{31}/u
const hasArgon2 = typeof crypto.argon2 === 'function'

/** The hashes of all applications of a process, which share its memory and the threads of libuv. */
const slots = new Semaphore()

export class PasswordHasher {
  readonly #settings: PasswordSettings
  /** Hashes that are computed at once in the process; others wait. */
  readonly maxParallel: number
  #onMeasured: ((ms: number) => void) | undefined

  /** @param onMeasured called with the milliseconds of the first hash */
  constructor(
    given: GivenPasswordSettings = {},
    env: Readonly<Record<string, string | undefined>> = process.env,
    onMeasured: (ms: number) => void = () => {},
  ) {
    this.#settings = checkedSettings(given)
    const threads = Number(env.UV_THREADPOOL_SIZE) || 4
    this.maxParallel = Math.max(1, Math.min(this.#settings.maxParallelHashes, threads - 1))
    this.#onMeasured = onMeasured
    if (this.#algorithm === 'argon2id' && !hasArgon2) {
      throw new TipfyError('TIPFY_E_PASSWORD_HASH', { hash: 'argon2id', version: process.version })
    }
  }

  get #algorithm(): 'argon2id' | 'scrypt' {
    const { algorithm } = this.#settings
    return algorithm === 'auto' ? (hasArgon2 ? 'argon2id' : 'scrypt') : algorithm
  }

  /**
   * Returns a PHC string, like `$argon2id$v=19$m=65536,t=3,p=1$…$…`.
   *
   * @throws {TipfyError} TIPFY_E_PASSWORD_LENGTH for an empty password, and one that is too long
   */
  async hash(password: string): Promise<string> {
    const bytes = this.#bytesOf(password)
    if (bytes === null) {
      throw new TipfyError('TIPFY_E_PASSWORD_LENGTH', { max: String(this.#settings.maxPasswordLength) })
    }
    const wanted = this.#newHash()
    return encodePhc({ ...wanted, hash: await this.#compute(bytes, wanted) })
  }

  /**
   * Returns true if `stored` was made of `password`. Takes as long for `null`, a user that does not exist, and returns false
   * then.
   *
   * @throws {TipfyError} TIPFY_E_PASSWORD_HASH where this Node cannot compute such a hash, or it is none
   */
  async check(password: string, stored: string | null | undefined): Promise<boolean> {
    const phc = stored == null ? this.#newHash() : read(stored)
    // Too long to be right, but that takes its time as well.
    const bytes = this.#bytesOf(password)
    const computed = await this.#compute(bytes ?? Buffer.from('x'), phc)
    return crypto.timingSafeEqual(computed, phc.hash) && bytes !== null && stored != null
  }

  /** Returns true if a hash was made with another algorithm or cost than are set: hash anew at the next login. */
  needsRehash(stored: string): boolean {
    const { hash, salt, ...cost } = read(stored)
    return JSON.stringify(cost) !== JSON.stringify(this.#cost()) || hash.length < hashLength || salt.length < saltLength
  }

  /** A salt and, in place of a hash, as many bytes. */
  #newHash(): Phc {
    return { ...this.#cost(), salt: crypto.randomBytes(saltLength), hash: crypto.randomBytes(hashLength) }
  }

  #cost(): Cost {
    const { argon2id, scrypt } = this.#settings
    return this.#algorithm === 'argon2id'
      ? { algorithm: 'argon2id', memory: argon2id.memory, passes: argon2id.passes, parallelism: argon2id.parallelism }
      : { algorithm: 'scrypt', logCost: scrypt.logCost, blockSize: scrypt.blockSize, parallelism: scrypt.parallelism }
  }

  #bytesOf(password: string): Buffer | null {
    const { maxPasswordLength } = this.#settings
    if (typeof password !== 'string') return null // a body of JSON may hold anything
    if (password.length > maxComposed * maxPasswordLength) return null
    // The same password may be typed as one character or as two: https://www.rfc-editor.org/rfc/rfc8265#section-4.2.1
    const bytes = Buffer.from(manyMarks.test(password) ? password : password.normalize('NFC'))
    return bytes.length === 0 || bytes.length > maxPasswordLength ? null : bytes
  }

  #compute(password: Buffer, phc: Phc): Promise<Buffer> {
    if (slots.waiting >= this.#settings.maxWaitingHashes) {
      throw new ServiceUnavailable(undefined, { retryAfter: 5 })
    }
    const work = async () => {
      const start = performance.now()
      const hash = await (phc.algorithm === 'argon2id' ? argon2id(password, phc) : scrypt(password, phc))
      this.#onMeasured?.(performance.now() - start)
      this.#onMeasured = undefined
      return hash
    }
    return slots.run(this.maxParallel, work)
  }
}

function read(stored: string): Phc {
  const phc = decodePhc(stored)
  const cannot = () => new TipfyError('TIPFY_E_PASSWORD_HASH', { hash: nameOf(stored), version: process.version })
  if (phc === null) throw cannot()
  const isComputable = phc.algorithm === 'argon2id' ? hasArgon2 && isArgon2Cost(phc) : isScryptCost(phc)
  if (!isComputable) throw cannot()
  return phc
}

/** The name of the algorithm alone: the rest does not belong in a log. */
function nameOf(stored: string): string {
  return /^\$([a-z0-9-]{1,32})\$/.exec(stored)?.[1] ?? 'no PHC string'
}

type Argon2id = Extract<Phc, { algorithm: 'argon2id' }>
type Scrypt = Extract<Phc, { algorithm: 'scrypt' }>

function argon2id(message: Buffer, { memory, passes, parallelism, salt, hash }: Argon2id): Promise<Buffer> {
  const parameters = { message, nonce: salt, memory, passes, parallelism, tagLength: hash.length }
  return new Promise((resolve, reject) =>
    crypto.argon2('argon2id', parameters, (error, made) => (error ? reject(error) : resolve(made))),
  )
}

function scrypt(password: Buffer, { logCost, blockSize, parallelism, salt, hash }: Scrypt): Promise<Buffer> {
  const N = 2 ** logCost
  const options = {
    N,
    r: blockSize,
    p: parallelism,
    maxmem: 128 * N * blockSize + 128 * blockSize * parallelism + 65_536,
  }
  return new Promise((resolve, reject) =>
    crypto.scrypt(password, salt, hash.length, options, (error, made) => (error ? reject(error) : resolve(made))),
  )
}
