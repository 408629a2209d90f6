// Sends files: small ones in one write, others streamed; whole, in part, or precompressed.
import type { FileHandle } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { watchForStall } from '../connection/stalled-client.ts'
import type { Request } from '../request/request.ts'
import { applyConditions } from './apply-conditions.ts'
import type { FileBody } from './body.ts'
import { codingFor, codingsFor } from './compress.ts'
import { openFile } from './open-file.ts'
import { piecesOf } from './pieces.ts'
import type { Response } from './response.ts'
import { sendBuffered, writeHead } from './send-buffered.ts'
import { pump, wrongLength } from './send-stream.ts'
import { StartedStream } from './started-stream.ts'

/** Bytes up to which a file is read at once. */
const maxBuffered = 64 * 1024

/** Bytes read at a time from a larger file. */
const pieceSize = 128 * 1024

export async function sendFile(response: Response, request: Request, outgoing: ServerResponse): Promise<void> {
  const { precompressed } = (response.body as FileBody).options
  const { handle, size, encoding } = await openFile(response, precompressed ? codingsFor(request) : [])
  // Only now: a session that sets a cookie decides on caching where the handler did not.
  if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-cache')
  try {
    if (precompressed) response.vary('Accept-Encoding')
    if (encoding !== null) response.headers.set('content-encoding', encoding)
    const part = applyConditions(response, request, size)
    if (response.isBuffered) return await sendBuffered(response, request, outgoing)

    const [first, last] = part ?? [0, size - 1]
    const length = last - first + 1
    if (length <= maxBuffered && request.method !== 'HEAD') {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, first)
      response.data = buffer.subarray(0, bytesRead)
      return await sendBuffered(response, request, outgoing)
    }
    const coding = codingFor(response, request, length)
    if (coding === null) response.headers.set('content-length', length)
    if (request.method === 'HEAD') {
      response.dropBody()
      writeHead(response, outgoing, -1)
      outgoing.end()
      return
    }
    if (coding === null) await copy(handle, first, length, response, outgoing)
    else {
      const source = handle.createReadStream({ start: first, end: last, autoClose: false })
      await pump(new StartedStream(piecesOf(source)), response, outgoing, coding)
    }
  } finally {
    await handle.close()
  }
}

/** Sends bytes of a file through two alternating buffers: a stream would allocate one for each piece. */
async function copy(
  handle: FileHandle,
  first: number,
  length: number,
  response: Response,
  outgoing: ServerResponse,
): Promise<void> {
  writeHead(response, outgoing, -1)
  const unwatch = watchForStall(outgoing)
  let wake = () => {}
  const onClose = () => wake()
  outgoing.on('close', onClose)
  const write = (bytes: Buffer) =>
    new Promise<void>((resolve) => {
      wake = resolve
      outgoing.write(bytes, () => resolve())
    })
  try {
    let [buffer, other] = [Buffer.allocUnsafeSlow(pieceSize), Buffer.allocUnsafeSlow(pieceSize)]
    let written = Promise.resolve()
    for (let sent = 0; sent < length; ) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(pieceSize, length - sent), first + sent)
      if (bytesRead === 0) throw wrongLength(sent, length)
      sent += bytesRead
      await written
      if (outgoing.destroyed) return
      written = write(buffer.subarray(0, bytesRead))
      ;[buffer, other] = [other, buffer]
    }
    await written
    outgoing.end()
  } finally {
    outgoing.off('close', onClose)
    unwatch()
  }
}
