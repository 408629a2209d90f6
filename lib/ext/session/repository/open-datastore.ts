// Opens the Datastore of the sessions. Embedded data is opened without the official client, which is loaded for Google Cloud and
// emulators alone.
import { internalsOf, transportName } from '../../../datastore/google/client-internals.ts'
import { loadClient } from '../../../datastore/google/load-client.ts'
import { datastoreMode } from '../../../datastore/mode.ts'
import { TipfyError } from '../../../internal/errors.ts'
import type { DatastoreClient } from '../config/config.ts'
import type { Settings } from '../config/settings.ts'
import { clientCalls, type DatastoreCalls, engineCalls } from './datastore-calls.ts'

export interface SessionsDatastore {
  readonly calls: DatastoreCalls
  readonly isEmbedded: boolean
  /** The description for people. */
  readonly description: string
  /** Returns the official client on the same data, for `user`. @throws TipfyError TIPFY_E_DATASTORE_PACKAGE */
  client(user?: string): Promise<DatastoreClient>
  close(): Promise<void>
}

/** Milliseconds for lookups and queries of the application's own: by default Google's client repeats them for a minute. */
const ownTimeout = 10_000

type Wanted = Pick<Settings, 'datastore' | 'dev' | 'dataFolder' | 'log'>

/** @param user the name of what needs the official client, for the error if it is not installed */
export async function openSessionDatastore(settings: Wanted, user?: string): Promise<SessionsDatastore> {
  const { datastore: wanted, dev } = settings
  if (typeof wanted === 'object') return given(wanted)
  return datastoreMode(wanted, dev) === 'embedded' ? embedded(settings) : await cloud(user)
}

async function given(client: DatastoreClient): Promise<SessionsDatastore> {
  const { embeddedIn } = await import('../../../datastore/client.ts')
  const data = embeddedIn(client)
  return {
    calls: data === undefined ? clientCalls(client) : engineCalls(data),
    isEmbedded: false,
    description: 'Datastore, by the client of the configuration',
    client: async () => client,
    close: async () => {},
  }
}

async function embedded({ dataFolder, log }: Wanted): Promise<SessionsDatastore> {
  const { clientOn, openEmbedded } = await import('../../../datastore/client.ts')
  const data = openEmbedded({ dataFolder, onTrouble: (message) => log.warn({}, message) })
  let opening: Promise<DatastoreClient> | undefined
  const open = (user?: string) =>
    clientOn(data, user).catch((error: unknown) => {
      opening = undefined // the next caller's error names that one
      throw error
    })
  return {
    calls: engineCalls(data),
    isEmbedded: true,
    description: `Datastore, embedded, in ${dataFolder}`,
    client: (user) => (opening ??= open(user)),
    close: async () => data.engine.close(),
  }
}

async function cloud(user?: string): Promise<SessionsDatastore> {
  const { closeDatastore, openDatastore } = await import('../../../datastore/client.ts')
  await loadClient(user)
  const datastore = await openDatastore({ mode: 'cloud', timeout: ownTimeout })
  await findCredentials(datastore)
  return {
    calls: clientCalls(datastore),
    isEmbedded: false,
    description: describeCloud(),
    client: async () => datastore,
    close: () => closeDatastore(datastore),
  }
}

function describeCloud(): string {
  const { DATASTORE_EMULATOR_HOST: emulator, GOOGLE_CLOUD_PROJECT, GCLOUD_PROJECT } = process.env
  if (emulator) return `Datastore emulator at ${emulator}`
  const project = GOOGLE_CLOUD_PROJECT || GCLOUD_PROJECT
  return `Google Cloud Datastore${project ? ` of ${project}` : ''}`
}

/** The official client searches for credentials at its first call, and ends the process where there are none. */
async function findCredentials(datastore: DatastoreClient): Promise<void> {
  const { clients_: clients, options, auth } = internalsOf(datastore)
  const needsNone = clients.has(transportName) || options.sslCreds !== undefined // embedded, an emulator
  if (needsNone) return
  try {
    await auth.getClient()
    await auth.getProjectId()
  } catch (error) {
    const why = String((error as Error).message).replace(/\.+$/, '')
    throw new TipfyError('TIPFY_E_SESSION_CREDENTIALS', { why }, { cause: error })
  }
}
