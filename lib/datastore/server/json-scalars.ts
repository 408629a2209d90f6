// The JSON form of single values: numbers, texts, bytes and times. Whatever is not exactly of a type is undefined.

import { randomUUID } from 'node:crypto'

/** The name under which an object has a number as it was written in the JSON: one that no client can know. */
const written = randomUUID()

/** Wraps each number of a JSON text that `JSON.parse` might round. */
export function wrapNumbers(outsideOfStrings: string): string {
  return outsideOfStrings.replace(/-?\d[\d.eE+-]{15,}|-?\d[\d.]*[eE][+-]?\d+/g, `{"${written}":"$&"}`)
}

/** Returns the text of a number that was wrapped. */
export function unwrapped(json: unknown): string | undefined {
  return typeof json === 'object' && json !== null ? (json as Record<string, string>)[written] : undefined
}

/** Writes a part of a JSON text for an error, with its numbers as they were. */
export function showJson(json: unknown): string {
  return JSON.stringify(json, (_, value) => unwrapped(value) ?? value)
}

/** Returns the text of a number that came as a number or as a string. */
function numberText(json: unknown): string | undefined {
  const text = typeof json === 'number' ? String(json) : typeof json === 'string' ? json : (unwrapped(json) ?? '')
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? text : undefined
}

/** Numbers with more digits, or with a larger exponent, do not fit. */
const maxDigits = 400

/** Reads an integer of `bits` bits, as decimal text; `1e3` and `1.0` are integers too. */
export function readInteger(json: unknown, bits: 32 | 64): string | undefined {
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(numberText(json) ?? '') ?? []
  if (sign === undefined || Math.abs(Number(exponent)) > maxDigits) return undefined
  // The digits without their point, and how many of them come after it.
  if (whole.length + fraction.length > maxDigits) return undefined
  const digits = (whole + fraction).replace(/0+$/, '')
  const places = Number(exponent) - fraction.length + (whole.length + fraction.length - digits.length)
  if (digits !== '' && places < 0) return undefined
  const int = digits === '' ? 0n : BigInt(digits) * 10n ** BigInt(places) * (sign ? -1n : 1n)
  return BigInt.asIntN(bits, int) === int ? String(int) : undefined
}

const notFinite = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

/** Reads a double; one too large is none. */
export function readDouble(json: unknown): number | undefined {
  if (typeof json === 'string' && notFinite.has(json)) return notFinite.get(json)
  const text = numberText(json)
  // -0 has lost its sign in its text.
  const double = typeof json === 'number' ? json : Number(text)
  return text !== undefined && Number.isFinite(double) ? double : undefined
}

/** Reads a text; half of a surrogate pair is no Unicode. */
export function readText(json: unknown): string | undefined {
  return typeof json === 'string' && json.isWellFormed() ? json : undefined
}

/** Reads base64 in either alphabet, with or without its padding. */
export function readBytes(json: unknown): Buffer | undefined {
  if (typeof json !== 'string') return undefined
  const [, digits, padding] = /^([\w+/-]*)(={0,2})$/.exec(json) ?? []
  if (digits === undefined || digits.length % 4 === 1 || /\W_|_/.test(digits) !== /_/.test(digits)) return undefined
  if (padding !== '' && (digits.length + padding!.length) % 4 !== 0) return undefined
  return Buffer.from(digits, 'base64')
}

const timePattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|([+-])(\d\d):(\d\d))$/

/** Reads a time of RFC 3339, with up to nine digits of a second. */
export function readTime(json: unknown): { seconds: string; nanos: number } | undefined {
  const match = typeof json === 'string' ? timePattern.exec(json) : null
  if (!match) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  const isDate = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  if (!isDate || hour > 23 || minute > 59 || second > 59) return undefined
  const [, , , , , , , fraction = '', , sign, hours = '0', minutes = '0'] = match
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60 : 60)
  return { seconds: String(date.getTime() / 1000 - offset), nanos: Number(fraction.padEnd(9, '0')) }
}

/** Writes a time with as many digits as it needs: none, three, six or nine. */
export function writeTime({ seconds = 0, nanos = 0 }: { seconds?: unknown; nanos?: number | null }): string {
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, -5)
  if (!nanos) return `${text}Z`
  const digits = String(nanos)
    .padStart(9, '0')
    .replace(/(?:000){1,2}$/, '')
  return `${text}.${digits}Z`
}
