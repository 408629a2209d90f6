// A dictionary whose keys may have several values, in order: queries, forms and Cookie headers.
import { isDate } from 'node:util/types'
import { checkFunction, wrongArgument } from '../internal/arguments.ts'

/** Converts a text to another type; an exception, NaN or an invalid date is a failure. */
export type Convert<T> = (text: string) => T

/** The result for a value that could not be converted. */
const failed = Symbol('failed')

// Both convert a blank text to zero: `?page=` would be page 0, where Python's `int('')` fails.
const zeroForBlank: readonly unknown[] = [Number, BigInt]

const isBlank = (value: unknown) => typeof value === 'string' && value.trim() === ''

function converted<V>(value: V, convert: (value: V) => unknown, fallback: unknown): unknown {
  if (zeroForBlank.includes(convert) && isBlank(value)) return fallback
  try {
    const made = convert(value)
    return Number.isNaN(isDate(made) ? made.getTime() : made) ? fallback : made
  } catch {
    return fallback
  }
}

/**
 * Several values per name, in order. `get` returns the first, as in Werkzeug.
 *
 * @example
 * request.args.get('page', 1, Number)
 * request.args.getAll('tag')
 */
export class MultiDict<V = string> {
  readonly #names: string[] = []
  readonly #list: V[] = []

  /** @param pairs names and values, in order */
  constructor(pairs?: Iterable<readonly [string, V]>) {
    if (pairs === undefined) return
    if (typeof (pairs as Partial<typeof pairs> | null)?.[Symbol.iterator] !== 'function') throw notPairs(pairs)
    for (const pair of pairs) {
      if (!Array.isArray(pair)) throw notPairs(pair)
      this.add(pair[0], pair[1])
    }
  }

  /** Adds a value to `name`. */
  add(name: string, value: V): this {
    this.#names.push(name)
    this.#list.push(value)
    return this
  }

  /**
   * Returns the first value of `name`, or `fallback` (null). With `convert` (`Number`, `parseInt`, your own) the value is
   * converted; `fallback` is also returned if that throws or results in NaN or an invalid date, and for a blank text with `Number`
   * or `BigInt`.
   */
  get(name: string): V | null
  get<F>(name: string, fallback: F): V | F
  get<F, T>(name: string, fallback: F, convert: (value: V) => T): T | F
  get(name: string, fallback: unknown = null, convert?: (value: V) => unknown): unknown {
    if (convert !== undefined) checkFunction('The third argument of get(), which converts,', convert)
    const at = this.#names.indexOf(name)
    if (at === -1) return fallback
    const value = this.#list[at] as V
    return convert === undefined ? value : converted(value, convert, fallback)
  }

  /** Returns every value of `name`, in order; with `convert`, converted, without those that cannot be. */
  getAll(name: string): V[]
  getAll<T>(name: string, convert: (value: V) => T): T[]
  getAll(name: string, convert?: (value: V) => unknown): unknown[] {
    const values = this.#list.filter((_, at) => this.#names[at] === name)
    if (convert === undefined) return values
    checkFunction('The second argument of getAll(), which converts,', convert)
    return values.map((value) => converted(value, convert, failed)).filter((value) => value !== failed)
  }

  has(name: string): boolean {
    return this.#names.includes(name)
  }

  /** The number of name-value pairs. */
  get size(): number {
    return this.#names.length
  }

  /** Yields each name once, in order of first occurrence. */
  keys(): IterableIterator<string> {
    return new Set(this.#names).values()
  }

  values(): IterableIterator<V> {
    return this.#list.values()
  }

  entries(): Generator<[string, V]> {
    return this[Symbol.iterator]()
  }

  forEach(each: (value: V, name: string) => void): void {
    checkFunction('The argument of forEach()', each)
    for (const [name, value] of this) each(value, name)
  }

  /** Yields every pair, in order. */
  *[Symbol.iterator](): Generator<[string, V]> {
    for (let at = 0; at < this.#names.length; at++) yield [this.#names[at]!, this.#list[at] as V]
  }

  /** Returns an object with the first value of each name; with `{ all: true }` with lists of all values. */
  toObject(options: { all: true }): Record<string, V[]>
  toObject(options?: { all?: false }): Record<string, V>
  toObject(options?: { all?: boolean }): Record<string, V | V[]> {
    const lists = new Map<string, V[]>()
    for (const [name, value] of this) {
      const list = lists.get(name)
      if (list === undefined) lists.set(name, [value])
      else list.push(value)
    }
    // fromEntries defines properties, so a name like `__proto__` is an ordinary key.
    return Object.fromEntries(options?.all ? lists : [...lists].map(([name, list]) => [name, list[0] as V]))
  }

  toJSON(): Record<string, V[]> {
    return this.toObject({ all: true })
  }
}

function notPairs(given: unknown): Error {
  return wrongArgument(
    'A MultiDict',
    'pairs of name and value',
    given,
    "Write [['name', 'value']], or Object.entries(object).",
  )
}
