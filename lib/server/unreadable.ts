// Responds to what Node rejects before there is a request to handle: Node would send a line without a body, or nothing, and
// leave no trace in the log.
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { isLingering, linger, lingerAfter } from '../http/connection/lingering-close.ts'
import { exceptionFor } from '../http/exceptions.ts'
import type { Log } from '../internal/log.ts'
import { isResponding } from '../internal/node-http.ts'

const statuses: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** Makes a response after which the connection closes. */
function makeRejection(status: number): { headers: Record<string, string>; body: string; head: string } {
  const { reason, description } = exceptionFor(status)!
  const body = `${status} ${reason}\n\n${description}\n`
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': `${Buffer.byteLength(body)}`,
    Date: new Date().toUTCString(),
    Connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return { headers, body, head: `HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n` }
}

/** Responds to unreadable requests (400, 408, 413, 431), CONNECT (501) and expectations other than to continue (417). */
export function rejectUnreadable(server: Server, log: Log): void {
  const logAndMake = (status: number, code = '') => {
    log.info({ status, code }, 'A request was rejected before it could be handled')
    return makeRejection(status)
  }
  const reject = (socket: Duplex, status: number, code: string) => {
    const { head, body } = logAndMake(status, code)
    socket.write(head + body)
    linger(socket)
  }
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex & { bytesRead?: number }) => {
    // Nothing after an unreadable request can be read either.
    if (isLingering(socket)) return
    const { code = '' } = error
    // Closed already, in the middle of a response, or opened in advance by a browser and never used.
    const isSilent = code === 'ECONNRESET' || !socket.writable || isResponding(socket) || !socket.bytesRead
    if (isSilent) socket.destroy()
    else reject(socket, statuses[code] ?? 400, code)
  })
  server.on('connect', (_, socket: Duplex) => {
    socket.on('error', () => socket.destroy()).resume()
    reject(socket, 501, 'CONNECT')
  })
  server.on('checkExpectation', (incoming, outgoing) => {
    const { headers, body } = logAndMake(417, incoming.headers.expect)
    lingerAfter(incoming, outgoing)
    outgoing.writeHead(417, headers).end(body)
  })
}
