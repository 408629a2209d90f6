// The last step: turns a Response into bytes on the wire. Text and bytes go out in one write, at once, with no promise and
// no listener.
import type { ServerResponse } from 'node:http'
import { linger, lingerAfter } from '../connection/lingering-close.ts'
import { hasBody, isWaiting } from '../request/body-stream.ts'
import type { Request } from '../request/request.ts'
import { applyConditions } from './apply-conditions.ts'
import { FileBody } from './body.ts'
import type { Response } from './response.ts'
import { isBodiless, lengthOf, sendWhole } from './send-buffered.ts'
import { sendFile } from './send-file.ts'
import { sendStream } from './send-stream.ts'

/**
 * Sends `response` as the answer to `request`. Returns a promise only where something has to be waited for. What is thrown
 * before `outgoing.headersSent` (by a source that fails at once, for a file that is gone) may still be answered; when it is
 * thrown later the connection has been destroyed.
 */
export function sendResponse(response: Response, request: Request, outgoing: ServerResponse): void | Promise<void> {
  if (request.settings.isDraining) outgoing.shouldKeepAlive = false
  if (hasBody(request.message)) settleRequest(request, outgoing)
  if (isBodiless(response.status)) response.dropBody()
  if (response.body instanceof FileBody) return sendFile(response, request, outgoing)
  if (response.isConditional) {
    const part = applyConditions(response, request, response.isWhole ? lengthOf(response.data) : null)
    if (part !== null) response.data = Buffer.from(response.data as string).subarray(part[0], part[1] + 1)
  }
  return response.isWhole ? sendWhole(response, request, outgoing) : sendStream(response, request, outgoing)
}

// A body that was not read to its end stands in the way of the connection's next request: what is left of it is read and
// thrown away, up to what would have been taken, so that the client can finish and see the answer. Beyond that, and where
// the connection is to be closed, it is ended with care.
function settleRequest(request: Request, outgoing: ServerResponse): void {
  const { message, hasForm, maxBodySize } = request
  if (hasForm) outgoing.once('close', () => request.discardFiles())
  if (message.complete) return
  lingerAfter(message, outgoing)
  // One that waits to be asked for its body sends none.
  if (isWaiting(message)) return
  outgoing.once('finish', () => {
    let left = maxBodySize
    message.on('error', () => {})
    message.on('data', (chunk: Buffer) => {
      left -= chunk.length
      if (left < 0) linger(message.socket)
    })
    message.resume()
  })
}
