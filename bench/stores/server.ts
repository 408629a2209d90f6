// One contender of bench/store.ts as a process: `node server.ts NAME`, what it stands on told by the environment. It tells
// its port, and its CPU time and calls when asked.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const [, , name, memcached, dataFolder] = process.argv as string[]

interface Data {
  products: string[]
  n?: number
  list?: number[]
  [key: `k${number}`]: number
}

/** Calls made so far by kind, where the contender counts them. */
let calls: () => Record<string, number> = () => ({})

async function tipfy(): Promise<Server> {
  const { makeApp, RequestHandler, request, Rule } = await import('../../lib/index.ts')
  const { session, sessionStore } = await import('../../lib/ext/session/index.ts')
  const data = session as unknown as Data
  class Login extends RequestHandler {
    get() {
      data.products = ['foo', 'bar', 'baz']
      return 'Welcome.'
    }
  }
  class Read extends RequestHandler {
    get() {
      return `Products: ${data.products.join(', ')}`
    }
  }
  class Change extends RequestHandler {
    get() {
      data.n = (data.n ?? 0) + 1
      return 'Counted.'
    }
  }
  class Key extends RequestHandler {
    get() {
      data[`k${Number(request.args.get('n'))}`] = 1
      return 'Set.'
    }
  }
  class Push extends RequestHandler {
    get() {
      data.list ??= []
      data.list.push(Number(request.args.get('n')))
      return 'Pushed.'
    }
  }
  class Count extends RequestHandler {
    async get() {
      await sessionStore.update((s) => {
        const stored = s as Data
        stored.n = (stored.n ?? 0) + 1
      })
      return 'Counted.'
    }
  }
  class Show extends RequestHandler {
    get() {
      return JSON.stringify({ ...session })
    }
  }
  const handlers = { login: Login, read: Read, change: Change, key: Key, push: Push, count: Count, show: Show }
  const app = makeApp({
    tipfy: {
      dev: false,
      accessLog: false,
      logLevel: 'silent',
      urls: () =>
        Object.entries(handlers).map(([endpoint, handler]) => new Rule(`/${endpoint}`, { endpoint, handler })),
      hooks: { posInitApp: 'tipfy/ext/session:setDatastoreSession' },
    },
    'tipfy/ext/session': {
      secretKey: 'w3HsG0TzqvXKJbM5ncYf9RaLpZ2UxE7dBk4NoQ1t',
      datastore: process.env.DATASTORE_EMULATOR_HOST ? 'cloud' : 'embedded',
      dataFolder,
      memcache: memcached || null,
    },
  })
  await app.ready()
  calls = () => {
    const { records } = app.sessionInterface as unknown as { records: { stats: Record<string, { count: number }> } }
    const { lookup, read, commit } = records.stats
    return {
      lookup: lookup!.count,
      read: read!.count,
      commit: commit!.count,
      memcached: records.stats.cache!.count,
    }
  }
  return createServer(app.requestListener)
}

async function peer(makeStore: (session: never) => Promise<unknown>): Promise<Server> {
  const [{ default: express }, { default: expressSession }] = await Promise.all([
    import('express'),
    import('express-session'),
  ])
  const app = express()
  app.disable('etag')
  app.disable('x-powered-by')
  const secret = 'a-key-for-the-benchmark-alone-of-forty-characters'
  const store = (await makeStore(expressSession as never)) as import('express-session').Store
  app.use(expressSession({ secret, store, resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }))
  const on = (path: string, work: (session: Data, n: number) => string) =>
    app.get(path, (request, response) => {
      response.type('html').send(work(request.session as unknown as Data, Number(request.query.n)))
    })
  on('/login', (session) => {
    session.products = ['foo', 'bar', 'baz']
    return 'Welcome.'
  })
  on('/read', (session) => `Products: ${session.products.join(', ')}`)
  const count = (session: Data) => {
    session.n = (session.n ?? 0) + 1
    return 'Counted.'
  }
  on('/change', count)
  on('/count', count)
  on('/key', (session, n) => {
    session[`k${n}`] = 1
    return 'Set.'
  })
  on('/push', (session, n) => {
    session.list ??= []
    session.list.push(n)
    return 'Pushed.'
  })
  on('/show', (session) => JSON.stringify(session))
  return createServer(app)
}

const contenders: Record<string, () => Promise<Server>> = {
  tipfy,
  'connect-datastore': () =>
    peer(async () => {
      const [{ Datastore }, { DatastoreStore }] = await Promise.all([
        import('@google-cloud/datastore'),
        import('@google-cloud/connect-datastore'),
      ])
      return new DatastoreStore({ dataset: new Datastore({ projectId: 'tipfy' }) as never, kind: 'ExpressSession' })
    }),
  'connect-memcached': () =>
    peer(async (session) => {
      const { default: connectMemcached } = await import('connect-memcached')
      return new (connectMemcached(session))({ hosts: [memcached] })
    }),
}

const server = await contenders[name!]!()
server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as AddressInfo).port }))
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send!({ cpu: user + system, calls: calls() })
})
process.on('disconnect', () => process.exit(0))
