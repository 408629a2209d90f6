// `tipfy datastore`: a local Datastore for any Datastore client, ours or another language's.
import type { Concurrency } from '../datastore/engine/storage/schema.ts'
import { startDatastoreServer } from '../datastore/server/server.ts'
import { hostInUrl } from '../internal/own-host.ts'
import { untilSignal } from '../server/until-signal.ts'
import { print } from './output.ts'

interface Options {
  port: number
  host: string
  data: string
  memory?: boolean
  allowHost: string[]
  concurrency?: Concurrency
}

/** Serves until a signal ends it. */
export async function datastoreCommand({
  port,
  host,
  data,
  memory = false,
  allowHost,
  concurrency,
}: Options): Promise<void> {
  const options = { port, host, dataFolder: data, memory, allowHost, concurrency }
  const server = await untilSignal(() => startDatastoreServer(options))
  const address = `${hostInUrl(server.host)}:${server.port}`
  print(`Datastore on ${address}, ${memory ? 'kept in memory only' : `kept in ${data}`}`)
  print(`export DATASTORE_EMULATOR_HOST=${address} GOOGLE_CLOUD_PROJECT=tipfy`)
}
