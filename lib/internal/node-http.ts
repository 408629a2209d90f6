// node:http as we use it: its values, and in this file alone its undocumented members.
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'

// Not by `import`, which reads every name the module has, WebSocket among them, and so loads a whole client for HTTP: 12 MB and
// 25 ms at each start (docs/performance.md).
export const { createServer, IncomingMessage, maxHeaderSize, METHODS, STATUS_CODES } =
  process.getBuiltinModule('node:http')

/** Lets a client close its side after the request and still wait for the response (RFC 9112, 9.6). */
export function allowHalfOpen(server: Server): void {
  ;(server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true
}

/** Returns true if a response on this connection has begun, also if Node 26 keeps its first pieces until the end of the turn. */
export function isResponding(socket: Duplex): boolean {
  return (socket as Duplex & { _httpMessage?: { headersSent: boolean } | null })._httpMessage?.headersSent === true
}
