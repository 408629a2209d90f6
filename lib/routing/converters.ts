// Werkzeug's converters of a rule's variables, and the base class for your own.
import { formatFloat, readFloat, readInt, toNumber, zeroFill } from './numbers.ts'
import type { ConverterArgument, ConverterArguments } from './parse.ts'
import { quotePath, textOf } from './quote.ts'
import type { RuleMap } from './types.ts'

/**
 * Thrown by a converter's `toValue` (the path is then not found) or `toUrl` (the next rule of the endpoint is tried).
 */
export class ValidationError extends Error {
  override name = 'ValidationError'
}

/**
 * The base of all converters; by itself it accepts any text of one segment.
 *
 * @example
 * class List extends BaseConverter<string[]> {
 *   override toValue(text: string) { return text.split('+') }
 *   override toUrl(items: string[]) { return items.map(encodeURIComponent).join('+') }
 * }
 * new UrlMap([new Rule('/tags/<list:tags>', { endpoint: 'tags' })], { converters: { list: List } })
 */
export class BaseConverter<Value = unknown> {
  /** The text it accepts, as the source of a regular expression with the `u` flag. Use `(?:…)` for groups. */
  regex = '[^/]+'
  /** The lower is tried first where two rules could match: numbers are 50, text is 100, paths are 200. */
  weight = 100
  /** True if it stays within one segment. Default: true, unless its regex contains a `/`. */
  partIsolating: boolean | undefined = undefined
  readonly arguments: ConverterArguments

  /** `map` is that of its rule. */
  constructor(_map: RuleMap, args: ConverterArguments) {
    this.arguments = args
  }

  /** Converts a decoded text that `regex` matched. May throw a {@link ValidationError}: 404. */
  toValue(text: string): Value {
    return text as Value
  }

  /** Converts `value` to text for a URL, percent-encoded. */
  toUrl(value: Value): string {
    return quotePath(textOf(value))
  }
}

/** A converter class, as in a map's `converters`. */
export type ConverterClass = new (map: RuleMap, args: ConverterArguments) => BaseConverter

/** Sorts arguments by name, positional ones included; `fixed_digits` is read as `fixedDigits`, `minLength` as `minlength`. Throws a TypeError. */
function byName<Name extends string>(args: ConverterArguments, names: readonly Name[]) {
  const values: Partial<Record<Name, ConverterArgument>> = {}
  const set = (name: Name | undefined, value: ConverterArgument, shown: string) => {
    if (name === undefined) throw new TypeError(`takes no argument ${shown}; it has ${names.join(', ') || 'none'}`)
    if (name in values) throw new TypeError(`got ${name} twice`)
    values[name] = value
  }
  args.positional.forEach((value, at) => void set(names[at], value, `number ${at + 1}`))
  for (const [name, value] of Object.entries(args.named)) {
    const plain = name.replaceAll('_', '').toLowerCase()
    set(
      names.find((known) => known.toLowerCase() === plain),
      value,
      `\`${name}\``,
    )
  }
  return values
}

function numberOr<Missing>(value: ConverterArgument | undefined, missing: Missing, name: string): number | Missing {
  if (value === undefined || value === null) return missing
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value)
  if (Number.isNaN(number)) throw new TypeError(`${name} must be a number, not \`${value}\``)
  return number
}

function countOr<Missing>(value: ConverterArgument | undefined, missing: Missing, name: string): number | Missing {
  const count = numberOr(value, missing, name)
  if (typeof count === 'number' && (count < 0 || !Number.isSafeInteger(count))) {
    throw new TypeError(`${name} must be a whole number of at least 0, not \`${value}\``)
  }
  return count
}

/** `<x>`, `<string(minlength=1, maxlength=4):x>`, `<string(length=2):x>`: text of one segment, counted in code points. */
export class UnicodeConverter extends BaseConverter<string> {
  override partIsolating = true

  constructor(map: RuleMap, args: ConverterArguments) {
    super(map, args)
    const given = byName(args, ['minlength', 'maxlength', 'length'])
    const length = countOr(given.length, null, 'length')
    const least = countOr(given.minlength, 1, 'minlength')
    const most = countOr(given.maxlength, '', 'maxlength')
    if (most !== '' && most < least) throw new TypeError(`maxlength ${most} is less than minlength ${least}`)
    this.regex = length === null ? `[^/]{${least},${most}}` : `[^/]{${length}}`
  }
}

/** `<any(about,help,"foo,bar"):x>`: one of these texts. */
export class AnyConverter extends BaseConverter<string> {
  override partIsolating = true
  readonly items: ReadonlySet<string>

  constructor(map: RuleMap, args: ConverterArguments) {
    super(map, args)
    for (const name of Object.keys(args.named)) throw new TypeError(`takes no argument \`${name}\``)
    this.items = new Set(args.texts)
    this.regex = `(?:${args.texts.map(escapeRegex).join('|')})`
  }

  override toUrl(value: string): string {
    if (this.items.has(value)) return quotePath(value)
    throw new TypeError(`${JSON.stringify(value)} is not one of ${[...this.items].sort().join(', ')}`)
  }
}

/** `<path:x>`: anything that does not start with a slash, slashes included. */
export class PathConverter extends BaseConverter<string> {
  override partIsolating = false
  override regex = '[^/][^\\n]*?'
  override weight = 200

  constructor(map: RuleMap, args: ConverterArguments) {
    super(map, args)
    byName(args, [])
  }
}

abstract class NumberConverter<Written> extends BaseConverter<number | Written> {
  override weight = 50
  override partIsolating = true
  readonly fixedDigits: number
  readonly min: number | null
  readonly max: number | null

  constructor(
    map: RuleMap,
    args: ConverterArguments,
    names: readonly ('fixedDigits' | 'min' | 'max' | 'signed')[],
    digits: string,
  ) {
    super(map, args)
    const given = byName(args, names)
    this.fixedDigits = countOr(given.fixedDigits, 0, 'fixedDigits')
    this.min = numberOr(given.min, null, 'min')
    this.max = numberOr(given.max, null, 'max')
    this.regex = given.signed ? `-?${digits}` : digits
  }

  override toValue(text: string): number {
    const value = toNumber(text)
    const fits = (this.min === null || value >= this.min) && (this.max === null || value <= this.max)
    if (!fits || (this.fixedDigits > 0 && [...text].length !== this.fixedDigits)) throw new ValidationError()
    return value
  }
}

/** `<int(fixedDigits=4, min=1, max=9, signed=true):x>`: a whole number up to 2^53-1, beyond which numbers are not exact. */
export class IntegerConverter extends NumberConverter<bigint> {
  constructor(map: RuleMap, args: ConverterArguments) {
    super(map, args, ['fixedDigits', 'min', 'max', 'signed'], '\\p{Nd}+')
  }

  override toValue(text: string): number {
    const value = super.toValue(text)
    if (!Number.isSafeInteger(value)) throw new ValidationError()
    return value + 0 // -0 is 0
  }

  override toUrl(value: number | bigint): string {
    return zeroFill(String(readInt(value)), this.fixedDigits)
  }
}

/** `<float(min=0.5, max=9, signed=true):x>`: digits, a point, digits. */
export class FloatConverter extends NumberConverter<never> {
  constructor(map: RuleMap, args: ConverterArguments) {
    super(map, args, ['min', 'max', 'signed'], '\\p{Nd}+\\.\\p{Nd}+')
  }

  override toUrl(value: number): string {
    return formatFloat(readFloat(value))
  }
}

/** `<uuid:x>`: a UUID in its usual form; the value is in lower case. */
export class UuidConverter extends BaseConverter<string> {
  override partIsolating = true
  override regex = '[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}'

  constructor(map: RuleMap, args: ConverterArguments) {
    super(map, args)
    byName(args, [])
  }

  override toValue(text: string): string {
    return text.toLowerCase()
  }
}

/** Escapes a text for a regular expression with the `u` flag. */
export function escapeRegex(text: string): string {
  return text.replace(/[\^$\\.*+?()[\]{}|/]/g, '\\$&')
}

/** The converters of every map; `default` is that of variables that name none. */
export const defaultConverters: Readonly<Record<string, ConverterClass>> = {
  default: UnicodeConverter,
  string: UnicodeConverter,
  any: AnyConverter,
  path: PathConverter,
  int: IntegerConverter,
  float: FloatConverter,
  uuid: UuidConverter,
}
