// Sends each request, as it begins and ends, to open pages of the console by server-sent events.
import type { Server, ServerResponse } from 'node:http'
import type { Recorder, Recording } from './recorder.ts'
import { requestRow } from './requests-page.ts'

/** Milliseconds until the stream notices that the server stops. */
const heartbeat = 500
/** Requests that may begin or end between a page and its stream. */
const maxMissed = 50
/** Milliseconds that the message of another process may be under way. */
const maxUnderWay = 200

/** @param since the time at which the page was made: what it shows is not sent again */
export function sendEvents(recorder: Recorder, outgoing: ServerResponse, since: number): void {
  outgoing.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  outgoing.write(`retry: 1000\nevent: run\ndata: ${recorder.run}\n\n`)
  const send = (recording: Recording) => {
    // A page that does not read must not fill the memory.
    if (outgoing.writableLength > 1 << 20) return
    const row = requestRow(recording).toString()
    outgoing.write(`data: ${JSON.stringify({ id: recording.id, row })}\n\n`)
  }
  const missed = recorder.recordings.filter((recording) => changedAt(recording) >= since - maxUnderWay)
  for (const recording of missed.slice(0, maxMissed).reverse()) send(recording)
  const stop = recorder.watch(send)
  const { server } = outgoing.req.socket as { server?: Server }
  const timer = setInterval(() => {
    if (server?.listening === false) outgoing.end()
  }, heartbeat)
  timer.unref()
  outgoing.once('close', () => {
    clearInterval(timer)
    stop()
  })
}

/** Returns the time at which a request began or ended, in ms since 1970. */
function changedAt({ at, start, end }: Recording): number {
  return end === null ? at : at + end - start
}
