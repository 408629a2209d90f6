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

const number = '([1-9]\\d{0,9})'
const bytes = '([A-Za-z0-9+/]{11,128})'
const argon2id = new RegExp(`^\\$argon2id\\$v=19\\$m=${number},t=${number},p=${number}\\$${bytes}\\$${bytes}$`)
const scrypt = new RegExp(`^\\$scrypt\\$ln=([1-9]\\d?),r=${number},p=${number}\\$${bytes}\\$${bytes}$`)

/** Returns null for what is neither. */
export function decodePhc(text: string): Phc | null {
  const [match, algorithm] = argon2id.test(text)
    ? [argon2id.exec(text)!, 'argon2id' as const]
    : [scrypt.exec(text), 'scrypt' as const]
  if (match === null) return null
  const [first, second, parallelism] = match.slice(1, 4).map(Number) as [number, number, number]
  const rest = { parallelism, salt: Buffer.from(match[4]!, 'base64'), hash: Buffer.from(match[5]!, 'base64') }
  return algorithm === 'argon2id'
    ? { algorithm, memory: first, passes: second, ...rest }
    : { algorithm, logCost: first, blockSize: second, ...rest }
}
