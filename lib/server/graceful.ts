// Ends a server so that no request is lost: no new connections, an answer for each request that still comes on an old one,
// and patience with connections that look idle, whose next request may be on its way.
import type { Server } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'

/** Milliseconds that an idle connection has to send a request that was on its way. */
const patience = 500

/** Keeps the connections of `server` in sight from now on; gives what ends them. */
export function gracefully(server: Server): (deadline: number) => Promise<void> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return async function close(deadline) {
    // http's own close would cut idle connections at once, and stop looking after slow ones.
    const closed = new Promise((resolve) => NetServer.prototype.close.call(server, resolve))
    const begun = performance.now()
    const tidy = setInterval(() => {
      const waited = performance.now() - begun
      if (waited > deadline) server.closeAllConnections()
      else if (waited > patience) {
        server.closeIdleConnections()
        // Browsers open connections in advance; on these nothing was ever asked.
        for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
      }
    }, 50)
    await closed
    clearInterval(tidy)
    // What http's own close does besides: without connections there is nothing left to cut.
    server.close(() => {})
  }
}
