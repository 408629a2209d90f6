// Checks property values and brings them to one canonical form, the form of responses.

import type { Entity, Target, Value, ValueType } from '../protocol/messages.ts'
import { invalid } from '../protocol/status.ts'
import { readInt64 } from './convert.ts'
import { isReserved, readKey } from './keys.ts'

/** A checked value: `valueType` names the one field that is set. */
export interface StoredValue extends Value {
  valueType: ValueType
}

export type Properties = Record<string, StoredValue>

/** The meaning of values that come from an index: they cannot be written. */
export const indexMeaning = 18

const maxIndexedBytes = 1500
const maxUnindexedBytes = 1_048_487
const maxDepth = 20
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
  return { latitude, longitude }
}

/** Reads the values of one request; keys without a project and database are in the request's own. */
export class ValueReader {
  readonly #target: Target

  constructor(target: Target) {
    this.#target = target
  }

  /** Reads the value of a transform. @param name The property, for messages. */
  value(value: Value | null | undefined, name: string): StoredValue {
    const read = this.#value(value ?? {}, name, 0)
    checkSize(read, name)
    return read
  }

  /** Reads the value of a filter. */
  filter(value: Value, name: string): StoredValue {
    const read = this.#value(value, name, 0)
    checkSize({ ...read, excludeFromIndexes: false }, name)
    return read
  }

  /** Reads the properties of an entity to write. */
  properties(entity: Entity): Properties {
    return this.#properties(entity, 0)
  }

  #properties(entity: Entity, depth: number): Properties {
    if (depth > maxDepth) throw invalid(`At most ${maxDepth} nested entity values are supported.`)
    const read: Properties = {}
    const given = entity.properties
    for (const name in given) {
      checkPropertyName(name)
      const value = this.#value(given[name]!, name, depth)
      checkSize(value, name)
      read[name] = value
    }
    return read
  }

  #value(value: Value, name: string, depth: number): StoredValue {
    const valueType = typeOf(value)
    if (!valueType) throw invalid(`The value "${name}" does not contain a value.`)
    const read: StoredValue = { valueType }
    this.#payload(read, value, name, depth)
    if (value.meaning) {
      if (valueType === 'arrayValue') throw invalid('A Value containing a list_value cannot specify a meaning.')
      if (value.meaning === indexMeaning) throw invalid(`The value of property "${name}" has the reserved meaning 18.`)
      read.meaning = value.meaning
    }
    if (value.excludeFromIndexes) {
      if (valueType === 'arrayValue') throw invalid('Exclude from indexes cannot be set on a list value')
      read.excludeFromIndexes = true
    }
    return read
  }

  #payload(read: StoredValue, value: Value, name: string, depth: number): void {
    switch (read.valueType) {
      case 'stringValue':
        read.stringValue = String(value.stringValue)
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
        const properties = this.#properties(value.entityValue!, depth + 1)
        read.entityValue = key?.path?.length
          ? { key: readKey(key, foreign({ keyValue: key }, this.#target), 'either'), properties }
          : { properties }
        break
      }
      case 'arrayValue': {
        const items = value.arrayValue?.values ?? []
        if (items.some((item) => typeOf(item) === 'arrayValue'))
          throw invalid('list_value cannot contain a Value containing another list_value.')
        read.arrayValue = { values: items.map((item) => this.#value(item, name, depth)) }
        break
      }
    }
  }
}

/** Returns the target of a key that is only a value: it may be in another project or database. */
function foreign({ keyValue }: Value, target: Target): Target {
  const { projectId, databaseId } = keyValue?.partitionId ?? {}
  return projectId ? { projectId, databaseId } : target
}

export function checkPropertyName(name: string): void {
  if (name === '') throw invalid('The property.name is the empty string.')
  if (isReserved(name)) throw invalid(`The property.name "${name}" is reserved.`)
  if (name.length > maxIndexedBytes / 3 && Buffer.byteLength(name) > maxIndexedBytes)
    throw invalid(`The property.name is longer than ${maxIndexedBytes} bytes.`)
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
