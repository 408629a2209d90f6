// The JSON form of the messages, as in Google's HTTP APIs: strict, by proto3's JSON mapping
// (https://protobuf.dev/programming-guides/json/). What is malformed or out of range is an error, never another value.
import { endOfString, isDeeperThan, put, readJson } from '../../internal/json.ts'
import { invalid } from '../engine/protocol/status.ts'
import { describedProtos } from '../google/client-internals.ts'
import {
  readBytes,
  readDouble,
  readInteger,
  readText,
  readTime,
  showJson,
  unwrapped,
  wrapNumbers,
  writeTime,
} from './json-scalars.ts'
import { type Field, MessageShapes, type Shape } from './message-shapes.ts'

type Fields = Record<string, unknown>

/** Converts messages, as the engine has them, from and to their JSON form. */
export interface JsonForm {
  read(message: string, text: string): object
  write(message: string, plain: object): string
}

/** The depth at which every reader of protobuf gives up. */
const maxDepth = 100

/** Returns the JSON form of google.datastore.v1. */
export function jsonForm(): JsonForm {
  const shapes = new MessageShapes(describedProtos())
  return {
    read: (message, text) => {
      // A message, and the list or map that it is in.
      if (isDeeperThan(text, 2 * maxDepth)) throw tooDeep()
      return new MessageReader().message(shapes.of(message), readJson(withWrittenNumbers(text)))
    },
    write: (message, plain) => JSON.stringify(writeMessage(shapes.of(message), plain as Fields)),
  }
}

const tooDeep = () =>
  invalid(`Invalid JSON payload received. Message too deep: more than ${maxDepth} messages are in each other.`)

/** Keeps numbers of a JSON text as they are written. */
function withWrittenNumbers(text: string): string {
  let kept = ''
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at)
    kept += wrapNumbers(text.slice(at, quote === -1 ? undefined : quote))
    if (quote === -1) break
    const end = endOfString(text, quote + 1)
    at = end === -1 ? text.length : end
    kept += text.slice(quote, at)
  }
  return kept
}

function isObject(json: unknown): json is Fields {
  return typeof json === 'object' && json !== null && !Array.isArray(json) && unwrapped(json) === undefined
}

/** Reads one message. */
class MessageReader {
  /** The names on the way to what is read, for errors. */
  readonly #path: (string | number)[] = []
  #depth = 0

  message(shape: Shape, json: unknown): object {
    if (!isObject(json)) throw this.#wrong('an object', json)
    if (++this.#depth > maxDepth) throw tooDeep()
    const read: Fields = {}
    for (const [name, value] of Object.entries(json)) {
      const field = MessageShapes.field(shape, name)
      if (!field)
        throw invalid(`Invalid JSON payload received. Unknown name "${name}"${this.#where()}: Cannot find field.`)
      // Elsewhere null says that a field is not set.
      if (value === null && field.type !== 'google.protobuf.NullValue') continue
      this.#path.push(name)
      const { oneof = field.name } = field
      if (read[oneof] !== undefined) throw this.#wrong(`${oneof} is already set`, value)
      if (field.oneof) read[oneof] = field.name
      read[field.name] = this.#field(field, value)
      this.#path.pop()
    }
    this.#depth--
    return read
  }

  #field(field: Field, json: unknown): unknown {
    if (field.isList) {
      if (!Array.isArray(json)) throw this.#wrong('an array', json)
      return json.map((value, i) => this.#inside(i, field, value))
    }
    if (!field.isMap) return this.#value(field, json)
    if (!isObject(json)) throw this.#wrong('an object', json)
    const map: Fields = {}
    for (const [key, value] of Object.entries(json)) {
      if (!key.isWellFormed()) throw this.#wrong('string', key)
      put(map, key, this.#inside(key, field, value))
    }
    return map
  }

  #inside(step: string | number, field: Field, json: unknown): unknown {
    this.#path.push(step)
    const read = this.#value(field, json)
    this.#path.pop()
    return read
  }

  #value(field: Field, json: unknown): unknown {
    if (field.shape) return this.message(field.shape, json)
    const read = readScalar(field, json)
    if (read === undefined) throw this.#wrong(field.type, json)
    return read
  }

  #where(): string {
    return this.#path.length > 0 ? ` at '${this.#path.join('.')}'` : ''
  }

  #wrong(wanted: string, json: unknown): Error {
    const shown = showJson(json).slice(0, 100)
    return invalid(`Invalid JSON payload received. Invalid value${this.#where()} (${wanted}), ${shown}`)
  }
}

/** Reads a value that is no message, or a message with a form of its own; undefined for what is not of its type. */
function readScalar({ type, names }: Field, json: unknown): unknown {
  switch (type) {
    case 'bool':
      return typeof json === 'boolean' ? json : undefined
    case 'string':
      return readText(json)
    case 'bytes':
      return readBytes(json)
    case 'int64':
      return readInteger(json, 64)
    case 'int32':
      return asNumber(readInteger(json, 32))
    case 'double':
      return readDouble(json)
    case 'google.protobuf.Timestamp':
      return readTime(json)
    case 'google.protobuf.NullValue':
      return json === null || json === 0 || json === 'NULL_VALUE' ? 'NULL_VALUE' : undefined
    case 'google.protobuf.Int32Value':
      return wrapped(asNumber(readInteger(json, 32)))
    case 'google.protobuf.Int64Value':
      return wrapped(readInteger(json, 64))
    case 'google.protobuf.DoubleValue':
      return wrapped(readDouble(json))
    default:
      return typeof json === 'number' ? names?.get(json) : [...names!.values()].find((name) => name === json)
  }
}

function asNumber(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}

function wrapped<T>(value: T | undefined): { value: T } | undefined {
  return value === undefined ? undefined : { value }
}

/** Writes a message without the fields that have their default. */
function writeMessage(shape: Shape, plain: Fields): Fields {
  const json: Fields = {}
  for (const field of shape.values()) {
    const value = plain[field.name]
    if (value === undefined || value === null) continue
    const written = writeField(field, value)
    if (field.oneof || !isDefault(field, written)) json[field.name] = written
  }
  return json
}

function isDefault({ isMap, names }: Field, written: unknown): boolean {
  if (names) return written === names.get(0)
  if (isMap) return Object.keys(written as object).length === 0
  return (
    written === 0 ||
    written === false ||
    written === '' ||
    written === '0' ||
    (Array.isArray(written) && written.length === 0)
  )
}

function writeField(field: Field, value: unknown): unknown {
  if (field.isList) return (value as unknown[]).map((one) => writeValue(field, one))
  if (!field.isMap) return writeValue(field, value)
  const map: Fields = {}
  for (const [key, one] of Object.entries(value as Fields)) put(map, key, writeValue(field, one))
  return map
}

function writeValue({ type, shape, names }: Field, value: unknown): unknown {
  if (shape) return writeMessage(shape, value as Fields)
  switch (type) {
    case 'bytes':
      return typeof value === 'string' ? value : Buffer.from(value as Uint8Array).toString('base64')
    case 'int64':
      return String(value)
    case 'double':
      return Number.isFinite(value) ? (Object.is(value, -0) ? '-0' : value) : String(value)
    case 'google.protobuf.Timestamp':
      return writeTime(value as { seconds?: unknown; nanos?: number })
    case 'google.protobuf.Duration': {
      const { seconds, nanos } = value as { seconds: string; nanos: number }
      return `${seconds}.${String(nanos).padStart(9, '0')}s`
    }
    case 'google.protobuf.NullValue':
      return null
    case 'google.protobuf.Int32Value':
      return (value as Fields)['value'] ?? 0
    case 'google.protobuf.Int64Value':
      return String((value as Fields)['value'] ?? 0)
    case 'google.protobuf.Struct':
      return writeStruct(value as Fields)
    default:
      return names && typeof value === 'number' ? names.get(value) : value
  }
}

/** Writes a Struct of texts and Structs as the object that it describes. */
function writeStruct({ fields }: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields as Record<string, Fields>).map(([name, { stringValue, structValue }]) => [
      name,
      structValue ? writeStruct(structValue as Fields) : stringValue,
    ]),
  )
}
