// Tells a client that is gone from one that only closed its side and still reads: by whether bytes still flow.
import type { ServerResponse } from 'node:http'

/** Milliseconds without a byte after which a client that closed its side is taken to be gone. */
const patience = 2000

/** Ends `outgoing` if its client has closed its side and what is left to send stands still. Gives what ends the watch. */
export function watchStandstill(outgoing: ServerResponse): () => void {
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
