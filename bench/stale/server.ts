// One of the two servers of bench/stale.ts: `node server.ts MEMCACHED DATA_FOLDER LIB CACHE_TIMEOUT CACHE_TTL`. Sends its port, and how its cache fared
// when asked.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const [, , memcached, dataFolder, lib, cacheTimeout, cacheTtl] = process.argv as string[]
const { makeApp, RequestHandler, request, Rule } = (await import(
  `${lib}/index.ts`
)) as typeof import('../../lib/index.ts')
const { session, sessionCounters, sessionStore } = (await import(
  `${lib}/ext/session/index.ts`
)) as typeof import('../../lib/ext/session/index.ts')
const data = session as unknown as { n?: number }

class Login extends RequestHandler {
  get() {
    sessionStore.regenerate()
    sessionStore.user = request.args.get('user')
    data.n = 0
    return 'Welcome.'
  }
}
class Change extends RequestHandler {
  get() {
    data.n = (data.n ?? 0) + 1
    return String(data.n)
  }
}
class Read extends RequestHandler {
  get() {
    return JSON.stringify({ n: data.n ?? null, user: sessionStore.user })
  }
}
class End extends RequestHandler {
  async get() {
    await sessionStore.destroyAllFor(request.args.get('user')!)
    return 'Ended.'
  }
}
class Logout extends RequestHandler {
  async get() {
    await sessionStore.destroy()
    return 'Ended.'
  }
}
/** Holds the event loop. */
class Burn extends RequestHandler {
  get() {
    const end = performance.now() + Number(request.args.get('ms'))
    while (performance.now() < end);
    return 'Burned.'
  }
}

const handlers = { login: Login, change: Change, read: Read, end: End, logout: Logout, burn: Burn }
const app = makeApp({
  tipfy: {
    dev: false,
    accessLog: false,
    logLevel: 'silent',
    urls: () => Object.entries(handlers).map(([endpoint, handler]) => new Rule(`/${endpoint}`, { endpoint, handler })),
    hooks: { posInitApp: 'tipfy/ext/session:setDatastoreSession' },
  },
  'tipfy/ext/session': {
    secretKey: 'w3HsG0TzqvXKJbM5ncYf9RaLpZ2UxE7dBk4NoQ1t',
    datastore: 'embedded',
    dataFolder,
    ...(memcached!.includes('://') ? { cache: memcached } : { memcache: memcached }), // an older build knows memcached alone
    cacheTimeout: Number(cacheTimeout),
    cacheTtl: Number(cacheTtl),
  },
})
await app.ready()
const server = createServer(app.requestListener)
// Else a client of a busy machine may write to a connection that is being closed.
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as AddressInfo).port }))
process.on('message', () => {
  const { breakerOpened, cacheHits, cacheUnconfirmed } = sessionCounters(app as never)!
  process.send!({ breakerOpened, cacheHits, cacheUnconfirmed })
})
process.on('disconnect', () => process.exit(0))
