// Values as bytes whose order is Datastore's order of values, within a type and between types, for the index.
import { partitionName, pathBytes } from './keys.ts'
import type { StoredKey, StoredValue } from './values.ts'

// Datastore sorts by type first; integers and timestamps (in micros) are one type, texts and bytes are one.
const Rank = { null: 1, integer: 2, boolean: 3, bytes: 4, double: 5, geoPoint: 6, key: 7, other: 8 } as const

const SIGN = 1n << 63n

function int64Bytes(rank: number, int: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(9)
  bytes[0] = rank
  bytes.writeBigUInt64BE(BigInt.asUintN(64, int + SIGN), 1)
  return bytes
}

/** Doubles sort by their bits once negative ones are turned over; NaN sorts before all. */
function doubleBytes(bytes: Buffer, at: number, double: number): void {
  bytes.writeDoubleBE(double === 0 ? 0 : double, at)
  if (Number.isNaN(double)) bytes.fill(0, at, at + 8)
  else if (bytes[at]! & 0x80) for (let i = at; i < at + 8; i++) bytes[i] = ~bytes[i]! & 0xff
  else bytes[at] = bytes[at]! | 0x80
}

function textBytes(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(length + 1)
  bytes[0] = Rank.bytes
  bytes.write(text, 1)
  return bytes
}

/** The bytes that a value sorts by. */
export function sortBytes(value: StoredValue): Buffer {
  switch (value.valueType) {
    case 'nullValue':
      return Buffer.from([Rank.null])
    case 'integerValue':
      return int64Bytes(Rank.integer, BigInt(value.integerValue as string))
    case 'timestampValue': {
      const { seconds, nanos } = value.timestampValue as { seconds: string; nanos: number }
      return int64Bytes(Rank.integer, BigInt(seconds) * 1_000_000n + BigInt(nanos / 1000))
    }
    case 'booleanValue':
      return Buffer.from([Rank.boolean, value.booleanValue ? 1 : 0])
    case 'stringValue':
      return textBytes(value.stringValue!)
    case 'blobValue':
      return Buffer.concat([Buffer.from([Rank.bytes]), value.blobValue as Buffer])
    case 'doubleValue': {
      const bytes = Buffer.allocUnsafe(9)
      bytes[0] = Rank.double
      doubleBytes(bytes, 1, value.doubleValue as number)
      return bytes
    }
    case 'geoPointValue': {
      const bytes = Buffer.allocUnsafe(17)
      bytes[0] = Rank.geoPoint
      doubleBytes(bytes, 1, value.geoPointValue!.latitude!)
      doubleBytes(bytes, 9, value.geoPointValue!.longitude!)
      return bytes
    }
    case 'keyValue': {
      const key = value.keyValue as StoredKey
      return Buffer.concat([
        Buffer.from([Rank.key]),
        Buffer.from(`${partitionName(key.partitionId)}\0`),
        pathBytes(key.path),
      ])
    }
    default:
      return Buffer.from([Rank.other])
  }
}

/** One row of the index for each: the properties that are indexed, by the name a query says, with their bytes. */
export function* indexEntries(
  properties: Record<string, StoredValue>,
  prefix = '',
): Generator<[property: string, bytes: Buffer, value: StoredValue]> {
  for (const name in properties) {
    const value = properties[name]!
    if (value.excludeFromIndexes) continue
    if (value.valueType === 'arrayValue') {
      for (const item of value.arrayValue!.values as StoredValue[]) {
        if (!item.excludeFromIndexes) yield* entriesOf(prefix + name, item)
      }
    } else {
      yield* entriesOf(prefix + name, value)
    }
  }
}

function* entriesOf(name: string, value: StoredValue): Generator<[string, Buffer, StoredValue]> {
  if (value.valueType === 'entityValue') {
    yield* indexEntries(value.entityValue!.properties as Record<string, StoredValue>, `${name}.`)
  } else {
    yield [name, sortBytes(value), value]
  }
}
