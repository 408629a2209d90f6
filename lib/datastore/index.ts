// 'tipfy/datastore': a complete local Datastore on Node alone, for development, tests and small installations; usable without
// the rest of the framework.
//
// @example
// const server = await startDatastoreServer({ port: 8081, dataFolder: '.data' })
// // DATASTORE_EMULATOR_HOST=127.0.0.1:8081 node app.js
import type { Datastore } from '@google-cloud/datastore'
import { openDatastore } from './client.ts'

export { closeDatastore, type DatastoreOptions, openDatastore } from './client.ts'
export { getDatastore } from './current.ts'
export type { DatastoreMode } from './mode.ts'
export { type DatastoreServer, type DatastoreServerOptions, startDatastoreServer } from './server/server.ts'
export { type TransactFunction, type TransactOptions, transact } from './transact.ts'

/** Returns the official client on a Datastore in this process that keeps its data in memory: for tests. */
export function memoryDatastore(options: { projectId?: string; namespace?: string } = {}): Promise<Datastore> {
  return openDatastore({ mode: 'embedded', memory: true, ...options })
}
