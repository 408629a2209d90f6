// Counts the size of an entity as Datastore does (https://cloud.google.com/datastore/docs/concepts/storage-size).

import { invalid } from '../protocol/status.ts'
import { keySize, type StoredKey } from './keys.ts'
import { indexEntries } from './sort-bytes.ts'
import type { Properties, StoredValue } from './values.ts'

const overheadBytes = 32
const maxEntityBytes = 1_048_572
const maxIndexedValues = 20_000

function valueSize(value: StoredValue): number {
  switch (value.valueType) {
    case 'stringValue':
      return Buffer.byteLength(value.stringValue!) + 1
    case 'blobValue':
      return (value.blobValue as Buffer).length
    case 'nullValue':
    case 'booleanValue':
      return 1
    case 'geoPointValue':
      return 16
    case 'keyValue':
      return keySize(value.keyValue as StoredKey)
    case 'arrayValue':
      return (value.arrayValue!.values as StoredValue[]).reduce((size, item) => size + valueSize(item), 0)
    case 'entityValue':
      return propertiesSize(value.entityValue!.properties as Properties)
    default:
      return 8
  }
}

function propertiesSize(properties: Properties): number {
  let size = overheadBytes
  for (const name in properties) size += Buffer.byteLength(name) + 1 + valueSize(properties[name]!)
  return size
}

/** Returns the size of an entity in bytes; throws if it is too large, or has too many values to index. */
export function entitySize(key: StoredKey, properties: Properties): number {
  const size = keySize(key) + propertiesSize(properties)
  if (size > maxEntityBytes) throw invalid(`entity is too big: ${size} bytes, and the limit is ${maxEntityBytes}`)
  // A value takes at least a byte, so most entities need no counting.
  if (size > maxIndexedValues && Array.from(indexEntries(properties)).length > maxIndexedValues)
    throw invalid(`Too many indexed properties in the entity: the limit is ${maxIndexedValues} values.`)
  return size
}
