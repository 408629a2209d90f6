// One HTTP exchange in memory: Node's own client and server, speaking HTTP/1.1 over a pair of streams. So a test gets what a
// browser would get, down to headers and chunks, and no port is opened.
import { createServer, request as httpRequest, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { duplexPair } from 'node:stream'

/** A request as it is sent. */
export interface Message {
  method: string
  /** Path and query, percent-encoded. */
  target: string
  /** Names and values in turn. */
  headers: readonly string[]
  body: Uint8Array | null
  remoteAddress: string
  /** True for https. */
  encrypted: boolean
}

/** A response as received. */
export interface Reply {
  status: number
  statusText: string
  headers: IncomingHttpHeaders
  rawHeaders: readonly string[]
  bytes: Buffer
}

/** Sends one request to `listener`. Rejects if the response breaks off. */
export function exchange(listener: RequestListener, message: Message): Promise<Reply> {
  const { method, target, headers, body, remoteAddress, encrypted } = message
  const [near, far] = duplexPair()
  // Node 22 leaves the other end of a pair open when one is destroyed.
  far.once('close', () => far.writableFinished || near.destroy())
  // As in the server of production.
  const server = createServer({ optimizeEmptyRequests: true }, listener)
  server.emit('connection', Object.assign(far, { remoteAddress, encrypted }))
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ createConnection: () => near, method, path: target, headers, setHost: false })
    outgoing.on('error', reject)
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('error', reject)
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => {
        resolve({
          status: incoming.statusCode!,
          statusText: incoming.statusMessage!,
          headers: incoming.headers,
          rawHeaders: incoming.rawHeaders,
          bytes: Buffer.concat(chunks),
        })
      })
    })
    if (body === null) outgoing.end()
    else outgoing.end(body)
  })
}
