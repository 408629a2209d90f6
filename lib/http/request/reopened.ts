// Reopens a request without a body. Our server delivers it as a stream that has ended and closed (`optimizeEmptyRequests`),
// which saves a tenth of a small request; but such a stream does not report that its client has left.
import type { IncomingMessage as Incoming, ServerResponse } from 'node:http'
import { IncomingMessage } from '../../internal/node-http.ts'

const fields = [
  'httpVersion',
  'httpVersionMajor',
  'httpVersionMinor',
  'method',
  'url',
  'headers',
  'headersDistinct',
  'rawHeaders',
] as const

/** The request as it would be without that option: open and empty, until its response, `outgoing`, closes. */
export function reopen(closed: Incoming, outgoing: ServerResponse): Incoming {
  const incoming = new IncomingMessage(closed.socket)
  Object.assign(incoming, Object.fromEntries(fields.map((name) => [name, closed[name]])), { complete: true })
  incoming.push(null)
  if (outgoing.closed) end(incoming, outgoing)
  else
    outgoing.once('close', () => end(incoming, outgoing, Object.assign(new Error('aborted'), { code: 'ECONNRESET' })))
  return incoming
}

const isAborted = (outgoing: ServerResponse): boolean => outgoing.closed && !outgoing.writableFinished

/** Ends it as Node ends the closed one, the only one it knows of. */
function end(incoming: Incoming, outgoing: ServerResponse, error?: Error): void {
  if (isAborted(outgoing)) incoming.destroy(error)
  else incoming.resume()
}
