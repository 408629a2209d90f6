// tipfy/testing: what tests of an application use, under any runner.
import type { Datastore } from '@google-cloud/datastore'

export { type ClientOptions, type ClientRequestOptions, createClient, type TestClient } from './client.ts'
export type { ClientResponse } from './client-response.ts'
export type { CookieJar, CookiePlace, StoredCookie } from './cookie-jar.ts'
export type { Fields, RequestOptions } from './message.ts'
export { type WithRequestOptions, withRequest } from './with-request.ts'

/**
 * A Datastore that keeps nothing: the official client over an empty engine in memory.
 *
 * @example
 * makeApp({ ...config, 'tipfy/ext/session': { ...config['tipfy/ext/session'], datastore: await memoryDatastore() } })
 */
export async function memoryDatastore(): Promise<Datastore> {
  const { openDatastore } = await import('../datastore/client.ts')
  return openDatastore({ mode: 'embedded', memory: true })
}
