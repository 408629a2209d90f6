// Keeps web pages out of the HTTP front, which needs no credentials: every page of the web may send requests to this machine.
// A page of this machine, such as a viewer, is allowed; programs that are no browser are, too.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isLoopbackHost, isOneOf, isOwnHost } from '../../internal/own-host.ts'

/** A response that a request gets instead of its own. */
export interface Rejection {
  status: 403 | 415
  message: string
}

/** Returns why a request is not served; undefined if it is. @param allowed Host names that are this server's own. */
export function rejectionOf({ headers, method }: IncomingMessage, allowed: readonly string[]): Rejection | undefined {
  const { host, origin } = headers
  if (!isOwnHost(host) && !isOneOf(allowed, host))
    return {
      status: 403,
      message: `This Datastore serves no requests for the host "${host ?? ''}". Start it with --allow-host to allow that name.`,
    }
  if (origin !== undefined && !isOwnOrigin(origin, allowed))
    return { status: 403, message: `This Datastore serves no requests of pages of ${origin}.` }
  const site = headers['sec-fetch-site']
  if (origin === undefined && site !== undefined && !['same-origin', 'same-site', 'none'].includes(String(site)))
    return { status: 403, message: 'This Datastore serves no requests of pages of another site.' }
  const isBrowser = origin !== undefined || site !== undefined
  if (method === 'POST' && isBrowser && !/^application\/(json|x-protobuf)\b/.test(headers['content-type'] ?? ''))
    return { status: 415, message: 'A request of a browser needs the content type application/json.' }
  return undefined
}

function isOwnOrigin(origin: string, allowed: readonly string[]): boolean {
  const [, host] = /^https?:\/\/([^/]+)$/.exec(origin) ?? []
  return host !== undefined && (isLoopbackHost(host) || isOneOf(allowed, host))
}

/** Allows a page of this machine to read the response (CORS). */
export function allowOrigin({ headers }: IncomingMessage, response: ServerResponse): void {
  if (headers.origin === undefined) return
  response.setHeader('access-control-allow-origin', headers.origin)
  response.setHeader('vary', 'origin')
}

/** Responds to a preflight request. */
export function allowPreflight({ headers }: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, {
    'access-control-allow-methods': 'GET,HEAD,POST',
    'access-control-allow-headers': headers['access-control-request-headers'] ?? 'content-type',
    'content-length': '0',
  })
  response.end()
}
