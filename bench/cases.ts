// The cases to measure: each is a request, the servers that respond to it, and the ratio to bare node:http that tipfy should keep to.

/**
 * Which sessions the servers of a case keep; none keeps none. The cookies of `rotated` were signed with an older key; `cloud` is a
 * Datastore in another process, by the official client.
 */
export type Sessions =
  | 'none'
  | 'cookie'
  | 'encrypted'
  | 'rotated'
  | 'bound'
  | 'datastore'
  | 'boundDatastore'
  | 'cloud'
  | 'memcached'

export interface Case {
  readonly name: string
  readonly title: string
  /** The request, but for its Host and Cookie. */
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
  readonly sessions: Sessions
  /** The path that each client requests first, for its cookie. */
  readonly login?: string
  /** Each client sends the cookie that the last response set, as a browser does. */
  readonly follow?: boolean
  /** The number of rules beside those of the cases. Default: 1,000. */
  readonly rules?: number
  /** The number of different cookies, sent in turn. Default: one for each connection. */
  readonly cookies?: number
  readonly peers: readonly string[]
  /** The largest ratio to bare node:http … */
  readonly target?: number
  /** … or the ratio of another case, and the most above it … */
  readonly over?: { case: string; by: number }
  /** … or the most µs. */
  readonly micros?: number
}

const item = (at: number) => ({
  id: at,
  name: `product ${at}`,
  price: 9.5 + at,
  tags: ['new', 'red'],
  stock: at % 3 === 0,
})
const jsonBody = JSON.stringify({ items: Array.from({ length: 14 }, (_, at) => item(at)) })

const sessionPeers = ['secure-session', 'fastify-session', 'express-session', 'iron-session']

export const cases: readonly Case[] = [
  {
    name: 'hello',
    title: 'handler class, rule, request and response through the globals, one hook',
    method: 'GET',
    path: '/hello',
    sessions: 'none',
    peers: ['node-http-tuned', 'fastify', 'hono', 'hono-storage', 'koa', 'express'],
    target: 1.15,
  },
  {
    name: 'rules',
    title: 'a rule with two variables among 1,000 rules',
    method: 'GET',
    path: '/part-700/2026/foo',
    sessions: 'none',
    peers: ['fastify', 'hono', 'express'],
    over: { case: 'hello', by: 0.05 },
  },
  {
    name: 'json',
    title: `JSON in (${jsonBody.length} bytes) and out`,
    method: 'POST',
    path: '/json',
    body: jsonBody,
    sessions: 'none',
    peers: ['fastify', 'hono', 'koa', 'express'],
    target: 1.3,
  },
  {
    name: 'valid',
    title: 'the same JSON, checked by a schema: of zod for tipfy and Hono, its own JSON Schema for Fastify',
    method: 'POST',
    path: '/valid',
    body: jsonBody,
    sessions: 'none',
    peers: ['fastify', 'hono'],
  },
  {
    name: 'untouched',
    title: 'a cookie session is there, the handler does not look',
    method: 'GET',
    path: '/hello',
    sessions: 'cookie',
    login: '/login?user=alice',
    peers: sessionPeers,
    over: { case: 'hello', by: 0.05 },
  },
  {
    name: 'read',
    title: 'a cookie session is read',
    method: 'GET',
    path: '/read',
    sessions: 'cookie',
    login: '/login?user=alice',
    peers: sessionPeers,
    target: 1.25,
  },
  {
    name: 'first-read',
    title: 'a cookie session is read that this process has not seen before (30,000 cookies in turn)',
    method: 'GET',
    path: '/read',
    sessions: 'cookie',
    login: '/login?user=alice',
    cookies: 30_000,
    peers: ['secure-session'],
  },
  {
    name: 'change',
    title: 'a cookie session is changed, each client sends what it got last',
    method: 'GET',
    path: '/change',
    sessions: 'cookie',
    login: '/login?user=alice',
    follow: true,
    peers: sessionPeers,
    target: 2.6,
  },
  {
    name: 'encrypted-read',
    title: 'an encrypted cookie session is read',
    method: 'GET',
    path: '/read',
    sessions: 'encrypted',
    login: '/login?user=alice',
    peers: [],
  },
  {
    name: 'first-encrypted-read',
    title: 'an encrypted cookie session is read that this process has not seen before (30,000 cookies in turn)',
    method: 'GET',
    path: '/read',
    sessions: 'encrypted',
    login: '/login?user=alice',
    cookies: 30_000,
    peers: [],
  },
  {
    name: 'encrypted-change',
    title: 'an encrypted cookie session is changed, each client sends what it got last',
    method: 'GET',
    path: '/change',
    sessions: 'encrypted',
    login: '/login?user=alice',
    follow: true,
    peers: [],
  },
  {
    name: 'rotated-read',
    title: 'a cookie session is read that was signed with an older key: each response issues it again',
    method: 'GET',
    path: '/read',
    sessions: 'rotated',
    login: '/login?user=alice',
    peers: [],
  },
  {
    name: 'stored-read',
    title: 'a datastore session is read, embedded, without memcached',
    method: 'GET',
    path: '/read',
    sessions: 'datastore',
    login: '/login?user=alice',
    peers: ['node-http-sqlite'],
  },
  {
    name: 'cached-read',
    title: 'a datastore session is read, found in memcached; node:http makes one memjs get',
    method: 'GET',
    path: '/read',
    sessions: 'memcached',
    login: '/login?user=alice',
    peers: [],
    target: 1.1,
  },
  {
    name: 'stored-change',
    title: 'a datastore session is changed, embedded',
    method: 'GET',
    path: '/change',
    sessions: 'datastore',
    login: '/login?user=alice',
    follow: true,
    peers: ['node-http-sqlite', 'node-http-history'],
    micros: 250,
  },
  {
    name: 'untouched-900k',
    title: 'a datastore session of 900 kB is there, embedded, the handler does not look',
    method: 'GET',
    path: '/hello',
    sessions: 'datastore',
    login: '/login?user=alice&extra=50000',
    peers: [],
  },
  {
    name: 'change-9k',
    title: 'one number is changed in a datastore session of 9 kB, embedded',
    method: 'GET',
    path: '/change',
    sessions: 'datastore',
    login: '/login?user=alice&extra=500',
    follow: true,
    peers: [],
  },
  {
    name: 'change-90k',
    title: 'one number is changed in a datastore session of 90 kB, embedded',
    method: 'GET',
    path: '/change',
    sessions: 'datastore',
    login: '/login?user=alice&extra=5000',
    follow: true,
    peers: [],
  },
  {
    name: 'cloud-read',
    title: 'a datastore session is read, over gRPC from another process',
    method: 'GET',
    path: '/read',
    sessions: 'cloud',
    login: '/login?user=alice',
    peers: [],
  },
  {
    name: 'cloud-change',
    title: 'a datastore session is changed, over gRPC in another process',
    method: 'GET',
    path: '/change',
    sessions: 'cloud',
    login: '/login?user=alice',
    follow: true,
    peers: [],
  },
]
