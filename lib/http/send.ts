// The last step: turns a Response into bytes on the wire. Text and bytes go out in one write, at once, with no promise and
// no listener; the rules for answers without a body (HEAD, 204, 304) stand here and nowhere else.
import type { ServerResponse } from 'node:http'
import type { Request } from './request.ts'
import type { Response } from './response.ts'

/** Sends `response` as the answer to `request`. A promise is returned only where the body streams. */
export function sendResponse(response: Response, request: Request, outgoing: ServerResponse): void | Promise<void> {
  const body = response.body
  const status = response.status
  if (typeof body === 'string' || body instanceof Uint8Array) {
    if (status === 204 || status === 304) {
      outgoing.writeHead(status, response.wire(-1)).end()
      return
    }
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
    outgoing.writeHead(status, response.wire(length))
    if (request.method === 'HEAD') outgoing.end()
    else outgoing.end(body)
    return
  }
  outgoing.writeHead(status, response.wire(-1)).end()
}
