// Turns a session's data into one string and back, each value read back as what it was.
//
// Plain JSON data is its own encoding: `{"a":1}`, at the speed of JSON.stringify and JSON.parse. Data with anything else
// in it is `~` and JSON in which such a value is an object of one key, `{"~d":1700000000000}`, and every key of the
// user's own that begins with `~` has one `~` more. So no data can pass for a tag, in either form.
//
// Equal data has equal text, but for one thing: keys stay in the order in which they were written, because they are read
// back in it. The order of an object's keys is no part of its state, though: `sameData` looks past it. The order of Maps
// and Sets is.
import { types } from 'node:util'
import { TipfyError } from '../../../internal/errors.ts'
import { readJson } from '../../../internal/json.ts'
import { explain, formOf, isBytes, isPlainObject, maxDepth, plain, refused } from './values.ts'

/** The data as text. Throws TIPFY_E_SESSION_VALUE or TIPFY_E_SESSION_DEPTH, naming the path of what cannot be kept. */
export function encodeData(data: Record<string, unknown>): string {
  const form = formOf(data, 0)
  if (form === plain) return JSON.stringify(data)
  if (form === refused) explain(data, 'session')
  return `~${write(data)}`
}

/** The data of a text that `encodeData` made. Throws TIPFY_E_SESSION_DATA for any other text. */
export function decodeData(text: string): Record<string, unknown> {
  const data = decodePart(text.slice(bodyOf(text)), isTyped(text))
  if (typeof data !== 'object' || data === null || Array.isArray(data) || !isPlainObject(data)) {
    throw new TipfyError('TIPFY_E_SESSION_DATA')
  }
  return data as Record<string, unknown>
}

/** Whether an encoded text has tags in it. */
export function isTyped(text: string): boolean {
  return text.startsWith('~')
}

/** Where the JSON of an encoded text begins. */
export function bodyOf(text: string): number {
  return isTyped(text) ? 1 : 0
}

/** A value as it stands within encoded data, with tags if `typed`. */
export function encodePart(value: unknown, typed: boolean): string {
  return typed ? write(value) : JSON.stringify(value)
}

/** The value of a part of encoded data. Throws TIPFY_E_SESSION_DATA for any other text. */
export function decodePart(text: string, typed: boolean): unknown {
  try {
    const value = readJson(text)
    return typed ? revive(value, 0) : value
  } catch (cause) {
    throw new TipfyError('TIPFY_E_SESSION_DATA', undefined, { cause })
  }
}

/** Whether two encoded texts hold the same state: equal but for the order of objects' keys. */
export function sameData(a: string, b: string): boolean {
  // The same members in another order have the same length and the same characters: nearly every real change ends here.
  if (a === b) return true
  if (a.length !== b.length || isTyped(a) !== isTyped(b) || sumOf(a) !== sumOf(b)) return false
  return sameJson(readJson(a.slice(bodyOf(a))), readJson(b.slice(bodyOf(b))))
}

function sumOf(text: string): number {
  let sum = 0
  for (let at = 0; at < text.length; at++) sum += text.charCodeAt(at)
  return sum
}

function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]))
  }
  const keys = Object.keys(a)
  if (Array.isArray(b) || keys.length !== Object.keys(b).length) return false
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) && sameJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  )
}

// Only for data that formOf has passed as typed.
function write(value: unknown): string {
  switch (typeof value) {
    case 'number':
      return formOf(value, 0) === plain ? String(value) : `{"~f":"${Object.is(value, -0) ? '-0' : value}"}`
    case 'bigint':
      return `{"~n":"${value}"}`
    case 'undefined':
      return '{"~u":0}'
    case 'object':
      break
    default:
      return JSON.stringify(value)
  }
  if (value === null) return 'null'
  if (Array.isArray(value)) return writeList(value)
  if (types.isMap(value)) return `{"~m":[${Array.from(value, writeList).join()}]}`
  if (types.isSet(value)) return `{"~s":[${Array.from(value, write).join()}]}`
  if (types.isDate(value)) return `{"~d":${JSON.stringify(value.getTime())}}`
  if (isBytes(value)) return `{"~b":"${Buffer.from(value).toString('base64')}"}`
  const members = Object.keys(value).map((key) => {
    const name = JSON.stringify(key.startsWith('~') ? `~${key}` : key)
    return `${name}:${write((value as Record<string, unknown>)[key])}`
  })
  return `{${members.join()}}`
}

function writeList(list: unknown[]): string {
  // Array.from and not map: a hole is read back as the undefined it shows.
  return `[${Array.from(list, (item) => write(item)).join()}]`
}

function revive(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth > maxDepth * 3) throw new TipfyError('TIPFY_E_SESSION_DATA')
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = revive(value[index], depth + 1)
    return value
  }
  const object = value as Record<string, unknown>
  let escaped = false
  for (const key of Object.keys(object)) {
    if (key.startsWith('~')) {
      if (!key.startsWith('~~')) return reviveTag(key, object, depth)
      escaped = true
    }
    object[key] = revive(object[key], depth + 1) // an own `__proto__` is a property like any other here
  }
  if (!escaped) return object
  return Object.fromEntries(
    Object.entries(object).map(([key, item]) => [key.startsWith('~') ? key.slice(1) : key, item]),
  )
}

function reviveTag(tag: string, object: Record<string, unknown>, depth: number): unknown {
  const content = object[tag]
  if (Object.keys(object).length === 1) {
    if (tag === '~u') return undefined
    if (tag === '~d' && (typeof content === 'number' || content === null)) return new Date(content ?? Number.NaN)
    if (tag === '~m' && Array.isArray(content)) return new Map(revive(content, depth + 1) as [unknown, unknown][])
    if (tag === '~s' && Array.isArray(content)) return new Set(revive(content, depth + 1) as unknown[])
    if (typeof content === 'string') {
      if (tag === '~f') return Number(content)
      if (tag === '~n') return BigInt(content)
      if (tag === '~b') return new Uint8Array(Buffer.from(content, 'base64'))
    }
  }
  throw new TipfyError('TIPFY_E_SESSION_DATA')
}
