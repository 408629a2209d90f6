// Opens the Datastore of the sessions. Embedded data is opened without the official client, which is loaded for Google Cloud and
// emulators alone.
import { internalsOf, transportName } from '../../../datastore/google/client-internals.ts'
import { TipfyError } from '../../../internal/errors.ts'
import type { DatastoreClient } from '../config/config.ts'
import type { Settings } from '../config/settings.ts'
import { clientCalls, type DatastoreCalls, engineCalls } from './datastore-calls.ts'

export interface SessionsDatastore {
  readonly calls: DatastoreCalls
  readonly isEmbedded: boolean
  /** The description for people. */
  readonly description: string
  /** Returns the official client on the same data. @throws TipfyError TIPFY_E_DATASTORE_PACKAGE */
  client(): Promise<DatastoreClient>
  close(): Promise<void>
}

type Wanted = Exclude<Settings['datastore'], object>

/** Chooses the Datastore. Production uses an embedded one only if configured. */
export function datastoreMode(
  wanted: Wanted,
  dev: boolean,
  env: Readonly<Record<string, string | undefined>> = process.env,
): 'embedded' | 'cloud' {
  if (wanted !== 'auto') return wanted
  const cloud = ['DATASTORE_EMULATOR_HOST', 'GOOGLE_CLOUD_PROJECT', 'GCLOUD_PROJECT', 'K_SERVICE', 'GAE_ENV']
  if (cloud.some((name) => env[name])) return 'cloud'
  if (dev) return 'embedded'
  throw new TipfyError('TIPFY_E_SESSION_DATASTORE')
}

export async function openSessionDatastore(settings: Settings): Promise<SessionsDatastore> {
  const { datastore: wanted, dev } = settings
  if (typeof wanted === 'object') return given(wanted)
  return datastoreMode(wanted, dev) === 'embedded' ? embedded(settings) : await cloud()
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

async function embedded({ dataFolder, log }: Settings): Promise<SessionsDatastore> {
  const { clientOn, openEmbedded } = await import('../../../datastore/client.ts')
  const data = openEmbedded({ dataFolder, onTrouble: (message) => log.warn({}, message) })
  let client: Promise<DatastoreClient> | undefined
  return {
    calls: engineCalls(data),
    isEmbedded: true,
    description: `Datastore, embedded, in ${dataFolder}`,
    client: () => (client ??= clientOn(data)),
    close: async () => data.engine.close(),
  }
}

async function cloud(): Promise<SessionsDatastore> {
  const { closeDatastore, openDatastore } = await import('../../../datastore/client.ts')
  const datastore = await openDatastore({ mode: 'cloud' })
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
