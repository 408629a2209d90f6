// The message types of google.datastore.v1, out of the official client's own packages; the client itself is not loaded.
import { createRequire } from 'node:module'

/** A message type, as protobufjs makes them. */
export interface MessageType {
  decode(bytes: Uint8Array): object
  encode(message: object): { finish(): Uint8Array }
  fromObject(plain: object): object
  toObject(message: object, options: object): object
}

/** Where they are, below the client. */
export const PROTOS = '@google-cloud/datastore-api/build/protos'

/** Requires what the client depends on: found from there, whatever the layout of node_modules. */
export function clientRequire(): NodeJS.Require {
  return createRequire(createRequire(import.meta.url).resolve('@google-cloud/datastore'))
}

/** All message types of google.datastore.v1, by name. */
export function messageTypes(): Record<string, MessageType> {
  const protos = clientRequire()(`${PROTOS}/protos.js`) as {
    google: { datastore: { v1: Record<string, MessageType> } }
  }
  return protos.google.datastore.v1
}

const PLAIN = { longs: String, enums: String, oneofs: true }

/** A request's bytes as a plain object. */
export function read(type: MessageType, bytes: Uint8Array): object {
  return type.toObject(type.decode(bytes), PLAIN)
}

/** A plain answer as bytes. */
export function write(type: MessageType, plain: object): Uint8Array {
  return type.encode(type.fromObject(plain)).finish()
}
