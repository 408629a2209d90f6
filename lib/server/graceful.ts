// Ends a server so that no request is lost: no new connections, an answer for each request that still comes on an old one,
// and patience with connections that look idle, whose next request may be on its way.
import type { Server } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'

/** Milliseconds between two looks at the connections. */
const interval = 50

/** Looks that an idle connection has to send a request that was on its way: not a time, which a busy process may sleep through. */
const patience = 10

/** How much went over connections: it stays the same while they are silent. */
function traffic(sockets: Iterable<Socket>): number {
  let bytes = 0
  for (const { bytesRead, bytesWritten } of sockets) bytes += bytesRead + bytesWritten
  return bytes
}

/** Keeps the connections of `server` in sight from now on; gives what ends them. */
export function gracefully(server: Server): (deadline: number) => Promise<void> {
  const sockets = new Set<Socket>()
  // One function for all connections, of which there may be ten thousand.
  function forget(this: Socket) {
    sockets.delete(this)
  }
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', forget)
  })
  return async function close(deadline) {
    // http's own close would cut idle connections at once, and stop looking after slow ones.
    const closed = new Promise((resolve) => NetServer.prototype.close.call(server, resolve))
    const begun = performance.now()
    let looks = 0
    let before = 0
    const tidy = setInterval(() => {
      // A long answer that was begun without `Connection: close`, and ended a moment ago, may be followed by a request too.
      const now = traffic(sockets)
      if (now !== before) looks = 0
      before = now
      if (performance.now() - begun > deadline) server.closeAllConnections()
      else if (++looks > patience) {
        server.closeIdleConnections()
        // Browsers open connections in advance; on these nothing was ever asked.
        for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
      }
    }, interval)
    await closed
    clearInterval(tidy)
    // What http's own close does besides: without connections there is nothing left to cut.
    server.close(() => {})
  }
}
