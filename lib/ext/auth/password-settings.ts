// The settings of password hashes, and their checks at the start.

import { isDictionary } from '../../internal/settings.ts'
import { assertKnown, wrong } from './wrong.ts'

/** The settings of password hashes. */
export interface PasswordSettings {
  /** 'auto': argon2id where this Node has it (24.7 and later), else scrypt. A fleet of mixed Nodes names 'scrypt'. */
  algorithm: 'auto' | 'argon2id' | 'scrypt'
  /** Memory in KiB, passes over it, lanes. */
  argon2id: { memory: number; passes: number; parallelism: number }
  /** The exponent of the cost (17: 128 MiB with a block size of 8), block size, lanes. */
  scrypt: { logCost: number; blockSize: number; parallelism: number }
  /** Longest password, in bytes of UTF-8: all of it is hashed, and a long one costs time. */
  maxPasswordLength: number
  /** Hashes computed at once; always fewer than the threads of libuv's pool, which files and names need too. */
  maxParallelHashes: number
  /** Hashes that wait for those; beyond that a login is a 503 at once. */
  maxWaitingHashes: number
}

/** Password settings as config.ts gives them: what is left out has its default. */
export type GivenPasswordSettings = Partial<Omit<PasswordSettings, 'argon2id' | 'scrypt'>> & {
  readonly argon2id?: Partial<PasswordSettings['argon2id']>
  readonly scrypt?: Partial<PasswordSettings['scrypt']>
}

export const defaultPasswordSettings: PasswordSettings = {
  algorithm: 'auto',
  argon2id: { memory: 65_536, passes: 3, parallelism: 1 },
  scrypt: { logCost: 17, blockSize: 8, parallelism: 1 },
  maxPasswordLength: 1024,
  maxParallelHashes: 2,
  maxWaitingHashes: 100,
}

/** Hashes of a higher cost are not computed. */
const maxMemory = 1024 * 1024 // KiB
const maxPasses = 64
const maxParallelism = 64
const maxLogCost = 30

/** The memory of scrypt, in KiB. */
const memoryOf = ({ logCost, blockSize, parallelism }: PasswordSettings['scrypt']): number =>
  ((2 ** logCost + parallelism) * blockSize) / 8

/** Returns true for a cost that argon2 defines (RFC 9106, section 3.1) and that is within the limits here. */
export const isArgon2Cost = ({ memory, passes, parallelism }: PasswordSettings['argon2id']): boolean =>
  memory >= 8 * parallelism && memory <= maxMemory && passes <= maxPasses && parallelism <= maxParallelism

/** Returns true for a cost that scrypt defines (RFC 7914, section 6) and that is within the limits here. */
export const isScryptCost = (cost: PasswordSettings['scrypt']): boolean =>
  cost.logCost > 0 &&
  cost.logCost < 16 * cost.blockSize &&
  memoryOf(cost) <= maxMemory &&
  cost.parallelism <= maxParallelism

/** The least and the greatest values, by key. */
const ranges: Readonly<Record<string, readonly [min: number, max: number]>> = {
  maxPasswordLength: [1, 65_536],
  maxParallelHashes: [1, 1024],
  maxWaitingHashes: [0, 1_000_000],
  'argon2id.memory': [8, maxMemory],
  'argon2id.passes': [1, maxPasses],
  'argon2id.parallelism': [1, maxParallelism],
  'scrypt.logCost': [1, maxLogCost],
  'scrypt.blockSize': [1, 1024],
  'scrypt.parallelism': [1, maxParallelism],
}

const defaults: Readonly<Record<string, unknown>> = { ...defaultPasswordSettings }

/**
 * Returns the settings with their defaults.
 *
 * @throws {TipfyError} TIPFY_E_CONFIG_KEY or TIPFY_E_AUTH_CONFIG for those with which no hash could be computed
 */
export function checkedSettings(given: GivenPasswordSettings): PasswordSettings {
  const settings = { ...defaultPasswordSettings, ...withDefaults('', given, defaults) } as PasswordSettings
  const { algorithm, argon2id, scrypt } = settings
  if (!['auto', 'argon2id', 'scrypt'].includes(algorithm)) {
    throw wrong('passwords.algorithm', `is ${String(algorithm)}`, "Write 'auto', 'argon2id' or 'scrypt'.")
  }
  if (!isArgon2Cost(argon2id)) {
    throw wrong('passwords.argon2id.memory', 'is below 8 KiB for each lane', 'Raise it, or lower the parallelism.')
  }
  if (!isScryptCost(scrypt)) {
    const remedy = 'Lower its logCost or, for too much memory, its blockSize.'
    throw wrong('passwords.scrypt', `needs more than ${maxMemory} KiB, or a logCost below 16 × blockSize`, remedy)
  }
  return settings
}

function withDefaults(path: string, given: object, known: Readonly<Record<string, unknown>>): object {
  assertKnown(`passwords.${path}`, given, Object.keys(known))
  const found: Record<string, unknown> = { ...known }
  for (const [key, value] of Object.entries(given)) {
    const name = path + key
    if (value === undefined) continue
    const inner = known[key]
    if (isDictionary(inner)) {
      if (!isDictionary(value)) throw wrong(`passwords.${name}`, 'must be an object', 'Write it like { passes: 3 }.')
      found[key] = withDefaults(`${name}.`, value, inner as Readonly<Record<string, unknown>>)
      continue
    }
    const range = ranges[name]
    if (
      range !== undefined &&
      !(Number.isInteger(value) && (value as number) >= range[0] && (value as number) <= range[1])
    ) {
      throw wrong(`passwords.${name}`, `is ${String(value)}`, `Write a whole number from ${range[0]} to ${range[1]}.`)
    }
    found[key] = value
  }
  return found
}
