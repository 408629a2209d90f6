// Turns a session's data into one string and back, each value read back as what it was.
//
// Plain JSON data is its own encoding: `{"a":1}`, at the speed of JSON.stringify and JSON.parse. Data with anything else
// in it is `~` and JSON in which such a value is an object of one key, `{"~d":1700000000000}`, and every key of the
// user's own that begins with `~` has one `~` more. So no data can pass for a tag, in either form.
//
// Equal data has equal text, but for one thing: keys stay in the order in which they were written, because they are read
// back in it. The order of an object's keys is no part of its state, though: `sameData` looks past it. The order of Maps
// and Sets is.
import { commonEnd, commonStart } from '../../../internal/common-ends.ts'
import { TipfyError } from '../../../internal/errors.ts'
import { readJson } from '../../../internal/json.ts'
import { same } from './equality.ts'
import { explain, isPlainObject, maxDepth, rejected, tagged } from './values.ts'

/**
 * Returns data as text. Throws TIPFY_E_SESSION_VALUE or TIPFY_E_SESSION_DEPTH, naming the path of what cannot be kept.
 *
 * @param original what a text without tags was decoded to: objects of its own that are still in their place need no walk
 */
export function encodeData(data: Record<string, unknown>, original?: Record<string, unknown>): string {
  if (original !== undefined && isPlainBeside(data, original)) return JSON.stringify(data)
  const walk = { hasTags: false }
  const body = tagged(data, walk)
  if (body === rejected) explain(data, 'session')
  return walk.hasTags ? `~${JSON.stringify(body)}` : JSON.stringify(data)
}

/** Returns true if data is plain JSON. @param original as for `encodeData` */
export function isPlainBeside(data: Record<string, unknown>, original: Record<string, unknown>): boolean {
  if (Object.getOwnPropertySymbols(data).length > 0) return false
  return Object.keys(data).every((key) => {
    if (key.charCodeAt(0) === 126) return false
    const value = data[key]
    const isOriginal = typeof value === 'object' && value === original[key]
    return isOriginal || tagged(value, { hasTags: false }, 1) === value
  })
}

/** Returns the data of a text that `encodeData` made. Throws TIPFY_E_SESSION_DATA for any other text. */
export function decodeData(text: string): Record<string, unknown> {
  let data: unknown
  try {
    data = readBody(text)
    if (hasTags(text)) data = revive(data, 0)
  } catch (cause) {
    throw new TipfyError('TIPFY_E_SESSION_DATA', undefined, { cause })
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data) || !isPlainObject(data)) {
    throw new TipfyError('TIPFY_E_SESSION_DATA')
  }
  return data as Record<string, unknown>
}

/** Tells if two encoded texts hold the same state: equal but for the order of objects' keys. */
export function sameData(a: string, b: string): boolean {
  // The same members in another order have the same length and the same characters: nearly every real change ends here.
  if (a === b) return true
  if (a.length !== b.length || hasTags(a) !== hasTags(b) || !haveSameCharacters(a, b)) return false
  return same(readBody(a), readBody(b))
}

const hasTags = (text: string): boolean => text.startsWith('~')
const readBody = (text: string): unknown => readJson(hasTags(text) ? text.slice(1) : text)

/** Returns true if two texts of one length have the same characters. Only the part that differs is counted: mostly a short one. */
function haveSameCharacters(a: string, b: string): boolean {
  const start = commonStart(a, b)
  const end = a.length - commonEnd(a, b, a.length - start)
  let sum = 0
  for (let at = start; at < end; at++) sum += a.charCodeAt(at) - b.charCodeAt(at)
  return sum === 0
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

/** Lists the keys that take most of the data, with their bytes, for people. */
export function largestKeys(data: Record<string, unknown>): string {
  const sizes = Object.entries(data).map(([key, value]) => ({
    key,
    bytes: Buffer.byteLength(encodeData({ [key]: value })),
  }))
  sizes.sort((a, b) => b.bytes - a.bytes)
  const listed = sizes.slice(0, 5).map(({ key, bytes }) => `${key.slice(0, 40)}: ${bytes}`)
  return listed.join(', ') + (sizes.length > 5 ? ` and ${sizes.length - 5} more` : '')
}
