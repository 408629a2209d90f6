// The last step: sends a Response. Text and bytes are sent in one write, at once, without a promise or a listener.
import type { ServerResponse } from 'node:http'
import { linger, lingerAfter } from '../connection/lingering-close.ts'
import { hasBody, isWaiting } from '../request/body-stream.ts'
import type { Request } from '../request/request.ts'
import { applyConditions } from './apply-conditions.ts'
import { FileBody } from './body.ts'
import type { Response } from './response.ts'
import { isBodiless, lengthOf, sendBuffered } from './send-buffered.ts'
import { sendFile } from './send-file.ts'
import { sendStream } from './send-stream.ts'

/**
 * Sends `response` to `request`. Returns a promise only if there is something to wait for. An error thrown before
 * `outgoing.headersSent` (by a source that fails at once, for a missing file) can still get a response; after a later one the
 * connection has been destroyed.
 */
export function sendResponse(response: Response, request: Request, outgoing: ServerResponse): void | Promise<void> {
  if (request.settings.draining.hasBegun) outgoing.shouldKeepAlive = false
  if (hasBody(request.message)) settleRequest(request, outgoing)
  if (isBodiless(response.status)) response.dropBody()
  if (response.body instanceof FileBody) return sendFile(response, request, outgoing)
  if (response.isConditional) {
    const part = applyConditions(response, request, response.isBuffered ? lengthOf(response.data) : null)
    if (part !== null) response.data = Buffer.from(response.data as string).subarray(part[0], part[1] + 1)
  }
  return response.isBuffered ? sendBuffered(response, request, outgoing) : sendStream(response, request, outgoing)
}

// A body that was not read to its end blocks the connection's next request: the rest is read and dropped, up to the limit of
// a body, so that the client can finish and see the response. Beyond that, and where the connection is to be closed, it is
// closed after a while.
function settleRequest(request: Request, outgoing: ServerResponse): void {
  const { message, hasForm, maxBodySize } = request
  if (hasForm) outgoing.once('close', () => request.discardFiles())
  if (message.complete) return
  lingerAfter(message, outgoing)
  // A client that waits for permission sends no body.
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
