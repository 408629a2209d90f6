// Checks property values and brings them to one canonical form, the form of responses.

import type { Entity, Target, Value, ValueType } from '../protocol/messages.ts'
import { invalid } from '../protocol/status.ts'
import { readInt64 } from './convert.ts'
import { checkName, isReserved, maxNameBytes, readKey } from './keys.ts'

/** A checked value: `valueType` names the one field that is set. */
export interface StoredValue extends Value {
  valueType: ValueType
}

export type Properties = Record<string, StoredValue>

/** The meaning of values that come from an index: they cannot be written. */
export const indexMeaning = 18

const maxIndexedBytes = 1500
const maxUnindexedBytes = 1_048_487
/** The meaning of arrays that are vectors. */
const vectorMeaning = 31
const maxDimensions = 2048
/** Of entity values in one another. */
export const maxDepth = 20
// Years 1 to 9999.
const [minSeconds, maxSeconds] = [-62_135_596_800, 253_402_300_799]

const types: readonly ValueType[] = [
  'stringValue',
  'integerValue',
  'timestampValue',
  'booleanValue',
  'doubleValue',
  'keyValue',
  'blobValue',
  'geoPointValue',
  'entityValue',
  'arrayValue',
]

/** Returns the type of a value, if it has one. A `nullValue` counts even as null, as proto3 JSON writes it. */
function typeOf(value: Value): ValueType | undefined {
  if (value.valueType) return value.valueType
  for (const type of types) if (value[type] !== undefined && value[type] !== null) return type
  return value.nullValue === undefined ? undefined : 'nullValue'
}

function readDouble(given: unknown): number {
  const double = Number(given)
  if (Number.isNaN(double) && String(given) !== 'NaN') throw invalid(`"${String(given)}" is not a number.`)
  return double
}

function readTimestamp(value: Value): { seconds: string; nanos: number } {
  const seconds = readInt64(value.timestampValue?.seconds ?? 0)
  const nanos = value.timestampValue?.nanos ?? 0
  if (Number(seconds) < minSeconds || Number(seconds) > maxSeconds)
    throw invalid('Timestamp seconds exceeds limit for field')
  if (nanos < 0 || nanos >= 1e9) throw invalid('Timestamp nanos exceeds limit for field')
  // Datastore stores microseconds and drops anything finer.
  return { seconds, nanos: Math.floor(nanos / 1000) * 1000 }
}

function readGeoPoint(value: Value): { latitude: number; longitude: number } {
  const latitude = readDouble(value.geoPointValue?.latitude ?? 0)
  const longitude = readDouble(value.geoPointValue?.longitude ?? 0)
  if (!(Math.abs(latitude) <= 90)) throw invalid('Geo point latitude outside permitted range -90.0 to 90.0.')
  if (!(Math.abs(longitude) <= 180)) throw invalid('Geo point longitude outside permitted range -180.0 to 180.0.')
  // The zeros of a place are one.
  return { latitude: latitude || 0, longitude: longitude || 0 }
}

function readText({ stringValue }: Value, name: string): string {
  const text = String(stringValue)
  if (!text.isWellFormed())
    throw invalid(`The value of property "${name}" is no valid Unicode: it has half of a surrogate pair.`)
  return text
}

/** The type that each meaning goes with; only old applications set any. */
const meanings = new Map<number, ValueType>([
  ...[1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 15, 17].map((meaning): [number, ValueType] => [meaning, 'stringValue']),
  ...[7, 13].map((meaning): [number, ValueType] => [meaning, 'integerValue']),
  ...[16, 22].map((meaning): [number, ValueType] => [meaning, 'blobValue']),
  [20, 'entityValue'],
  [23, 'geoPointValue'],
])
/** Marks an integer of microseconds as a time that is too far away for a timestamp. */
const farTime = 7

function checkMeaning(meaning: number, { valueType, integerValue }: StoredValue, name: string): void {
  if (meaning === indexMeaning) throw invalid('Projection property cannot be used.')
  const type = meanings.get(meaning)
  if (!type) throw invalid(`Unknown value meaning ${meaning}.`)
  const field = type.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  if (type !== valueType) throw invalid(`Value "${name}" has a meaning ${meaning} which does not match ${field} field.`)
  const seconds = Number(integerValue) / 1e6
  if (meaning === farTime && seconds >= minSeconds && seconds <= maxSeconds)
    throw invalid('A time between the years 1 and 9999 must be stored as a timestamp value.')
}

/** Reads the values of one request; keys without a project and database are in the request's own. */
export class ValueReader {
  readonly #target: Target

  constructor(target: Target) {
    this.#target = target
  }

  /** Reads the value of a transform. @param name The property, for messages. */
  value(value: Value | null | undefined, name: string): StoredValue {
    const read = this.#value(value ?? {}, name, 0, 0)
    checkSize(read, name)
    return read
  }

  /** Reads the value of a filter. */
  filter(value: Value, name: string): StoredValue {
    // A projection's values may be asked for as they came.
    const read = this.#value(value.meaning === indexMeaning ? { ...value, meaning: 0 } : value, name, 0, 0)
    if (read.excludeFromIndexes) throw invalid('a filter value must be indexed')
    checkSize(read, name)
    return read
  }

  /** Reads the properties of an entity to write. */
  properties(entity: Entity): Properties {
    return this.#properties(entity, 0, 0)
  }

  /** @param pathBytes Length of the path to the entity, with its dot. */
  #properties(entity: Entity, depth: number, pathBytes: number): Properties {
    if (depth > maxDepth) throw invalid(`At most ${maxDepth} nested entity values are supported.`)
    const read: Properties = {}
    const given = entity.properties
    for (const name in given) {
      checkPropertyName(name)
      const bytes = pathBytes + (depth > 0 ? Buffer.byteLength(name) : 0)
      if (bytes > maxNameBytes) throw invalid(`The flattened property.name is longer than ${maxNameBytes} bytes.`)
      const value = this.#value(given[name]!, name, depth, bytes)
      checkSize(value, name)
      read[name] = value
    }
    return read
  }

  #value(value: Value, name: string, depth: number, pathBytes: number): StoredValue {
    const valueType = typeOf(value)
    if (!valueType) throw invalid(`The value "${name}" does not contain a value.`)
    const read: StoredValue = { valueType }
    this.#payload(read, value, name, depth, pathBytes)
    if (isVector(value)) {
      read.meaning = vectorMeaning
      checkVector(read, value, name)
    } else if (value.meaning) {
      if (valueType === 'arrayValue') throw invalid('A Value containing a list_value cannot specify a meaning.')
      read.meaning = value.meaning
      checkMeaning(value.meaning, read, name)
    }
    if (value.excludeFromIndexes) {
      if (valueType === 'arrayValue' && !isVector(value))
        throw invalid('Exclude from indexes cannot be set on a list value')
      read.excludeFromIndexes = true
    }
    return read
  }

  #payload(read: StoredValue, value: Value, name: string, depth: number, pathBytes: number): void {
    switch (read.valueType) {
      case 'stringValue':
        read.stringValue = readText(value, name)
        break
      case 'integerValue':
        read.integerValue = readInt64(value.integerValue)
        break
      case 'booleanValue':
        read.booleanValue = Boolean(value.booleanValue)
        break
      case 'nullValue':
        read.nullValue = 'NULL_VALUE'
        break
      case 'doubleValue':
        read.doubleValue = readDouble(value.doubleValue)
        break
      case 'timestampValue':
        read.timestampValue = readTimestamp(value)
        break
      case 'keyValue':
        read.keyValue = readKey(value.keyValue, foreign(value, this.#target))
        break
      case 'blobValue':
        read.blobValue = Buffer.from(value.blobValue as string, 'base64')
        break
      case 'geoPointValue':
        read.geoPointValue = readGeoPoint(value)
        break
      case 'entityValue': {
        const { key } = value.entityValue!
        // The first path has not been counted: most entities have none inside.
        const bytes = (depth === 0 ? Buffer.byteLength(name) : pathBytes) + 1
        const properties = this.#properties(value.entityValue!, depth + 1, bytes)
        read.entityValue = key?.path?.length
          ? { key: readKey(key, foreign({ keyValue: key }, this.#target), 'either'), properties }
          : { properties }
        break
      }
      case 'arrayValue': {
        const items = value.arrayValue?.values ?? []
        if (items.some((item) => typeOf(item) === 'arrayValue'))
          throw invalid('list_value cannot contain a Value containing another list_value.')
        read.arrayValue = { values: items.map((item) => this.#value(item, name, depth, pathBytes)) }
        break
      }
    }
  }
}

/** Returns true for a vector: an array of doubles with a meaning of its own. */
export function isVector(value: Value): boolean {
  return value.meaning === vectorMeaning && typeOf(value) === 'arrayValue'
}

function checkVector({ arrayValue }: StoredValue, { excludeFromIndexes }: Value, name: string): void {
  const values = arrayValue!.values as StoredValue[]
  if (!excludeFromIndexes) throw invalid(`The vector "${name}" must be excluded from indexes.`)
  if (values.length === 0 || values.length > maxDimensions)
    throw invalid(`The vector "${name}" has ${values.length} dimensions. A vector has 1 to ${maxDimensions}.`)
  if (values.some(({ valueType, doubleValue }) => valueType !== 'doubleValue' || Number.isNaN(doubleValue)))
    throw invalid(`The vector "${name}" has values that are no doubles, or NaN.`)
}

/** Returns the target of a key that is only a value: it may be in another project or database. */
function foreign({ keyValue }: Value, target: Target): Target {
  const { projectId, databaseId } = keyValue?.partitionId ?? {}
  return projectId ? { projectId, databaseId } : target
}

export function checkPropertyName(name: string): void {
  checkName('property.name', name)
  if (isReserved(name)) throw invalid(`The property.name "${name}" is reserved.`)
}

function checkSize(value: StoredValue, name: string): void {
  if (value.valueType === 'arrayValue') {
    for (const item of value.arrayValue!.values!) checkSize(item as StoredValue, name)
    return
  }
  const limit = value.excludeFromIndexes ? maxUnindexedBytes : maxIndexedBytes
  const bytes =
    value.valueType === 'stringValue'
      ? value.stringValue!.length * 3 > limit
        ? Buffer.byteLength(value.stringValue!)
        : 0
      : value.valueType === 'blobValue'
        ? (value.blobValue as Buffer).length
        : 0
  if (bytes > limit) throw invalid(`The value of property "${name}" is longer than ${limit} bytes.`)
}
