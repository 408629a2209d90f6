// Opens the official Datastore client: on Google Cloud, on an emulator, or on the engine in this process. Its package costs
// 0.3 s and 30 MB, so nothing of it is loaded before it is asked for.
import type { Datastore } from '@google-cloud/datastore'
import { Engine } from './embedded/engine.ts'
import { TracedClients } from './traced.ts'
import { inProcessClient } from './transport.ts'

export interface DatastoreOptions {
  /** `embedded`: the data lies in `dataFolder`; `cloud`: Google Cloud, or DATASTORE_EMULATOR_HOST where that is set. */
  mode: 'embedded' | 'cloud'
  /** Folder of the embedded data, `.tipfy` by default. */
  dataFolder?: string
  /** Embedded, and nothing is kept. */
  memory?: boolean
  projectId?: string
  namespace?: string
  databaseId?: string
}

const engines = new WeakMap<Datastore, Engine>()

/** The official client, ready to use. */
export async function openDatastore(options: DatastoreOptions): Promise<Datastore> {
  const { mode, dataFolder, memory, ...clientOptions } = options
  if (mode === 'embedded') clientOptions.projectId ??= 'tipfy'
  // With an emulator there is nobody to authenticate to: the search for a metadata server would only cost time.
  const { Datastore } = await import('@google-cloud/datastore')
  const datastore = new Datastore(clientOptions)
  const seam = datastore as unknown as { clients_: Map<string, object> }
  seam.clients_ = new TracedClients()
  if (mode === 'embedded') {
    const engine = new Engine({ dataFolder, memory })
    seam.clients_.set('DatastoreClient', inProcessClient(engine))
    engines.set(datastore, engine)
  }
  return datastore
}

/** Closes what `openDatastore` opened: the file, or the connections. */
export async function closeDatastore(datastore: Datastore): Promise<void> {
  const engine = engines.get(datastore)
  if (engine) {
    engine.close()
    return
  }
  const { clients_: clients } = datastore as unknown as { clients_: Map<string, { close?(): Promise<void> }> }
  await Promise.all([...clients.values()].map((client) => client.close?.()))
}
