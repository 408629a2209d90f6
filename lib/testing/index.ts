// tipfy/testing: what tests of an application use, under any runner.
import type { DatastoreClient } from '../ext/session/config/config.ts'

export { type ClientOptions, type ClientRequestOptions, createClient, type TestClient } from './client.ts'
export type { ClientResponse } from './client-response.ts'
export type { CookieJar, CookiePlace, StoredCookie } from './cookie-jar.ts'
export type { Fields, RequestOptions } from './message.ts'
export { type WithRequestOptions, withRequest } from './with-request.ts'

/**
 * A Datastore that keeps nothing: the official client over an empty engine in memory. To use it as one, name its type:
 * `memoryDatastore<Datastore>()`; a compiler need not read the client's types where it is only handed on.
 *
 * @example
 * makeApp({ ...config, 'tipfy/ext/session': { ...config['tipfy/ext/session'], datastore: await memoryDatastore() } })
 */
export async function memoryDatastore<Client extends DatastoreClient = DatastoreClient>(): Promise<Client> {
  const { openDatastore } = await import('../datastore/client.ts')
  const datastore: DatastoreClient = await openDatastore({ mode: 'embedded', memory: true })
  return datastore as Client
}
