// Parses and formats numbers as Python does, for the int and float converters: any Unicode digit counts, `1_000` is a
// number, and a float always has a decimal point.

const digitPattern = /^\p{Nd}$/u

/** Unicode keeps decimal digits in runs of ten that start at zero, so the distance to the run's start is the value. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0)!
  let start = code
  while (digitPattern.test(String.fromCodePoint(start - 1))) start -= 1
  return (code - start) % 10
}

const asciiDigits = (text: string) => text.replace(/(?![0-9])\p{Nd}/gu, (digit) => String(digitValue(digit)))

const intPattern = /^[+-]?\d+(?:_\d+)*$/
const uuidPattern = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i
const floatPattern = /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i

/** Converts digits to a number; `digits` must consist of digits, sign and point. */
export function toNumber(digits: string): number {
  const number = Number(digits)
  return Number.isNaN(number) ? Number(asciiDigits(digits)) : number
}

/** Python's `int(value)`, with a UUID as a number of 128 bits; throws a TypeError for anything else. */
export function readInt(value: unknown): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' && Number.isFinite(value)) return BigInt(Math.trunc(value))
  if (typeof value === 'boolean') return BigInt(value)
  const text = typeof value === 'string' ? asciiDigits(value.trim()) : ''
  if (intPattern.test(text)) {
    const digits = BigInt(text.replace(/[_+-]/g, ''))
    return text.startsWith('-') ? -digits : digits
  }
  if (uuidPattern.test(text)) return BigInt(`0x${text.replaceAll('-', '')}`)
  throw new TypeError(`${JSON.stringify(value) ?? String(value)} is not an integer`)
}

/** Python's `float(value)` for finite numbers; throws a TypeError for anything else. */
export function readFloat(value: unknown): number {
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value)
  const text = typeof value === 'string' ? asciiDigits(value.trim()) : ''
  const number =
    typeof value === 'number' ? value : floatPattern.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN
  if (Number.isFinite(number)) return number
  throw new TypeError(`${JSON.stringify(value) ?? String(value)} is not a finite number`)
}

/** Writes a float with its point, as Python does, but without an exponent, which no rule would match: `5.0`, `0.00001`. */
export function formatFloat(value: number): string {
  const [, sign, first, rest = '', exponent] = /^(-?)(\d)(?:\.(\d+))?e(.+)$/.exec(value.toExponential())!
  const whole = Number(exponent) + 1
  const digits = `${'0'.repeat(Math.max(0, 1 - whole))}${first}${rest}`.padEnd(whole, '0')
  const at = Math.max(1, whole)
  return `${sign || (Object.is(value, -0) ? '-' : '')}${digits.slice(0, at)}.${digits.slice(at) || '0'}`
}

/** Python's `zfill`: zeros go between the sign and the digits. */
export function zeroFill(text: string, width: number): string {
  return text.startsWith('-') ? `-${text.slice(1).padStart(width - 1, '0')}` : text.padStart(width, '0')
}
