// The same as node-http-sqlite, with the statements that the embedded Datastore runs for a change: what it replaces is kept, too.
import type { Server } from 'node:http'
import type { ServerOptions } from './child.ts'
import { start as startSqlite } from './node-http-sqlite.ts'

export const start = (options: ServerOptions): Promise<Server> => startSqlite(options, true)
