// The system's own randomness, for everything but tests.
import { randomBytes, randomFillSync } from 'node:crypto'
import type { Randomness } from './ports.ts'

// Tokens tell commits apart, and are no secret: asking the system for so few bytes at a time costs more than writing them.
const pool = Buffer.alloc(12 * 128)
let used = pool.length

function token(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += 12
  return pool.toString('base64url', used - 12, used)
}

export const systemRandomness: Randomness = {
  id: () => randomBytes(24).toString('base64url'),
  token,
  unit: Math.random,
}
