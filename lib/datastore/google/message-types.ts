// The message types of google.datastore.v1, from the packages of the official client; the client itself is not loaded.
import { generatedProtos, type ProtobufReader, strictReader } from './client-internals.ts'

/** A message type, as protobufjs makes them. */
export interface MessageType {
  decode(bytes: ProtobufReader | Uint8Array): object
  encode(message: object): { finish(): Uint8Array }
  fromObject(plain: object): object
  toObject(message: object, options: object): object
}

/** All message types of google.datastore.v1, by name. */
export function messageTypes(): Record<string, MessageType> {
  return generatedProtos().google.datastore.v1
}

const plainOptions = { longs: String, enums: String, oneofs: true }

/** Reads a request as a plain object. */
export function read(type: MessageType, bytes: Uint8Array): object {
  return type.toObject(type.decode(strictReader(bytes)), plainOptions)
}

/** Writes a plain response as bytes. */
export function write(type: MessageType, plain: object): Uint8Array {
  return type.encode(type.fromObject(plain)).finish()
}
