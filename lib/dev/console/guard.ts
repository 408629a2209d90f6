// Decides who may see the console: a browser on this machine, on a page of the console itself. The console shows and changes
// sessions, so requests through a proxy, under a foreign host name or from a foreign page are rejected.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { App } from '../../app/types.ts'
import { isLoopbackHost } from '../../internal/own-host.ts'
import { sessionsOf } from './visit.ts'

const loopback = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/
// Headers that proxies, tunnels and load balancers add.
const forwarded =
  /^(?:forwarded|via|x-(?:forwarded|real|original|client|cluster|envoy|amzn|appengine|cloud)-.*|cf-.*|true-client-ip)$/

/** Returns the reason to reject a request; null if there is none. */
export function rejection(incoming: IncomingMessage): string | null {
  const why = reportRejection(incoming)
  if (why !== null) return why
  const isRead = incoming.method === 'GET' || incoming.method === 'HEAD'
  const { origin, host } = incoming.headers
  if ((origin !== undefined || !isRead) && origin !== `http://${host}`) return 'the request came from another page'
  return null
}

/** The same for the report that a browser sends by itself, without an origin: it can change nothing. */
export function reportRejection(incoming: IncomingMessage): string | null {
  const { headers, socket } = incoming
  if (!loopback.test(socket.remoteAddress ?? '')) return 'it is only for this machine'
  const proxied = Object.keys(headers).find((name) => forwarded.test(name))
  if (proxied !== undefined) return `it is not for proxies, and there is the header ${proxied}`
  // Browsers speak 1.1; 1.0 comes from a proxy that adds no headers (nginx by default).
  if (incoming.httpVersion !== '1.1') return `it is not for proxies, and this is HTTP/${incoming.httpVersion}`
  if (!isLoopbackHost(headers.host)) return 'it is only for the names of this machine, like localhost'
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'the request came from another site'
  return null
}

const ownKey = randomBytes(24).toString('base64url')

/** Makes the token of the console's forms: the same in all processes with the sessions' key, and after a restart. */
export function formToken(app: App): string {
  const key = sessionsOf(app)?.settings.keys[0] ?? ownKey
  return createHmac('sha256', key).update('tipfy console').digest('base64url')
}

export function isFormToken(app: App, given: string | null): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(formToken(app))]
  return a.length === b.length && timingSafeEqual(a, b)
}
