// The message types of google.datastore.v1, out of the official client's own packages; the client itself is not loaded.
import { createRequire } from 'node:module'

/** A message type, as protobufjs makes them. */
export interface MessageType {
  decode(bytes: Uint8Array): object
  encode(message: object): { finish(): Uint8Array }
  fromObject(plain: object): object
  toObject(message: object, options: object): object
}

const PROTOS = '@google-cloud/datastore-api/build/protos/protos.js'

/** All message types of google.datastore.v1, by name. */
export function messageTypes(): Record<string, MessageType> {
  const own = createRequire(import.meta.url)
  // It is a dependency of the client: found from there, whatever the layout of node_modules.
  const client = createRequire(own.resolve('@google-cloud/datastore'))
  const protos = client(PROTOS) as { google: { datastore: { v1: Record<string, MessageType> } } }
  return protos.google.datastore.v1
}

const PLAIN = { longs: String, enums: String, oneofs: true }

/** A request's bytes as a plain object. */
export function read(type: MessageType, bytes: Uint8Array): object {
  return type.toObject(type.decode(bytes), PLAIN)
}

/** A plain answer as bytes. */
export function write(type: MessageType, plain: object): Buffer {
  return Buffer.from(type.encode(type.fromObject(plain)).finish())
}
