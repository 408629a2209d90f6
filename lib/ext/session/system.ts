// The real clock and the real chance, for everything but tests.
import { randomBytes } from 'node:crypto'
import type { Chance, Clock } from './ports.ts'

export const systemClock: Clock = {
  now: Date.now,
  ticks: () => performance.now(),
  timer(ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
}

export const systemChance: Chance = {
  id: () => randomBytes(24).toString('base64url'),
  token: () => randomBytes(12).toString('base64url'),
  unit: Math.random,
}
