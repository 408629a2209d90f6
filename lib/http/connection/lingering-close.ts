// Ends connections whose client still sends what nobody will read. Closed at once they would be reset, which throws away the
// answer that the client has not taken yet; so our side is closed, and the rest read to nowhere for a while (as nginx does).
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** Milliseconds without a byte, and altogether, that the client has to see the answer and close its side. */
const patience = { silent: 5000, whole: 30_000 }

const ending = new WeakSet<Duplex>()

/** Whether what still comes on this connection is for nobody. */
export function isLingering(socket: Duplex): boolean {
  return ending.has(socket)
}

/** Sends what was written to `socket`, and ends it when its client does. What comes until then must be read elsewhere. */
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

/** Has Node end the connection like that if `outgoing` is its last answer, and `incoming` has not come to its end by then. */
export function lingerAfter(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { socket } = incoming
  // Node calls this when the answer is finished, between the two listeners.
  outgoing.prependOnceListener('finish', () => {
    if (!incoming.complete) socket.destroySoon = () => linger(socket)
  })
  outgoing.once('finish', () => {
    delete (socket as Partial<typeof socket>).destroySoon
  })
}
