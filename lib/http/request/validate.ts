// Checks a request before anything is done for it: its length, its framing and its host.
import { BadHost, BadRequest, HTTPVersionNotSupported, NotImplemented, RequestURITooLarge } from '../exceptions.ts'
import { checkHost } from './origin.ts'
import type { Request } from './request.ts'

/**
 * Throws 414 for a URL beyond the limit, 505 for another HTTP than 1.x, 501 for a transfer coding other than chunked (RFC 9112,
 * 6.1), and 400 for any of HTTP/1.0 (6.1), for `*` (3.2.4), for two Host headers or one that is no host name (3.2), and for another host than
 * `serverName` where one is set.
 */
export function checkRequest(request: Request): void {
  const { message, settings } = request
  if (message.url!.length > settings.maxUrlSize) throw new RequestURITooLarge()
  if (message.httpVersionMajor !== 1) throw new HTTPVersionNotSupported()
  if (message.url === '*') throw new BadRequest('Only OPTIONS may ask for the server as a whole.')
  // Node keeps the first and ignores a second, which a proxy in front may have gone by.
  const { rawHeaders } = message
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!
    if (name.length === 4 && (name === 'Host' || name.toLowerCase() === 'host')) {
      if (++hosts > 1) throw new BadHost()
      checkHost(rawHeaders[at + 1]!)
    }
    if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') checkCoding(request, rawHeaders[at + 1]!)
  }
  if (settings.serverName !== null) void request.host
}

function checkCoding({ message, outgoing }: Request, coding: string): void {
  // Node accepts `gzip, chunked`, and delivers a body that is still compressed as if it were the text.
  if (coding.trim().toLowerCase() !== 'chunked') throw new NotImplemented()
  if (message.httpVersionMinor > 0) return
  // A proxy of HTTP/1.0 knows no chunks: for it, the next request may begin somewhere else.
  if (outgoing !== null) outgoing.shouldKeepAlive = false
  throw new BadRequest('HTTP/1.0 has no Transfer-Encoding.')
}
