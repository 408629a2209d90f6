// A connection to Datastore by the packages that the official client stands on: grpc-js, its messages and its credentials, with the
// same address, headers and limits. The client itself and the layers between take several times as long to load.
import { clientHeader, googleAuth, grpcPackage } from './client-internals.ts'
import { type CallTarget, requestParams } from './stub-calls.ts'

export interface Connection extends CallTarget {
  /** Lets no more calls begin. */
  close(): void
}

/** Variables with which the official client connects, records or authenticates in another way. */
const otherWays = [
  'GOOGLE_API_USE_CLIENT_CERTIFICATE',
  'GOOGLE_CLOUD_UNIVERSE_DOMAIN',
  'GOOGLE_SDK_NODE_ENABLE_TRACING',
  'GOOGLE_SDK_NODE_LOGGING',
]

/** Returns true where a connection is made as the official client would make it. */
export function canConnect(): boolean {
  return !otherWays.some((name) => process.env[name])
}

const cloudHost = 'datastore.googleapis.com'
const defaultUniverse = 'googleapis.com'

/** Messages of any size, and a pause before the first try to connect again: as the client's transport has them. */
const channelOptions = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.initial_reconnect_backoff_ms': 1000,
}

/** Returns a connection to an emulator. @param host as DATASTORE_EMULATOR_HOST has it */
export function connectToEmulator(host: string, projectId: string): Connection {
  const given = host.replace(/^https?:\/\//, '').replace(/\/+$/, '')
  const address = /:\d+$/.test(given) ? given : `${given}:443`
  return connection(address, grpcPackage().credentials.createInsecure(), projectId)
}

/**
 * Returns a connection to Google Cloud.
 *
 * @throws the error of google-auth-library where it finds no credentials or no project; Error for credentials of another cloud
 */
export async function connectToCloud(): Promise<Connection> {
  const auth = googleAuth(process.env['DATASTORE_PROJECT_ID'] || undefined, cloudHost)
  const client = await auth.getClient()
  const projectId = await auth.getProjectId()
  const universe = await auth.getUniverseDomain()
  if (universe !== defaultUniverse) throw new Error(`the credentials are for ${universe}, not ${defaultUniverse}`)
  const { credentials } = grpcPackage()
  const perCall = credentials.createFromGoogleCredential({
    getRequestHeaders: async (url) => Object.fromEntries(await client.getRequestHeaders(url)),
  })
  const both = credentials.combineChannelCredentials(credentials.createSsl(), perCall)
  return connection(`${cloudHost}:443`, both, projectId)
}

function connection(address: string, credentials: object, projectId: string): Connection {
  const { Client, Metadata } = grpcPackage()
  const stub = new Client(address, credentials, channelOptions)
  const metadata = new Metadata()
  metadata.set('x-goog-api-client', clientHeader())
  metadata.set('x-goog-request-params', requestParams(projectId))
  return { stub, metadata, database: { projectId }, close: () => stub.close() }
}
