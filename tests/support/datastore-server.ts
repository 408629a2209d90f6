// The embedded Datastore over gRPC as a process of its own: `node datastore-server.ts FOLDER [PORT]` prints its port.
import { startDatastoreServer } from '../../lib/datastore/server/server.ts'

const [, , dataFolder, port] = process.argv
const server = await startDatastoreServer({ port: Number(port ?? 0), dataFolder })
console.log(server.port)
