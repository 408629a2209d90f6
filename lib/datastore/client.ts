// Opens the official Datastore client: on Google Cloud, on an emulator, or on the engine in this process. Its package costs
// 0.3 s and 30 MB, so nothing of it is loaded before it is asked for.
import { createRequire } from 'node:module'
import type { Datastore } from '@google-cloud/datastore'
import { Engine } from './engine/engine.ts'
import { inProcessClient } from './in-process-client.ts'
import { clientRequire } from './messages.ts'
import { TracedClients } from './traced-client.ts'

/** Which Datastore to open. */
export interface DatastoreOptions {
  /** `embedded`: the data lies in `dataFolder`; `cloud`: Google Cloud, or DATASTORE_EMULATOR_HOST where that is set. */
  mode: 'embedded' | 'cloud'
  /** Folder of the embedded data, `.tipfy` by default. */
  dataFolder?: string
  /** Embedded, and nothing is kept. */
  memory?: boolean
  /** Found in the environment by default; `tipfy` where there is no cloud. */
  projectId?: string
  /** Default: none. */
  namespace?: string
  /** Default: the project's default database. */
  databaseId?: string
}

const LOCAL_PROJECT = 'tipfy'
const engines = new WeakMap<Datastore, Engine>()

/**
 * The official client, ready to use.
 *
 * @throws TipfyError TIPFY_E_DATA_FOLDER, TIPFY_E_DATA_FORMAT: the embedded data cannot be opened.
 */
export async function openDatastore(options: DatastoreOptions): Promise<Datastore> {
  const { mode, dataFolder, memory, ...place } = options
  const { Datastore } = await import('@google-cloud/datastore')
  if (mode === 'embedded') {
    const engine = new Engine({ dataFolder, memory })
    const datastore = new Datastore({ projectId: LOCAL_PROJECT, ...place })
    traced(datastore).set('DatastoreClient', inProcessClient(engine))
    engines.set(datastore, engine)
    return datastore
  }
  const datastore = new Datastore(process.env['DATASTORE_EMULATOR_HOST'] ? { ...emulatorOptions(), ...place } : place)
  traced(datastore)
  return datastore
}

/** Has the calls of a client told as steps of the request that makes them; gives its map of clients. */
function traced(datastore: Datastore): Map<string, object> {
  const clients = new TracedClients()
  ;(datastore as unknown as { clients_: Map<string, object> }).clients_ = clients
  return clients
}

/** The client's map of what it calls, which is the seam for another transport. */
function clientsOf(datastore: Datastore): Map<string, object> {
  return (datastore as unknown as { clients_: Map<string, object> }).clients_
}

/** An emulator asks nobody who he is: the client must not search for a metadata server, which takes a second, to tell. */
function emulatorOptions(): object {
  const { DATASTORE_PROJECT_ID, GOOGLE_CLOUD_PROJECT, GCLOUD_PROJECT } = process.env
  const gax = createRequire(clientRequire().resolve('google-gax'))
  const { PassThroughClient } = gax('google-auth-library') as { PassThroughClient: new () => object }
  return {
    projectId: DATASTORE_PROJECT_ID || GOOGLE_CLOUD_PROJECT || GCLOUD_PROJECT || LOCAL_PROJECT,
    authClient: new PassThroughClient(),
  }
}

/** Closes what `openDatastore` opened: the data, or the connections. */
export async function closeDatastore(datastore: Datastore): Promise<void> {
  engines.get(datastore)?.close()
  const clients = clientsOf(datastore).values() as Iterable<{ close?(): Promise<void> }>
  await Promise.all([...clients].map((client) => client.close?.()))
}
