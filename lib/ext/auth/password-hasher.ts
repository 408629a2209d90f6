// Hashes of passwords: argon2id (RFC 9106) or scrypt (RFC 7914), written as PHC strings, by node:crypto alone.
import * as crypto from 'node:crypto'
import { TipfyError } from '../../internal/errors.ts'
import { type Cost, decodePhc, encodePhc, type Phc } from './phc.ts'
import { Semaphore } from './semaphore.ts'

/** The settings of password hashes. */
export interface PasswordSettings {
  /** 'auto': argon2id where this Node has it (24.7 and later), else scrypt. A fleet of mixed Nodes names 'scrypt'. */
  algorithm: 'auto' | 'argon2id' | 'scrypt'
  /** Memory in KiB, passes over it, lanes. */
  argon2id: { memory: number; passes: number; parallelism: number }
  /** The exponent of the cost (17: 128 MiB with a block size of 8), block size, lanes. */
  scrypt: { logCost: number; blockSize: number; parallelism: number }
  /** Longest password in bytes of UTF-8: hashing reads all of it before it looks expensive to a sender. */
  maxPasswordLength: number
  /** Hashes computed at once; always fewer than the threads of libuv's pool, which files and names need too. */
  maxParallelHashes: number
}

export const defaultPasswordSettings: PasswordSettings = {
  algorithm: 'auto',
  argon2id: { memory: 65_536, passes: 3, parallelism: 1 },
  scrypt: { logCost: 17, blockSize: 8, parallelism: 1 },
  maxPasswordLength: 1024,
  maxParallelHashes: 2,
}

const saltLength = 16
const hashLength = 32
const hasArgon2 = typeof crypto.argon2 === 'function'

/** Stored hashes of a higher cost are not computed. */
const maxMemory = 1024 * 1024 // KiB
const maxPasses = 64
const maxParallelism = 64

export class PasswordHasher {
  readonly #settings: PasswordSettings
  /** Hashes that are computed at once; others wait. */
  readonly maxParallel: number
  readonly #slots: Semaphore

  constructor(
    settings: Partial<PasswordSettings> = {},
    env: Readonly<Record<string, string | undefined>> = process.env,
  ) {
    this.#settings = { ...defaultPasswordSettings, ...settings }
    const threads = Number(env.UV_THREADPOOL_SIZE) || 4
    this.maxParallel = Math.max(1, Math.min(this.#settings.maxParallelHashes, threads - 1))
    this.#slots = new Semaphore(this.maxParallel)
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
   * Tells whether `password` is the one that `stored` was made of. Takes as long for `null`, a user that does not exist,
   * and is false then.
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

  /** Tells whether a hash was made with another algorithm or cost than are set: hash anew at the next login. */
  needsRehash(stored: string): boolean {
    const { hash, salt, ...cost } = read(stored)
    return JSON.stringify(cost) !== JSON.stringify(this.#cost()) || hash.length < hashLength || salt.length < saltLength
  }

  /** Measures one hash on this machine, in milliseconds. */
  async measure(): Promise<number> {
    const start = performance.now()
    await this.hash('x'.repeat(16))
    return performance.now() - start
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
    // The same password may be typed as one character or as two: https://www.rfc-editor.org/rfc/rfc8265#section-4.2.1
    const bytes = Buffer.from(password.normalize('NFC'))
    return bytes.length === 0 || bytes.length > this.#settings.maxPasswordLength ? null : bytes
  }

  #compute(password: Buffer, phc: Phc): Promise<Buffer> {
    return this.#slots.run(() => (phc.algorithm === 'argon2id' ? argon2id(password, phc) : scrypt(password, phc)))
  }
}

function read(stored: string): Phc {
  const phc = decodePhc(stored)
  const cannot = () => new TipfyError('TIPFY_E_PASSWORD_HASH', { hash: nameOf(stored), version: process.version })
  if (phc === null || (phc.algorithm === 'argon2id' && !hasArgon2)) throw cannot()
  const memory = phc.algorithm === 'argon2id' ? phc.memory : (2 ** phc.logCost * phc.blockSize) / 8
  const passes = phc.algorithm === 'argon2id' ? phc.passes : 1
  if (memory > maxMemory || passes > maxPasses || phc.parallelism > maxParallelism) throw cannot()
  return phc
}

/** The name of the algorithm alone: the rest is nothing for a log. */
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
