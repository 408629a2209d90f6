// Converts what messages write in more than one way: 64-bit integers, times, bytes and enums.

import type { Timestamp } from '../protocol/messages.ts'
import { invalid } from '../protocol/status.ts'

const maxInt64 = (1n << 63n) - 1n

/** More digits than any such integer has, leading zeros included. */
const maxDigits = 100

/** Reads a 64-bit integer in any of its forms, as decimal text. */
export function readInt64(given: unknown): string {
  if (Number.isSafeInteger(given)) return String(given)
  const text = typeof given === 'number' ? given : String(given)
  let int: bigint
  try {
    // Of many digits a BigInt is slow to make.
    int = BigInt(String(text).length > maxDigits ? Number.NaN : text)
  } catch {
    throw invalid(`"${String(given).slice(0, maxDigits)}" is not a 64-bit integer.`)
  }
  if (int > maxInt64 || int < -maxInt64 - 1n) throw invalid(`${int} is out of the range of 64-bit integers.`)
  return String(int)
}

/** Converts microseconds since 1970, the engine's only measure of time, to a message. */
export function toTimestamp(micros: number): { seconds: string; nanos: number } {
  const seconds = Math.floor(micros / 1e6)
  return { seconds: String(seconds), nanos: (micros - seconds * 1e6) * 1000 }
}

/** Converts a time message to microseconds since 1970. Anything finer is dropped, or an error if the time must be exact. */
export function fromTimestamp({ seconds, nanos }: Timestamp, exact?: 'exact'): number {
  const fraction = nanos ?? 0
  if (fraction < 0 || fraction >= 1e9) throw invalid('Timestamp nanos exceeds limit for field')
  if (exact && fraction % 1000 !== 0) throw invalid('timestamp cannot have more than microseconds precision')
  return Number(seconds ?? 0) * 1e6 + Math.floor(fraction / 1000)
}

/** Returns bytes that came as such or as base64: the official client keeps cursors as text. */
export function toBytes(bytes: Uint8Array | string | null | undefined): Uint8Array {
  if (typeof bytes === 'string') return Buffer.from(bytes, 'base64')
  return bytes ?? new Uint8Array()
}

/** Returns the name of an enum that may have come as a number. @param names By number. */
export function enumName<Name extends string>(
  given: string | number | null | undefined,
  names: Readonly<Record<number, Name>>,
): Name | undefined {
  return typeof given === 'number' ? names[given] : ((given as Name) ?? undefined)
}
