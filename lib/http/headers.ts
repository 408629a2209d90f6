// HTTP headers as lists of fields, because a name may come more than once (Set-Cookie) and must never be folded into one.
// Responses own a `HeaderList`; requests look at what Node has parsed through `RequestHeaders`.
import type { IncomingMessage } from 'node:http'
import { inspect } from 'node:util'
import { TipfyError } from '../internal/errors.ts'

const badName = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/
const badValue = /[^\t\x20-\x7e\x80-\xff]/

/** What `HeaderList` is made of: pairs, an object (a list sets a name several times), or anything that yields pairs. */
export type HeadersInit =
  | Iterable<readonly [string, string]>
  | Record<string, string | number | readonly string[] | undefined>

/** `text` as a header's value; refuses what would end the header or what a header cannot carry. */
export function checkHeaderValue(name: string, value: string | number): string {
  const text = typeof value === 'string' ? value : String(value)
  if (badValue.test(text)) throw new TipfyError('TIPFY_E_HEADER_VALUE', { name, value: JSON.stringify(text) })
  return text
}

/** Node frames the answer: copied from another server's, this header would stand beside a Content-Length, and split the answer. */
function isFraming(name: string): boolean {
  return name.length === 17 && name.toLowerCase() === 'transfer-encoding'
}

const secret = /^(?:cookie|set-cookie|authorization|proxy-authorization)$/

/** What both kinds of headers are: names, in lower case, and values in order. */
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
    for (const [name, value] of this) each(value, name)
  }

  /** For logs, as pairs. Whoever has a session's cookie has the session: no line must show it by accident. */
  toJSON(): [string, string][] {
    return Array.from(this, ([name, value]) => [name, secret.test(name) ? '(hidden)' : value])
  }

  [inspect.custom](_depth: number, options: object): string {
    return `${this.constructor.name} ${inspect(this.toJSON(), options)}`
  }
}

/**
 * A response's headers: names without regard to case, each with any number of values, in order.
 *
 * @example
 * response.headers.set('X-Frame-Options', 'DENY')
 * response.headers.add('Link', '</style.css>; rel=preload')
 */
export class HeaderList extends Headers {
  /** Name (in lower case), value, name, value: the very list that Node's `writeHead` takes. */
  private readonly list: string[] = []

  constructor(init?: HeadersInit) {
    super()
    if (init === undefined) return
    if (typeof (init as Iterable<unknown>)[Symbol.iterator] === 'function') {
      for (const [name, value] of init as Iterable<readonly [string, string]>) this.add(name, value)
      return
    }
    for (const [name, value] of Object.entries(init)) {
      if (Array.isArray(value)) for (const one of value) this.add(name, one)
      else if (value !== undefined) this.add(name, value as string | number)
    }
  }

  /** The first value of `name`, or `fallback`. */
  get(name: string): string | null
  get<T>(name: string, fallback: T): string | T
  get(name: string, fallback: unknown = null): unknown {
    const at = this.find(name)
    return at === -1 ? fallback : this.list[at + 1]
  }

  /** Every value of `name`, in order. */
  getAll(name: string): string[] {
    const lower = name.toLowerCase()
    const values: string[] = []
    for (let i = 0; i < this.list.length; i += 2) if (this.list[i] === lower) values.push(this.list[i + 1]!)
    return values
  }

  has(name: string): boolean {
    return this.find(name) !== -1
  }

  /**
   * Makes `value` the only value of `name`; Transfer-Encoding, which is not the handler's to say, is left out. Throws on what a
   * header cannot carry: CR, LF, NUL, characters beyond Latin-1.
   */
  set(name: string, value: string | number): this {
    const text = checkHeaderValue(name, value)
    if (isFraming(name)) return this
    const at = this.find(name)
    if (at === -1) return this.push(name, text)
    this.list[at + 1] = text
    this.cut(this.list[at]!, at + 2)
    return this
  }

  /** Adds `value` to those that `name` has; they are sent as separate lines. */
  add(name: string, value: string | number): this {
    const text = checkHeaderValue(name, value)
    return isFraming(name) ? this : this.push(name, text)
  }

  /** Removes every value of `name`; tells whether there was one. */
  delete(name: string): boolean {
    return this.cut(name.toLowerCase(), 0)
  }

  /** Removes the values of `name` that `unwanted` says true to. */
  deleteWhere(name: string, unwanted: (value: string) => boolean): void {
    const keep = this.getAll(name).filter((value) => !unwanted(value))
    this.delete(name)
    for (const value of keep) this.add(name, value)
  }

  clear(): void {
    this.list.length = 0
  }

  get size(): number {
    return this.list.length / 2
  }

  override *[Symbol.iterator](): Generator<[string, string]> {
    for (let i = 0; i < this.list.length; i += 2) yield [this.list[i]!, this.list[i + 1]!]
  }

  /** Adds what needs no check: a name of ours, in lower case, and a value that was checked. */
  addSound(name: string, value: string): void {
    this.list.push(name, value)
  }

  /** The flat list for `writeHead`, not a copy. */
  toFlat(): string[] {
    return this.list
  }

  private find(name: string): number {
    const lower = name.toLowerCase()
    const list = this.list
    for (let i = 0; i < list.length; i += 2) if (list[i] === lower) return i
    return -1
  }

  private push(name: string, value: string): this {
    if (name === '' || badName.test(name)) throw new TipfyError('TIPFY_E_HEADER_NAME', { name: JSON.stringify(name) })
    this.list.push(name.toLowerCase(), value)
    return this
  }

  private cut(lower: string, from: number): boolean {
    let to = from
    for (let i = from; i < this.list.length; i += 2) {
      if (this.list[i] === lower) continue
      this.list[to++] = this.list[i]!
      this.list[to++] = this.list[i + 1]!
    }
    const found = to !== this.list.length
    this.list.length = to
    return found
  }
}

/** A request's headers, to be read only; names without regard to case. */
export class RequestHeaders extends Headers {
  private readonly incoming: IncomingMessage

  constructor(incoming: IncomingMessage) {
    super()
    this.incoming = incoming
  }

  /** The value of `name` (several lines of one name are joined as RFC 9110 has it), or `fallback`. */
  get(name: string): string | null
  get<T>(name: string, fallback: T): string | T
  get(name: string, fallback: unknown = null): unknown {
    const { headers } = this.incoming
    const lower = name.toLowerCase()
    if (!Object.hasOwn(headers, lower)) return fallback
    const value = headers[lower]!
    return typeof value === 'string' ? value : value.join(', ')
  }

  /** The value of each line of `name`, as it came. */
  getAll(name: string): string[] {
    const lower = name.toLowerCase()
    const values: string[] = []
    for (const [key, value] of this) if (key === lower) values.push(value)
    return values
  }

  has(name: string): boolean {
    return Object.hasOwn(this.incoming.headers, name.toLowerCase())
  }

  /** Each line that came, in order, names in lower case. */
  override *[Symbol.iterator](): Generator<[string, string]> {
    const raw = this.incoming.rawHeaders
    for (let i = 0; i < raw.length; i += 2) yield [raw[i]!.toLowerCase(), raw[i + 1]!]
  }
}
