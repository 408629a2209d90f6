// A server of bench/ledger.ts: `node server.ts PORT WORKERS CACHE DATA_FOLDER`. Each change leaves the number that it was asked with.
import { makeApp, RequestHandler, Rule, request, runApp } from 'tipfy'
import { session, sessionStore } from 'tipfy/ext/session'

const [, , port, workers, cache, dataFolder] = process.argv as string[]

interface Data {
  list?: number[]
  cart?: { items: Record<string, object> }
  n?: number
  log?: number[]
  [key: string]: unknown
}
const data = session as unknown as Data
const number = () => request.args.get('n', 0, Number)

class Login extends RequestHandler {
  get() {
    sessionStore.regenerate()
    sessionStore.user = request.args.get('user')
    return 'done'
  }
}
class Key extends RequestHandler {
  get() {
    if (sessionStore.user === null) return 'none'
    data[`k${number()}`] = 1
    return 'done'
  }
}
class Nested extends RequestHandler {
  get() {
    if (sessionStore.user === null) return 'none'
    data.cart ??= { items: {} }
    data.cart.items[number()] = { n: number() }
    return 'done'
  }
}
class Push extends RequestHandler {
  get() {
    if (sessionStore.user === null) return 'none'
    data.list ??= []
    data.list.push(number())
    return 'done'
  }
}
class Count extends RequestHandler {
  async get() {
    const n = number()
    if (sessionStore.user === null) return 'none'
    const isDone = await sessionStore.update((current) => {
      const data = current as unknown as Data
      data.n = (data.n ?? 0) + 1
      data.log ??= []
      data.log.push(n)
    })
    return isDone ? 'done' : 'none'
  }
}
class All extends RequestHandler {
  get() {
    const { list = [], cart = { items: {} }, n = 0, log = [] } = data
    const keys = Object.keys(data).flatMap((key) => (/^k\d/.test(key) ? [Number(key.slice(1))] : []))
    return { user: sessionStore.user, keys, nested: Object.keys(cart.items).map(Number), list, n, log }
  }
}
class Logout extends RequestHandler {
  async get() {
    await sessionStore.destroy()
    return 'done'
  }
}
class End extends RequestHandler {
  async get() {
    await sessionStore.destroyAllFor(request.args.get('user')!)
    return 'done'
  }
}

const handlers = {
  login: Login,
  key: Key,
  nested: Nested,
  push: Push,
  count: Count,
  all: All,
  logout: Logout,
  end: End,
}
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
    cache,
  },
})
await runApp(app, { port: Number(port), host: '127.0.0.1', workers: Number(workers) })
