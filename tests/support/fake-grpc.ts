// A gRPC server that keeps what it is sent and responds as a test says.
import { once } from 'node:events'
import { createSecureServer, createServer, type IncomingHttpHeaders } from 'node:http2'
import type { AddressInfo } from 'node:net'

export interface GrpcCall {
  headers: IncomingHttpHeaders
  /** The message of the request. */
  message: Buffer
}

/** The status to respond with, a message for an empty OK, or 'silence'. */
export type GrpcResponse = { code: number; details?: string } | Uint8Array | 'silence'

/** @param respond called for each call, with those before it and it @param pem the key and the certificate for TLS */
export async function startFakeGrpc(respond: (calls: GrpcCall[]) => GrpcResponse, pem?: Buffer) {
  const calls: GrpcCall[] = []
  const server = pem === undefined ? createServer() : createSecureServer({ key: pem, cert: pem })
  server.on('stream', async (stream, headers) => {
    stream.on('error', () => {})
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk)
    calls.push({ headers, message: Buffer.concat(chunks).subarray(5) })
    const response = respond(calls)
    if (response === 'silence') return
    const head = { ':status': 200, 'content-type': 'application/grpc' }
    if (!(response instanceof Uint8Array)) {
      const { code, details = '' } = response
      stream.respond({ ...head, 'grpc-status': String(code), 'grpc-message': details }, { endStream: true })
      return
    }
    const prefix = Buffer.alloc(5)
    prefix.writeUInt32BE(response.length, 1)
    stream.respond(head, { waitForTrailers: true })
    stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(Buffer.concat([prefix, response]))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    calls,
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}
