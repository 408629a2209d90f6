// Sends responses whose body is in memory, and those that have none (HEAD, 204, 205, 304).
import { Buffer } from 'node:buffer'
import type { ServerResponse } from 'node:http'
import type { Request } from '../request/request.ts'
import { codingFor, compress } from './compress.ts'
import type { Response } from './response.ts'

export function lengthOf(body: string | Uint8Array): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
}

/** True for a status without a body. */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304
}

/**
 * Writes the headers. Set-Cookie and Vary of a server that the application is mounted in are added to: Node would replace them.
 * A negative `length` writes no Content-Length. Returns names and values as sent.
 */
export function writeHead(response: Response, outgoing: ServerResponse, length: number): string[] {
  if (outgoing.hasHeader('set-cookie')) {
    for (const cookie of [outgoing.getHeader('set-cookie')!].flat()) response.headers.add('set-cookie', String(cookie))
  }
  if (outgoing.hasHeader('vary')) response.vary(String(outgoing.getHeader('vary')))
  const headers = response.toWire(length)
  outgoing.writeHead(response.status, headers)
  return headers
}

/** Sends a response of text or bytes, compressed where it is worth it. */
export function sendBuffered(response: Response, request: Request, outgoing: ServerResponse): void | Promise<void> {
  const { data } = response
  const coding = codingFor(response, request, data.length)
  if (coding === null) return write(response, request, outgoing)
  return compress(data, coding).then((compressed) => {
    response.data = compressed
    write(response, request, outgoing)
  })
}

function write(response: Response, request: Request, outgoing: ServerResponse): void {
  const { status, data } = response
  if (isBodiless(status)) {
    response.contentType = ''
    response.headers.delete('content-length')
    // RFC 9110: 204 and 304 have no length of their own; that of 205 is 0.
    writeHead(response, outgoing, status === 205 ? 0 : -1)
    outgoing.end()
    return
  }
  const length = lengthOf(data)
  const headers = writeHead(response, outgoing, length)
  if (request.method === 'HEAD' || length === 0) outgoing.end()
  // Text of ASCII is the same in Latin-1, which is faster to write; it does not change bytes.
  else if (length === data.length) outgoing.end(data, 'latin1')
  // Node writes the headers with the text, in its encoding; they are Latin-1.
  else outgoing.end(headers.every(isAscii) ? data : Buffer.from(data as string))
}

const isAscii = (text: string) => /^[\0-\x7f]*$/.test(text)
