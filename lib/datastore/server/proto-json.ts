// The JSON form of the messages, as in Google's HTTP APIs.
import { invalid } from '../engine/protocol/status.ts'
import { describedProtos, jsonPackages } from '../google/client-internals.ts'
import type { MessageType } from '../google/message-types.ts'

/** Converts between a message's bytes and its JSON form. */
export interface JsonForm {
  toBytes(message: string, json: unknown): Uint8Array
  fromBytes(message: string, bytes: Uint8Array): unknown
}

/** A message type that knows its fields. */
interface DescribedType extends MessageType {
  fullName: string
  fields: Record<string, { resolvedType: DescribedType | null; map: boolean }>
  resolveAll(): void
}

interface Protobuf {
  Root: { fromJSON(json: object): { lookupType(name: string): DescribedType } }
}

interface Serializer {
  fromProto3JSON(type: MessageType, json: unknown): object
  toProto3JSON(message: object): unknown
}

/** Returns the JSON form of google.datastore.v1. */
export function jsonForm(): JsonForm {
  const { protobuf, serializer } = jsonPackages<Protobuf, Serializer>()
  const root = protobuf.Root.fromJSON(describedProtos())
  const typeOf = (message: string): DescribedType => root.lookupType(`google.datastore.v1.${message}`)
  return {
    toBytes(message, json) {
      if (json === null || typeof json !== 'object' || Array.isArray(json)) throw invalid('The body is no JSON object.')
      const type = typeOf(message)
      return type.encode(serializer.fromProto3JSON(type, named(type, json))).finish()
    },
    fromBytes: (message, bytes) => serializer.toProto3JSON(typeOf(message).decode(bytes)),
  }
}

/** Renames the fields of a message's JSON to the names that the reader knows; it would ignore all others, which are mistakes. */
function named(type: DescribedType | null, json: unknown): unknown {
  if (Array.isArray(json)) return json.map((item) => named(type, item))
  // Times, wrapped numbers and the like have forms of their own.
  if (!type?.fields || type.fullName.startsWith('.google.protobuf.')) return json
  if (json === null || typeof json !== 'object') return json
  type.resolveAll()
  const entries = Object.entries(json).map(([given, value]) => {
    const name = given.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    const field = type.fields[name]
    if (!field) throw invalid(`Invalid JSON payload received. Unknown name "${given}": Cannot find field.`)
    const inMap = field.map && value !== null && typeof value === 'object'
    return [
      name,
      inMap ? mapValues(value, (item) => named(field.resolvedType, item)) : named(field.resolvedType, value),
    ]
  })
  return Object.fromEntries(entries)
}

function mapValues(map: object, change: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]))
}
