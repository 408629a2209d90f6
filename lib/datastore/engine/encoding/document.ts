// Stores an entity's properties as compact JSON, which JavaScript reads and writes faster than protobuf.
import { hasEscapedKeys, readJson } from '../../../internal/json.ts'
import type { StoredKey } from './keys.ts'
import type { Properties, StoredValue } from './values.ts'

// A value is [tag, payload], then 1 if it is not indexed (or 0), then its meaning; both are left out where they are empty. Long
// texts are outside the JSON, which would escape them: after it and a line break, with a tab in front of all. Spaces after the JSON
// and at the end keep what follows in its place and the whole at its length through small changes: SQLite then writes only the pages
// that differ.
type Packed = [tag: string, payload: unknown, unindexed?: 0 | 1, meaning?: number]
type PackedProperties = Record<string, Packed>

/** Characters from which on a text without an index is kept outside the JSON. */
const longText = 1000

/** Characters to a multiple of which the JSON in front of long texts is filled up. */
const headUnit = 256
/** The part of all that may be spaces at its end. */
const endPart = 1 / 32

/** The texts outside the JSON of a document. */
class Outside {
  readonly texts: string[] = []
  #length = 0

  /** Returns the place of a text. */
  add(text: string): [start: number, length: number] {
    this.texts.push(text)
    this.#length += text.length
    return [this.#length - text.length, text.length]
  }
}

function packDouble(double: number): number | string {
  return Number.isFinite(double) && !Object.is(double, -0) ? double : Object.is(double, -0) ? '-0' : String(double)
}

function payload(value: StoredValue, outside: Outside): [string, unknown] {
  switch (value.valueType) {
    case 'stringValue': {
      const text = value.stringValue!
      // SQLite's own functions take a text for one that ends at its first NUL.
      const isOutside = value.excludeFromIndexes && text.length >= longText && !text.includes('\0')
      return isOutside ? ['o', outside.add(text)] : ['s', text]
    }
    case 'integerValue':
      return ['i', value.integerValue]
    case 'booleanValue':
      return ['b', value.booleanValue]
    case 'nullValue':
      return ['n', 0]
    case 'doubleValue':
      return ['d', packDouble(value.doubleValue as number)]
    case 'timestampValue':
      return ['t', [value.timestampValue!.seconds, value.timestampValue!.nanos]]
    case 'keyValue':
      return ['k', value.keyValue]
    case 'blobValue':
      return ['x', (value.blobValue as Buffer).toString('base64')]
    case 'geoPointValue':
      return ['g', [value.geoPointValue!.latitude, value.geoPointValue!.longitude]]
    case 'entityValue':
      return [
        'e',
        [value.entityValue!.key ?? null, packProperties(value.entityValue!.properties as Properties, outside)],
      ]
    case 'arrayValue':
      return ['a', (value.arrayValue!.values as StoredValue[]).map((item) => pack(item, outside))]
  }
}

function pack(value: StoredValue, outside: Outside): Packed {
  const packed = payload(value, outside) as Packed
  if (value.excludeFromIndexes || value.meaning) packed.push(value.excludeFromIndexes ? 1 : 0)
  if (value.meaning) packed.push(value.meaning)
  return packed
}

function packProperties(properties: Properties, outside: Outside): PackedProperties {
  const packed: PackedProperties = {}
  for (const name in properties) packed[name] = pack(properties[name]!, outside)
  return packed
}

function unpack(packed: Packed, outside: string): StoredValue {
  const value = unpackPayload(packed[0], packed[1], outside)
  if (packed[2]) value.excludeFromIndexes = true
  if (packed[3]) value.meaning = packed[3]
  return value
}

function unpackPayload(tag: string, payload: unknown, outside: string): StoredValue {
  switch (tag) {
    case 's':
      return { valueType: 'stringValue', stringValue: payload as string }
    case 'o': {
      const [start, length] = payload as [number, number]
      return { valueType: 'stringValue', stringValue: outside.slice(start, start + length) }
    }
    case 'i':
      return { valueType: 'integerValue', integerValue: payload as string }
    case 'b':
      return { valueType: 'booleanValue', booleanValue: payload as boolean }
    case 'n':
      return { valueType: 'nullValue', nullValue: 'NULL_VALUE' }
    case 'd':
      return { valueType: 'doubleValue', doubleValue: Number(payload) }
    case 't': {
      const [seconds, nanos] = payload as [string, number]
      return { valueType: 'timestampValue', timestampValue: { seconds, nanos } }
    }
    case 'k':
      return { valueType: 'keyValue', keyValue: payload as StoredKey }
    case 'x':
      return { valueType: 'blobValue', blobValue: Buffer.from(payload as string, 'base64') }
    case 'g': {
      const [latitude, longitude] = payload as [number, number]
      return { valueType: 'geoPointValue', geoPointValue: { latitude, longitude } }
    }
    case 'e': {
      const [key, properties] = payload as [StoredKey | null, PackedProperties]
      const unpacked = unpackProperties(properties, outside)
      return {
        valueType: 'entityValue',
        entityValue: key ? { key, properties: unpacked } : { properties: unpacked },
      }
    }
    case 'a':
      return {
        valueType: 'arrayValue',
        arrayValue: { values: (payload as Packed[]).map((item) => unpack(item, outside)) },
      }
    default:
      throw new Error(`a stored value has the unknown tag "${tag}"`)
  }
}

function unpackProperties(packed: PackedProperties, outside: string): Properties {
  const properties: Properties = {}
  for (const name in packed) properties[name] = unpack(packed[name]!, outside)
  return properties
}

/** Writes properties as the text that is stored. A leading space marks JSON whose property names have escapes. */
export function writeDocument(properties: Properties): string {
  const outside = new Outside()
  const json = JSON.stringify(packProperties(properties, outside))
  const text = hasEscapedKeys(json) ? ` ${json}` : json
  if (outside.texts.length === 0) return text
  const long = outside.texts.join('')
  // Powers of two: a text that grows keeps its unit for long.
  const unit = 2 ** Math.floor(Math.log2(long.length * endPart))
  return `\t${padded(text, headUnit)}\n${padded(long, unit)}`
}

function padded(text: string, unit: number): string {
  return text.padEnd(Math.ceil(text.length / unit) * unit)
}

/** Returns true if there are arrays in a text of `writeDocument`; perhaps also for others that look like it. */
export function hasArrays(text: string): boolean {
  return text.includes('["a",[')
}

/** Reads a text of `writeDocument`. */
export function readDocument(text: string): Properties {
  if (text[0] !== '\t') return readPacked(text, '')
  const end = text.indexOf('\n')
  return readPacked(text.slice(1, end), text.slice(end + 1))
}

function readPacked(json: string, outside: string): Properties {
  return unpackProperties((json[0] === ' ' ? readJson(json) : JSON.parse(json)) as PackedProperties, outside)
}
