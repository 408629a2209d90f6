// tipfy, as `tipfy serve` runs it in production, with the access log off.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, makeApp, Rule, type RunningServer, runApp, serve } from 'tipfy'
import type { ServerOptions } from './child.ts'

const keys = ['w3HsG0TzqvXKJbM5ncYf9RaLpZ2UxE7dBk4NoQ1t', 'Jq8VdN2cXo5TbYw7RfGk1ZsHuMe4LpQa6DiKx3Bn']

export async function start(options: ServerOptions): Promise<RunningServer> {
  const { sessions, rules: count = 1000, memcached, datastore, hasHeaders, workers } = options
  const folder = options.dataFolder ?? newFolder()
  const isBound = sessions === 'bound' || sessions === 'boundDatastore'
  const isStored = sessions !== undefined && ['datastore', 'boundDatastore', 'memcached', 'cloud'].includes(sessions)
  if (sessions === 'cloud') process.env.DATASTORE_EMULATOR_HOST = datastore
  const hook = isStored ? 'setDatastoreSession' : 'setSecureCookieSession'
  const config: Config = {
    tipfy: {
      accessLog: false,
      urls: () => rules(sessions !== 'none', count, isBound),
      hooks: {
        posInitApp: [
          ...(sessions === 'none' ? [] : [`tipfy/ext/session:${hook}`]),
          ...(hasHeaders ? ['tipfy/ext/security:headers'] : []),
        ],
        preDispatchHandler: ['app.hooks:guard'],
      },
    },
  }
  if (sessions !== 'none') {
    config['tipfy/ext/session'] = {
      secretKey: keys,
      encrypt: sessions === 'encrypted',
      deviceBound: isBound && { lifetime: 86_400 },
      datastore: sessions === 'cloud' ? 'cloud' : 'embedded',
      dataFolder: folder,
      memcache: sessions === 'memcached' ? memcached : null,
      // A busy machine may let memcached wait for its turn; what is measured is the way through it.
      cacheTimeout: 2000,
    }
  }
  const app = makeApp(config, { root: import.meta.dirname })
  if (sessions === 'rotated') {
    const session = { ...config['tipfy/ext/session'], secretKey: keys.slice(1) }
    const older = makeApp({ ...config, 'tipfy/ext/session': session }, { root: import.meta.dirname })
    app.front = (incoming, outgoing) => {
      if (!incoming.url!.startsWith('/login')) return false
      older.requestListener(incoming, outgoing)
      return true
    }
  }
  const address = { port: 0, host: '127.0.0.1' }
  return workers === undefined ? serve(app, address) : runApp(app, { ...address, workers })
}

/** Makes a folder that is removed at the end of the process. */
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tipfy-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function rules(withSessions: boolean, count: number, isBound: boolean): Rule[] {
  const parts = Array.from({ length: count }, (_, at) => at).map(
    (at) => new Rule(`/part-${at}/<int:year>/<name>`, { endpoint: `part-${at}`, handler: 'hello:Part' }),
  )
  const list = [
    new Rule('/hello', { endpoint: 'hello', handler: 'hello:Hello' }),
    new Rule('/page', { endpoint: 'page', handler: 'hello:Page' }),
    new Rule('/json', { endpoint: 'json', handler: 'hello:Json' }),
    new Rule('/valid', { endpoint: 'valid', handler: 'valid:Valid' }),
  ]
  if (!withSessions) return [...list, ...parts]
  return [
    ...list,
    new Rule('/login', { endpoint: 'login', handler: isBound ? 'bound:BoundLogin' : 'cart:Login' }),
    new Rule('/read', { endpoint: 'read', handler: 'cart:Read' }),
    new Rule('/change', { endpoint: 'change', handler: 'cart:Change' }),
  ]
}
