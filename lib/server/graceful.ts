// Ends a server without losing a request: no new connections, a response to each request that still comes on an old one, and
// time for connections that look idle, whose next request may be on its way.
import type { Server } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { clearInterval, setInterval } from '../internal/timers.ts'

/** Milliseconds between two checks of the connections. */
const interval = 50

/** Checks that an idle connection has to send a request that was on its way: not a time, which a busy process may miss. */
const patience = 10

/** Counts the bytes that went over connections: the number changes unless all are silent. */
function traffic(sockets: Iterable<Socket>): number {
  let bytes = 0
  for (const { bytesRead, bytesWritten } of sockets) bytes += bytesRead + bytesWritten
  return bytes
}

/** Tracks the connections of `server` from now on; returns the function that ends them. */
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
    // The close of http would cut idle connections at once, and no longer time out slow ones.
    // (Bun's server is no server of net: it has but one close.)
    const { close: endListening } = server instanceof NetServer ? NetServer.prototype : server
    const closed = new Promise((resolve) => endListening.call(server, resolve))
    const begun = performance.now()
    let checks = 0
    let before = 0
    const tidy = setInterval(() => {
      // A long response that began without `Connection: close` and has just ended may be followed by a request too.
      const now = traffic(sockets)
      if (now !== before) checks = 0
      before = now
      if (performance.now() - begun > deadline) server.closeAllConnections()
      else if (++checks > patience) {
        server.closeIdleConnections()
        // Browsers open connections in advance and may never use them.
        for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
      }
    }, interval)
    await closed
    clearInterval(tidy)
    // For the rest of what http's close does; no connections are left to cut.
    server.close(() => {})
  }
}
