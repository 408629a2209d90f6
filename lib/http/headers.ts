// HTTP headers as lists of fields, because a name may occur more than once (Set-Cookie) and must not be joined into one.
// Responses own a `HeaderList`; `RequestHeaders` is a view of the headers that Node has parsed.
import type { IncomingMessage } from 'node:http'
import { inspect } from 'node:util'
import { isDate } from 'node:util/types'
import { checkFunction, notText, wrongArgument } from '../internal/arguments.ts'
import { TipfyError } from '../internal/errors.ts'
import { describeValue, hasText } from '../internal/has-text.ts'

const badName = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/
const badValue = /[^\t\x20-\x7e\x80-\xff]/

/** The value of a header; a Date is written as HTTP writes dates. */
type HeaderValue = string | number | Date

/** Initial headers: pairs, or an object (a list sets a name several times). */
export type HeadersInit =
  | Iterable<readonly [string, HeaderValue]>
  | Record<string, HeaderValue | readonly HeaderValue[] | undefined>

/** Throws for a name that is empty, or has characters that the name of a header cannot contain. */
export function checkHeaderName(name: string): void {
  if (name === '' || badName.test(name)) throw new TipfyError('TIPFY_E_HEADER_NAME', { name: JSON.stringify(name) })
}

/** Returns `value` as text; throws for characters that would end the header or that a header cannot contain. */
export function checkHeaderValue(name: string, value: HeaderValue): string {
  const text = typeof value === 'string' ? value : textOf(name, value)
  if (badValue.test(text)) throw new TipfyError('TIPFY_E_HEADER_VALUE', { name, value: JSON.stringify(text) })
  return text
}

function textOf(name: string, value: unknown): string {
  const isInvalid = isDate(value) && Number.isNaN(value.getTime())
  // Its own text is that of the machine's time zone.
  if (isDate(value) && !isInvalid) return value.toUTCString()
  // The texts of a list would be joined by commas: of two cookies one would be left.
  const isOne = value !== null && value !== undefined && !Array.isArray(value) && !isInvalid
  if (isOne && hasText(value)) return String(value)
  const given = isInvalid ? 'an invalid Date' : Array.isArray(value) ? 'a list' : describeValue(value)
  throw new TipfyError('TIPFY_E_HEADER_TYPE', { name, given })
}

/** Node frames the response: copied from another one, this header beside a Content-Length would split the response. */
function isFraming(name: string): boolean {
  if (typeof name !== 'string') throw notText('The name of a header', name)
  return name.length === 17 && name.toLowerCase() === 'transfer-encoding'
}

/** Returns a name in lower case, as the lists have it. */
function lowerName(name: string): string {
  if (typeof name !== 'string') throw notText('The name of a header', name)
  return name.toLowerCase()
}

const secret = /^(?:cookie|set-cookie|authorization|proxy-authorization)$/

/** The common part of both kinds of headers: names in lower case, and values, in order. */
abstract class Headers {
  abstract [Symbol.iterator](): Generator<[string, string]>

  *keys(): Generator<string> {
    for (const [name] of this) yield name
  }

  *values(): Generator<string> {
    for (const [, value] of this) yield value
  }

  entries(): Generator<[string, string]> {
    return this[Symbol.iterator]()
  }

  forEach(each: (value: string, name: string) => void): void {
    checkFunction('The argument of headers.forEach()', each)
    for (const [name, value] of this) each(value, name)
  }

  /** Pairs for logs, without secrets: a session's cookie gives access to the session. */
  toJSON(): [string, string][] {
    return Array.from(this, ([name, value]) => [name, secret.test(name) ? '(hidden)' : value])
  }

  [inspect.custom](_depth: number, options: object): string {
    return `${this.constructor.name} ${inspect(this.toJSON(), options)}`
  }
}

/**
 * A response's headers: case-insensitive names, each with any number of values, in order.
 *
 * @example
 * response.headers.set('X-Frame-Options', 'DENY')
 * response.headers.add('Link', '</style.css>; rel=preload')
 */
export class HeaderList extends Headers {
  /** Name (in lower case), value, name, value: the list that Node's `writeHead` takes. */
  readonly #list: string[] = []
  #isFrozen = false

  constructor(init?: HeadersInit) {
    super()
    if (init === undefined) return
    if (typeof init !== 'object' || init === null) throw notHeaders(init)
    if (typeof (init as Iterable<unknown>)[Symbol.iterator] === 'function') {
      for (const pair of init as Iterable<readonly [string, HeaderValue]>) {
        if (!Array.isArray(pair) || pair.length !== 2) throw notHeaders(pair)
        this.add(pair[0], pair[1])
      }
      return
    }
    for (const [name, value] of Object.entries(init)) {
      if (Array.isArray(value)) for (const one of value) this.add(name, one)
      else if (value !== undefined) this.add(name, value as HeaderValue)
    }
  }

  /** Returns the first value of `name`, or `fallback`. */
  get(name: string): string | null
  get<T>(name: string, fallback: T): string | T
  get(name: string, fallback: unknown = null): unknown {
    const at = this.#find(name)
    return at === -1 ? fallback : this.#list[at + 1]
  }

  /** Returns every value of `name`, in order. */
  getAll(name: string): string[] {
    const lower = lowerName(name)
    const values: string[] = []
    for (let i = 0; i < this.#list.length; i += 2) if (this.#list[i] === lower) values.push(this.#list[i + 1]!)
    return values
  }

  has(name: string): boolean {
    return this.#find(name) !== -1
  }

  /**
   * Makes `value` the only value of `name`; a Date is written as HTTP writes dates. Transfer-Encoding is ignored: Node sets it. Throws for characters that a header
   * cannot contain: CR, LF, NUL, and all beyond Latin-1.
   */
  set(name: string, value: HeaderValue): this {
    const text = checkHeaderValue(name, value)
    if (this.#isFrozen) throw frozenError(name)
    if (isFraming(name)) return this
    const at = this.#find(name)
    if (at === -1) return this.#push(name, text)
    this.#list[at + 1] = text
    this.#cut(this.#list[at]!, at + 2)
    return this
  }

  /** Adds a value to `name`; each is sent on a line of its own. */
  add(name: string, value: HeaderValue): this {
    const text = checkHeaderValue(name, value)
    if (this.#isFrozen) throw frozenError(name)
    return isFraming(name) ? this : this.#push(name, text)
  }

  /** Removes every value of `name`; returns true if there was one. */
  delete(name: string): boolean {
    if (this.#isFrozen) throw frozenError(name)
    const at = this.#find(name)
    return at !== -1 && this.#cut(this.#list[at]!, at)
  }

  /** Removes the values of `name` for which `unwanted` returns true. */
  deleteWhere(name: string, unwanted: (value: string) => boolean): void {
    checkFunction('The test of headers.deleteWhere()', unwanted)
    const keep = this.getAll(name).filter((value) => !unwanted(value))
    this.delete(name)
    for (const value of keep) this.add(name, value)
  }

  clear(): void {
    if (this.#isFrozen) throw frozenError('clear()')
    this.#list.length = 0
  }

  get size(): number {
    return this.#list.length / 2
  }

  override *[Symbol.iterator](): Generator<[string, string]> {
    for (let i = 0; i < this.#list.length; i += 2) yield [this.#list[i]!, this.#list[i + 1]!]
  }

  /** Adds a name in lower case and a value without checking them. */
  addUnchecked(name: string, value: string): void {
    if (this.#isFrozen) throw frozenError(name)
    this.#list.push(name, value)
  }

  /** Adds names in lower case with their values, unless the name is there, without checking them: a list as `toFlat` returns. */
  addMissing(pairs: readonly string[]): void {
    if (this.#isFrozen) throw frozenError('addMissing()')
    const list = this.#list
    const { length } = list
    for (let i = 0; i < pairs.length; i += 2) {
      let at = 0
      while (at < length && list[at] !== pairs[i]) at += 2
      if (at >= length) list.push(pairs[i]!, pairs[i + 1]!)
    }
  }

  /** Makes changes throw: the headers have been sent. @internal */
  freeze(): void {
    this.#isFrozen = true
  }

  /** Returns the flat list for `writeHead`, not a copy. */
  toFlat(): string[] {
    return this.#list
  }

  #find(name: string): number {
    const lower = lowerName(name)
    const list = this.#list
    for (let i = 0; i < list.length; i += 2) if (list[i] === lower) return i
    return -1
  }

  #push(name: string, value: string): this {
    checkHeaderName(name)
    this.#list.push(name.toLowerCase(), value)
    return this
  }

  #cut(lower: string, from: number): boolean {
    let to = from
    for (let i = from; i < this.#list.length; i += 2) {
      if (this.#list[i] === lower) continue
      this.#list[to++] = this.#list[i]!
      this.#list[to++] = this.#list[i + 1]!
    }
    const found = to !== this.#list.length
    this.#list.length = to
    return found
  }
}

function notHeaders(given: unknown): TipfyError {
  const wanted = 'an object, or pairs of name and value'
  return wrongArgument('Headers', wanted, given, "Write { 'X-Name': 'value' }, or [['X-Name', 'value']].")
}

function frozenError(name: string): TipfyError {
  return new TipfyError('TIPFY_E_RESPONSE_SENT', { what: `the header ${name}` })
}

/** A request's headers, read-only; names are case-insensitive. */
export class RequestHeaders extends Headers {
  readonly #incoming: IncomingMessage

  constructor(incoming: IncomingMessage) {
    super()
    this.#incoming = incoming
  }

  /** Returns the value of `name` (several lines are joined by RFC 9110), or `fallback`. */
  get(name: string): string | null
  get<T>(name: string, fallback: T): string | T
  get(name: string, fallback: unknown = null): unknown {
    const { headers } = this.#incoming
    const lower = lowerName(name)
    if (!Object.hasOwn(headers, lower)) return fallback
    const value = headers[lower]!
    return typeof value === 'string' ? value : value.join(', ')
  }

  /** Returns the value of each line of `name`, as received. */
  getAll(name: string): string[] {
    const lower = lowerName(name)
    const values: string[] = []
    for (const [key, value] of this) if (key === lower) values.push(value)
    return values
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#incoming.headers, lowerName(name))
  }

  /** Yields each line received, in order, names in lower case. */
  override *[Symbol.iterator](): Generator<[string, string]> {
    const raw = this.#incoming.rawHeaders
    for (let i = 0; i < raw.length; i += 2) yield [raw[i]!.toLowerCase(), raw[i + 1]!]
  }
}
