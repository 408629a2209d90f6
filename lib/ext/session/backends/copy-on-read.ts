// Copy-on-read: a request gets its own copy of the values that it asks for, which at the end are compared with the original. Both
// cost a fraction of reading and writing JSON, and nothing for values that it does not ask for. The data of a cookie that comes
// again and again is decoded once, and so are long texts, which are encoded value by value: those that no request asked for stay
// as they are.
import type { SignedCookie } from '../cookies/signing.ts'
import { decodeData, encodeData, isPlainBeside } from '../data/codec.ts'
import { same } from '../data/equality.ts'
import { LongTexts } from './long-texts.ts'

/** The places of the values in a text, by key: start and end. */
type Places = ReadonlyMap<string, readonly [number, number]>

const longTexts = new LongTexts<CopyOnRead>()

/** The decoded data of a text; its own objects are never handed out. */
export class CopyOnRead {
  readonly #data: Record<string, unknown>
  readonly #keys: readonly string[]
  /** Set for a long text of a session in Datastore. */
  readonly #id: string | undefined
  readonly #text: string
  /** Empty for a text that was not made here. */
  readonly #places: Places

  private constructor(data: Record<string, unknown>, text: string, id?: string, places: Places = new Map()) {
    this.#data = data
    this.#keys = Object.keys(data)
    this.#text = text
    this.#id = id
    this.#places = places
  }

  /** The data of a cookie, from the third call on: most cookies that come once never come again. */
  static of(cookie: SignedCookie): CopyOnRead | undefined {
    if (cookie.memo instanceof CopyOnRead) return cookie.memo
    if (cookie.memo === undefined) cookie.memo = 'seen'
    else cookie.memo = CopyOnRead.from(cookie.text) ?? cookie.memo
    return undefined
  }

  /** The data of a text; undefined if it holds more than plain JSON. @param id of the session, for it to be remembered if it is long */
  static from(text: string, id?: string): CopyOnRead | undefined {
    if (!isPlainJson(text)) return undefined
    if (id === undefined || !LongTexts.isLong(text)) return new CopyOnRead(decodeData(text), text)
    const known = longTexts.get(id, text)
    if (known !== undefined) return known
    const made = new CopyOnRead(decodeData(text), text, id)
    longTexts.set(id, text, made)
    return made
  }

  /** Makes a dictionary for a request. Its values belong to all requests until they are made its own. */
  share(): Record<string, unknown> {
    return { ...this.#data } // which keeps a key `__proto__` an own property, as setting one that is there does
  }

  /** Makes the value of `key` of a shared dictionary, which has it, its own. */
  own(data: Record<string, unknown>, key: string): void {
    const value = data[key]
    if (typeof value === 'object' && value !== null && value === this.#data[key]) data[key] = copyOfItem(value)
  }

  /** Makes all values of a shared dictionary its own. */
  ownAll(data: Record<string, unknown>): void {
    for (const key of Object.keys(data)) this.own(data, key)
  }

  /**
   * Returns true if a session's data is surely the same; otherwise its text has to be compared. The dictionary itself was never
   * handed out: it is a plain object without symbols.
   */
  isIn(data: Record<string, unknown>): boolean {
    const keys = this.#keys
    if (Object.keys(data).length !== keys.length) return false
    for (const key of keys) if (!Object.hasOwn(data, key) || !same(data[key], this.#data[key])) return false
    return true
  }

  /** Encodes a shared dictionary. A long text is remembered with its data: it is what the next request finds. */
  encode(data: Record<string, unknown>): string {
    if (this.#id === undefined || !isPlainBeside(data, this.#data)) return encodeData(data, this.#data)
    const places = new Map<string, [number, number]>()
    let text = '{'
    for (const key of Object.keys(data)) {
      text += `${places.size === 0 ? '' : ','}${JSON.stringify(key)}:`
      const start = text.length
      text += this.#encoded(key, data[key])
      places.set(key, [start, text.length])
    }
    text += '}'
    if (text !== this.#text) longTexts.set(this.#id, text, new CopyOnRead(this.#ownCopy(data), text, this.#id, places))
    return text
  }

  /** Returns the JSON of a value: where it is as it was, that of the text. */
  #encoded(key: string, value: unknown): string {
    const place = value === this.#data[key] ? this.#places.get(key) : undefined
    return place === undefined ? JSON.stringify(value) : this.#text.slice(...place)
  }

  /** Copies the values that the request was given or has set. */
  #ownCopy(data: Record<string, unknown>): Record<string, unknown> {
    const copy = { ...data }
    for (const key of Object.keys(copy)) {
      const value = copy[key]
      if (typeof value === 'object' && value !== null && value !== this.#data[key]) copy[key] = copyOfItem(value)
    }
    return copy
  }
}

// Values beyond JSON (Date, Map …) cannot be copied member by member.
const isPlainJson = (text: string) => text.charCodeAt(0) === 123

function copyOf(value: Record<string, unknown>): Record<string, unknown> {
  const copy = { ...value }
  for (const key of Object.keys(copy)) {
    const item = copy[key]
    if (typeof item === 'object' && item !== null) copy[key] = copyOfItem(item)
  }
  return copy
}

function copyOfItem(item: object): object {
  if (!Array.isArray(item)) return copyOf(item as Record<string, unknown>)
  const copy: unknown[] = item.slice()
  for (let at = 0; at < copy.length; at++) {
    const value = copy[at]
    if (typeof value === 'object' && value !== null) copy[at] = copyOfItem(value)
  }
  return copy
}
