// tipfy/testing: for tests of an application, under any runner.
import type { DatastoreClient } from '../ext/session/config/config.ts'

export { type ClientOptions, type ClientRequestOptions, createClient, type TestClient } from './client.ts'
export type { ClientResponse, ClientStream } from './client-response.ts'
export type { CookieJar, CookiePlace, StoredCookie } from './cookie-jar.ts'
export type { Fields, RequestOptions } from './message.ts'
export { type WithRequestOptions, withRequest } from './with-request.ts'

/**
 * Opens a Datastore in memory: the official client over an empty engine. To use it as one, name its type:
 * `memoryDatastore<Datastore>()`; without it the compiler need not read the client's types.
 *
 * @example
 * makeApp({ ...config, 'tipfy/ext/session': { ...config['tipfy/ext/session'], datastore: await memoryDatastore() } })
 */
export async function memoryDatastore<Client extends DatastoreClient = DatastoreClient>(): Promise<Client> {
  const { openDatastore } = await import('../datastore/client.ts')
  const datastore: DatastoreClient = await openDatastore({ mode: 'embedded', memory: true })
  return datastore as Client
}
