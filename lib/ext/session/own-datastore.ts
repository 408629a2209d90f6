// The client that an application uses for data of its own: on the Datastore of its sessions.
import { resolve } from 'node:path'
import { applications, contextStorage } from '../../app/context.ts'
import { current, runOutside } from '../../app/globals.ts'
import { TipfyError } from '../../internal/errors.ts'
import type { SessionConfig } from './config/config.ts'
import type { SessionApp } from './config/settings.ts'
import { openSessionDatastore } from './repository/open-datastore.ts'
import { Sessions } from './session-interface.ts'

const user = 'getDatastore()'
const clients = new WeakMap<object, Promise<object>>()

function isApp(value: object | undefined): value is SessionApp {
  return typeof (value as Partial<SessionApp> | undefined)?.getConfig === 'function'
}

/** Opens the Datastore that the configuration chooses, for an application that keeps no session there. */
async function openOwn(app: SessionApp): Promise<object> {
  const { datastore, dataFolder } = app.getConfig('tipfy/ext/session') as SessionConfig
  const { dev, log, root } = app
  const opened = await openSessionDatastore({ datastore, dev, log, dataFolder: resolve(root, dataFolder) }, user)
  app.onClose(() => opened.close())
  return opened.client(user)
}

async function openClient(app: SessionApp): Promise<object> {
  const { sessionInterface } = app
  if (!(sessionInterface instanceof Sessions) || sessionInterface.kinds.main.backend !== 'datastore') {
    return openOwn(app)
  }
  return (await sessionInterface.openRepository()).client(user)
}

/**
 * Returns the client of an application, by default of the one that is running.
 *
 * @throws TipfyError TIPFY_E_DATASTORE_APP
 */
export function datastoreOf(given?: object): Promise<object> {
  const app = given === undefined ? (contextStorage.getStore()?.app ?? applications.current()) : current(given)
  if (!isApp(app as object | undefined)) throw new TipfyError('TIPFY_E_DATASTORE_APP')
  const key = app as SessionApp & object
  const known = clients.get(key)
  if (known !== undefined) return known
  // Outside the request that asks first: its connections serve all. After a failure the next call tries again.
  const opening = runOutside(() => openClient(key)).catch((error: unknown) => {
    clients.delete(key)
    throw error
  })
  clients.set(key, opening)
  return opening
}
