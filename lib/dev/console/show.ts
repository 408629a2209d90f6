// Formats values, times and sizes for the console.
import { inspect } from 'node:util'

/** Formats a value for a developer, on one line if it is short. */
export function inspectSafely(value: unknown): string {
  return inspect(value, { depth: 8, breakLength: 100, maxStringLength: 20_000, maxArrayLength: 500, sorted: false })
}

export function bytes(size: number): string {
  return size < 10_000
    ? `${size} B`
    : size < 10_000_000
      ? `${Math.round(size / 1000)} kB`
      : `${Math.round(size / 1e6)} MB`
}

const units: [number, string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
]

/** Formats a time relative to now: `5 min ago`, `in 23 h`. */
export function away(time: number, now: number): string {
  const ms = Math.abs(time - now)
  if (ms < 1000) return 'now'
  const [unit, name] = units.find(([size]) => ms >= size)!
  const text = `${Math.round(ms / unit)} ${name}`
  return time < now ? `${text} ago` : `in ${text}`
}
