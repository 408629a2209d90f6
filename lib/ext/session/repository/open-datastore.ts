// Opens the Datastore of the sessions: without the official client, which is loaded where something else uses it.
import type { Datastore } from '@google-cloud/datastore'
import { internalsOf, transportName } from '../../../datastore/google/client-internals.ts'
import { type Connection, canConnect, connectToCloud, connectToEmulator } from '../../../datastore/google/connection.ts'
import { loadClient, resolveClient } from '../../../datastore/google/load-client.ts'
import { datastoreMode, emulatorProject } from '../../../datastore/mode.ts'
import { TipfyError } from '../../../internal/errors.ts'
import type { DatastoreClient } from '../config/config.ts'
import type { Settings } from '../config/settings.ts'
import { SessionDatastore, type SessionDatastoreOptions } from './datastore-adapter.ts'
import { clientCalls, connectionCalls } from './datastore-calls.ts'
import { EmbeddedDatastore } from './embedded-datastore.ts'

export interface SessionsDatastore {
  /** Opens the records of a kind. */
  records(options: Omit<SessionDatastoreOptions, 'isEmbedded'>): SessionDatastore
  /** The description for people. */
  readonly description: string
  /** Returns the official client on the same data, for `user`. @throws TipfyError TIPFY_E_DATASTORE_PACKAGE */
  client(user?: string): Promise<DatastoreClient>
  close(): Promise<void>
}

/** Milliseconds for lookups and queries of the application's own: by default Google's client repeats them for a minute. */
const ownTimeout = 10_000

type Wanted = Pick<Settings, 'datastore' | 'dev' | 'dataFolder' | 'log'>

/** @param user the name of what uses the official client, and nothing else, for the error if it is not installed */
export async function openSessionDatastore(settings: Wanted, user?: string): Promise<SessionsDatastore> {
  const { datastore: wanted, dev } = settings
  if (typeof wanted === 'object') return given(wanted)
  return datastoreMode(wanted, dev) === 'embedded' ? embedded(settings) : await cloud(user)
}

async function given(client: DatastoreClient): Promise<SessionsDatastore> {
  const { embeddedIn } = await import('../../../datastore/client.ts')
  const data = embeddedIn(client)
  return {
    records: (options) =>
      data === undefined ? new SessionDatastore(clientCalls(client), options) : new EmbeddedDatastore(data, options),
    description: 'Datastore, by the client of the configuration',
    client: async () => client,
    close: async () => {},
  }
}

async function embedded({ dataFolder, log }: Wanted): Promise<SessionsDatastore> {
  const { clientOn, openEmbedded } = await import('../../../datastore/client.ts')
  const data = openEmbedded({ dataFolder, onTrouble: (message) => log.warn({}, message) })
  return {
    records: (options) => new EmbeddedDatastore(data, { ...options, isEmbedded: true }),
    description: `Datastore, embedded, in ${dataFolder}`,
    client: opener((user) => clientOn(data, user)).get,
    close: async () => data.engine.close(),
  }
}

/**
 * Opens a connection for the sessions alone. The official client is loaded where the application asks for it, or where it would
 * connect in another way.
 */
async function cloud(user?: string): Promise<SessionsDatastore> {
  resolveClient(user)
  const client = opener(openClient)
  const rest = { description: describeCloud(), client: client.get }
  if (user !== undefined || !canConnect()) {
    const calls = clientCalls(await client.get(user))
    return { ...rest, records: (options) => new SessionDatastore(calls, options), close: client.close }
  }
  const connection = await connect()
  return {
    ...rest,
    records: (options) => new SessionDatastore(connectionCalls(connection), options),
    async close() {
      connection.close()
      await client.close()
    },
  }
}

/** Opens a client at the first use. After a failure the next use tries again, and its error names that one. */
function opener(open: (user?: string) => Promise<Datastore>) {
  let opening: Promise<Datastore> | undefined
  return {
    get: (user?: string): Promise<Datastore> =>
      (opening ??= open(user).catch((error: unknown) => {
        opening = undefined
        throw error
      })),
    async close(): Promise<void> {
      const client = await opening?.catch(() => undefined)
      if (client === undefined) return
      const { closeDatastore } = await import('../../../datastore/client.ts')
      await closeDatastore(client)
    },
  }
}

async function connect(): Promise<Connection> {
  const { DATASTORE_EMULATOR_HOST: emulator } = process.env
  if (emulator) return connectToEmulator(emulator, emulatorProject())
  try {
    return await connectToCloud()
  } catch (error) {
    throw withoutCredentials(error)
  }
}

function describeCloud(): string {
  const { DATASTORE_EMULATOR_HOST: emulator, GOOGLE_CLOUD_PROJECT, GCLOUD_PROJECT } = process.env
  if (emulator) return `Datastore emulator at ${emulator}`
  const project = GOOGLE_CLOUD_PROJECT || GCLOUD_PROJECT
  return `Google Cloud Datastore${project ? ` of ${project}` : ''}`
}

async function openClient(user?: string): Promise<Datastore> {
  const { openDatastore } = await import('../../../datastore/client.ts')
  await loadClient(user)
  const datastore = await openDatastore({ mode: 'cloud', timeout: ownTimeout })
  await findCredentials(datastore)
  return datastore
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
    throw withoutCredentials(error)
  }
}

function withoutCredentials(cause: unknown): TipfyError {
  const why = String((cause as Error).message).replace(/\.+$/, '')
  return new TipfyError('TIPFY_E_SESSION_CREDENTIALS', { why }, { cause })
}
