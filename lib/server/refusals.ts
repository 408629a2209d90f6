// What Node refuses by itself, before there is a request to serve: it would say so in a line without a body, or not at all,
// and nobody here would hear of it.
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { isLingering, linger, lingerAfter } from '../http/connection/lingering-close.ts'
import { exceptionFor } from '../http/exceptions.ts'
import type { Log } from '../internal/log.ts'

const statuses: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** What is said, and after which the connection ends. */
function answerOf(status: number): { headers: Record<string, string>; body: string; head: string } {
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

/** The answer that a connection is in the middle of, as Node's own rule for these errors asks it. */
type Busy = Duplex & { _httpMessage?: { _headerSent: boolean } | null; bytesRead?: number }

/** Answers what cannot be read (400, 408, 413, 431), CONNECT (501) and other expectations than to continue (417). */
export function answerRefusals(server: Server, log: Log): void {
  const tell = (status: number, code = '') => {
    log.info({ status, code }, 'A request was refused before it could be served')
    return answerOf(status)
  }
  const refuse = (socket: Duplex, status: number, code: string) => {
    const { head, body } = tell(status, code)
    socket.write(head + body)
    linger(socket)
  }
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Busy) => {
    // What follows cannot be read either.
    if (isLingering(socket)) return
    const { code = '' } = error
    // Gone already, in the middle of an answer, or opened in advance by a browser that never asked.
    const isSilent = code === 'ECONNRESET' || !socket.writable || socket._httpMessage?._headerSent || !socket.bytesRead
    if (isSilent) socket.destroy()
    else refuse(socket, statuses[code] ?? 400, code)
  })
  server.on('connect', (_, socket: Duplex) => {
    socket.on('error', () => socket.destroy()).resume()
    refuse(socket, 501, 'CONNECT')
  })
  server.on('checkExpectation', (incoming, outgoing) => {
    const answer = tell(417, incoming.headers.expect)
    lingerAfter(incoming, outgoing)
    outgoing.writeHead(417, answer.headers).end(answer.body)
  })
}
