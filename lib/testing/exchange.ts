// One HTTP exchange in memory: Node's own client and server, speaking HTTP/1.1 over a pair of streams. So a test gets what a
// browser would get, down to headers and chunks, and no port is opened.
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
} from 'node:http'
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

/** The beginning of a response: its status and headers. */
export interface ReplyHead {
  status: number
  statusText: string
  headers: IncomingHttpHeaders
  rawHeaders: readonly string[]
}

/** A response as received. */
export interface Reply extends ReplyHead {
  bytes: Buffer
}

/** A response whose body is still to be read. */
export interface OpenReply extends ReplyHead {
  /** The body; destroying it breaks the connection off. */
  body: IncomingMessage
}

/** Sends one request to `listener`. Resolves when the headers of the response have arrived. */
export function open(listener: RequestListener, message: Message): Promise<OpenReply> {
  const { method, target, headers, body, remoteAddress, encrypted } = message
  const [near, far] = duplexPair()
  // Node 22 leaves the other end of a pair open when one is destroyed.
  far.once('close', () => far.writableFinished || near.destroy())
  near.once('close', () => far.destroy())
  // As in the server of production.
  const server = createServer({ optimizeEmptyRequests: true }, listener)
  server.emit('connection', Object.assign(far, { remoteAddress, encrypted }))
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ createConnection: () => near, method, path: target, headers, setHost: false })
    outgoing.on('error', reject)
    outgoing.on('response', (incoming) => {
      const { statusCode, statusMessage, headers, rawHeaders } = incoming
      resolve({ status: statusCode!, statusText: statusMessage!, headers, rawHeaders, body: incoming })
    })
    if (body === null) outgoing.end()
    else outgoing.end(body)
  })
}

/** Sends one request to `listener`. Rejects if the response breaks off. */
export async function exchange(listener: RequestListener, message: Message): Promise<Reply> {
  const { body, ...head } = await open(listener, message)
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk as Buffer)
  return { ...head, bytes: Buffer.concat(chunks) }
}
