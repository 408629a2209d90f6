// A dictionary whose keys may have several values, in order: what a query, a form and a Cookie header really are.
import { isDate } from 'node:util/types'

/** Reads a text as another type; throwing or giving NaN or an invalid date means "not one". */
export type Convert<T> = (text: string) => T

/** Stands for a value that could not be converted. */
const refused = Symbol('refused')

// Both take a blank text for zero: `?page=` would be page 0, where Python's `int('')` is no number.
const taking: readonly unknown[] = [Number, BigInt]

const isBlank = (value: unknown) => typeof value === 'string' && value.trim() === ''

function converted<V>(value: V, convert: (value: V) => unknown, fallback: unknown): unknown {
  if (taking.includes(convert) && isBlank(value)) return fallback
  try {
    const made = convert(value)
    return Number.isNaN(isDate(made) ? made.getTime() : made) ? fallback : made
  } catch {
    return fallback
  }
}

/**
 * Several values per name, in the order they came. The first counts where one is asked for, as in Werkzeug.
 *
 * @example
 * request.args.get('page', 1, Number)
 * request.args.getAll('tag')
 */
export class MultiDict<V = string> {
  private readonly names: string[] = []
  private readonly list: V[] = []

  /** @param pairs names and values, in order */
  constructor(pairs?: Iterable<readonly [string, V]>) {
    if (pairs !== undefined) for (const [name, value] of pairs) this.add(name, value)
  }

  /** Adds a value to those that `name` has. */
  add(name: string, value: V): this {
    this.names.push(name)
    this.list.push(value)
    return this
  }

  /**
   * The first value of `name`; `fallback` (null) if there is none. With `convert` (`Number`, `parseInt`, your own) what it
   * makes of the value; `fallback` too if it throws or gives NaN or an invalid date, and for a blank text with `Number` or
   * `BigInt`.
   */
  get(name: string): V | null
  get<F>(name: string, fallback: F): V | F
  get<F, T>(name: string, fallback: F, convert: (value: V) => T): T | F
  get(name: string, fallback: unknown = null, convert?: (value: V) => unknown): unknown {
    const at = this.names.indexOf(name)
    if (at === -1) return fallback
    const value = this.list[at] as V
    return convert === undefined ? value : converted(value, convert, fallback)
  }

  /** Every value of `name`, in order. With `convert` what it makes of them, without those for which `get` gives the fallback. */
  getAll(name: string): V[]
  getAll<T>(name: string, convert: (value: V) => T): T[]
  getAll(name: string, convert?: (value: V) => unknown): unknown[] {
    const values = this.list.filter((_, at) => this.names[at] === name)
    if (convert === undefined) return values
    return values.map((value) => converted(value, convert, refused)).filter((value) => value !== refused)
  }

  has(name: string): boolean {
    return this.names.includes(name)
  }

  /** How many name-value pairs there are. */
  get size(): number {
    return this.names.length
  }

  /** Each name once, in order of first appearance. */
  keys(): IterableIterator<string> {
    return new Set(this.names).values()
  }

  values(): IterableIterator<V> {
    return this.list.values()
  }

  entries(): Generator<[string, V]> {
    return this[Symbol.iterator]()
  }

  forEach(each: (value: V, name: string) => void): void {
    for (const [name, value] of this) each(value, name)
  }

  /** Every pair, in order. */
  *[Symbol.iterator](): Generator<[string, V]> {
    for (let at = 0; at < this.names.length; at++) yield [this.names[at]!, this.list[at] as V]
  }

  /** A plain object of the first value of each name; with `{ all: true }` of lists of every value. */
  toObject(options: { all: true }): Record<string, V[]>
  toObject(options?: { all?: false }): Record<string, V>
  toObject(options?: { all?: boolean }): Record<string, V | V[]> {
    const lists = new Map<string, V[]>()
    for (const [name, value] of this) {
      const list = lists.get(name)
      if (list === undefined) lists.set(name, [value])
      else list.push(value)
    }
    // fromEntries defines properties, so a name like `__proto__` is one more key and nothing else.
    return Object.fromEntries(options?.all ? lists : [...lists].map(([name, list]) => [name, list[0] as V]))
  }

  toJSON(): Record<string, V[]> {
    return this.toObject({ all: true })
  }
}
