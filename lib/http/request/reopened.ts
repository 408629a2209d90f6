// A request without a body comes from our server as a stream that has ended and closed already (`optimizeEmptyRequests`), which
// saves a tenth of a small request. But that stream tells nobody that its client has gone, and has no connection to hang up.
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

/** A request as it would have come without that option: open, with nothing in it, until its answer, `outgoing`, closes. */
export function opened(closed: Incoming, outgoing: ServerResponse): Incoming {
  const incoming = new IncomingMessage(closed.socket)
  Object.assign(incoming, Object.fromEntries(fields.map((name) => [name, closed[name]])), { complete: true })
  incoming.push(null)
  giveSignal(incoming, outgoing)
  if (outgoing.closed) end(incoming, outgoing)
  else
    outgoing.once('close', () => end(incoming, outgoing, Object.assign(new Error('aborted'), { code: 'ECONNRESET' })))
  return incoming
}

const isAborted = (outgoing: ServerResponse): boolean => outgoing.closed && !outgoing.writableFinished

/** As Node does, which knows of the closed one alone. */
function end(incoming: Incoming, outgoing: ServerResponse, error?: Error): void {
  if (isAborted(outgoing)) incoming.destroy(error)
  else incoming.resume()
}

// Node takes its own off the connection with the answer, and only from the request that it made.
function giveSignal(incoming: Incoming, outgoing: ServerResponse): void {
  if (!('signal' in incoming)) return // Node 22
  let controller: AbortController | undefined
  Object.defineProperty(incoming, 'signal', {
    configurable: true,
    get() {
      if (controller === undefined) {
        controller = new AbortController()
        if (isAborted(outgoing)) controller.abort()
        else outgoing.once('close', () => isAborted(outgoing) && controller!.abort())
      }
      return controller.signal
    },
  })
}
