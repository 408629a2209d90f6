// tipfy/testing: for tests of an application, under any runner.
import type { DatastoreClient } from '../ext/session/config/config.ts'

export { type ClientOptions, type ClientRequestOptions, createClient, type TestClient } from './client.ts'
export type { ClientResponse, ClientStream } from './client-response.ts'
export type { CookieJar, CookiePlace, StoredCookie } from './cookie-jar.ts'
export type { Fields, RequestOptions } from './message.ts'
export { type WithRequestOptions, withRequest } from './with-request.ts'

/**
 * Opens a Datastore in memory, for sessions: the official client over an empty engine. To use it as one, name its type:
 * `memoryDatastore<Datastore>()`; without it the compiler need not read the client's types. Where `@google-cloud/datastore` is not
 * installed, sessions can use what it returns all the same.
 *
 * @example
 * makeApp({ ...config, 'tipfy/ext/session': { ...config['tipfy/ext/session'], datastore: await memoryDatastore() } })
 */
export async function memoryDatastore<Client extends DatastoreClient = DatastoreClient>(): Promise<Client> {
  const { clientOn, openEmbedded, standInOn } = await import('../datastore/client.ts')
  const data = openEmbedded({ memory: true })
  const client: DatastoreClient = await clientOn(data).catch((error: Error) => standInOn(data, error))
  return client as Client
}
