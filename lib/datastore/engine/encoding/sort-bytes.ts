// Writes values as bytes that sort in Datastore's order of values, within a type and between types, for the index.
import { isUtf8 } from 'node:buffer'
import { isComplete, pathBytes, pathFromBytes, type StoredKey } from './keys.ts'
import { indexMeaning, type Properties, type StoredValue } from './values.ts'

// Datastore sorts by type first; integers and timestamps (in microseconds) are one type, as are texts and bytes.
const ranks = { null: 1, integer: 2, boolean: 3, bytes: 4, double: 5, geoPoint: 6, key: 7 } as const

const int64Sign = 1n << 63n

function int64Bytes(rank: number, int: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(9)
  bytes[0] = rank
  bytes.writeBigUInt64BE(BigInt.asUintN(64, int + int64Sign), 1)
  return bytes
}

/** Writes a double so that it sorts by its bits: those of negative ones are inverted. -0 comes before 0, NaN after infinity. */
function writeDouble(bytes: Buffer, at: number, double: number): void {
  bytes.writeDoubleBE(double, at)
  if (bytes[at]! < 0x80) bytes[at]! += 0x80
  else for (let i = at; i < at + 8; i++) bytes[i] = ~bytes[i]! & 0xff
}

function readDouble(sorted: Buffer, at: number): number {
  const bytes = Buffer.from(sorted.subarray(at, at + 8))
  if (bytes[0]! >= 0x80) bytes[0]! -= 0x80
  else for (let i = 0; i < 8; i++) bytes[i] = ~bytes[i]! & 0xff
  return bytes.readDoubleBE()
}

function textBytes(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(length + 1)
  bytes[0] = ranks.bytes
  bytes.write(text, 1)
  return bytes
}

/** Returns the bytes that a value sorts by. */
export function sortBytes(value: StoredValue): Buffer {
  switch (value.valueType) {
    case 'nullValue':
      return Buffer.from([ranks.null])
    case 'integerValue':
      return int64Bytes(ranks.integer, BigInt(value.integerValue as string))
    case 'timestampValue': {
      const { seconds, nanos } = value.timestampValue as { seconds: string; nanos: number }
      return int64Bytes(ranks.integer, BigInt(seconds) * 1_000_000n + BigInt(nanos / 1000))
    }
    case 'booleanValue':
      return Buffer.from([ranks.boolean, value.booleanValue ? 1 : 0])
    case 'stringValue':
      return textBytes(value.stringValue!)
    case 'blobValue':
      return Buffer.concat([Buffer.from([ranks.bytes]), value.blobValue as Buffer])
    case 'doubleValue': {
      const bytes = Buffer.allocUnsafe(9)
      bytes[0] = ranks.double
      writeDouble(bytes, 1, value.doubleValue as number)
      return bytes
    }
    case 'geoPointValue': {
      const bytes = Buffer.allocUnsafe(17)
      bytes[0] = ranks.geoPoint
      writeDouble(bytes, 1, value.geoPointValue!.latitude!)
      writeDouble(bytes, 9, value.geoPointValue!.longitude!)
      return bytes
    }
    case 'keyValue': {
      const key = value.keyValue as StoredKey
      const { projectId, databaseId, namespaceId } = key.partitionId
      return Buffer.concat([
        Buffer.from([ranks.key]),
        Buffer.from(`${projectId}\0${databaseId}\0${namespaceId}\0`),
        pathBytes(key.path),
      ])
    }
    default:
      throw new Error(`a ${value.valueType} has no order`)
  }
}

type IndexEntry = [property: string, bytes: Buffer, value: StoredValue]

/**
 * Returns the index entries of an entity: its indexed values, including those inside arrays and entity values, by the name
 * that a query uses. @param wanted Leaves out all other names.
 */
export function indexEntries(properties: Properties, wanted?: ReadonlySet<string>): IndexEntry[] {
  const entries: IndexEntry[] = []
  addProperties(entries, properties, '', wanted)
  return entries
}

function addProperties(
  entries: IndexEntry[],
  properties: Properties,
  prefix: string,
  wanted: ReadonlySet<string> | undefined,
): void {
  for (const property in properties) {
    const value = properties[property]!
    if (value.excludeFromIndexes) continue
    const name = prefix + property
    if (value.valueType !== 'arrayValue') {
      addValue(entries, name, value, wanted)
      continue
    }
    const items = value.arrayValue!.values as StoredValue[]
    // An empty array is indexed as null.
    if (items.length === 0) addValue(entries, name, { valueType: 'nullValue' }, wanted)
    for (const item of items) if (!item.excludeFromIndexes) addValue(entries, name, item, wanted)
  }
}

function addValue(
  entries: IndexEntry[],
  name: string,
  value: StoredValue,
  wanted: ReadonlySet<string> | undefined,
): void {
  if (value.valueType !== 'entityValue') {
    if (!wanted || wanted.has(name)) entries.push([name, sortBytes(value), value])
    return
  }
  const key = value.entityValue!.key as StoredKey | undefined
  if (key && isComplete(key)) addValue(entries, `${name}.__key__`, { valueType: 'keyValue', keyValue: key }, wanted)
  addProperties(entries, value.entityValue!.properties as Properties, `${name}.`, wanted)
}

/**
 * Reads a value from its sort bytes in the form of projections: a timestamp as an integer of microseconds, bytes that are
 * valid UTF-8 as a text.
 */
export function valueFromSortBytes(sorted: Uint8Array): StoredValue {
  const bytes = Buffer.from(sorted)
  const value = fromRank(bytes[0]!, bytes.subarray(1))
  return { ...value, meaning: indexMeaning, excludeFromIndexes: false }
}

function fromRank(rank: number, bytes: Buffer): StoredValue {
  switch (rank) {
    case ranks.integer:
      return { valueType: 'integerValue', integerValue: String(bytes.readBigUInt64BE() - int64Sign) }
    case ranks.boolean:
      return { valueType: 'booleanValue', booleanValue: bytes[0] === 1 }
    case ranks.bytes:
      return isUtf8(bytes)
        ? { valueType: 'stringValue', stringValue: bytes.toString() }
        : { valueType: 'blobValue', blobValue: bytes }
    case ranks.double:
      return { valueType: 'doubleValue', doubleValue: readDouble(bytes, 0) }
    case ranks.geoPoint:
      return {
        valueType: 'geoPointValue',
        geoPointValue: { latitude: readDouble(bytes, 0), longitude: readDouble(bytes, 8) },
      }
    case ranks.key: {
      const [projectId, databaseId, namespaceId] = bytes.toString('latin1').split('\0', 3) as [string, string, string]
      const path = pathFromBytes(bytes.subarray(projectId.length + databaseId.length + namespaceId.length + 3))
      const text = (latin1: string): string => Buffer.from(latin1, 'latin1').toString()
      const partitionId = {
        projectId: text(projectId),
        databaseId: text(databaseId),
        namespaceId: text(namespaceId),
      }
      return { valueType: 'keyValue', keyValue: { partitionId, path } }
    }
    default:
      return { valueType: 'nullValue', nullValue: 'NULL_VALUE' }
  }
}
