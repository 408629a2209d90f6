// The eight calls by their names in the protocol, from the bytes of a request to those of its response: shared by gRPC and
// HTTP.
import { unzipSync } from 'node:zlib'
import type { Engine } from '../engine/engine.ts'
import { Code, invalid, StatusError } from '../engine/protocol/status.ts'
import { messageTypes, read, write } from '../google/message-types.ts'

const methods = {
  Lookup: 'lookup',
  RunQuery: 'runQuery',
  RunAggregationQuery: 'runAggregationQuery',
  BeginTransaction: 'beginTransaction',
  Commit: 'commit',
  Rollback: 'rollback',
  AllocateIds: 'allocateIds',
  ReserveIds: 'reserveIds',
} as const satisfies Record<string, keyof Engine>

/** One call of the engine, whatever form its messages have. */
export interface Call {
  /** Reads the bytes of a request. */
  decode(bytes: Uint8Array): object
  /** Writes a response as bytes. */
  encode(response: object): Uint8Array
  /** @param timeout Milliseconds that the caller can wait. */
  run(request: object, timeout?: number): Promise<object>
}

/** A little over Datastore's 10 MiB, so that the engine itself can reject a message and say why. */
const maxMessageBytes = 12 * 1024 * 1024

/** Returns all calls of an engine by name, such as `RunQuery`. */
export function callsOf(engine: Engine): ReadonlyMap<string, Call> {
  const types = messageTypes()
  const calls = Object.entries(methods).map(([name, method]): [string, Call] => {
    const [requestType, responseType] = [types[`${name}Request`]!, types[`${name}Response`]!]
    return [
      name,
      {
        decode: (bytes) => decoded(() => read(requestType, bytes)),
        encode: (response) => write(responseType, response),
        run: async (request, timeout) => engine[method](request as never, timeout),
      },
    ]
  })
  return new Map(calls)
}

/** Runs a function that reads a message; its errors become status 3. */
export function decoded<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof StatusError) throw error
    throw invalid(`The request cannot be read: ${(error as Error).message}`)
  }
}

/** Reads a whole stream. */
export function received(stream: NodeJS.ReadableStream): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= maxMessageBytes) chunks.push(chunk)
      else chunks.length = 0
    })
    stream.once('end', () => (size > maxMessageBytes ? reject(tooLarge()) : resolve(Buffer.concat(chunks, size))))
    stream.once('error', reject)
    stream.once('close', () => {
      // Creating an error is costly: only for clients that left early.
      if (stream.readable) reject(new StatusError(Code.CANCELLED, 'The call was cancelled.'))
    })
  })
}

/** Decompresses gzip or deflate. */
export function unzipped(bytes: Uint8Array): Buffer {
  return decoded(() => unzipSync(bytes, { maxOutputLength: maxMessageBytes }))
}

function tooLarge(): StatusError {
  return new StatusError(Code.RESOURCE_EXHAUSTED, `Received message larger than max (${maxMessageBytes} bytes).`)
}
