// Detects a client that has left, unlike one that only closed its side and still reads, by the bytes that still flow.
import type { ServerResponse } from 'node:http'

/** Milliseconds without a byte after which a client that closed its side has left. */
const patience = 2000

/** Ends `outgoing` if its client has closed its side and sending has stalled. Returns a function that ends the watch. */
export function watchForStall(outgoing: ServerResponse): () => void {
  const { socket } = outgoing
  let timer: NodeJS.Timeout | undefined
  const begin = () => {
    let before = -1
    timer = setInterval(() => {
      if (socket!.bytesWritten === before) outgoing.destroy()
      before = socket!.bytesWritten
    }, patience)
  }
  if (socket?.readableEnded) begin()
  else socket?.once('end', begin)
  return () => {
    clearInterval(timer)
    socket?.off('end', begin)
  }
}
