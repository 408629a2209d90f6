// gRPC over Node's own HTTP/2, for calls of one message each way: a message has five bytes before it, and the status comes last,
// in the trailers.
import { createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { asStatus, Code, invalid, StatusError } from '../engine/protocol/status.ts'
import { type Call, received, unzipped } from './calls.ts'

const servicePath = '/google.datastore.v1.Datastore/'
/** The bytes before each message: a flag for compression, and its length. */
const prefixLength = 5
/** Bytes that a client may send ahead, for one call and for a whole connection: large commits arrive without pauses. */
const windowBytes = 1024 * 1024

/** Creates an HTTP/2 server without a port: it is handed connections. */
export function grpcServer(calls: ReadonlyMap<string, Call>): Http2Server {
  // Fifty calls with large messages are no attack here.
  const server = createServer({ settings: { initialWindowSize: windowBytes }, maxSessionMemory: 1000 })
  server.on('session', (session) => session.setLocalWindowSize(windowBytes))
  server.on('stream', (stream, headers) => {
    // A client that has gone needs no response.
    stream.on('error', () => {})
    if (headers['content-type']?.startsWith('application/grpc')) handle(stream, headers, calls)
    else stream.respond({ ':status': 415 }, { endStream: true })
  })
  return server
}

async function handle(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  calls: ReadonlyMap<string, Call>,
): Promise<void> {
  const deadline = deadlineOf(headers['grpc-timeout'])
  try {
    const path = String(headers[':path'])
    const call = path.startsWith(servicePath) ? calls.get(path.slice(servicePath.length)) : undefined
    if (!call) throw new StatusError(Code.UNIMPLEMENTED, `The server does not implement the method ${path}`)
    const request = call.decode(messageOf(await received(stream), headers['grpc-encoding']))
    const response = call.encode(await call.run(request, deadline === undefined ? undefined : deadline - Date.now()))
    if (!stream.destroyed) send(stream, response)
  } catch (error) {
    if (!stream.destroyed) sendError(stream, asStatus(error))
  }
}

/** Returns the message in a request's body. */
function messageOf(body: Buffer, encoding: string | string[] | undefined): Uint8Array {
  if (body.length < prefixLength || body.readUInt32BE(1) !== body.length - prefixLength)
    throw invalid('The body is not one gRPC message.')
  const message = body.subarray(prefixLength)
  if (body[0] === 0) return message
  if (encoding !== 'gzip' && encoding !== 'deflate')
    throw new StatusError(Code.UNIMPLEMENTED, `The compression "${encoding}" is not known.`)
  return unzipped(message)
}

const grpcHeaders = { 'content-type': 'application/grpc', 'grpc-accept-encoding': 'identity,gzip,deflate' }

function send(stream: ServerHttp2Stream, message: Uint8Array): void {
  const framed = Buffer.allocUnsafe(prefixLength + message.length)
  framed[0] = 0
  framed.writeUInt32BE(message.length, 1)
  framed.set(message, prefixLength)
  stream.respond({ ':status': 200, ...grpcHeaders }, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(framed)
}

/** Sends an error, which has no message: its trailers are its headers. */
function sendError(stream: ServerHttp2Stream, { code, details }: StatusError): void {
  const status = { 'grpc-status': String(code), 'grpc-message': percentEncoded(details) }
  stream.respond({ ':status': 200, ...grpcHeaders, ...status }, { endStream: true })
}

/** Percent-encodes what a header cannot contain, as gRPC does. */
function percentEncoded(text: string): string {
  const percent = (byte: number) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  return text.replace(/[^\x20-\x24\x26-\x7e]+/g, (part) => [...Buffer.from(part)].map(percent).join(''))
}

const units: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }

/** Returns the deadline of a call, in ms since 1970. */
function deadlineOf(timeout: string | string[] | undefined): number | undefined {
  const [, count, unit] = /^(\d{1,8})([HMSmun])$/.exec(String(timeout)) ?? []
  return unit === undefined ? undefined : Date.now() + Number(count) * units[unit]!
}
