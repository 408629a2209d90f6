// Requests and responses without a socket: what most tests of lib/http need, as small as it goes.
import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { Request } from '../../lib/http/request/request.ts'
import { defaultRequestSettings, type RequestSettings } from '../../lib/http/request/settings.ts'
import type { Response } from '../../lib/http/response/response.ts'
import { sendResponse } from '../../lib/http/response/send.ts'

export interface FakeOptions {
  method?: string
  headers?: Record<string, string>
  body?: Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>
  remoteAddress?: string
  encrypted?: boolean
  settings?: Partial<RequestSettings>
}

/** A request for `url`, as Node would hand it over. */
export function fakeRequest(url = '/', options: FakeOptions = {}): Request {
  const { method = 'GET', headers = {}, body = [], remoteAddress = '127.0.0.1', encrypted, settings } = options
  const rawHeaders = Object.entries({ Host: 'localhost', ...headers }).flat()
  const incoming = Object.assign(Readable.from(body, { objectMode: false }), {
    method,
    url,
    rawHeaders,
    headers: Object.fromEntries(
      Object.entries({ Host: 'localhost', ...headers }).map(([k, v]) => [k.toLowerCase(), v]),
    ),
    httpVersion: '1.1',
    socket: { remoteAddress, encrypted },
  }) as unknown as IncomingMessage
  return new Request(incoming, { ...defaultRequestSettings, ...settings })
}

/** A response as it was sent. */
export class FakeOutgoing extends EventEmitter {
  statusCode = 0
  flat: string[] = []
  body = ''

  hasHeader(): boolean {
    return false
  }

  writeHead(status: number, headers: string[]): this {
    this.statusCode = status
    this.flat = headers
    return this
  }

  end(body?: string | Uint8Array): this {
    if (body !== undefined) this.body = Buffer.from(body as string).toString()
    return this
  }

  header(name: string): string | undefined {
    const at = this.flat.findIndex((text, i) => i % 2 === 0 && text === name)
    return at === -1 ? undefined : this.flat[at + 1]
  }

  get outgoing(): ServerResponse {
    return this as unknown as ServerResponse
  }
}

/** Returns a response with a whole body as it is sent. */
export function sent(response: Response, request = fakeRequest()): FakeOutgoing {
  const outgoing = new FakeOutgoing()
  sendResponse(response, request, outgoing.outgoing)
  return outgoing
}
