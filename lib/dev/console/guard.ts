// Who may see the console: a browser on this machine, on a page of the console itself. It shows sessions and changes them,
// so it answers neither through a proxy, nor under a foreign name that was pointed here, nor to a foreign page.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { App } from '../../app/types.ts'
import { isLoopbackHost } from '../../internal/own-host.ts'
import { sessionsOf } from './visit.ts'

const loopback = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/
// What proxies, tunnels and load balancers add.
const forwarded =
  /^(?:forwarded|via|x-(?:forwarded|real|original|client|cluster|envoy|amzn|appengine|cloud)-.*|cf-.*|true-client-ip)$/

/** Why the console does not answer a request; null if it does. */
export function refusal(incoming: IncomingMessage): string | null {
  const { headers, socket } = incoming
  if (!loopback.test(socket.remoteAddress ?? '')) return 'it answers only to this machine'
  const proxied = Object.keys(headers).find((name) => forwarded.test(name))
  if (proxied !== undefined) return `it answers to no proxy, and there is the header ${proxied}`
  // Browsers speak 1.1; 1.0 is what a proxy speaks that adds no headers (nginx, unless told).
  if (incoming.httpVersion !== '1.1') return `it answers to no proxy, and this is HTTP/${incoming.httpVersion}`
  if (!isLoopbackHost(headers.host)) return 'it answers only under the names of this machine, like localhost'
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'the request came from another site'
  const isRead = incoming.method === 'GET' || incoming.method === 'HEAD'
  const { origin } = headers
  if ((origin !== undefined || !isRead) && origin !== `http://${headers.host}`)
    return 'the request came from another page'
  return null
}

const ownKey = randomBytes(24).toString('base64url')

/** What every form of the console carries: the same in all processes that share the sessions' key, and after a restart. */
export function formToken(app: App): string {
  const key = sessionsOf(app)?.settings.keys[0] ?? ownKey
  return createHmac('sha256', key).update('tipfy console').digest('base64url')
}

export function isFormToken(app: App, given: string | null): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(formToken(app))]
  return a.length === b.length && timingSafeEqual(a, b)
}
