// `tipfy datastore`: a local Datastore, for any client that honours DATASTORE_EMULATOR_HOST.
import { startDatastoreServer } from '../datastore/server.ts'

/** Serves until a signal ends it. */
export async function datastoreCommand(options: {
  port?: number
  host?: string
  data?: string
  memory?: boolean
}): Promise<void> {
  const { port, host, data = '.tipfy', memory } = options
  const server = await startDatastoreServer({ port, host, dataFolder: data, memory })
  const address = `${server.host.includes(':') ? `[${server.host}]` : server.host}:${server.port}`
  console.log(`Datastore on ${address}, ${memory ? 'kept in memory only' : `kept in ${data}`}`)
  console.log(`export DATASTORE_EMULATOR_HOST=${address}`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      server.close().then(() => process.exit(0))
    })
  }
}
