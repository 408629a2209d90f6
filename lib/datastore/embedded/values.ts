// Property values: what comes in is checked and brought to one canonical shape, the shape that answers have.
import { readKey, type StoredKey } from './keys.ts'
import { invalid } from './status.ts'
import type { Entity, Target, Value, ValueType } from './wire.ts'

/** A checked value: `valueType` names the one field that is set. */
export interface StoredValue extends Value {
  valueType: ValueType
}

export type Properties = Record<string, StoredValue>

const types: readonly ValueType[] = [
  'stringValue',
  'integerValue',
  'timestampValue',
  'booleanValue',
  'nullValue',
  'doubleValue',
  'keyValue',
  'blobValue',
  'geoPointValue',
  'entityValue',
  'arrayValue',
]

const INT64_MAX = (1n << 63n) - 1n

/** Which type a value that came in has. A null `nullValue` counts, as proto3 JSON has it. */
function typeOf(value: Value): ValueType {
  if (value.valueType) return value.valueType
  for (const type of types) {
    if (value[type] !== undefined && (value[type] !== null || type === 'nullValue')) return type
  }
  throw invalid('The value is missing: none of the types of a value is set.')
}

export function readInt64(given: unknown): string {
  let int: bigint
  try {
    int = BigInt(typeof given === 'object' ? String(given) : (given as string))
  } catch {
    throw invalid(`The integer "${String(given)}" is not a 64-bit integer.`)
  }
  if (int > INT64_MAX || int < -INT64_MAX - 1n) throw invalid(`The integer ${int} is out of the range of 64 bits.`)
  return String(int)
}

function readDouble(given: unknown): number {
  if (typeof given === 'number') return given
  const text = String(given)
  const double = Number(text)
  if (text !== 'NaN' && Number.isNaN(double)) throw invalid(`The double "${text}" is not a number.`)
  return double
}

/** Checks a value that came in and gives its canonical form. */
export function readValue(value: Value, target: Target): StoredValue {
  const valueType = typeOf(value)
  const read: StoredValue = { valueType }
  switch (valueType) {
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
    case 'timestampValue': {
      const nanos = value.timestampValue?.nanos ?? 0
      // Datastore keeps micros: what is finer is dropped.
      read.timestampValue = {
        seconds: readInt64(value.timestampValue?.seconds ?? 0),
        nanos: Math.floor(nanos / 1000) * 1000,
      }
      break
    }
    case 'keyValue':
      read.keyValue = readKey(value.keyValue, target, { complete: true })
      break
    case 'blobValue': {
      const blob = value.blobValue!
      read.blobValue = typeof blob === 'string' ? Buffer.from(blob, 'base64') : Buffer.from(blob)
      break
    }
    case 'geoPointValue':
      read.geoPointValue = {
        latitude: readDouble(value.geoPointValue?.latitude ?? 0),
        longitude: readDouble(value.geoPointValue?.longitude ?? 0),
      }
      break
    case 'entityValue':
      read.entityValue = readEmbedded(value.entityValue!, target)
      break
    case 'arrayValue': {
      const values = (value.arrayValue?.values ?? []).map((item) => readValue(item, target))
      if (values.some((item) => item.valueType === 'arrayValue'))
        throw invalid('list_value cannot contain a Value containing another list_value.')
      read.arrayValue = { values }
      break
    }
  }
  if (value.meaning) read.meaning = value.meaning
  if (value.excludeFromIndexes) read.excludeFromIndexes = true
  return read
}

function readEmbedded(entity: Entity, target: Target): Entity {
  const properties = readProperties(entity, target)
  return entity.key?.path?.length
    ? { key: readKey(entity.key, target, { complete: false }), properties }
    : { properties }
}

/** Checks the properties of an entity that came in. */
export function readProperties(entity: Entity, target: Target): Properties {
  const read: Properties = {}
  for (const [name, value] of Object.entries(entity.properties ?? {})) {
    if (name === '') throw invalid('The property name is the empty string.')
    if (name.startsWith('__') && name.endsWith('__')) throw invalid(`The property name "${name}" is reserved.`)
    read[name] = readValue(value, target)
  }
  return read
}

export type { StoredKey }
