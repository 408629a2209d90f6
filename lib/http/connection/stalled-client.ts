// Detects a client that has left, unlike one that only closed its side and still reads, by the bytes that still flow.
import type { ServerResponse } from 'node:http'
import { clearInterval, setInterval } from '../../internal/timers.ts'

/** Milliseconds between two looks at a connection whose client closed its side. */
const interval = 450

/** Looks without a byte sent after which the client has left: 2, or 8 if it may still read what is waiting to be sent. */
const patience = { idle: 2, sending: 8 }

/** Ends `outgoing` if its client has closed its side and sending has stalled. Returns a function that ends the watch. */
export function watchForStall(outgoing: ServerResponse): () => void {
  const { socket } = outgoing
  if (socket === null) return () => {}
  let timer: NodeJS.Timeout | undefined
  const begin = () => {
    let before = -1
    let looks = 0
    timer = setInterval(() => {
      const { bytesWritten, writableLength } = socket
      looks = bytesWritten === before ? looks + 1 : 1
      before = bytesWritten
      if (looks >= (writableLength > 0 ? patience.sending : patience.idle)) outgoing.destroy()
    }, interval)
  }
  if (socket.readableEnded) begin()
  else socket.once('end', begin)
  return () => {
    clearInterval(timer)
    socket.off('end', begin)
  }
}
