// The Datastore of the application that runs: the code that makes applications says how to find it.
import type { Datastore } from '@google-cloud/datastore'
import { TipfyError } from '../internal/errors.ts'

type Find = (app: object | undefined) => Promise<object>

let find: Find | null = null

/** Sets the function that returns the client of an application, or of the one that is running. */
export function provideDatastore(fn: Find): void {
  find = fn
}

/**
 * Returns the official client on the Datastore that the application keeps its sessions in: embedded, an emulator, Google Cloud, or
 * the client that its configuration names, such as that of `memoryDatastore()` in tests. The same one at each call; it is closed
 * with the application. An application whose sessions are cookies gets the one that the section `'tipfy/ext/session'` chooses.
 *
 * @param app default: the application of the request or hook, or the only one in the process
 * @throws TipfyError TIPFY_E_DATASTORE_APP, TIPFY_E_DATASTORE_PACKAGE, and what opens a Datastore
 * @example
 * const datastore = await getDatastore()
 * const [product] = await datastore.get(datastore.key(['Product', 'tea']))
 */
export async function getDatastore(app?: object): Promise<Datastore> {
  if (find === null) throw new TipfyError('TIPFY_E_DATASTORE_APP')
  return (await find(app)) as Datastore
}
