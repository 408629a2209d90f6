// The PHC string format for the two algorithms that are used here:
// https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md

/** The cost of a hash. `memory` in KiB; scrypt's cost is 2 to the power of `logCost`. */
export type Cost =
  | { algorithm: 'argon2id'; memory: number; passes: number; parallelism: number }
  | { algorithm: 'scrypt'; logCost: number; blockSize: number; parallelism: number }

export type Phc = Cost & { salt: Buffer; hash: Buffer }

/** Base64 without padding, as the format wants it. */
const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')

export function encodePhc(phc: Phc): string {
  const cost =
    phc.algorithm === 'argon2id'
      ? `$v=19$m=${phc.memory},t=${phc.passes},p=${phc.parallelism}`
      : `$ln=${phc.logCost},r=${phc.blockSize},p=${phc.parallelism}`
  return `$${phc.algorithm}${cost}$${base64(phc.salt)}$${base64(phc.hash)}`
}

const shape =
  /^\$(argon2id\$v=19|scrypt)\$((?:[a-z]{1,2}=[1-9]\d{0,9},?\b){3})\$([A-Za-z0-9+/]{11,128})\$([A-Za-z0-9+/]{11,128})$/

/** Returns null for what is neither. Libraries differ in the order of the parameters, and in how they write the cost of scrypt. */
export function decodePhc(text: string): Phc | null {
  const [, algorithm = '', list = '', salt = '', hash = ''] = shape.exec(text) ?? []
  const given = Object.fromEntries(list.split(',').map((one) => one.split('='))) as Record<string, string>
  const value = (name: string) => Number(given[name]) // NaN where it is missing
  const parallelism = value('p')
  const cost: Cost = algorithm.startsWith('argon2id')
    ? { algorithm: 'argon2id', memory: value('m'), passes: value('t'), parallelism }
    : { algorithm: 'scrypt', logCost: value('ln') || Math.log2(value('n')), blockSize: value('r'), parallelism }
  if (Object.values(cost).some((one) => typeof one === 'number' && !Number.isInteger(one))) return null
  return { ...cost, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
}
