// Opens the official Datastore client: on Google Cloud, on an emulator, or on the engine in this process. Loading the client's
// package takes 0.3 s and 30 MB, so it is imported only here.
import type { Datastore } from '@google-cloud/datastore'
import { Engine } from './engine/engine.ts'
import type { Concurrency } from './engine/storage/schema.ts'
import { closeTransports, noCredentials, setTransports, transportName } from './google/client-internals.ts'
import { inProcessClient } from './in-process-client.ts'
import { TracedClients } from './traced-client.ts'

/** Options of `openDatastore`. */
export interface DatastoreOptions {
  /** `embedded`: the data is in `dataFolder`. `cloud`: Google Cloud, or the emulator that DATASTORE_EMULATOR_HOST names. */
  mode: 'embedded' | 'cloud'
  /** Folder of the embedded data; default `.tipfy`. */
  dataFolder?: string
  /** Embedded, in memory only: the data is gone when it is closed. */
  memory?: boolean
  /** Embedded, how transactions that meet are kept apart. Default: as the data was created; `pessimistic` for new data. */
  concurrency?: Concurrency
  /** Embedded, behave like Google's newer emulator in its locks, for tests: milliseconds that a commit waits for one. */
  lockWait?: number
  /** Called, for embedded data, with what an administrator should know; default: a warning of the process. */
  onTrouble?: (message: string) => void
  /** Default: from the environment; `tipfy` for embedded data. */
  projectId?: string
  /** Default: the default namespace. */
  namespace?: string
  /** Default: the project's default database. */
  databaseId?: string
}

const localProject = 'tipfy'
const engines = new WeakMap<Datastore, Engine>()

/**
 * Returns the official client, ready to use.
 *
 * @throws TipfyError TIPFY_E_DATA_FOLDER, TIPFY_E_DATA_FORMAT, TIPFY_E_DATA_CONCURRENCY: the embedded data cannot be opened.
 */
export async function openDatastore(options: DatastoreOptions): Promise<Datastore> {
  const { mode, dataFolder, memory, concurrency, lockWait, onTrouble, ...place } = options
  const { Datastore } = await import('@google-cloud/datastore')
  const transports = new TracedClients()
  let datastore: Datastore
  if (mode === 'embedded') {
    const engine = new Engine({ dataFolder, memory, concurrency, lockWait, onTrouble })
    datastore = new Datastore({ projectId: localProject, ...place })
    transports.set(transportName, inProcessClient(engine))
    engines.set(datastore, engine)
  } else {
    datastore = new Datastore(process.env['DATASTORE_EMULATOR_HOST'] ? { ...emulatorOptions(), ...place } : place)
  }
  setTransports(datastore, transports)
  return datastore
}

/** Returns the options for an emulator, which needs no credentials. */
function emulatorOptions(): object {
  const { DATASTORE_PROJECT_ID, GOOGLE_CLOUD_PROJECT, GCLOUD_PROJECT } = process.env
  const projectId = DATASTORE_PROJECT_ID || GOOGLE_CLOUD_PROJECT || GCLOUD_PROJECT || localProject
  return { projectId, authClient: noCredentials() }
}

/** Closes what `openDatastore` opened: the data, or the connections. */
export async function closeDatastore(datastore: Datastore): Promise<void> {
  engines.get(datastore)?.close()
  await closeTransports(datastore)
}
