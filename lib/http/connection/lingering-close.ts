// Ends connections whose client still sends data that will not be read. Closed at once they would be reset, which discards a
// response that the client has not read yet; so our side is closed, and the rest is read and dropped for a while (as nginx does).
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { clearInterval, setInterval } from '../../internal/timers.ts'

/** Milliseconds without a byte, and in total, in which the client must read the response and close its side. */
const patience = { silent: 5000, whole: 30_000 }

const ending = new WeakSet<Duplex>()

/** True if data that still arrives on this connection is dropped. */
export function isLingering(socket: Duplex): boolean {
  return ending.has(socket)
}

/** Sends the data written to `socket`, and ends it when its client does. Data received until then must be read elsewhere. */
export function linger(socket: Duplex & { bytesRead?: number }, { silent, whole } = patience): void {
  if (ending.has(socket)) return
  ending.add(socket)
  socket.end()
  let before = -1
  let waited = 0
  const timer = setInterval(() => {
    waited += silent
    if (socket.bytesRead === before || waited >= whole) socket.destroy()
    before = socket.bytesRead ?? before
  }, silent)
  timer.unref()
  socket.once('close', () => clearInterval(timer))
}

/** Makes Node end the connection like that if `outgoing` is its last response and `incoming` is not complete by then. */
export function lingerAfter(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { socket } = incoming
  // Node calls `destroySoon` when the response is finished, between these two listeners.
  outgoing.prependOnceListener('finish', () => {
    if (!incoming.complete) socket.destroySoon = () => linger(socket)
  })
  outgoing.once('finish', () => {
    delete (socket as Partial<typeof socket>).destroySoon
  })
}
