// Files on their way out: small ones in one write, others streamed; whole, in part, or as a compressed neighbour.
import type { ServerResponse } from 'node:http'
import { applyConditions } from './apply-conditions.ts'
import { codingFor, codingsFor } from './compress.ts'
import { openFile } from './file.ts'
import type { Request } from './request.ts'
import type { FileBody, Response } from './response.ts'
import { pump } from './send-stream.ts'
import { isBodiless, sendWhole } from './send-whole.ts'

/** Bytes up to which a file is read at once. */
const small = 64 * 1024

export async function sendFile(response: Response, request: Request, outgoing: ServerResponse): Promise<void> {
  const { precompressed } = (response.body as FileBody).options
  const { handle, size, encoding } = await openFile(response, precompressed ? codingsFor(request) : [])
  try {
    if (precompressed) response.vary('Accept-Encoding')
    if (encoding !== null) response.headers.set('content-encoding', encoding)
    const part = applyConditions(response, request, size)
    if (response.isWhole) return await sendWhole(response, request, outgoing)

    const [first, last] = part ?? [0, size - 1]
    const length = last - first + 1
    if (length <= small && !isBodiless(response, request)) {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, first)
      response.data = buffer.subarray(0, bytesRead)
      return await sendWhole(response, request, outgoing)
    }
    const coding = codingFor(response, request, length)
    if (coding === null) response.headers.set('content-length', length)
    if (isBodiless(response, request)) {
      response.dropBody()
      outgoing.writeHead(response.status, response.wire(-1)).end()
      return
    }
    const source = handle.createReadStream({ start: first, end: last, autoClose: false, highWaterMark: 256 * 1024 })
    await pump(source, response, outgoing, coding)
  } finally {
    await handle.close()
  }
}
