// Opens the official Datastore client: on Google Cloud, on an emulator, or on the engine in this process.
import type { Datastore } from '@google-cloud/datastore'
import { Engine, type EngineOptions } from './engine/engine.ts'
import type { Concurrency } from './engine/storage/schema.ts'
import { closeTransports, noCredentials, setTransports, transportName } from './google/client-internals.ts'
import { loadClient } from './google/load-client.ts'
import { inProcessClient } from './in-process-client.ts'
import { type DatastoreMode, datastoreMode, emulatorProject, localProject } from './mode.ts'
import { TracedClients } from './traced-client.ts'

/** Options of `openDatastore`. */
export interface DatastoreOptions {
  /**
   * `embedded`: the data is in `dataFolder`. `cloud`: Google Cloud, or the emulator that DATASTORE_EMULATOR_HOST names. `auto`, the
   * default, chooses as sessions do: `cloud` where the environment names a Datastore, else `embedded`, in development alone.
   */
  mode?: DatastoreMode
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
  /** Not embedded: milliseconds for a lookup or a query, with the times that the client repeats it. Default: 60,000 */
  timeout?: number
}

/** The project, the database and the namespace that a client's data is in. */
export interface Place {
  projectId: string
  namespace?: string
  databaseId?: string
}

/** Embedded data: the engine, and a place in it. */
export interface Embedded {
  engine: Engine
  place: Place
}

const embedded = new WeakMap<object, Embedded>()

/**
 * Returns the official client, ready to use.
 *
 * @throws TipfyError TIPFY_E_DATA_FOLDER, TIPFY_E_DATA_FORMAT, TIPFY_E_DATA_CONCURRENCY: the embedded data cannot be opened.
 *   TIPFY_E_DATASTORE_PACKAGE: the client is not installed. TIPFY_E_DATASTORE_MODE, TIPFY_E_SESSION_DATASTORE: none is chosen.
 */
export async function openDatastore(options: DatastoreOptions = {}): Promise<Datastore> {
  const { mode = 'auto', dataFolder, memory, concurrency, lockWait, onTrouble, timeout, ...place } = options
  const isEmbedded = datastoreMode(mode) === 'embedded'
  const { Datastore } = await loadClient()
  if (isEmbedded) return clientOn(openEmbedded({ dataFolder, memory, concurrency, lockWait, onTrouble }, place))
  const emulator = process.env['DATASTORE_EMULATOR_HOST'] ? emulatorOptions() : {}
  const datastore = new Datastore({ ...emulator, ...place, ...timeoutOptions(timeout) })
  setTransports(datastore, new TracedClients())
  return datastore
}

/** Opens embedded data without the official client. */
export function openEmbedded(options: EngineOptions, place: Partial<Place> = {}): Embedded {
  return { engine: new Engine(options), place: { projectId: localProject, ...place } }
}

/** Returns the official client on embedded data that is open, for `user`. @throws TipfyError TIPFY_E_DATASTORE_PACKAGE */
export async function clientOn({ engine, place }: Embedded, user?: string): Promise<Datastore> {
  const { Datastore } = await loadClient(user)
  const datastore = new Datastore(place)
  const transports = new TracedClients()
  transports.set(transportName, inProcessClient(engine))
  setTransports(datastore, transports)
  embedded.set(datastore, { engine, place })
  return datastore
}

/** Returns an object in the place of the official client, which could not be loaded: sessions can use it. */
export function standInOn(data: Embedded, error: Error): { key(): never; transaction(): never } {
  const fail = () => {
    throw error
  }
  const standIn = { key: fail, transaction: fail }
  embedded.set(standIn, data)
  return standIn
}

/** Returns what a client stands on, if that is embedded data. */
export function embeddedIn(datastore: object): Embedded | undefined {
  return embedded.get(datastore)
}

/** Returns the options for an emulator, which needs no credentials. */
function emulatorOptions(): object {
  return { projectId: emulatorProject(), authClient: noCredentials() }
}

/** Returns the options that limit the calls which the client repeats while Datastore is out of reach. */
function timeoutOptions(timeout: number | undefined): object {
  if (timeout === undefined) return {}
  const limited = ['Lookup', 'RunQuery', 'RunAggregationQuery'].map((name) => [name, { timeout_millis: timeout }])
  return { clientConfig: { interfaces: { 'google.datastore.v1.Datastore': { methods: Object.fromEntries(limited) } } } }
}

/** Closes what `openDatastore` opened: the data, or the connections. */
export async function closeDatastore(datastore: Datastore): Promise<void> {
  embedded.get(datastore)?.engine.close()
  await closeTransports(datastore)
}
